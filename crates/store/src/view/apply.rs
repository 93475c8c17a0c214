//! Applying one record to the view. Applying it once more changes nothing, because after a crash a
//! group may have been written in part.

use serde::{Deserialize, Serialize};
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
}

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
            | Change::Early(_) => match key::of(names, change) {
                Some(key) => batch.put(&key, &encode(record)),
                None => Ok(()),
            },
            Change::OutgoingDone { .. } | Change::EarlyPlaced { .. } => {
                match key::of(names, change) {
                    Some(key) => batch.delete(&key),
                    None => Ok(()),
                }
            }
            Change::IdentityDestroyed(did) => {
                let name = key::identity_name(names, did);
                identities.remove(&name);
                batch.delete(&key::identity(&name))
            }
            // Never written: an identity is a record of its own, sealed.
            Change::Identity(_) => Ok(()),
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
        let key = key::delivery(&key);
        if !batch.has(&key)? {
            batch.put(&key, &encode(delivery))?;
        }
    }
    // The first entry with an id keeps it: a contact that sends a message under the id of one of
    // ours must not divert the news of it.
    let index = key::index(names, entry.contact, &entry.id);
    if !batch.has(&index)? {
        batch.put(&index, &encode(&Place { seq: entry.seq }))?;
    }
    Ok(())
}

fn merge_delivery(
    contact: ContactId,
    id: &str,
    news: &Delivery,
    batch: &mut Batch<'_>,
) -> Result<(), ViewError> {
    let names = &batch.keys().names;
    let Some(place) = batch.get(&key::index(names, contact, id))? else {
        return Ok(());
    };
    let place: Place = decode(&place).ok_or(ViewError::Damaged)?;
    let key = key::delivery(&key::entry(names, contact, place.seq));
    let Some(known) = batch.get(&key)? else {
        return Ok(());
    };
    let known: Delivery = decode(&known).ok_or(ViewError::Damaged)?;
    let mut merged = known.clone();
    merged.merge(news);
    if merged == known {
        Ok(())
    } else {
        batch.put(&key, &encode(&merged))
    }
}

fn add_seen(
    contact: ContactId,
    id: &str,
    at: Timestamp,
    batch: &mut Batch<'_>,
) -> Result<(), ViewError> {
    let key = key::seen(&batch.keys().names, contact, id);
    if batch.has(&key)? {
        Ok(())
    } else {
        batch.put(&key, &encode(&at))
    }
}
