//! The store of one open profile: committing, and what the machine is restored from.

use std::{
    collections::BTreeSet,
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use signet_protocol::{change::Change, contact::ContactId};

use crate::{
    catch_up::{CatchUpError, catch_up},
    epochs::Epochs,
    folder,
    identities::Identities,
    journal::{AppendError, HEADER, Journal},
    lock::Lock,
    owed::{Debt, Owed, Payload},
    record::{Record, decode, encode},
    sealed::{Keys, Secret},
    unlock_code::UnlockCode,
    view::{Mark, Reader, View, ViewError, key},
    wrap::{UnlockError, Wrapped, Wraps},
};

/// An open profile. Commits take turns; questions may be asked from any thread meanwhile and see
/// all that is committed and nothing else. Everything here blocks: call it from a blocking thread.
pub struct Store {
    pub(crate) dir: PathBuf,
    pub(crate) keys: Arc<Keys>,
    view: View,
    /// Set while the view is owed something.
    is_behind: AtomicBool,
    master: Secret,
    wrapped: Mutex<Wrapped>,
    writer: Mutex<Writer>,
    _lock: Lock,
}

/// What commits change.
pub(crate) struct Writer {
    pub(crate) journal: Journal,
    pub(crate) epochs: Epochs,
    pub(crate) identities: Identities,
    owed: Owed,
}

impl Writer {
    /// With a view that has come as far as the journal.
    pub(crate) fn new(journal: Journal, epochs: Epochs, identities: Identities) -> Self {
        Self {
            journal,
            epochs,
            identities,
            owed: Owed::default(),
        }
    }
}

/// Why nothing was committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Nothing of it is kept, everything before is; it may be tried again when there is room.
    #[error("the disk is full")]
    Full,
    /// Whether it is kept shows when the profile is opened again; until then nothing is committed.
    #[error("the disk does not keep what is written to it")]
    Broken(#[source] io::Error),
    /// Nothing of it is kept: the view failed earlier and does not come back.
    #[error("the database failed: {0}")]
    View(String),
    /// More than one commit can hold (128 MiB).
    #[error("this is too much for one commit")]
    TooLarge,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The view failed and waits for the next commit to open it again.
    #[error("the database is not open after a failure")]
    NoView,
    /// The view failed.
    #[error("the database failed: {0}")]
    View(String),
    /// The view holds something that does not open. It is rebuilt from the journal at the next start.
    #[error("the database is damaged; it is rebuilt when the program starts again")]
    Damaged,
}

impl Store {
    pub(crate) fn new(
        dir: &Path,
        lock: Lock,
        keys: Arc<Keys>,
        master: Secret,
        wrapped: Wrapped,
        view: View,
        writer: Writer,
    ) -> Self {
        Self {
            dir: dir.to_owned(),
            keys,
            view,
            is_behind: AtomicBool::new(false),
            master,
            wrapped: Mutex::new(wrapped),
            writer: Mutex::new(writer),
            _lock: lock,
        }
    }

    /// Commits a group of changes: all of it is durable when this returns, or none.
    ///
    /// Costs one append and one `fdatasync`, whatever the size of the group. Of several writings of one
    /// record in the group only the last is kept. What follows from the commit is left to
    /// [`Store::settle`], so that nobody who waits for the promise waits for that too.
    ///
    /// # Errors
    /// [`CommitError`] says what is kept, which is nothing except possibly after [`CommitError::Broken`].
    pub fn commit(&self, changes: &[Change]) -> Result<(), CommitError> {
        let mut writer = self.ready()?;
        let records = self.records_of(changes, &mut writer)?;
        self.write(&mut writer, &records)
    }

    pub(crate) fn commit_record(&self, record: Record<'_>) -> Result<(), CommitError> {
        let mut writer = self.ready()?;
        self.write(&mut writer, &[record])
    }

    /// Whether the view is owed something.
    pub fn debt(&self) -> Debt {
        self.lock().owed.debt()
    }

    /// Brings the view up to the last commit. An identity that was destroyed, itself or with its contact, is
    /// beyond recovery from then on (one small file is rewritten for it). Questions do the same
    /// when they would miss something, and so do the end and the next start.
    pub fn settle(&self) {
        if self.is_behind.load(Ordering::Acquire) {
            drop(self.writer());
        }
    }

    /// Asks the view, which lacks nothing then.
    pub(crate) fn read<T>(
        &self,
        question: impl FnOnce(&Reader<'_>) -> Result<T, ViewError>,
    ) -> Result<T, ReadError> {
        self.settle();
        self.view.read(question)
    }

    /// Asks the view about one message, of which it lacks nothing then.
    pub(crate) fn read_about<T>(
        &self,
        contact: ContactId,
        id: &str,
        question: impl FnOnce(&Reader<'_>) -> Result<T, ViewError>,
    ) -> Result<T, ReadError> {
        if self.is_behind.load(Ordering::Acquire) {
            let mut writer = self.lock();
            if writer.owed.concerns(contact, id) {
                self.pay(&mut writer);
            }
        }
        self.view.read(question)
    }

    /// The records of the machine, the latest of each, for [`signet_protocol`]'s `Messenger::restore`:
    /// profile, contacts, progress, identities, invitations, outbox, early messages.
    ///
    /// # Errors
    /// [`ReadError`] if the view fails.
    pub fn machine(&self) -> Result<Vec<Change>, ReadError> {
        let writer = self.writer();
        self.view.read(|reader| {
            let mut changes = Vec::new();
            for found in reader.scan(&key::machine()) {
                match decode(&found?.1).ok_or(ViewError::Damaged)? {
                    Record::Change(change) => changes.push(change.into_owned()),
                    Record::Identity(sealed) => match writer.epochs.open_identity(sealed) {
                        Some(identity) => changes.push(Change::Identity(Box::new(identity))),
                        None => tracing::warn!("the keys of an identity are gone"),
                    },
                    Record::Setting { .. } => return Err(ViewError::Damaged),
                }
            }
            Ok(changes)
        })
    }

    /// Makes exactly these wraps open the profile, beside the unlock code.
    ///
    /// # Errors
    /// [`WrapError`]; then the earlier wraps stand.
    pub fn set_wraps(&self, wraps: &Wraps<'_>) -> Result<(), WrapError> {
        self.rewrap(|wrapped, master| wrapped.set(master, wraps))
    }

    /// Sets or removes the passphrase and leaves the other wraps.
    ///
    /// # Errors
    /// [`WrapError`]; then the earlier wraps stand.
    pub fn set_passphrase(&self, passphrase: Option<&str>) -> Result<(), WrapError> {
        self.rewrap(|wrapped, master| wrapped.set_passphrase(master, passphrase))
    }

    /// Sets or removes the keyring's secret and leaves the other wraps.
    ///
    /// # Errors
    /// [`WrapError`]; then the earlier wraps stand.
    pub fn set_keyring(&self, keyring: Option<[u8; 32]>) -> Result<(), WrapError> {
        self.rewrap(|wrapped, master| {
            wrapped.set_keyring(master, keyring);
            Ok(())
        })
    }

    /// Replaces the unlock code; the earlier one opens nothing any more.
    ///
    /// # Errors
    /// [`WrapError`]; then the earlier code stands.
    pub fn new_unlock_code(&self) -> Result<UnlockCode, WrapError> {
        self.rewrap(|wrapped, master| Ok(wrapped.fresh_code(master)))
    }

    /// The folder of the profile.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer, with a view that it owes nothing.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        let mut writer = self.lock();
        self.pay(&mut writer);
        writer
    }

    /// The writer, after a failure with the view back in its place.
    fn ready(&self) -> Result<MutexGuard<'_, Writer>, CommitError> {
        let mut writer = self.lock();
        if writer.owed.debt() == Debt::Presses {
            self.pay(&mut writer);
        }
        self.revive(&mut writer)?;
        Ok(writer)
    }

    pub(crate) fn wrapped(&self) -> MutexGuard<'_, Wrapped> {
        self.wrapped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rewrap<T>(
        &self,
        change: impl FnOnce(&mut Wrapped, &Secret) -> Result<T, UnlockError>,
    ) -> Result<T, WrapError> {
        let mut wrapped = self.wrapped();
        let mut changed = wrapped.clone();
        let answer = change(&mut changed, &self.master)?;
        changed.write(&self.dir)?;
        *wrapped = changed;
        Ok(answer)
    }

    /// After a failure of the view: opens it again and catches up, or builds another.
    fn revive(&self, writer: &mut Writer) -> Result<(), CommitError> {
        if writer.journal.is_broken() {
            return Err(CommitError::Broken(io::Error::other(
                "an earlier commit failed",
            )));
        }
        if !self.view.is_lost() {
            return Ok(());
        }
        let revived = self.reopen_view(&writer.journal).or_else(|error| {
            if error.is_full() {
                return Err(error);
            }
            tracing::warn!(%error, "the view does not come back; it is rebuilt");
            self.view.set_aside(&self.dir)?;
            self.reopen_view(&writer.journal)
        });
        match revived {
            Ok(identities) => {
                writer.identities = identities;
                Ok(())
            }
            Err(error) => {
                self.view.lose();
                Err(if error.is_full() {
                    CommitError::Full
                } else {
                    CommitError::View(error.to_string())
                })
            }
        }
    }

    fn reopen_view(&self, journal: &Journal) -> Result<Identities, CatchUpError> {
        self.view.reopen()?;
        let mark = self.view.mark()?.unwrap_or(Mark {
            journal: journal.id(),
            place: HEADER,
            ..Mark::default()
        });
        if mark.journal != journal.id() || mark.place > journal.tail() {
            return Err(ViewError::Damaged.into());
        }
        let mut identities = self.view.identities(mark.tally)?;
        let span = mark.place..journal.tail();
        catch_up(
            &self.view,
            &self.keys,
            journal.path(),
            journal.id(),
            span,
            &mut identities,
        )?;
        Ok(identities)
    }

    /// The records of a group: the last writing of each, identities sealed.
    fn records_of<'a>(
        &self,
        changes: &'a [Change],
        writer: &mut Writer,
    ) -> Result<Vec<Record<'a>>, CommitError> {
        let mut later = BTreeSet::new();
        let mut kept: Vec<&Change> = Vec::with_capacity(changes.len());
        for change in changes.iter().rev() {
            let is_last = key::of(&self.keys.names, change).is_none_or(|key| later.insert(key));
            if is_last {
                kept.push(change);
            }
        }
        let mut used = writer.identities.tally.used;
        let mut records = Vec::with_capacity(kept.len());
        for change in kept.into_iter().rev() {
            let Change::Identity(identity) = change else {
                records.push(Record::Change(std::borrow::Cow::Borrowed(change)));
                continue;
            };
            let name = key::identity_name(&self.keys.names, &identity.did);
            let epoch = match writer.identities.epoch(&name) {
                Some(epoch) if writer.epochs.holds(epoch) => epoch,
                Some(_) | None => writer
                    .epochs
                    .spare(&self.keys, used)
                    .map_err(CommitError::from)?,
            };
            used = used.max(epoch);
            let sealed = writer.epochs.seal_identity(identity, epoch);
            let missing =
                || CommitError::Broken(io::Error::other("there is no key to seal an identity"));
            records.push(Record::Identity(sealed.ok_or_else(missing)?));
        }
        Ok(records)
    }

    fn write(&self, writer: &mut Writer, records: &[Record<'_>]) -> Result<(), CommitError> {
        if records.is_empty() {
            return Ok(());
        }
        let payload = Payload::new(encode(&records));
        writer.journal.append(&self.keys, &payload)?;
        writer.owed.add(payload, records);
        self.is_behind.store(true, Ordering::Release);
        Ok(())
    }

    /// Applies to the view what it is owed. The commits stand, whatever becomes of the view.
    fn pay(&self, writer: &mut Writer) {
        let owed = std::mem::take(&mut writer.owed);
        if owed.debt() == Debt::None {
            return;
        }
        let Writer {
            journal,
            identities,
            ..
        } = writer;
        let records = owed
            .payloads()
            .iter()
            .map(|payload| decode::<Vec<Record<'_>>>(payload).ok_or(ViewError::Damaged))
            .collect::<Result<Vec<_>, _>>();
        let applied = records.and_then(|records| {
            let records: Vec<_> = records.into_iter().flatten().collect();
            self.view
                .apply(&records, identities, journal.id(), journal.tail())
        });
        let revived = applied.or_else(|error| {
            tracing::warn!(%error, "the view failed");
            self.revive(writer)
        });
        match revived {
            Ok(()) => pay_debts(&mut writer.epochs, &mut writer.identities, &self.keys),
            Err(error) => tracing::warn!(%error, "the view waits for the next commit"),
        }
        self.is_behind.store(false, Ordering::Release);
    }
}

/// Destroys the epochs of identities whose destruction is committed. If the disk refuses, the debt
/// stays in the view and is paid with a later commit or at the next start.
pub(crate) fn pay_debts(epochs: &mut Epochs, identities: &mut Identities, keys: &Keys) {
    let tally = &mut identities.tally;
    if tally.owed.is_empty() {
        return;
    }
    match epochs.destroy(keys, &tally.owed, tally.used) {
        Ok(()) => tally.owed.clear(),
        Err(error) => tracing::warn!(%error, "destroyed keys could not be erased yet"),
    }
}

/// What is closed owes nothing.
impl Drop for Store {
    fn drop(&mut self) {
        self.settle();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl From<AppendError> for CommitError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Full => Self::Full,
            AppendError::Broken(error) => Self::Broken(error),
            AppendError::TooLarge => Self::TooLarge,
        }
    }
}

impl From<io::Error> for CommitError {
    fn from(error: io::Error) -> Self {
        if folder::is_full(&error) {
            Self::Full
        } else {
            Self::Broken(error)
        }
    }
}

/// Why the wraps did not change.
#[derive(Debug, thiserror::Error)]
pub enum WrapError {
    /// What was asked for is no good.
    #[error(transparent)]
    Refused(#[from] UnlockError),
    /// The file could not be replaced.
    #[error("the keys could not be written")]
    Io(#[from] io::Error),
}
