//! Questions about conversations: pages, single entries, repeats, unread messages.

use signet_protocol::{
    contact::ContactId,
    entry::{Direction, Entry, Kind},
};

use crate::{
    record::decode,
    store::{ReadError, Store},
    view::{
        Reader, ViewError,
        apply::{Deliveries, Owner, Place},
        key,
    },
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
                page.push(with_delivery(reader, &found?.1)?);
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
            let Some(place) = place(reader, contact, id)? else {
                return Ok(None);
            };
            reader
                .get(&key::entry(names, contact, place.seq))?
                .map(|value| with_delivery(reader, &value))
                .transpose()
        })
    }

    /// Whether the message with this id was taken from this contact; upper and lower case are one.
    ///
    /// # Errors
    /// [`ReadError`] if the view fails.
    pub fn seen(&self, contact: ContactId, id: &str) -> Result<bool, ReadError> {
        self.read_about(contact, id, |reader| {
            if let Some(Place {
                owner: Owner::Them(Some(_)),
                ..
            }) = place(reader, contact, id)?
            {
                return Ok(true);
            }
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

fn place(reader: &Reader<'_>, contact: ContactId, id: &str) -> Result<Option<Place>, ViewError> {
    let found = reader.get(&key::index(&reader.keys().names, contact, id))?;
    found
        .map(|value| decode(&value).ok_or(ViewError::Damaged))
        .transpose()
}

fn with_delivery(reader: &Reader<'_>, value: &[u8]) -> Result<Entry, ViewError> {
    let mut entry: Entry = decode(value).ok_or(ViewError::Damaged)?;
    if entry.delivery.is_some() {
        let key = key::deliveries(&reader.keys().names, entry.contact, entry.seq);
        let mut all: Deliveries = reader
            .get(&key)?
            .and_then(|value| decode(&value))
            .ok_or(ViewError::Damaged)?;
        entry.delivery = Some(all.remove(&entry.seq).ok_or(ViewError::Damaged)?);
    }
    Ok(entry)
}
