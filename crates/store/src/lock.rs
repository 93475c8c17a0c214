//! The lock of a profile: one process at a time.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use crate::folder;

/// Held as long as the profile is open; the system lets go of it when the process ends, however it ends.
pub(crate) struct Lock {
    _file: File,
}

/// Why the lock was not taken.
pub(crate) enum LockError {
    /// Another process holds it.
    Taken,
    /// The file cannot be made or locked.
    Io(io::Error),
}

impl Lock {
    pub(crate) fn take(dir: &Path) -> Result<Self, LockError> {
        let file = folder::private()
            .create(true)
            .truncate(false)
            .open(dir.join(folder::LOCK))
            .map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken),
            Err(TryLockError::Error(error)) => Err(LockError::Io(error)),
        }
    }
}
