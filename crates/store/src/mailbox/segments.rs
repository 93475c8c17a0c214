//! The log: journals of bounded length, one behind the other, of which the first can be given back.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use super::{fact::Fact, value::Spot};
use crate::{
    folder,
    journal::{self, HEADER, Header, Journal, read_header, record},
    record::decode,
    sealed::Keys,
};

const PREFIX: &str = "mail-";

/// The ids of the segments that are there, by their numbers.
pub(super) struct Segments {
    dir: PathBuf,
    keys: Arc<Keys>,
    ids: RwLock<BTreeMap<u32, [u8; 16]>>,
}

impl Segments {
    /// Finds the segments in a folder.
    pub(super) fn open(dir: &Path, keys: Arc<Keys>) -> io::Result<Self> {
        let mut ids = BTreeMap::new();
        for number in numbers_in(dir)? {
            match read_header(&keys, &mut File::open(dir.join(name_of(number)))?)? {
                Header::Sound(id) => drop(ids.insert(number, id)),
                Header::Newer(schema) => {
                    let reason = format!("a newer version wrote it (schema {schema})");
                    return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
                }
                Header::Damaged => {
                    tracing::error!(segment = number, "a part of the log is damaged")
                }
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            keys,
            ids: RwLock::new(ids),
        })
    }

    /// The numbers, in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        ids.keys().copied().collect()
    }

    /// The file, id and length of a segment.
    pub(super) fn file(&self, number: u32) -> io::Result<(File, [u8; 16], u64)> {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        let id = ids.get(&number).ok_or(io::ErrorKind::NotFound)?;
        let mut file = File::open(self.path(number))?;
        let used = journal::used(&mut file)?;
        Ok((file, *id, used))
    }

    /// Opens the segment for adding at `tail`.
    pub(super) fn journal(&self, number: u32, tail: u64) -> io::Result<Journal> {
        let (_, id, _) = self.file(number)?;
        Journal::open(&self.path(number), id, tail)
    }

    /// Begins another segment.
    pub(super) fn begin(&self, number: u32) -> io::Result<Journal> {
        Journal::create(&self.dir, &name_of(number), &self.keys)?;
        let path = self.path(number);
        match read_header(&self.keys, &mut File::open(&path)?)? {
            Header::Sound(id) => {
                let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
                ids.insert(number, id);
                Journal::open(&path, id, HEADER)
            }
            Header::Newer(_) | Header::Damaged => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Gives a segment back to the disk.
    pub(super) fn delete(&self, number: u32) -> io::Result<()> {
        fs::remove_file(self.path(number))?;
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        ids.remove(&number);
        folder::sync(&self.dir)
    }

    /// The envelope whose record lies there; `None` if none does.
    pub(super) fn envelope(&self, spot: Spot) -> io::Result<Option<Vec<u8>>> {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        let Some(id) = ids.get(&spot.segment) else {
            return Ok(None);
        };
        let mut file = File::open(self.path(spot.segment))?;
        file.seek(SeekFrom::Start(spot.offset + record::HEAD as u64))?;
        let size = usize::try_from(spot.size).unwrap_or(0);
        let mut sealed = vec![0; size.saturating_sub(record::HEAD)];
        file.read_exact(&mut sealed)?;
        let payload = record::open(&self.keys, id, spot.offset, &sealed);
        Ok(match payload.and_then(|payload| decode(&payload)) {
            Some(Fact::Mail { envelope, .. }) => Some(envelope.into_owned().into_vec()),
            Some(_) | None => None,
        })
    }

    fn path(&self, number: u32) -> PathBuf {
        self.dir.join(name_of(number))
    }
}

/// Whether there is mail in the folder.
pub(super) fn are_in(dir: &Path) -> io::Result<bool> {
    Ok(!numbers_in(dir)?.is_empty())
}

fn numbers_in(dir: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for found in fs::read_dir(dir)? {
        let name = found?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        numbers.extend(number.and_then(|number| number.parse::<u32>().ok()));
    }
    Ok(numbers)
}

fn name_of(number: u32) -> String {
    format!("{PREFIX}{number:08}")
}
