//! Backup: the whole profile in one encrypted file, and a profile made of it again.
//!
//! ```text
//! magic [16] │ length of head u32 │ head │ the journal, as far as it went │ SHA-256 of all before
//! ```
//! The head holds the master key, wrapped by the passphrase and the unlock code of that moment, and, under
//! the master key, the length of the journal and the epoch keys of living identities. What the journal
//! holds never changes, so a backup is of one moment although commits go on. The checksum tells
//! damage from a wrong passphrase; every record is in addition authenticated.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};

use crate::{
    SCHEMA,
    epochs::Epochs,
    folder::{self, EPOCHS, JOURNAL, VIEW},
    journal::{
        HEADER,
        replay::{Next, Replay},
    },
    open::{self, OpenError, Opening},
    record::{decode, encode},
    sealed::Keys,
    store::Store,
    unlock_code::UnlockCode,
    wrap::{Found, Unlock, UnlockError, Wrapped, Wraps},
};

const MAGIC: &[u8; 16] = b"signet backup  \n";
const CHECK: u64 = 32;
/// A head holds some wraps and 40 bytes for each identity.
const HEAD_MAX: u32 = 64 * 1024 * 1024;
/// How much is copied between two reports of progress.
const STRIDE: usize = 1024 * 1024;
/// A file of this name says that a restoration is under way; what lies beside it may be removed.
const RESTORING: &str = "restoring";

/// What was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupInfo {
    /// The length of the file.
    pub bytes: u64,
    /// How many commits it holds.
    pub commits: u64,
    /// The profile's passphrase opens it too; else only the unlock code does.
    pub passphrase: bool,
}

/// Why there is no backup. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The caller's progress function said so.
    #[error("the backup was cancelled")]
    Cancelled,
    /// No room where the file should be.
    #[error("there is no room for the backup")]
    Full,
    /// A part of the journal cannot be read: a backup of it would miss something.
    #[error("the profile's journal is damaged; restart, and save what is there by exporting it")]
    Damaged,
    /// The file cannot be written, or the profile not read.
    #[error("the backup could not be written: {0}")]
    Io(#[source] io::Error),
}

/// Why nothing was restored. There is no profile in the folder.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It is another kind of file.
    #[error("this is not a backup of Signet")]
    NoBackup,
    /// Bits are wrong, or the end is missing.
    #[error("the backup is damaged or incomplete")]
    Damaged,
    /// It stays locked.
    #[error(transparent)]
    Unlock(UnlockError),
    /// Only a passphrase or an unlock code opens a backup.
    #[error("a backup is opened by its passphrase or its unlock code")]
    OtherUnlock,
    /// The file cannot be read.
    #[error("the backup cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The folder cannot take it.
    #[error(transparent)]
    Profile(#[from] OpenError),
}

#[derive(Serialize, Deserialize)]
struct Head {
    schema: u32,
    wrapped: ByteBuf,
    /// A sealed [`Content`].
    content: ByteBuf,
}

#[derive(Serialize, Deserialize)]
struct Content {
    journal: u64,
    epochs: ByteBuf,
}

impl Store {
    /// Saves the whole profile in `file`, replacing it once everything is written.
    ///
    /// Passphrase and unlock code of this moment open it. `progress` is told bytes done and all bytes, and may
    /// break off. Commits go on meanwhile and are not in it.
    ///
    /// # Errors
    /// [`BackupError`]; then an earlier `file` is as it was.
    pub fn backup(
        &self,
        file: &Path,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<BackupInfo, BackupError> {
        let (id, length, epochs) = {
            let writer = self.writer();
            let living: std::collections::BTreeSet<u64> = writer.identities.epochs().collect();
            let epochs = writer
                .epochs
                .seal(&self.keys, |number| living.contains(&number));
            (writer.journal.id(), writer.journal.tail(), epochs)
        };
        let wrapped = self.wrapped().portable();
        let content = encode(&Content {
            journal: length,
            epochs: ByteBuf::from(epochs),
        });
        let head = encode(&Head {
            schema: SCHEMA,
            wrapped: ByteBuf::from(wrapped.to_vec()),
            content: ByteBuf::from(self.keys.backup.seal(MAGIC, &content)),
        });

        let journal = self.dir.join(JOURNAL);
        let commits = count_commits(&self.keys, &journal, id, length, progress)?;
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = Part(file.with_file_name(name));
        let bytes = write(&part.0, &head, &journal, length, progress)?;
        fs::rename(&part.0, file)?;
        if let Some(parent) = file
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            folder::sync(parent)?;
        }
        Ok(BackupInfo {
            bytes,
            commits,
            passphrase: wrapped.present().0,
        })
    }

    /// Makes the profile that was saved in `file`, in a folder that holds none.
    ///
    /// `unlock` is the passphrase or unlock code of the backup; `wraps` are those of the profile
    /// it becomes, which gets an unlock code of its own.
    ///
    /// # Errors
    /// [`RestoreError`]; then there is no profile in the folder.
    pub fn restore(
        file: &Path,
        dir: &Path,
        unlock: &Unlock<'_>,
        wraps: &Wraps<'_>,
    ) -> Result<(Self, UnlockCode), RestoreError> {
        match unlock {
            Unlock::Passphrase(_) | Unlock::Code(_) => {}
            Unlock::Keyring(_) | Unlock::Plain => return Err(RestoreError::OtherUnlock),
        }
        let mut source =
            BufReader::with_capacity(STRIDE, File::open(file).map_err(RestoreError::Read)?);
        let saved = read_head(&mut source)?;
        let master = saved.wrapped.unwrap(unlock).map_err(RestoreError::Unlock)?;
        let keys = Keys::new(&master);
        let content = keys
            .backup
            .open(MAGIC, &saved.content)
            .ok_or(RestoreError::Damaged)?;
        let content: Content = decode(&content).ok_or(RestoreError::Damaged)?;
        if content.journal != saved.journal || Epochs::open(dir, &keys, &content.epochs).is_none() {
            return Err(RestoreError::Damaged);
        }
        let (wrapped, code) = Wrapped::new(&master, wraps).map_err(RestoreError::Unlock)?;

        clear_interrupted(dir).map_err(OpenError::from)?;
        let lock = open::take_empty(dir)?;
        let made = Made(dir);
        folder::replace(dir, RESTORING, &[]).map_err(OpenError::from)?;
        folder::replace(dir, EPOCHS, &Epochs::file_of(&content.epochs)).map_err(OpenError::from)?;
        copy_journal(&mut source, content.journal, dir).map_err(OpenError::from)?;
        let (store, opening) = open::assemble(dir, lock, Arc::new(keys), master, wrapped)?;
        let Opening {
            rebuilt: _,
            cut_tail,
            damage,
            lost_identities,
        } = opening;
        if cut_tail.is_some() || !damage.is_empty() || lost_identities > 0 {
            drop(store);
            return Err(RestoreError::Damaged);
        }
        // With this file the folder is a profile.
        store.wrapped().write(dir).map_err(OpenError::from)?;
        std::mem::forget(made);
        let _ = fs::remove_file(dir.join(RESTORING));
        Ok((store, code))
    }
}

/// Reads every record, so that what is saved is known to be sound.
fn count_commits(
    keys: &Keys,
    journal: &Path,
    id: [u8; 16],
    length: u64,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<u64, BackupError> {
    let mut replay = Replay::new(keys, File::open(journal)?, id, HEADER, length)?;
    let (mut commits, mut told) = (0, 0);
    loop {
        match replay.next()? {
            Next::Record { end, .. } => {
                commits += 1;
                if end >= told {
                    told = end + STRIDE as u64;
                    if progress(end, 2 * length).is_break() {
                        return Err(BackupError::Cancelled);
                    }
                }
            }
            Next::End(_) => return Ok(commits),
            Next::Damage { .. } | Next::Torn { .. } => return Err(BackupError::Damaged),
        }
    }
}

fn write(
    part: &Path,
    head: &[u8],
    journal: &Path,
    length: u64,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<u64, BackupError> {
    let mut to = Hashed {
        file: folder::private().create(true).truncate(true).open(part)?,
        hash: Sha256::new(),
        bytes: 0,
    };
    to.write(MAGIC)?;
    to.write(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes())?;
    to.write(head)?;
    let mut from = File::open(journal)?;
    let mut piece = vec![0; STRIDE];
    let mut done = 0;
    while done < length {
        let count = usize::try_from(length - done).map_or(STRIDE, |left| left.min(STRIDE));
        from.read_exact(&mut piece[..count])?;
        to.write(&piece[..count])?;
        done += count as u64;
        if progress(length + done, 2 * length).is_break() {
            return Err(BackupError::Cancelled);
        }
    }
    let check: [u8; 32] = to.hash.clone().finalize().into();
    to.write(&check)?;
    to.file.sync_all()?;
    Ok(to.bytes)
}

struct Hashed {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }
}

/// The unfinished file, removed when it is given up.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What a backup says before it is unlocked.
struct Saved {
    wrapped: Wrapped,
    content: ByteBuf,
    journal: u64,
}

/// Checks the whole file, then reads its head and stands at the journal.
fn read_head(source: &mut BufReader<File>) -> Result<Saved, RestoreError> {
    let length = source
        .get_ref()
        .metadata()
        .map_err(RestoreError::Read)?
        .len();
    let mut magic = [0; 16];
    if length < 16 || source.read_exact(&mut magic).is_err() || magic != *MAGIC {
        return Err(RestoreError::NoBackup);
    }
    let body = length
        .checked_sub(CHECK)
        .filter(|body| *body >= 20)
        .ok_or(RestoreError::Damaged)?;
    source
        .seek(SeekFrom::Start(0))
        .map_err(RestoreError::Read)?;
    let hash = hash_of(&mut source.by_ref().take(body)).map_err(RestoreError::Read)?;
    let mut check = [0; 32];
    source.read_exact(&mut check).map_err(RestoreError::Read)?;
    if hash != check {
        return Err(RestoreError::Damaged);
    }

    source
        .seek(SeekFrom::Start(16))
        .map_err(RestoreError::Read)?;
    let mut count = [0; 4];
    source.read_exact(&mut count).map_err(RestoreError::Read)?;
    let count = u32::from_le_bytes(count);
    let journal = body
        .checked_sub(20 + u64::from(count))
        .ok_or(RestoreError::Damaged)?;
    if count > HEAD_MAX {
        return Err(RestoreError::Damaged);
    }
    let mut head = vec![0; usize::try_from(count).map_err(|_| RestoreError::Damaged)?];
    source.read_exact(&mut head).map_err(RestoreError::Read)?;
    let head: Head = decode(&head).ok_or(RestoreError::Damaged)?;
    if head.schema > SCHEMA {
        return Err(OpenError::Newer(head.schema).into());
    }
    match Wrapped::parse(&head.wrapped) {
        Found::Here(wrapped) => Ok(Saved {
            wrapped: *wrapped,
            content: head.content,
            journal,
        }),
        Found::Newer(schema) => Err(OpenError::Newer(schema).into()),
        Found::Missing | Found::Damaged => Err(RestoreError::Damaged),
    }
}

fn hash_of(source: &mut impl BufRead) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    loop {
        let piece = source.fill_buf()?;
        if piece.is_empty() {
            return Ok(hash.finalize().into());
        }
        hash.update(piece);
        let count = piece.len();
        source.consume(count);
    }
}

fn copy_journal(source: &mut BufReader<File>, length: u64, dir: &Path) -> io::Result<()> {
    let mut to = BufWriter::new(
        folder::private()
            .create(true)
            .truncate(true)
            .open(dir.join(JOURNAL))?,
    );
    let copied = io::copy(&mut source.take(length), &mut to)?;
    if copied != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    to.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    folder::sync(dir)
}

/// Removes what a restoration left behind that did not come to its end.
fn clear_interrupted(dir: &Path) -> io::Result<()> {
    if dir.join(RESTORING).exists() && !dir.join(folder::KEYS).exists() {
        clear(dir)
    } else {
        Ok(())
    }
}

fn clear(dir: &Path) -> io::Result<()> {
    let gone = |result: io::Result<()>| match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    };
    gone(fs::remove_file(dir.join(JOURNAL)))?;
    gone(fs::remove_file(dir.join(EPOCHS)))?;
    gone(fs::remove_dir_all(dir.join(VIEW)))?;
    gone(fs::remove_file(dir.join(RESTORING)))
}

/// A folder that becomes a profile, or is cleared again.
struct Made<'a>(&'a Path);

impl Drop for Made<'_> {
    fn drop(&mut self) {
        if !self.0.join(folder::KEYS).exists() {
            let _ = clear(self.0);
        }
    }
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        if folder::is_full(&error) {
            Self::Full
        } else {
            Self::Io(error)
        }
    }
}
