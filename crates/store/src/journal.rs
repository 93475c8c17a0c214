//! The journal: the commit itself, of a profile and of a mailbox.
//!
//! An append-only file: a header of [`HEADER`] bytes, which holds the schema and the random id of the
//! file twice over, then records ([`record`]), each written by one `write` and one `fdatasync`, then
//! room: zeros written ahead, because a disk keeps bytes sooner when the file need not grow for them.
//! When a write fails, the file is cut back to the last record, so that a full disk costs the one commit and
//! nothing else. When even that fails, or the disk does not say whether it kept a record, nothing
//! more is written until the profile is opened again.

pub(crate) mod record;
pub(crate) mod replay;

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::{
    SCHEMA, folder,
    sealed::{Keys, OVERHEAD, random_id},
};

/// Length of the header.
pub(crate) const HEADER: u64 = 2 * HALF as u64;
const HALF: usize = 128;
const MAGIC: &[u8; 16] = b"signet journal \n";
/// Zeros written ahead at once.
const ROOM: usize = 256 * 1024;

/// The open journal, at whose end records are added.
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    id: [u8; 16],
    /// Where the next record begins.
    tail: u64,
    /// The length of the file; from `tail` on there are zeros.
    length: u64,
    broken: bool,
}

/// Why a record was not added.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// No room; the journal is as it was.
    Full,
    /// The state of the file is unknown until it is read again.
    Broken(io::Error),
    /// One record cannot be that large.
    TooLarge,
}

/// What the beginning of a journal says.
pub(crate) enum Header {
    /// Its id.
    Sound([u8; 16]),
    /// It was written by a later version.
    Newer(u32),
    /// It is not a journal of this profile, or it is damaged.
    Damaged,
}

impl Journal {
    /// Makes an empty journal of this name, over whatever lay there.
    pub(crate) fn create(dir: &Path, name: &str, keys: &Keys) -> io::Result<()> {
        folder::replace(dir, name, &header(keys, random_id()))
    }

    /// Opens the file for adding at `tail`, where reading it ended; what lies behind is cut off.
    pub(crate) fn open(path: &Path, id: [u8; 16], tail: u64) -> io::Result<Self> {
        let path = path.to_owned();
        let mut file = folder::private().open(&path)?;
        let mut length = file.metadata()?.len();
        if used(&mut file)? > tail {
            file.set_len(tail)?;
            file.sync_data()?;
            length = tail;
        }
        Ok(Self {
            file,
            path,
            id,
            tail,
            length,
            broken: false,
        })
    }

    /// Adds one record, durably.
    pub(crate) fn append(&mut self, keys: &Keys, payload: &[u8]) -> Result<(), AppendError> {
        self.append_all(keys, [payload])
    }

    /// Adds records one behind the other, durably and by one write. A crash may keep the first few of
    /// them.
    pub(crate) fn append_all<'a>(
        &mut self,
        keys: &Keys,
        payloads: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), AppendError> {
        if self.broken {
            return Err(AppendError::Broken(io::Error::other(
                "an earlier write failed",
            )));
        }
        let mut bytes = Vec::new();
        for payload in payloads {
            let place = self.tail + bytes.len() as u64;
            record::seal(keys, &self.id, place, payload, &mut bytes)
                .ok_or(AppendError::TooLarge)?;
        }
        match self
            .make_room(bytes.len())
            .and_then(|()| self.write(&bytes))
        {
            Ok(()) => {
                self.tail += bytes.len() as u64;
                self.length = self.length.max(self.tail);
                Ok(())
            }
            Err(error) => Err(self.take_back(error)),
        }
    }

    /// Writes zeros ahead if a record of `length` bytes does not fit; where the disk is too full for
    /// them, the record may still find its place.
    fn make_room(&mut self, length: usize) -> io::Result<()> {
        if self.tail + length as u64 <= self.length {
            return Ok(());
        }
        let zeros = vec![0; ROOM.max(length)];
        match self.write(&zeros) {
            Ok(()) => self.length = self.tail + zeros.len() as u64,
            Err(error) if folder::is_full(&error) => self.file.set_len(self.tail)?,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.tail))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }

    fn take_back(&mut self, error: io::Error) -> AppendError {
        let cut = self
            .file
            .set_len(self.tail)
            .and_then(|()| self.file.sync_data());
        self.length = self.tail;
        if cut.is_ok() && folder::is_full(&error) {
            return AppendError::Full;
        }
        self.broken = true;
        AppendError::Broken(error)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn id(&self) -> [u8; 16] {
        self.id
    }

    pub(crate) fn tail(&self) -> u64 {
        self.tail
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }
}

/// Where the room begins: behind the last byte that is not zero, at a place where a record may end.
pub(crate) fn used(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut piece = vec![0; ROOM];
    while end > HEADER {
        let start = end.saturating_sub(ROOM as u64).max(HEADER);
        let piece = &mut piece[..usize::try_from(end - start).unwrap_or(ROOM)];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(piece)?;
        if let Some(last) = piece.iter().rposition(|&byte| byte != 0) {
            let used = start + last as u64 + 1;
            return Ok(used.next_multiple_of(record::ALIGNMENT).min(end));
        }
        end = start;
    }
    Ok(end)
}

fn header(keys: &Keys, id: [u8; 16]) -> Vec<u8> {
    let mut half = MAGIC.to_vec();
    half.extend_from_slice(&SCHEMA.to_le_bytes());
    half.extend_from_slice(&id);
    let proof = keys.journal.seal(&half, &[]);
    half.extend_from_slice(&proof);
    half.resize(HALF, 0);
    half.repeat(2)
}

/// Reads the header of a journal, from whichever copy is sound.
pub(crate) fn read_header(keys: &Keys, file: &mut impl Read) -> io::Result<Header> {
    let mut halves = [[0; HALF]; 2];
    for half in &mut halves {
        match file.read_exact(half) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(Header::Damaged);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(halves
        .iter()
        .map(|half| read_half(keys, half))
        .find(|h| !matches!(h, Header::Damaged))
        .unwrap_or(Header::Damaged))
}

fn read_half(keys: &Keys, half: &[u8; HALF]) -> Header {
    const PLAIN: usize = 16 + 4 + 16;
    let (plain, rest) = half.split_at(PLAIN);
    if keys.journal.open(plain, &rest[..OVERHEAD]).is_none() {
        return Header::Damaged;
    }
    let Some((schema, id)) = plain
        .strip_prefix(MAGIC)
        .and_then(|rest| rest.split_first_chunk::<4>())
    else {
        return Header::Damaged;
    };
    match (u32::from_le_bytes(*schema), id.try_into()) {
        (SCHEMA, Ok(id)) => Header::Sound(id),
        (schema, Ok(_)) => Header::Newer(schema),
        (_, Err(_)) => Header::Damaged,
    }
}
