//! The disk: journal, view, encryption at rest, queries, backup; and the mailbox of a mediator
//! ([`SledMailbox`]), which is a folder of its own.
//!
//! A profile is a folder. The **journal** is the commit: an append-only encrypted file, one record and
//! one `fdatasync` for each group of changes. The **view** (sled) is what every question reads; it may
//! lag or break, and is then caught up or rebuilt from the journal. Secret keys of identities are in
//! addition sealed by epoch keys that live in one small rewritten file, so that destroying an epoch
//! destroys what it sealed everywhere. Source: DESIGN §6.
//!
//! | file | holds | changed by |
//! |---|---|---|
//! | `lock` | nothing; held exclusively by the one process that has the profile open | – |
//! | `keys` | the master key, wrapped by passphrase, keyring, plain file, unlock code | atomic replacement |
//! | `epochs` | the keys that seal identities, under the master key | atomic replacement |
//! | `journal` | every change, under the master key | appending |
//! | `view/` | the latest state, by keyed names, under the master key | sled |
//! | `aside-…` | what was found damaged: kept for a closer look, never read again | – |
//!
//! What somebody without the master key learns from the folder: how many commits there were and of
//! which size class, how many entries each (nameless) conversation has, and the order of writing.

mod backup;
mod catch_up;
mod epochs;
mod folder;
mod history;
mod identities;
mod journal;
mod lock;
mod mailbox;
mod open;
mod owed;
mod record;
mod sealed;
mod settings;
mod store;
mod unlock_code;
mod view;
mod wrap;

pub use backup::{BackupError, BackupInfo, RestoreError};
pub use mailbox::SledMailbox;
pub use open::{CutTail, Damage, OpenError, Opening, Rebuilt, Standing, standing};
pub use owed::Debt;
pub use store::{CommitError, ReadError, Store, WrapError};
pub use unlock_code::{CodeError, UnlockCode};
pub use wrap::{Unlock, UnlockError, Wraps};

/// The form of the files that this version writes. A higher one is refused, never guessed at.
pub const SCHEMA: u32 = 1;
