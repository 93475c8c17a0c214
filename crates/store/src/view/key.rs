//! The keys of the view: a kind, then keyed hashes, then a number where order counts.
//!
//! | key | value |
//! |---|---|
//! | `a` | the mark |
//! | `m` kind … | a record of the machine, whole |
//! | `e` contact seq | an entry |
//! | `d` contact group | the deliveries of the own entries among [`GROUP`] that follow each other |
//! | `i` contact id | the seq of the entry with this id, and when its message was taken |
//! | `s` contact id | when the message with this id was taken, if no entry with this id is theirs |
//! | `t` name | a setting |
//! | `x` key number | the further pieces of a long value |
//!
//! Few keys a message: sled holds a page for every eight to sixteen of them in memory.

use signet_didcomm::did::Did;
use signet_protocol::{change::Change, contact::ContactId};

use crate::sealed::{Name, Namer};

/// Entries whose deliveries lie together.
const GROUP: u64 = 16;

/// What follows `m`; restored in this order.
#[derive(Clone, Copy)]
enum Kind {
    Profile = b'0' as isize,
    Contact = b'1' as isize,
    Progress = b'2' as isize,
    Identity = b'3' as isize,
    Invitation = b'4' as isize,
    Outgoing = b'5' as isize,
    Early = b'6' as isize,
    Mediation = b'7' as isize,
    Registered = b'8' as isize,
}

pub(crate) fn mark() -> Vec<u8> {
    b"a".to_vec()
}

pub(crate) fn machine() -> Vec<u8> {
    b"m".to_vec()
}

pub(crate) fn identities() -> Vec<u8> {
    of_kind(Kind::Identity, &[])
}

pub(crate) fn identity(name: &Name) -> Vec<u8> {
    of_kind(Kind::Identity, &[name])
}

/// The same for the long and the short form of a DID.
pub(crate) fn identity_name(names: &Namer, did: &Did) -> Name {
    names.name(&[b"identity ", did.short().as_str().as_bytes()])
}

/// The key of the record of the machine that this change writes or removes; `None` for history, and
/// for a deleted contact or mediation, which have many.
pub(crate) fn of(names: &Namer, change: &Change) -> Option<Vec<u8>> {
    Some(match change {
        Change::Profile(_) => of_kind(Kind::Profile, &[]),
        Change::Contact(contact) => of_kind(Kind::Contact, &[&contact_name(names, contact.id)]),
        Change::Progress { contact, .. } => {
            of_kind(Kind::Progress, &[&contact_name(names, *contact)])
        }
        Change::Identity(identity) => self::identity(&identity_name(names, &identity.did)),
        Change::IdentityDestroyed(did) => self::identity(&identity_name(names, did)),
        Change::Invitation(invitation) => of_kind(
            Kind::Invitation,
            &[&names.name(&[b"invitation ", invitation.id.as_bytes()])],
        ),
        Change::Outgoing(outgoing) => self::outgoing(names, outgoing.contact, &outgoing.message.id),
        Change::OutgoingDone { contact, id } => self::outgoing(names, *contact, id),
        Change::Early(early) => self::early(names, early.entry.contact, early.order),
        Change::EarlyPlaced { contact, order } => self::early(names, *contact, *order),
        Change::Mediation(mediation) => {
            let name = mediator_name(names, &mediation.mediator);
            of_kind(Kind::Mediation, &[&name])
        }
        Change::Registered { mediator, did } | Change::Unregistered { mediator, did } => {
            let registered = names.name(&[b"registered ", did.short().as_str().as_bytes()]);
            of_kind(
                Kind::Registered,
                &[&mediator_name(names, mediator), &registered],
            )
        }
        Change::ContactDeleted(_)
        | Change::MediationRemoved(_)
        | Change::Entry(_)
        | Change::EntryDelivery { .. }
        | Change::Seen { .. } => {
            return None;
        }
    })
}

/// Where everything of a mediation lies.
pub(crate) fn all_of_mediation(names: &Namer, mediator: &Did) -> Vec<Vec<u8>> {
    let name = mediator_name(names, mediator);
    let heads = [Kind::Mediation, Kind::Registered].map(|kind| of_kind(kind, &[&name]));
    let pieces = heads.clone().map(|head| join(b"x", &[&head]));
    heads.into_iter().chain(pieces).collect()
}

fn mediator_name(names: &Namer, mediator: &Did) -> Name {
    names.name(&[b"mediator ", mediator.short().as_str().as_bytes()])
}

/// Where everything of a contact lies, save its identities.
pub(crate) fn all_of(names: &Namer, contact: ContactId) -> Vec<Vec<u8>> {
    let name = contact_name(names, contact);
    let machine = [Kind::Contact, Kind::Progress, Kind::Outgoing, Kind::Early]
        .map(|kind| of_kind(kind, &[&name]));
    let history = [b"e", b"d", b"i", b"s"].map(|kind| join(kind, &[&name]));
    let heads: Vec<Vec<u8>> = machine.into_iter().chain(history).collect();
    let pieces = heads
        .iter()
        .map(|head| join(b"x", &[head]))
        .collect::<Vec<_>>();
    [heads, pieces].concat()
}

pub(crate) fn entry(names: &Namer, contact: ContactId, seq: u64) -> Vec<u8> {
    join(b"e", &[&contact_name(names, contact), &seq.to_be_bytes()])
}

/// The key of the deliveries among which that of the entry with this seq lies.
pub(crate) fn deliveries(names: &Namer, contact: ContactId, seq: u64) -> Vec<u8> {
    let group = (seq / GROUP).to_be_bytes();
    join(b"d", &[&contact_name(names, contact), &group])
}

pub(crate) fn index(names: &Namer, contact: ContactId, id: &str) -> Vec<u8> {
    let id = id.to_lowercase();
    join(
        b"i",
        &[
            &contact_name(names, contact),
            &names.name(&[b"entry ", &contact.0, id.as_bytes()]),
        ],
    )
}

pub(crate) fn seen(names: &Namer, contact: ContactId, id: &str) -> Vec<u8> {
    let id = id.to_lowercase();
    join(
        b"s",
        &[
            &contact_name(names, contact),
            &names.name(&[b"seen ", &contact.0, id.as_bytes()]),
        ],
    )
}

pub(crate) fn setting(names: &Namer, name: &str) -> Vec<u8> {
    join(b"t", &[&names.name(&[b"setting ", name.as_bytes()])])
}

/// The key of the `number`th further piece of the value at `head`.
pub(crate) fn piece(head: &[u8], number: u16) -> Vec<u8> {
    join(b"x", &[head, &number.to_be_bytes()])
}

fn outgoing(names: &Namer, contact: ContactId, id: &str) -> Vec<u8> {
    let name = names.name(&[b"outgoing ", &contact.0, id.as_bytes()]);
    of_kind(Kind::Outgoing, &[&contact_name(names, contact), &name])
}

fn early(names: &Namer, contact: ContactId, order: u64) -> Vec<u8> {
    let name = names.name(&[b"early ", &contact.0, &order.to_be_bytes()]);
    of_kind(Kind::Early, &[&contact_name(names, contact), &name])
}

fn contact_name(names: &Namer, contact: ContactId) -> Name {
    names.name(&[b"contact ", &contact.0])
}

fn of_kind(kind: Kind, parts: &[&[u8]]) -> Vec<u8> {
    join(&[b'm', kind as u8], parts)
}

fn join(first: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut key = first.to_vec();
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}
