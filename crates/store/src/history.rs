//! Questions about conversations: pages, single entries, repeats, unread messages.

use signet_protocol::{
    contact::ContactId,
    entry::{Direction, Entry, Kind},
};

use crate::{
    record::decode,
    store::{ReadError, Store},
    view::{Reader, ViewError, apply::Place, key},
};

impl Store {
    /// The newest `limit` entries before the sequence number `before` (all, without one), oldest
    /// first, with their latest deliveries.
    ///
    /// # Errors
    /// [`ReadError`] if the view fails.
    pub fn history(
        &self,
        contact: ContactId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Entry>, ReadError> {
        self.read(|reader| {
            let names = &reader.keys().names;
            let last = before.unwrap_or(u64::MAX);
            let range = reader.range(
                key::entry(names, contact, 0),
                key::entry(names, contact, last),
            );
            let mut page = Vec::new();
            for found in range.rev().take(limit) {
                let (key, value) = found?;
                page.push(with_delivery(reader, &key, &value)?);
            }
            page.reverse();
            Ok(page)
        })
    }

    /// The entry with this message id, with its latest delivery.
    ///
    /// # Errors
    /// [`ReadError`] if the view fails.
    pub fn entry(&self, contact: ContactId, id: &str) -> Result<Option<Entry>, ReadError> {
        self.read_about(contact, id, |reader| {
            let names = &reader.keys().names;
            let Some(place) = reader.get(&key::index(names, contact, id))? else {
                return Ok(None);
            };
            let place: Place = decode(&place).ok_or(ViewError::Damaged)?;
            let key = key::entry(names, contact, place.seq);
            reader
                .get(&key)?
                .map(|value| with_delivery(reader, &key, &value))
                .transpose()
        })
    }

    /// Whether the message with this id was taken from this contact; upper and lower case are one.
    ///
    /// # Errors
    /// [`ReadError`] if the view fails.
    pub fn seen(&self, contact: ContactId, id: &str) -> Result<bool, ReadError> {
        self.read_about(contact, id, |reader| {
            reader.has(&key::seen(&reader.keys().names, contact, id))
        })
    }

    /// How many messages of theirs stand above the sequence number `read_up_to`, counted up to `cap`.
    ///
    /// # Errors
    /// [`ReadError`] if the view fails.
    pub fn unread(
        &self,
        contact: ContactId,
        read_up_to: u64,
        cap: usize,
    ) -> Result<usize, ReadError> {
        self.read(|reader| {
            let names = &reader.keys().names;
            let first = read_up_to.saturating_add(1);
            let mut count = 0;
            for found in reader.range(
                key::entry(names, contact, first),
                key::entry(names, contact, u64::MAX),
            ) {
                if count >= cap {
                    break;
                }
                let entry: Entry = decode(&found?.1).ok_or(ViewError::Damaged)?;
                if entry.direction == Direction::In && matches!(entry.kind, Kind::Message { .. }) {
                    count += 1;
                }
            }
            Ok(count)
        })
    }
}

fn with_delivery(reader: &Reader<'_>, key: &[u8], value: &[u8]) -> Result<Entry, ViewError> {
    let mut entry: Entry = decode(value).ok_or(ViewError::Damaged)?;
    if entry.delivery.is_some() {
        let latest = reader.get(&key::delivery(key))?.ok_or(ViewError::Damaged)?;
        entry.delivery = Some(decode(&latest).ok_or(ViewError::Damaged)?);
    }
    Ok(entry)
}
