//! What a store should hold, kept in memory; and a stream of changes to try it with.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::{ChaCha8Rng, rand_core::Rng, rand_core::SeedableRng};
use signet_didcomm::{
    did::{Did, peer2},
    key::SecretKeys,
    message::Message,
};
use signet_protocol::{
    change::{Change, Early},
    contact::{Contact, ContactId, ContactState, Progress, Rotation},
    entry::{Delivery, DeliveryState, Direction, Entry, Kind, Line, ProofRecord, Remark, Route},
    identity::{Identity, Purpose},
    invitation::{Invitation, InvitationState, Page},
    mediation::{Mediation, MediationState},
    outgoing::{Outgoing, Purpose as Reason},
    profile::Profile,
    time::Timestamp,
};
use signet_store::Store;

/// The CBOR of a change: how two are compared.
pub fn form(change: &Change) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(change, &mut bytes).unwrap();
    bytes
}

/// Changes as a sorted list of forms.
pub fn forms<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Vec<Vec<u8>> {
    let mut forms: Vec<_> = changes.into_iter().map(form).collect();
    forms.sort();
    forms
}

pub fn did(n: u64) -> Did {
    Did::parse(&format!("did:example:somebody-{n}")).unwrap()
}

pub fn contact_id(n: u8) -> ContactId {
    ContactId([n; 16])
}

pub fn contact(id: ContactId, name: &str) -> Contact {
    Contact {
        id,
        created: Timestamp(1_700_000_000_000),
        state: ContactState::Connected,
        ended: None,
        told_name: name.to_owned(),
        name: None,
        note: Some("from the choir".into()),
        muted: false,
        their_did: did(1),
        their_retired: vec![],
        my_did: did(2),
        my_did_known: true,
        my_retired: vec![],
        rotation: Rotation::Settled,
        wants_rotation: false,
        mediated_only: false,
        addresses: None,
        invitation: "an-invitation".into(),
        invited_by_us: true,
        is_signet: true,
        reads_peer4: true,
        uses_short: false,
        profile_asked_by: None,
        told_profile: 1,
        told_addresses: 1,
    }
}

pub fn incoming(contact: ContactId, seq: u64, id: &str, text: &str) -> Entry {
    Entry {
        contact,
        seq,
        id: id.to_owned(),
        direction: Direction::In,
        kind: Kind::Message {
            text: text.to_owned(),
            reply_to: None,
        },
        time: Timestamp(1_700_000_000_000 + seq),
        claimed_time: Some(Timestamp(5)),
        my_did: did(2),
        their_did: did(1),
        delivery: None,
        proof: Some(ProofRecord {
            sender_kid: Some("did:example:somebody-1#key-1".into()),
            recipient_kid: Some("did:example:somebody-2#key-1".into()),
            signer_kid: None,
            algorithms: vec!["ECDH-1PU+A256KW".into()],
            received: Timestamp(77),
            plaintext: text.as_bytes().to_vec(),
            jws: None,
        }),
    }
}

pub fn own(contact: ContactId, seq: u64, id: &str, text: &str) -> Entry {
    Entry {
        direction: Direction::Out,
        claimed_time: None,
        delivery: Some(delivery(1, DeliveryState::Queued)),
        proof: None,
        ..incoming(contact, seq, id, text)
    }
}

pub fn line(contact: ContactId, seq: u64, line: Line) -> Entry {
    Entry {
        direction: Direction::None,
        kind: Kind::Line(line),
        claimed_time: None,
        proof: None,
        ..incoming(contact, seq, &format!("line-{seq}"), "")
    }
}

pub fn delivery(attempt: u32, state: DeliveryState) -> Delivery {
    Delivery {
        attempt,
        state,
        route: None,
        at: Timestamp(9),
        remark: None,
    }
}

pub fn outgoing(contact: ContactId, id: &str, place: u64) -> Outgoing {
    let mut message = Message::new(id, "https://didcomm.org/basicmessage/2.0/message");
    message.body.insert("content".into(), "on its way".into());
    Outgoing {
        contact,
        message,
        purpose: Reason::Entry,
        place,
        order: Some(place),
        created: Timestamp(3),
        attempt: 1,
        custody: None,
    }
}

pub fn identity(seed: u64, purpose: Purpose) -> Identity {
    let (did, keys): (Did, SecretKeys) = peer2::create(&[], &mut ChaCha8Rng::seed_from_u64(seed));
    Identity {
        did,
        keys,
        purpose,
        created: Timestamp(4),
        via: vec![did_of_mediator(seed % 3)],
    }
}

fn did_of_mediator(n: u64) -> Did {
    Did::parse(&format!("did:example:mediator-{n}")).unwrap()
}

pub fn mediation(n: u64, place: u32) -> Mediation {
    Mediation {
        mediator: did_of_mediator(n),
        my_did: did(n),
        place,
        state: MediationState::Granted,
        routing: Some(did_of_mediator(n)),
        invitation: None,
        created: Timestamp(5),
        version: 3,
        replaces: None,
        silent_since: None,
        away: false,
        hosts_from: None,
    }
}

/// What a store should hold.
#[derive(Clone, Default)]
pub struct Model {
    machine: BTreeMap<String, Change>,
    entries: BTreeMap<(ContactId, u64), Entry>,
    seen: BTreeSet<(ContactId, String)>,
}

impl Model {
    pub fn apply(&mut self, change: &Change) {
        let mut put = |key: String| {
            self.machine.insert(key, change.clone());
        };
        match change {
            Change::Profile(_) => put("profile".into()),
            Change::Contact(contact) => put(format!("contact {}", contact.id)),
            Change::Progress { contact, .. } => put(format!("progress {contact}")),
            Change::Identity(identity) => put(format!("identity {}", identity.did.as_str())),
            Change::Invitation(invitation) => put(format!("invitation {}", invitation.id)),
            Change::Outgoing(outgoing) => put(format!(
                "outgoing {} {}",
                outgoing.contact, outgoing.message.id
            )),
            Change::Early(early) => put(format!("early {} {}", early.entry.contact, early.order)),
            Change::IdentityDestroyed(did) => {
                self.machine.remove(&format!("identity {}", did.as_str()));
            }
            Change::OutgoingDone { contact, id } => {
                self.machine.remove(&format!("outgoing {contact} {id}"));
            }
            Change::EarlyPlaced { contact, order } => {
                self.machine.remove(&format!("early {contact} {order}"));
            }
            Change::Mediation(mediation) => put(format!("mediator {}", mediation.mediator)),
            Change::MediationRemoved(gone) => {
                self.machine.remove(&format!("mediator {gone}"));
                let theirs = format!("registered {gone} ");
                self.machine.retain(|key, _| !key.starts_with(&theirs));
            }
            Change::Registered { mediator, did } => put(format!("registered {mediator} {did}")),
            Change::Unregistered { mediator, did } => {
                self.machine.remove(&format!("registered {mediator} {did}"));
            }
            Change::ContactDeleted(gone) => {
                let text = gone.to_string();
                self.machine.retain(|key, change| {
                    let is_theirs =
                        matches!(change, Change::Identity(identity) if identity.purpose == Purpose::Contact(*gone));
                    !is_theirs && !key.contains(&text)
                });
                self.entries.retain(|(contact, _), _| contact != gone);
                self.seen.retain(|(contact, _)| contact != gone);
            }
            Change::Entry(entry) => {
                self.entries
                    .insert((entry.contact, entry.seq), (**entry).clone());
            }
            Change::EntryDelivery {
                contact,
                id,
                delivery,
            } => {
                let of_it = self
                    .entries
                    .values_mut()
                    .find(|e| e.contact == *contact && e.id == *id);
                if let Some(known) = of_it.and_then(|entry| entry.delivery.as_mut()) {
                    known.merge(delivery);
                }
            }
            Change::Seen { contact, id, .. } => {
                self.seen.insert((*contact, id.clone()));
            }
        }
    }

    pub fn history(&self, contact: ContactId) -> Vec<Entry> {
        self.entries
            .range((contact, 0)..=(contact, u64::MAX))
            .map(|(_, entry)| entry.clone())
            .collect()
    }

    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Asks the store everything and compares.
    pub fn check(&self, store: &Store) {
        assert_eq!(
            forms(&store.machine().unwrap()),
            forms(self.machine.values())
        );
        for n in 0..=CONTACTS {
            let contact = contact_id(n);
            let expected = self.history(contact);
            assert_eq!(store.history(contact, None, usize::MAX).unwrap(), expected);
            for entry in &expected {
                assert_eq!(
                    store.entry(contact, &entry.id).unwrap().as_ref(),
                    Some(entry)
                );
            }
        }
        for (contact, id) in &self.seen {
            assert!(store.seen(*contact, id).unwrap());
        }
        assert!(!store.seen(contact_id(0), "never").unwrap());
    }
}

const CONTACTS: u8 = 5;

/// An endless stream of groups of changes, the same for the same seed.
pub struct Stream {
    rng: ChaCha8Rng,
    next_seq: BTreeMap<ContactId, u64>,
    identities: Vec<Did>,
    made: u64,
}

impl Stream {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            next_seq: BTreeMap::new(),
            identities: vec![],
            made: 0,
        }
    }

    pub fn group(&mut self) -> Vec<Change> {
        let count = self.below(12) + 1;
        (0..count).map(|_| self.change()).collect()
    }

    fn below(&mut self, end: u64) -> u64 {
        self.rng.next_u64() % end
    }

    fn change(&mut self) -> Change {
        self.made += 1;
        let n = self.made;
        let contact_number = u8::try_from(self.below(u64::from(CONTACTS))).unwrap();
        let who = contact_id(contact_number);
        match self.below(41) {
            0 => Change::Profile(Profile {
                name: format!("Ada {n}"),
                revision: n,
                ..Profile::default()
            }),
            1..=3 => Change::Contact(Box::new(contact(who, &format!("Name {n}")))),
            4..=7 => Change::Progress {
                contact: who,
                progress: Progress {
                    last_seq: n,
                    ..Progress::default()
                },
            },
            8 => Change::Invitation(Invitation {
                id: format!("invitation-{}", self.below(4)),
                did: did(n),
                state: InvitationState::Open,
                reusable: false,
                created: Timestamp(n),
                expires: None,
                note: None,
                url: "signet://invitation".into(),
                page: n.is_multiple_of(2).then(|| Page {
                    mediator: did_of_mediator(n % 3),
                    url: format!("https://example.org/?_oobid={n}"),
                    expires: Some(Timestamp(n)),
                    renew: None,
                }),
            }),
            9..=10 => {
                let purpose = match self.below(3) {
                    0 => Purpose::Invitation(format!("invitation-{n}")),
                    _ => Purpose::Contact(who),
                };
                let identity = identity(n, purpose);
                self.identities.push(identity.did.clone());
                Change::Identity(Box::new(identity))
            }
            11 if !self.identities.is_empty() => {
                let which = usize::try_from(self.below(self.identities.len() as u64)).unwrap();
                Change::IdentityDestroyed(self.identities.swap_remove(which))
            }
            11..=15 => {
                let place = self.below(30);
                Change::Outgoing(Box::new(outgoing(who, &format!("out-{place}"), place)))
            }
            16..=17 => Change::OutgoingDone {
                contact: who,
                id: format!("out-{}", self.below(30)),
            },
            18 => {
                let order = self.below(9);
                let entry = incoming(who, 0, &format!("early-{order}"), "too soon");
                Change::Early(Box::new(Early { order, entry }))
            }
            19 => Change::EarlyPlaced {
                contact: who,
                order: self.below(9),
            },
            20..=22 => Change::Seen {
                contact: who,
                id: format!("seen-{}", self.below(50)),
                at: Timestamp(n),
            },
            23..=30 => {
                let state = [
                    DeliveryState::Queued,
                    DeliveryState::Failed,
                    DeliveryState::Sent,
                    DeliveryState::Delivered,
                    DeliveryState::Read,
                ][usize::try_from(self.below(5)).unwrap()];
                let route = [None, Some(Route::Direct), Some(Route::Http)]
                    [usize::try_from(self.below(3)).unwrap()];
                let attempt = u32::try_from(self.below(3)).unwrap() + 1;
                let remark = (state == DeliveryState::Failed).then_some(Remark::NoWay);
                let last = self.next_seq.get(&who).copied().unwrap_or(0);
                let id = format!("m{contact_number}-{}", self.below(last + 2));
                Change::EntryDelivery {
                    contact: who,
                    id,
                    delivery: Delivery {
                        route,
                        remark,
                        at: Timestamp(n),
                        ..delivery(attempt, state)
                    },
                }
            }
            31 if self.below(6) == 0 => Change::ContactDeleted(who),
            32 => {
                let (mediator, did) = (did_of_mediator(self.below(3)), did(self.below(9)));
                match self.below(8) {
                    0..=1 => {
                        Change::Mediation(Box::new(mediation(self.below(3), contact_number.into())))
                    }
                    2 => Change::MediationRemoved(mediator),
                    3..=5 => Change::Registered { mediator, did },
                    _ => Change::Unregistered { mediator, did },
                }
            }
            _ => {
                let seq = self.next_seq.entry(who).or_insert(0);
                *seq += 1;
                let (seq, length) = (*seq, self.below(9000));
                let text = "word ".repeat(
                    usize::try_from(if seq.is_multiple_of(5) { length } else { 9 }).unwrap(),
                );
                let id = format!("m{contact_number}-{seq}");
                Change::Entry(Box::new(match self.below(3) {
                    0 => own(who, seq, &id, &text),
                    1 => incoming(who, seq, &id, &text),
                    _ => line(who, seq, Line::Connected),
                }))
            }
        }
    }
}
