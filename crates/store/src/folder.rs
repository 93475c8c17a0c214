//! The profile's folder: where its files are, whole-file replacement, and setting damaged things aside.
//!
//! Folders are made for their owner only (0700), files too (0600). Small files that everything depends
//! on are written twofold, two checked copies in one file, and replaced by rename, so that neither a
//! crash nor a bad sector takes them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// The names of the files in a profile.
pub(crate) const LOCK: &str = "lock";
pub(crate) const KEYS: &str = "keys";
pub(crate) const EPOCHS: &str = "epochs";
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const VIEW: &str = "view";

const MAGIC: usize = 16;
const CHECK: usize = 32;

/// Makes the folder and those above it, for the owner only.
pub(crate) fn make(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// How files of ours are opened for writing: readable by the owner only.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes renames and new files in this folder durable.
pub(crate) fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()
    } else {
        Ok(())
    }
}

/// Whether this error means that there is no more room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::FileTooLarge | io::ErrorKind::QuotaExceeded
    )
}

/// Replaces the file whole: it has the old content or the new one, whatever happens.
pub(crate) fn replace(dir: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let temporary = dir.join(format!("{name}.part"));
    let write = || {
        let mut file = private().create(true).truncate(true).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, dir.join(name))
    };
    if let Err(error) = write() {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync(dir)
}

/// Replaces the file whole and writes over the old one's place on the disk, as far as the file
/// system keeps places: what it held shall be gone.
pub(crate) fn replace_and_erase(dir: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let old = OpenOptions::new().write(true).open(dir.join(name)).ok();
    replace(dir, name, content)?;
    if let Some(mut old) = old {
        let length = usize::try_from(old.metadata()?.len()).unwrap_or(0);
        old.seek(SeekFrom::Start(0))?;
        old.write_all(&vec![0; length])?;
        old.sync_data()?;
    }
    Ok(())
}

/// Two copies of `body`, each with its check.
pub(crate) fn twofold(magic: &[u8; MAGIC], body: &[u8]) -> Vec<u8> {
    let check = check(magic, body);
    let mut content = magic.to_vec();
    for _ in 0..2 {
        content.extend_from_slice(&check);
        content.extend_from_slice(body);
    }
    content
}

/// The body of a twofold file, from whichever copy is sound; `None` if neither is.
pub(crate) fn sound_copy<'a>(magic: &[u8; MAGIC], content: &'a [u8]) -> Option<&'a [u8]> {
    let copies = content.get(MAGIC..)?;
    let (first, second) = copies.split_at(copies.len() / 2);
    [first, second].into_iter().find_map(|copy| {
        let (expected, body) = copy.split_first_chunk::<CHECK>()?;
        (check(magic, body) == *expected).then_some(body)
    })
}

fn check(magic: &[u8; MAGIC], body: &[u8]) -> [u8; CHECK] {
    Sha256::new()
        .chain_update(magic)
        .chain_update(body)
        .finalize()
        .into()
}

/// A name in `dir` that nothing has, for something to be set aside.
pub(crate) fn aside(dir: &Path, what: &str) -> PathBuf {
    (1..u32::MAX)
        .map(|n| dir.join(format!("aside-{what}-{n}")))
        .find(|path| !path.exists())
        .unwrap_or_else(|| dir.join(format!("aside-{what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC: &[u8; 16] = b"signet a test   ";

    #[test]
    fn a_twofold_file_survives_damage_to_either_copy() {
        let content = twofold(MAGIC, b"what everything depends on");

        for i in 0..content.len() {
            let mut damaged = content.clone();
            damaged[i] ^= 0x10;
            assert_eq!(
                sound_copy(MAGIC, &damaged),
                Some(&b"what everything depends on"[..]),
                "byte {i}"
            );
        }
        let mut damaged = content.clone();
        damaged[20] ^= 1;
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        assert_eq!(sound_copy(MAGIC, &damaged), None);
        assert_eq!(sound_copy(MAGIC, &content[..content.len() - 1]), None);
        assert_eq!(sound_copy(MAGIC, b""), None);
    }

    #[test]
    fn an_erased_file_leaves_zeros_where_it_lay() {
        let dir = tempfile::tempdir().unwrap();
        replace(dir.path(), "it", b"secret").unwrap();
        let mut old = File::open(dir.path().join("it")).unwrap();

        replace_and_erase(dir.path(), "it", b"another").unwrap();

        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut old, &mut bytes).unwrap();
        assert_eq!(bytes, [0; 6]);
        assert_eq!(fs::read(dir.path().join("it")).unwrap(), b"another");
    }
}
