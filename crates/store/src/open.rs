//! Creating and opening a profile: what is there, what is sound, what has to be caught up.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    catch_up::{CatchUpError, catch_up},
    epochs::Epochs,
    folder::{self, JOURNAL, KEYS, VIEW},
    identities::Identities,
    journal::{self, HEADER, Header, Journal, read_header},
    lock::{Lock, LockError},
    sealed::{Keys, Secret, random_secret},
    store::{Store, Writer, pay_debts},
    unlock_code::UnlockCode,
    view::{LAYOUT, Mark, REBUILD, View, ViewError},
    wrap::{Found, Unlock, UnlockError, Wrapped, Wraps},
};

/// Whether a folder holds a profile, and what opens it beside the unlock code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Missing,
    /// There is one.
    Present {
        /// A passphrase opens it.
        passphrase: bool,
        /// The secret from the keyring opens it.
        keyring: bool,
        /// Its owner's files open it.
        plain: bool,
    },
}

/// What was found when the profile was opened; for the person to be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The view was built again from the journal.
    pub rebuilt: Option<Rebuilt>,
    /// The journal ended in something that was no whole commit.
    pub cut_tail: Option<CutTail>,
    /// Parts of the journal that were read and did not open; what they held is missing if the
    /// view was rebuilt.
    pub damage: Vec<Damage>,
    /// DIDs of ours whose keys are gone without having been destroyed.
    pub lost_identities: usize,
}

/// The view was built again.
#[derive(Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Where the earlier one lies; `None` if there was none, or an empty one.
    pub set_aside: Option<PathBuf>,
    /// How many entries the journal gave back.
    pub entries: u64,
}

/// What was cut off the end of the journal: with a crash nothing that anybody was promised.
#[derive(Debug, PartialEq, Eq)]
pub struct CutTail {
    /// How many bytes.
    pub bytes: u64,
    /// Where they lie, when they might have been a whole commit once.
    pub kept: Option<PathBuf>,
}

/// A part of the journal that does not open.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where in the journal.
    pub bytes: Range<u64>,
    /// Where a copy lies.
    pub kept: Option<PathBuf>,
}

/// Why a profile was not created or opened. The folder is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no profile in the folder.
    #[error("there is no profile in this folder")]
    Missing,
    /// There is a profile already.
    #[error("this folder holds a profile already")]
    Exists,
    /// A journal lies there without its keys: nothing is written over it.
    #[error("this folder holds the remains of a profile; move them away first")]
    Remains,
    /// Another process has it open.
    #[error("the profile is open in another Signet")]
    Taken,
    /// It stays locked.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// A later version wrote it.
    #[error("the profile was written by a newer Signet (schema {0})")]
    Newer(u32),
    /// A file that everything depends on is missing or damaged, in both of its copies.
    #[error("the profile's file '{0}' is missing or damaged")]
    Damaged(&'static str),
    /// No room.
    #[error("the disk is full")]
    Full,
    /// The view cannot be made.
    #[error("the database does not open: {0}")]
    View(String),
    /// The folder cannot be read or written.
    #[error("the profile's folder cannot be used: {0}")]
    Io(#[source] io::Error),
}

/// Says what a folder holds, without opening anything.
///
/// # Errors
/// [`OpenError::Damaged`], [`OpenError::Newer`] or [`OpenError::Io`].
pub fn standing(dir: &Path) -> Result<Standing, OpenError> {
    match Wrapped::read(dir)? {
        Found::Missing => Ok(Standing::Missing),
        Found::Damaged => Err(OpenError::Damaged(KEYS)),
        Found::Newer(schema) => Err(OpenError::Newer(schema)),
        Found::Here(wrapped) => {
            let (passphrase, keyring, plain) = wrapped.present();
            Ok(Standing::Present {
                passphrase,
                keyring,
                plain,
            })
        }
    }
}

impl Store {
    /// Makes an empty profile in a folder, which is made too, and opens it. A crash in the middle leaves
    /// a profile or none.
    ///
    /// The unlock code is shown to the person now; it is stored nowhere.
    ///
    /// # Errors
    /// [`OpenError`]; then there is no profile.
    pub fn create(dir: &Path, wraps: &Wraps<'_>) -> Result<(Self, UnlockCode), OpenError> {
        let lock = take_empty(dir)?;
        let master = random_secret();
        let (wrapped, code) = Wrapped::new(&master, wraps)?;
        let keys = Arc::new(Keys::new(&master));
        Epochs::create(dir, &keys)?;
        Journal::create(dir, JOURNAL, &keys)?;
        let (store, _) = assemble(dir, lock, keys, master, wrapped)?;
        // The last step: with this file the folder is a profile.
        store.wrapped().write(dir)?;
        Ok((store, code))
    }

    /// Opens the profile of a folder.
    ///
    /// Reads only what the view lacks, usually nothing. [`Opening`] says what had to be mended.
    ///
    /// # Errors
    /// [`OpenError`]; the files are as they were.
    pub fn open(dir: &Path, unlock: &Unlock<'_>) -> Result<(Self, Opening), OpenError> {
        let read = || match Wrapped::read(dir)? {
            Found::Missing => Err(OpenError::Missing),
            Found::Damaged => Err(OpenError::Damaged(KEYS)),
            Found::Newer(schema) => Err(OpenError::Newer(schema)),
            Found::Here(wrapped) => Ok(*wrapped),
        };
        // Looked at before the lock too, so that asking makes no files in a folder without a profile.
        read()?;
        let lock = Lock::take(dir)?;
        let wrapped = read()?;
        let master = wrapped.unwrap(unlock)?;
        let keys = Arc::new(Keys::new(&master));
        assemble(dir, lock, keys, master, wrapped)
    }
}

/// Takes the lock of a folder that holds no profile and nothing of one.
pub(crate) fn take_empty(dir: &Path) -> Result<Lock, OpenError> {
    folder::make(dir)?;
    let lock = Lock::take(dir)?;
    match Wrapped::read(dir)? {
        Found::Missing => {}
        Found::Damaged | Found::Newer(_) | Found::Here(_) => return Err(OpenError::Exists),
    }
    match fs::metadata(dir.join(JOURNAL)) {
        Ok(found) if found.len() > HEADER => Err(OpenError::Remains),
        Ok(_) => Ok(lock),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(lock),
        Err(error) => Err(error.into()),
    }
}

/// Puts the open profile together from its files.
pub(crate) fn assemble(
    dir: &Path,
    lock: Lock,
    keys: Arc<Keys>,
    master: Secret,
    wrapped: Wrapped,
) -> Result<(Store, Opening), OpenError> {
    let path = dir.join(JOURNAL);
    let (id, length) = journal_of(&path, &keys)?;
    let mut epochs = Epochs::read(dir, &keys)?.ok_or(OpenError::Damaged(folder::EPOCHS))?;
    let mut opening = Opening::default();

    let (view, mut identities, start) = match usable_view(dir, &keys, id, length)? {
        Usable::Yes(view, identities, start) => {
            // sled empties a file in which it finds nothing of its own.
            if start == HEADER && length > HEADER {
                opening.rebuilt = Some(Rebuilt {
                    set_aside: None,
                    entries: 0,
                });
            }
            (view, identities, start)
        }
        Usable::No { set_aside } => {
            if length > HEADER || set_aside.is_some() {
                opening.rebuilt = Some(Rebuilt {
                    set_aside,
                    entries: 0,
                });
            }
            let view = View::open(&dir.join(VIEW), Arc::clone(&keys))?;
            (view, Identities::default(), HEADER)
        }
    };
    let caught = catch_up(&view, &keys, &path, id, start..length, &mut identities)?;
    if let Some(rebuilt) = &mut opening.rebuilt {
        rebuilt.entries = caught.entries;
        let _ = fs::remove_file(dir.join(REBUILD));
    }
    for span in caught.damage {
        let kept = keep_copy(dir, &path, span.clone());
        opening.damage.push(Damage { bytes: span, kept });
    }
    if let Some((start, whole)) = caught.torn {
        let kept = if whole {
            keep_copy(dir, &path, start..length)
        } else {
            None
        };
        opening.cut_tail = Some(CutTail {
            bytes: length - start,
            kept,
        });
    }
    opening.lost_identities = identities
        .epochs()
        .filter(|epoch| !epochs.holds(*epoch))
        .count();

    let journal = Journal::open(&dir.join(JOURNAL), id, caught.end)?;
    pay_debts(&mut epochs, &mut identities, &keys);
    let writer = Writer::new(journal, epochs, identities);
    Ok((
        Store::new(dir, lock, keys, master, wrapped, view, writer),
        opening,
    ))
}

/// The id of the journal, and where its room begins.
fn journal_of(path: &Path, keys: &Keys) -> Result<([u8; 16], u64), OpenError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(OpenError::Damaged(JOURNAL));
        }
        Err(error) => return Err(error.into()),
    };
    match read_header(keys, &mut file)? {
        Header::Sound(id) => Ok((id, journal::used(&mut file)?)),
        Header::Newer(schema) => Err(OpenError::Newer(schema)),
        Header::Damaged => Err(OpenError::Damaged(JOURNAL)),
    }
}

enum Usable {
    Yes(View, Identities, u64),
    No { set_aside: Option<PathBuf> },
}

/// Opens the view if it is sound and belongs to this journal; else sets it aside.
fn usable_view(
    dir: &Path,
    keys: &Arc<Keys>,
    id: [u8; 16],
    length: u64,
) -> Result<Usable, OpenError> {
    let folder = dir.join(VIEW);
    if !folder.exists() {
        return Ok(Usable::No { set_aside: None });
    }
    if !dir.join(REBUILD).exists() {
        match look_at_view(&folder, keys, id, length) {
            Ok(Look::Sound(view, identities, start)) => {
                return Ok(Usable::Yes(view, identities, start));
            }
            Ok(Look::Earlier) => {
                tracing::info!("an earlier version made the view; it is made again");
                fs::remove_dir_all(&folder)?;
                return Ok(Usable::No { set_aside: None });
            }
            Ok(Look::Foreign) if length == HEADER => {}
            Ok(Look::Foreign) => {
                tracing::warn!("the view does not belong to the journal; it is rebuilt");
            }
            Err(CatchUpError::View(ViewError::Full)) => return Err(OpenError::Full),
            Err(error) => tracing::warn!(%error, "the view does not open; it is rebuilt"),
        }
    }
    let aside = folder::aside(dir, VIEW);
    fs::rename(&folder, &aside)?;
    folder::sync(dir)?;
    Ok(Usable::No {
        set_aside: Some(aside),
    })
}

/// What a view proves to be.
enum Look {
    Sound(View, Identities, u64),
    /// Of an earlier [`LAYOUT`]: the journal holds all of it.
    Earlier,
    Foreign,
}

fn look_at_view(
    folder: &Path,
    keys: &Arc<Keys>,
    id: [u8; 16],
    length: u64,
) -> Result<Look, CatchUpError> {
    let view = View::open(folder, Arc::clone(keys))?;
    let Mark {
        layout,
        journal,
        place,
        tally,
    } = view.mark()?.unwrap_or(Mark {
        layout: LAYOUT,
        journal: id,
        place: HEADER,
        ..Mark::default()
    });
    if journal != id || place < HEADER || place > length {
        return Ok(Look::Foreign);
    }
    if layout != LAYOUT {
        return Ok(Look::Earlier);
    }
    view.probe()?;
    let identities = view.identities(tally)?;
    Ok(Look::Sound(view, identities, place))
}

/// Copies a part of the journal to a file beside it; `None` if that fails, which is no reason not to open.
fn keep_copy(dir: &Path, journal: &Path, span: Range<u64>) -> Option<PathBuf> {
    let aside = dir.join(format!("aside-journal-at-{}", span.start));
    let copy = || -> io::Result<()> {
        let mut from = File::open(journal)?;
        from.seek(SeekFrom::Start(span.start))?;
        let mut to = folder::private().create(true).truncate(true).open(&aside)?;
        io::copy(&mut from.take(span.end - span.start), &mut to)?;
        to.sync_all()
    };
    match copy() {
        Ok(()) => Some(aside),
        Err(error) => {
            tracing::warn!(%error, "what is damaged could not be set aside");
            None
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        if folder::is_full(&error) {
            Self::Full
        } else {
            Self::Io(error)
        }
    }
}

impl From<LockError> for OpenError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Taken => Self::Taken,
            LockError::Io(error) => error.into(),
        }
    }
}

impl From<ViewError> for OpenError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Full => Self::Full,
            ViewError::Failed(_) | ViewError::Damaged => Self::View(error.to_string()),
        }
    }
}

impl From<CatchUpError> for OpenError {
    fn from(error: CatchUpError) -> Self {
        match error {
            CatchUpError::View(error) => error.into(),
            CatchUpError::Read(error) => Self::View(error.to_string()),
            CatchUpError::Journal(error) => error.into(),
        }
    }
}
