//! What a group of facts writes to the index, before it is written: one reads in it what it has
//! written.

use std::collections::BTreeMap;

use signet_didcomm::did::Did;
use signet_protocol::mediator::Room;

use super::{
    key,
    value::{Numbered, Spot, Value},
};
use crate::{
    sealed::{Keys, Name},
    view::ViewError,
};

/// Bytes of a spot.
const SPOT: usize = 24;

/// The index, and what is to be written to it.
pub(super) struct Draft<'a> {
    tree: &'a sled::Tree,
    pub(super) keys: &'a Keys,
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(tree: &'a sled::Tree, keys: &'a Keys) -> Self {
        Self {
            tree,
            keys,
            writes: BTreeMap::new(),
        }
    }

    /// The value at this key.
    pub(super) fn get<V: Value>(&self, key: &[u8]) -> Result<Option<V>, ViewError> {
        let bytes = self.bytes(key)?;
        bytes
            .map(|bytes| V::from_bytes(&bytes).ok_or(ViewError::Damaged))
            .transpose()
    }

    /// The value at this key, or one of zeros.
    pub(super) fn sum<V: Value + Default>(&self, key: &[u8]) -> Result<V, ViewError> {
        Ok(self.get(key)?.unwrap_or_default())
    }

    pub(super) fn put(&mut self, key: Vec<u8>, value: &impl Value) {
        self.writes.insert(key, Some(value.to_bytes()));
    }

    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    pub(super) fn has(&self, key: &[u8]) -> Result<bool, ViewError> {
        Ok(self.bytes(key)?.is_some())
    }

    /// What the log says in a record of its own, opened: where, and what.
    pub(super) fn sealed(&self, key: &[u8]) -> Result<Option<(Spot, Vec<u8>)>, ViewError> {
        let Some(sealed) = self.bytes(key)? else {
            return Ok(None);
        };
        let opened = self.keys.values.open(key, &sealed);
        let parts = opened.as_deref().and_then(|bytes| {
            let (spot, rest) = bytes.split_at_checked(SPOT)?;
            Some((Spot::from_bytes(spot)?, rest.to_vec()))
        });
        parts.ok_or(ViewError::Damaged).map(Some)
    }

    /// Puts what the record at `spot` says.
    pub(super) fn put_sealed(
        &mut self,
        key: Vec<u8>,
        spot: Spot,
        bytes: &[u8],
    ) -> Result<(), ViewError> {
        self.remove_sealed(&key)?;
        let mut content = spot.to_bytes();
        content.extend_from_slice(bytes);
        let sealed = self.keys.values.seal(&key, &content);
        self.writes.insert(key, Some(sealed));
        self.live(spot)
    }

    /// Removes what a record of its own said; that record is of no use any more.
    pub(super) fn remove_sealed(&mut self, key: &[u8]) -> Result<(), ViewError> {
        if let Some((spot, _)) = self.sealed(key)? {
            self.dead(spot)?;
            self.remove(key.to_vec());
        }
        Ok(())
    }

    /// A DID with its number.
    pub(super) fn numbered(&self, key: &[u8]) -> Result<Option<Numbered>, ViewError> {
        let found = self.sealed(key)?;
        found
            .map(|(_, bytes)| Numbered::from_bytes(&bytes).ok_or(ViewError::Damaged))
            .transpose()
    }

    /// A record of the log is of use.
    pub(super) fn live(&mut self, spot: Spot) -> Result<(), ViewError> {
        self.count(key::segment(spot.segment), spot.size, more)
    }

    /// A record of the log is of no use any more.
    pub(super) fn dead(&mut self, spot: Spot) -> Result<(), ViewError> {
        self.count(key::segment(spot.segment), spot.size, less)
    }

    /// Counts something of so many bytes; what comes down to nothing is removed.
    pub(super) fn count(
        &mut self,
        key: Vec<u8>,
        bytes: u64,
        by: fn(&mut Room, u64),
    ) -> Result<(), ViewError> {
        let mut room: Room = self.sum(&key)?;
        by(&mut room, bytes);
        match room.messages {
            0 => self.remove(key),
            _ => self.put(key, &room),
        }
        Ok(())
    }

    /// The keys that begin so, in order.
    pub(super) fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, ViewError> {
        let mut keys: BTreeMap<Vec<u8>, bool> = BTreeMap::new();
        for found in self.tree.scan_prefix(prefix).keys() {
            keys.insert(found?.to_vec(), true);
        }
        let written = self.writes.range(prefix.to_vec()..);
        for (key, value) in written.take_while(|(key, _)| key.starts_with(prefix)) {
            keys.insert(key.clone(), value.is_some());
        }
        Ok(keys
            .into_iter()
            .filter_map(|(key, is_there)| is_there.then_some(key))
            .collect())
    }

    /// The first few keys that begin so and of which `is_meant` holds, with their numbers, as they are
    /// before this draft.
    pub(super) fn first(
        &self,
        prefix: &[u8],
        most: usize,
        is_meant: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<(Vec<u8>, u64)>, ViewError> {
        let mut first = Vec::new();
        for found in self.tree.scan_prefix(prefix).take(most) {
            let (key, value) = found?;
            if !is_meant(&key) {
                break;
            }
            let number = u64::from_bytes(&value).ok_or(ViewError::Damaged)?;
            first.push((key.to_vec(), number));
        }
        Ok(first)
    }

    /// The number of the account that has this DID.
    pub(super) fn account(&self, did: &Did) -> Result<Option<u64>, ViewError> {
        self.get(&key::account_of(&name(self.keys, did)))
    }

    /// How many writes there are.
    pub(super) fn len(&self) -> usize {
        self.writes.len()
    }

    /// Writes all of it, and that the index has come as far as this.
    pub(super) fn write(mut self, place: Spot) -> Result<(), ViewError> {
        self.put(key::MARK.to_vec(), &place);
        let mut batch = sled::Batch::default();
        for (key, value) in self.writes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        Ok(self.tree.apply_batch(batch)?)
    }

    fn bytes(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        if let Some(written) = self.writes.get(key) {
            return Ok(written.clone());
        }
        Ok(self.tree.get(key)?.map(|bytes| bytes.to_vec()))
    }
}

/// The name of a DID, whose forms are one.
pub(super) fn name(keys: &Keys, did: &Did) -> Name {
    keys.names.name(&[did.short().as_str().as_bytes()])
}

/// One more, of so many bytes.
pub(super) fn more(room: &mut Room, bytes: u64) {
    room.messages += 1;
    room.bytes += bytes;
}

/// One less.
pub(super) fn less(room: &mut Room, bytes: u64) {
    room.messages = room.messages.saturating_sub(1);
    room.bytes = room.bytes.saturating_sub(bytes);
}
