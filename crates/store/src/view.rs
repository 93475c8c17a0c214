//! The view: the latest state in sled, which everything reads.
//!
//! One tree. Keys are a kind and keyed hashes ([`key`]); values are sealed, padded and split into
//! pieces of at most 4 KiB ([`batch`]), because sled keeps larger ones in files that it never syncs. Each
//! group of changes is one batch that also moves the mark: how far in the journal the view has come.
//! Nothing here is relied on: the mark says what is missing after a crash, and a view that fails,
//! panics or does not open is dropped, and caught up or rebuilt from the journal.

pub(crate) mod apply;
pub(crate) mod batch;
pub(crate) mod key;

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::{
    folder,
    identities::{Identities, Tally},
    record::{Record, decode, encode},
    sealed::Keys,
    store::ReadError,
};
use batch::Batch;

/// sled's own default is 1 GiB.
const CACHE: u64 = 32 * 1024 * 1024;
/// How long another holder of sled's lock is waited for: only our own previous view, on its way out.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// A file of this name beside the view says that it is damaged: the next start builds another.
pub(crate) const REBUILD: &str = "rebuild";

/// The open view, or none after a failure.
pub(crate) struct View {
    folder: PathBuf,
    keys: Arc<Keys>,
    /// Written by commits, read by questions: a question sees no half-applied batch.
    tree: RwLock<Option<sled::Db>>,
}

/// How the keys lie at present; a view that lies otherwise is built again.
pub(crate) const LAYOUT: u32 = 2;

/// How far the view has come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// [`LAYOUT`] when the view was made; the first made none of it.
    #[serde(default)]
    pub(crate) layout: u32,
    /// The id of the journal.
    pub(crate) journal: [u8; 16],
    /// The place in the journal up to which everything is applied.
    pub(crate) place: u64,
    /// What is known of epochs at that place.
    pub(crate) tally: Tally,
}

/// Why the view is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ViewError {
    /// It failed, or panicked.
    #[error("{0}")]
    Failed(String),
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// A value does not open, or sled finds itself damaged.
    #[error("it is damaged")]
    Damaged,
}

impl From<sled::Error> for ViewError {
    fn from(error: sled::Error) -> Self {
        match &error {
            sled::Error::Io(error) if folder::is_full(error) => Self::Full,
            sled::Error::Corruption { .. } | sled::Error::ReportableBug(_) => Self::Damaged,
            sled::Error::Io(_)
            | sled::Error::CollectionNotFound(_)
            | sled::Error::Unsupported(_) => Self::Failed(error.to_string()),
        }
    }
}

impl View {
    /// Opens the view, or makes an empty one.
    pub(crate) fn open(folder: &Path, keys: Arc<Keys>) -> Result<Self, ViewError> {
        let tree = open_tree(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            keys,
            tree: RwLock::new(Some(tree)),
        })
    }

    /// Opens it again after a failure.
    pub(crate) fn reopen(&self) -> Result<(), ViewError> {
        let tree = open_tree(&self.folder)?;
        *self.tree.write().unwrap_or_else(PoisonError::into_inner) = Some(tree);
        Ok(())
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.tree
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
    }

    /// Drops the failed view.
    pub(crate) fn lose(&self) {
        let tree = self
            .tree
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(tree)));
    }

    /// Moves the failed view out of the way; where to, nobody asks before the next start.
    pub(crate) fn set_aside(&self, dir: &Path) -> Result<(), ViewError> {
        self.lose();
        let moved = std::fs::rename(&self.folder, folder::aside(dir, folder::VIEW))
            .and_then(|()| folder::sync(dir));
        moved.map_err(|error| {
            if folder::is_full(&error) {
                ViewError::Full
            } else {
                ViewError::Failed(error.to_string())
            }
        })
    }

    /// Answers a question. A view that fails at it stays open: the next commit will tell.
    pub(crate) fn read<T>(
        &self,
        question: impl FnOnce(&Reader<'_>) -> Result<T, ViewError>,
    ) -> Result<T, ReadError> {
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        let Some(tree) = &*tree else {
            return Err(ReadError::NoView);
        };
        let reader = Reader {
            tree,
            keys: &self.keys,
        };
        // sled panics at some of the damage that it finds.
        match catch_unwind(AssertUnwindSafe(|| question(&reader)))
            .unwrap_or(Err(ViewError::Damaged))
        {
            Ok(answer) => Ok(answer),
            Err(ViewError::Damaged) => {
                let _ = std::fs::write(self.folder.with_file_name(REBUILD), []);
                Err(ReadError::Damaged)
            }
            Err(error) => Err(ReadError::View(error.to_string())),
        }
    }

    /// Applies records and moves the mark behind them. After an error the view is lost.
    pub(crate) fn apply(
        &self,
        records: &[Record<'_>],
        identities: &mut Identities,
        journal: [u8; 16],
        place: u64,
    ) -> Result<(), ViewError> {
        let mut guard = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let Some(tree) = &*guard else {
            return Err(ViewError::Failed("it is not open".into()));
        };
        let work = || {
            let mut batch = Batch::new(tree, &self.keys, journal);
            for record in records {
                apply::apply(record, &mut batch, identities)?;
                batch.relieve(&identities.tally)?;
            }
            let mark = Mark {
                layout: LAYOUT,
                journal,
                place,
                tally: identities.tally.clone(),
            };
            batch.put(&key::mark(), &encode(&mark))?;
            batch.write()
        };
        let result = catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(ViewError::Failed("the database panicked".into())));
        if result.is_err() {
            let tree = guard.take();
            let _ = catch_unwind(AssertUnwindSafe(|| drop(tree)));
        }
        result
    }

    /// The mark; `None` in an empty view.
    pub(crate) fn mark(&self) -> Result<Option<Mark>, ReadError> {
        self.read(|reader| match reader.get(&key::mark())? {
            Some(bytes) => Ok(Some(decode(&bytes).ok_or(ViewError::Damaged)?)),
            None if reader.is_empty() => Ok(None),
            None => Err(ViewError::Damaged),
        })
    }

    /// Reads every record of the machine, without which there is no start.
    pub(crate) fn probe(&self) -> Result<(), ReadError> {
        self.read(|reader| {
            reader
                .scan(&key::machine())
                .try_for_each(|found| found.map(drop))
        })
    }

    /// The living identities, as the view knows them.
    pub(crate) fn identities(&self, tally: Tally) -> Result<Identities, ReadError> {
        self.read(|reader| {
            let mut identities = Identities::new(tally);
            for found in reader.scan(&key::identities()) {
                let (key, value) = found?;
                let Some(Record::Identity(identity)) = decode(&value) else {
                    return Err(ViewError::Damaged);
                };
                let name = key.last_chunk().ok_or(ViewError::Damaged)?;
                identities.insert(*name, &identity);
            }
            Ok(identities)
        })
    }
}

/// Reads sealed values.
pub(crate) struct Reader<'a> {
    tree: &'a sled::Tree,
    keys: &'a Keys,
}

impl Reader<'_> {
    pub(crate) fn keys(&self) -> &Keys {
        self.keys
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<batch::Plain>, ViewError> {
        batch::get(self.tree, self.keys, key)
    }

    pub(crate) fn has(&self, key: &[u8]) -> Result<bool, ViewError> {
        Ok(self.tree.contains_key(key)?)
    }

    /// The values whose keys begin with `prefix`, in the order of the keys.
    pub(crate) fn scan(&self, prefix: &[u8]) -> impl DoubleEndedIterator<Item = Found> {
        self.tree.scan_prefix(prefix).map(|found| self.open(found?))
    }

    /// The values between two keys.
    pub(crate) fn range(
        &self,
        from: Vec<u8>,
        to: Vec<u8>,
    ) -> impl DoubleEndedIterator<Item = Found> {
        self.tree.range(from..to).map(|found| self.open(found?))
    }

    fn open(&self, (key, head): (sled::IVec, sled::IVec)) -> Found {
        let value = batch::assemble(self.tree, self.keys, &key, &head)?;
        Ok((key, value))
    }

    fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }
}

/// A key and its value, or why there is none.
pub(crate) type Found = Result<(sled::IVec, batch::Plain), ViewError>;

/// Opens sled on a thread of its own, because it may panic on a damaged folder.
pub(crate) fn open_tree(folder: &Path) -> Result<sled::Db, ViewError> {
    let began = Instant::now();
    loop {
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(CACHE)
            .mode(sled::Mode::LowSpace)
            .flush_every_ms(Some(500));
        let opening = thread::Builder::new()
            .name("opening the view".into())
            .spawn(move || config.open());
        let opened = match opening.map(thread::JoinHandle::join) {
            Ok(Ok(opened)) => opened,
            Ok(Err(_)) => return Err(ViewError::Failed("the database panicked".into())),
            Err(error) => return Err(ViewError::Failed(error.to_string())),
        };
        match opened {
            Ok(tree) => return Ok(tree),
            Err(error) if is_locked(&error) && began.elapsed() < LOCK_PATIENCE => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_locked(error: &sled::Error) -> bool {
    match error {
        sled::Error::Io(error) => {
            error.kind() == io::ErrorKind::Other
                && error.to_string().starts_with("could not acquire lock")
        }
        sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_)
        | sled::Error::Corruption { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_bytes::ByteBuf;
    use signet_didcomm::did::Did;
    use signet_protocol::{change::Change, identity::Purpose, time::Timestamp};

    use super::*;
    use crate::{record::SealedIdentity, sealed::random_secret};

    #[test]
    fn a_group_applied_in_part_still_owes_the_keys_that_it_destroys() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Arc::new(Keys::new(&random_secret()));
        let view = View::open(&dir.path().join("view"), Arc::clone(&keys)).unwrap();
        let did = Did::parse("did:example:somebody").unwrap();
        let identity = SealedIdentity {
            did: did.clone(),
            purpose: Purpose::Invitation("an-id".into()),
            via: Vec::new(),
            created: Timestamp(1),
            epoch: 7,
            keys: ByteBuf::new(),
        };
        let mut identities = Identities::default();
        view.apply(
            &[Record::Identity(identity)],
            &mut identities,
            [1; 16],
            1000,
        )
        .unwrap();

        // The first batch of a large group, and then a crash.
        let name = key::identity_name(&keys.names, &did);
        identities.remove(&name);
        let tree = view.tree.read().unwrap().clone().unwrap();
        let mut batch = Batch::new(&tree, &keys, [1; 16]);
        batch.delete(&key::identity(&name)).unwrap();
        batch.note(&identities.tally).unwrap();
        batch.write().unwrap();
        let mark = view.mark().unwrap().unwrap();
        assert_eq!(mark.place, 1000);
        let mut identities = view.identities(mark.tally).unwrap();
        let group = [Record::Change(Cow::Owned(Change::IdentityDestroyed(did)))];
        view.apply(&group, &mut identities, [1; 16], 2000).unwrap();

        assert_eq!((identities.tally.used, identities.tally.owed), (7, vec![7]));
    }
}
