//! The mailbox of a mediator that runs on one machine: a log that is the commit, and sled, which says
//! where in it things lie.
//!
//! A folder of its own, beside nobody's profile. Changes are decided by one thread, which commits
//! those that wait together: one write to the log, one `fdatasync`, then one batch of sled. An
//! envelope stays where it was written; when most of what the log holds is gone, the rest of its
//! first segment is written again at its end, and that segment goes. sled is not relied on: an index that lags
//! is caught up, one that does not open is set aside and built again out of the log.
//!
//! | file | holds |
//! |---|---|
//! | `lock` | nothing; held by the one process that has the mailbox open |
//! | `key` | the key under which all is sealed; whoever has the folder has it too, unless it is a link to another disk |
//! | `mail-…` | the log's segments |
//! | `index/` | sled |

mod apply;
mod draft;
mod fact;
mod group;
mod hosted;
mod key;
mod look;
mod segments;
mod tidy;
mod value;
mod writer;

use std::{fs, io, path::Path, sync::Arc, thread};

use signet_protocol::{
    mediator::{Change, Facts, Mailbox, MailboxError, Outcome, Question, Quota},
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    folder,
    journal::{
        HEADER,
        replay::{Next, Replay},
    },
    lock::{Lock, LockError},
    record::decode,
    sealed::{KEY, Keys, Secret, random_secret},
    view::{ViewError, open_tree},
};
use apply::apply;
use draft::Draft;
use fact::Fact;
use look::Look;
use segments::Segments;
use value::Spot;
use writer::{Order, Writer};

/// Orders that may wait for the thread that writes.
const ORDERS: usize = 4096;
/// Writes to the index at once while it is caught up.
const WRITES: usize = 512;

/// A segment that has grown so long is the last one no more.
const LONG: u64 = 64 * 1024 * 1024;

const KEY_FILE: &str = "key";
const INDEX: &str = "index";

/// A mailbox in a folder. Answers questions on tokio's blocking threads.
pub struct SledMailbox {
    /// Set until it is dropped.
    orders: Option<mpsc::Sender<Order>>,
    look: Look,
    thread: Option<thread::JoinHandle<()>>,
    _lock: Lock,
}

impl SledMailbox {
    /// Opens the mailbox in a folder, or makes one. Blocks; reads at most what the index lacks.
    ///
    /// # Errors
    /// [`MailboxError`] with one sentence: the folder cannot be used, is open in another process, or holds
    /// mail without its key.
    pub fn open(dir: &Path, quota: Quota) -> Result<Self, MailboxError> {
        Self::open_in_parts(dir, quota, LONG)
    }

    /// With segments of about so many bytes.
    fn open_in_parts(dir: &Path, quota: Quota, long: u64) -> Result<Self, MailboxError> {
        folder::make(dir).map_err(unusable)?;
        let lock = match Lock::take(dir) {
            Ok(lock) => lock,
            Err(LockError::Taken) => {
                return Err(MailboxError::Broken("another process has it open".into()));
            }
            Err(LockError::Io(error)) => return Err(unusable(error)),
        };
        let keys = Arc::new(Keys::new(&key_of(dir).map_err(unusable)?));
        let segments = Arc::new(Segments::open(dir, Arc::clone(&keys)).map_err(unusable)?);
        let tree = match caught_up(dir, &keys, &segments) {
            Ok(tree) => tree,
            Err(error) => {
                tracing::warn!(%error, "the index of the mailbox is built again");
                if dir.join(INDEX).exists() {
                    let aside = folder::aside(dir, INDEX);
                    fs::rename(dir.join(INDEX), aside).map_err(unusable)?;
                }
                caught_up(dir, &keys, &segments).map_err(failed)?
            }
        };
        let last = segments.numbers().last().copied();
        let (last, journal) = match last {
            Some(last) => {
                let tail = mark(&tree).map_err(failed)?.map_or(HEADER, |m| m.offset);
                (last, segments.journal(last, tail))
            }
            None => (1, segments.begin(1)),
        };
        let writer = Writer {
            tree: tree.clone(),
            keys: Arc::clone(&keys),
            segments: Arc::clone(&segments),
            journal: journal.map_err(unusable)?,
            last,
            quota,
            long,
            tidying: None,
            broken: None,
        };
        let (orders, given) = mpsc::channel(ORDERS);
        let thread = thread::Builder::new().name("mailbox".into());
        let thread = thread.spawn(move || writer.run(given)).map_err(unusable)?;
        let look = Look {
            tree,
            keys,
            segments,
        };
        Ok(Self {
            orders: Some(orders),
            look,
            thread: Some(thread),
            _lock: lock,
        })
    }

    async fn order<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<T, MailboxError>>) -> Order,
    ) -> Result<T, MailboxError> {
        let gone = || MailboxError::Broken("it was closed after a failure".into());
        let (reply, answer) = oneshot::channel();
        let orders = self.orders.as_ref().ok_or_else(gone)?;
        orders.send(order(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Mailbox for SledMailbox {
    async fn apply(
        &self,
        changes: Vec<Change>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, MailboxError> {
        self.order(|reply| Order::Apply {
            changes,
            now,
            reply,
        })
        .await
    }

    async fn look(&self, question: Question, now: Timestamp) -> Result<Facts, MailboxError> {
        let look = self.look.clone();
        let answering = tokio::task::spawn_blocking(move || look.answer(&question, now));
        match answering.await {
            Ok(answer) => answer,
            Err(_) => Err(MailboxError::Broken("the database panicked".into())),
        }
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, MailboxError> {
        self.order(|reply| Order::Sweep { now, reply }).await
    }
}

/// What was ordered is done, and whoever opens it next finds it closed.
impl Drop for SledMailbox {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The key, which is made with the mailbox.
fn key_of(dir: &Path) -> io::Result<Secret> {
    let path = dir.join(KEY_FILE);
    match fs::read(&path) {
        Ok(bytes) => {
            let bytes: [u8; KEY] = bytes
                .try_into()
                .map_err(|_| io::Error::other("its key is damaged"))?;
            Ok(Secret::new(bytes))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if segments::are_in(dir)? {
                return Err(io::Error::other("there is mail, and its key is missing"));
            }
            let secret = random_secret();
            folder::replace(dir, KEY_FILE, &secret[..])?;
            Ok(secret)
        }
        Err(error) => Err(error),
    }
}

fn mark(tree: &sled::Tree) -> Result<Option<Spot>, ViewError> {
    let found = tree.get(key::MARK)?;
    found
        .map(|bytes| value::Value::from_bytes(&bytes).ok_or(ViewError::Damaged))
        .transpose()
}

/// The index, with all that the log holds. An error means that it is of no use as it is.
fn caught_up(dir: &Path, keys: &Arc<Keys>, segments: &Segments) -> Result<sled::Db, ViewError> {
    let tree = open_tree(&dir.join(INDEX))?;
    let numbers = segments.numbers();
    let Some(&first) = numbers.first() else {
        return match mark(&tree)? {
            Some(_) => Err(ViewError::Failed("the log is gone".into())),
            None => Ok(tree),
        };
    };
    let begin = mark(&tree)?.unwrap_or(Spot {
        segment: first,
        offset: HEADER,
        size: 0,
    });
    if begin.segment < first || !numbers.contains(&begin.segment) {
        return Err(ViewError::Failed("it is older than the log".into()));
    }
    for number in numbers.into_iter().filter(|n| *n >= begin.segment) {
        let offset = match number == begin.segment {
            true => begin.offset,
            false => HEADER,
        };
        let end = catch_up(&tree, keys, segments, number, offset)?;
        if end < offset {
            return Err(ViewError::Failed("it is ahead of the log".into()));
        }
    }
    Ok(tree)
}

/// Applies what a segment holds from `offset` on; yields where its sound part ends.
fn catch_up(
    tree: &sled::Db,
    keys: &Keys,
    segments: &Segments,
    segment: u32,
    offset: u64,
) -> Result<u64, ViewError> {
    let unread = |error: io::Error| ViewError::Failed(error.to_string());
    let (file, id, used) = segments.file(segment).map_err(unread)?;
    if used < offset {
        return Ok(used);
    }
    let mut replay = Replay::new(keys, file, id, offset, used).map_err(unread)?;
    let mut spot = Spot {
        segment,
        offset,
        size: 0,
    };
    let mut draft = Draft::new(tree, keys);
    loop {
        match replay.next().map_err(unread)? {
            Next::Record { payload, end } => {
                spot.size = end - spot.offset;
                match decode::<Fact<'static>>(&payload) {
                    Some(fact) => apply(&mut draft, &fact, spot)?,
                    None => tracing::error!(segment, spot.offset, "a record is not understood"),
                }
                spot.offset = end;
            }
            Next::Damage { start, end } => {
                tracing::error!(segment, start, end, "a part of the log is damaged");
                spot.offset = end;
            }
            Next::Torn { start, .. } | Next::End(start) => {
                spot.offset = start;
                spot.size = 0;
                draft.write(spot)?;
                return Ok(start);
            }
        }
        if draft.len() >= WRITES {
            spot.size = 0;
            std::mem::replace(&mut draft, Draft::new(tree, keys)).write(spot)?;
        }
    }
}

fn failed(error: ViewError) -> MailboxError {
    match error {
        ViewError::Full => MailboxError::Full,
        ViewError::Failed(_) | ViewError::Damaged => MailboxError::Broken(error.to_string()),
    }
}

fn unusable(error: io::Error) -> MailboxError {
    match folder::is_full(&error) {
        true => MailboxError::Full,
        false => MailboxError::Broken(format!("its folder cannot be used: {error}")),
    }
}

#[cfg(test)]
mod tests;
