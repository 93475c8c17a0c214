//! Applying one record to the view. Applying it once more changes nothing, because after a crash a
//! group may have been written in part.

use std::collections::{BTreeMap, btree_map};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use signet_protocol::{
    change::Change,
    contact::ContactId,
    entry::{Delivery, Entry},
    time::Timestamp,
};

use super::{ViewError, batch::Batch, key};
use crate::{
    identities::Identities,
    record::{Record, decode, encode},
};

/// What stands in the index of message ids.
#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) seq: u64,
    pub(crate) owner: Owner,
}

/// Whose entry it is.
#[derive(Serialize, Deserialize)]
pub(crate) enum Owner {
    /// Ours: what they send under its id is another message.
    Us,
    /// Theirs, or a line; and when the message with its id was taken.
    Them(Option<Timestamp>),
}

/// Deliveries that lie together, by the seq of their entries.
pub(crate) type Deliveries = BTreeMap<u64, Delivery>;

/// Writes what `record` says.
pub(crate) fn apply(
    record: &Record<'_>,
    batch: &mut Batch<'_>,
    identities: &mut Identities,
) -> Result<(), ViewError> {
    let names = &batch.keys().names;
    match record {
        Record::Setting { key, value } => batch.put(&key::setting(names, key), value),
        Record::Identity(identity) => {
            let name = key::identity_name(names, &identity.did);
            identities.insert(name, identity);
            batch.put(&key::identity(&name), &encode(record))
        }
        Record::Change(change) => match &**change {
            Change::Profile(_)
            | Change::Contact(_)
            | Change::Progress { .. }
            | Change::Invitation(_)
            | Change::Outgoing(_)
            | Change::Early(_)
            | Change::Mediation(_)
            | Change::Registered { .. } => match key::of(names, change) {
                Some(key) => batch.put(&key, &encode(record)),
                None => Ok(()),
            },
            Change::OutgoingDone { .. }
            | Change::EarlyPlaced { .. }
            | Change::Unregistered { .. } => match key::of(names, change) {
                Some(key) => batch.delete(&key),
                None => Ok(()),
            },
            Change::IdentityDestroyed(did) => {
                let name = key::identity_name(names, did);
                identities.remove(&name);
                batch.delete(&key::identity(&name))
            }
            // Never written: an identity is a record of its own, sealed.
            Change::Identity(_) => Ok(()),
            Change::MediationRemoved(mediator) => {
                let all = key::all_of_mediation(names, mediator);
                all.iter().try_for_each(|prefix| batch.delete_all(prefix))
            }
            Change::ContactDeleted(contact) => delete_contact(*contact, batch, identities),
            Change::Entry(entry) => add_entry(entry, batch),
            Change::EntryDelivery {
                contact,
                id,
                delivery,
            } => merge_delivery(*contact, id, delivery, batch),
            Change::Seen { contact, id, at } => add_seen(*contact, id, *at, batch),
        },
    }
}

fn delete_contact(
    contact: ContactId,
    batch: &mut Batch<'_>,
    identities: &mut Identities,
) -> Result<(), ViewError> {
    for name in identities.of(contact) {
        identities.remove(&name);
        batch.delete(&key::identity(&name))?;
    }
    // Much may be deleted, so it goes in batches of its own. The debts go first: applied once more
    // after a crash, the identities would not be found again.
    batch.note(&identities.tally)?;
    for prefix in key::all_of(&batch.keys().names, contact) {
        batch.delete_all(&prefix)?;
    }
    Ok(())
}

fn add_entry(entry: &Entry, batch: &mut Batch<'_>) -> Result<(), ViewError> {
    let names = &batch.keys().names;
    let key = key::entry(names, entry.contact, entry.seq);
    batch.put(&key, &encode(entry))?;
    if let Some(delivery) = &entry.delivery {
        let key = key::deliveries(names, entry.contact, entry.seq);
        let mut known: Deliveries = get(batch, &key)?.unwrap_or_default();
        if let btree_map::Entry::Vacant(free) = known.entry(entry.seq) {
            free.insert(delivery.clone());
            batch.put(&key, &encode(&known))?;
        }
    }
    // The first entry with an id keeps it: a contact that sends a message under the id of one of
    // ours must not divert the news of it.
    let index = key::index(names, entry.contact, &entry.id);
    if batch.has(&index)? {
        return Ok(());
    }
    let seq = entry.seq;
    let owner = match &entry.delivery {
        Some(_) => Owner::Us,
        None => {
            let seen = key::seen(names, entry.contact, &entry.id);
            let taken = get(batch, &seen)?;
            batch.delete(&seen)?;
            Owner::Them(taken)
        }
    };
    batch.put(&index, &encode(&Place { seq, owner }))
}

fn merge_delivery(
    contact: ContactId,
    id: &str,
    news: &Delivery,
    batch: &mut Batch<'_>,
) -> Result<(), ViewError> {
    let names = &batch.keys().names;
    let Some(Place { seq, .. }) = get(batch, &key::index(names, contact, id))? else {
        return Ok(());
    };
    let key = key::deliveries(names, contact, seq);
    let mut all: Deliveries = get(batch, &key)?.unwrap_or_default();
    let Some(known) = all.get_mut(&seq) else {
        return Ok(());
    };
    let before = known.clone();
    known.merge(news);
    if *known == before {
        Ok(())
    } else {
        batch.put(&key, &encode(&all))
    }
}

fn add_seen(
    contact: ContactId,
    id: &str,
    at: Timestamp,
    batch: &mut Batch<'_>,
) -> Result<(), ViewError> {
    let names = &batch.keys().names;
    let index = key::index(names, contact, id);
    let seen = key::seen(names, contact, id);
    match get(batch, &index)? {
        Some(Place {
            owner: Owner::Them(Some(_)),
            ..
        }) => Ok(()),
        Some(Place {
            seq,
            owner: Owner::Them(None),
        }) => {
            let owner = Owner::Them(Some(at));
            batch.put(&index, &encode(&Place { seq, owner }))
        }
        Some(Place {
            owner: Owner::Us, ..
        })
        | None => {
            if batch.has(&seen)? {
                Ok(())
            } else {
                batch.put(&seen, &encode(&at))
            }
        }
    }
}

fn get<T: DeserializeOwned>(batch: &Batch<'_>, key: &[u8]) -> Result<Option<T>, ViewError> {
    batch
        .get(key)?
        .map(|value| decode(&value).ok_or(ViewError::Damaged))
        .transpose()
}
