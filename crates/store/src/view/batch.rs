//! A batch: what one group of changes writes to sled, and how a value becomes pieces.
//!
//! A value is sealed whole, bound to its key, and cut into pieces of at most [`PIECE`] bytes. The first
//! lies at the key itself, headed by the number of further ones; those lie apart, so that scanning
//! passes them by. Within a batch one reads what the batch has written.

use std::collections::BTreeMap;

use sled::Tree;
use zeroize::Zeroizing;

use super::{LAYOUT, Mark, ViewError, key};
use crate::sealed::{Keys, LENGTH, OVERHEAD, size_class};
use crate::{
    identities::Tally,
    journal::HEADER,
    record::{decode, encode},
};

/// With key and bookkeeping a piece stays within 4 KiB.
const PIECE: usize = 4000;
/// The smallest sealed value.
const LEAST: usize = 128;
/// So many operations are written at once before the group is complete: large batches cost sled
/// memory out of proportion, and the journal replays a group that was cut in two.
const MANY: usize = 512;

/// An opened value.
pub(crate) type Plain = Zeroizing<Vec<u8>>;

/// Writes to the tree, gathered.
pub(crate) struct Batch<'a> {
    tree: &'a Tree,
    keys: &'a Keys,
    pending: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// The mark of an empty view.
    start: Mark,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(tree: &'a Tree, keys: &'a Keys, journal: [u8; 16]) -> Self {
        Self {
            tree,
            keys,
            pending: BTreeMap::new(),
            start: Mark {
                layout: LAYOUT,
                journal,
                place: HEADER,
                ..Mark::default()
            },
        }
    }

    pub(crate) fn keys(&self) -> &'a Keys {
        self.keys
    }

    /// Seals a value and puts it at this key.
    pub(crate) fn put(&mut self, key: &[u8], plain: &[u8]) -> Result<(), ViewError> {
        let before = self.pieces_at(key)?;
        let sealed = self.keys.values.seal_padded(
            key,
            plain,
            size_class(plain.len() + LENGTH + OVERHEAD, LEAST),
        );
        let mut pieces = sealed.chunks(PIECE);
        let first = pieces.next().unwrap_or_default();
        let further = u16::try_from(pieces.len())
            .map_err(|_| ViewError::Failed("a value is too large".into()))?;
        let mut head = further.to_le_bytes().to_vec();
        head.extend_from_slice(first);
        self.pending.insert(key.to_vec(), Some(head));
        for (number, piece) in (0..).zip(pieces) {
            self.pending
                .insert(key::piece(key, number), Some(piece.to_vec()));
        }
        for number in further..before {
            self.pending.insert(key::piece(key, number), None);
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, key: &[u8]) -> Result<(), ViewError> {
        for number in 0..self.pieces_at(key)? {
            self.pending.insert(key::piece(key, number), None);
        }
        self.pending.insert(key.to_vec(), None);
        Ok(())
    }

    pub(crate) fn has(&self, key: &[u8]) -> Result<bool, ViewError> {
        match self.pending.get(key) {
            Some(value) => Ok(value.is_some()),
            None => Ok(self.tree.contains_key(key)?),
        }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Plain>, ViewError> {
        let raw = |key: &[u8]| match self.pending.get(key) {
            Some(value) => Ok(value.clone()),
            None => Ok(self.tree.get(key)?.map(|value| value.to_vec())),
        };
        raw(key)?
            .map(|head| join(self.keys, key, &head, raw))
            .transpose()
    }

    /// Removes everything whose key begins with `prefix`, in small batches.
    pub(crate) fn delete_all(&mut self, prefix: &[u8]) -> Result<(), ViewError> {
        self.write()?;
        loop {
            let mut batch = sled::Batch::default();
            let mut count = 0;
            for key in self.tree.scan_prefix(prefix).keys().take(MANY) {
                batch.remove(key?);
                count += 1;
            }
            self.tree.apply_batch(batch)?;
            if count < MANY {
                return Ok(());
            }
        }
    }

    /// Writes what has gathered if that is much.
    pub(crate) fn relieve(&mut self, tally: &Tally) -> Result<(), ViewError> {
        if self.pending.len() < MANY {
            return Ok(());
        }
        self.note(tally)?;
        self.write()
    }

    /// Renews what the mark says of epochs and leaves its place.
    pub(crate) fn note(&mut self, tally: &Tally) -> Result<(), ViewError> {
        let known = match self.get(&key::mark())? {
            Some(bytes) => decode(&bytes).ok_or(ViewError::Damaged)?,
            None => self.start.clone(),
        };
        let mark = Mark {
            tally: tally.clone(),
            ..known
        };
        self.put(&key::mark(), &encode(&mark))
    }

    /// Writes what has gathered.
    pub(crate) fn write(&mut self) -> Result<(), ViewError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut batch = sled::Batch::default();
        for (key, value) in std::mem::take(&mut self.pending) {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        Ok(self.tree.apply_batch(batch)?)
    }

    fn pieces_at(&self, key: &[u8]) -> Result<u16, ViewError> {
        match self.pending.get(key) {
            Some(value) => Ok(value.as_ref().map_or(0, |head| further(head))),
            None => Ok(self.tree.get(key)?.map_or(0, |head| further(&head))),
        }
    }
}

/// Reads the value at a key.
pub(crate) fn get(tree: &Tree, keys: &Keys, key: &[u8]) -> Result<Option<Plain>, ViewError> {
    tree.get(key)?
        .map(|head| assemble(tree, keys, key, &head))
        .transpose()
}

/// Reads the value whose first piece was found already.
pub(crate) fn assemble(
    tree: &Tree,
    keys: &Keys,
    key: &[u8],
    head: &[u8],
) -> Result<Plain, ViewError> {
    join(keys, key, head, |key| {
        Ok(tree.get(key)?.map(|value| value.to_vec()))
    })
}

fn further(head: &[u8]) -> u16 {
    head.first_chunk()
        .map_or(0, |count| u16::from_le_bytes(*count))
}

fn join(
    keys: &Keys,
    key: &[u8],
    head: &[u8],
    piece: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, ViewError>,
) -> Result<Plain, ViewError> {
    let first = head.get(2..).ok_or(ViewError::Damaged)?;
    let mut sealed = first.to_vec();
    for number in 0..further(head) {
        sealed.extend_from_slice(&piece(&key::piece(key, number))?.ok_or(ViewError::Damaged)?);
    }
    keys.values
        .open_padded(key, &sealed)
        .ok_or(ViewError::Damaged)
}
