//! The store, asked from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "these are tests"
)]

mod backup;
mod commit;
mod damage;
mod history;
mod model;
mod schema;
mod secrecy;
mod unlocking;

use std::path::Path;

use signet_store::{Opening, Store, Unlock, Wraps};

/// A profile that opens without Argon2, which costs 0.2 s each time.
const PLAIN: Wraps<'_> = Wraps {
    passphrase: None,
    keyring: None,
    plain: true,
};

fn create(dir: &Path) -> Store {
    Store::create(dir, &PLAIN).unwrap().0
}

/// Opens a profile with which nothing should be wrong.
fn open(dir: &Path) -> Store {
    let (store, opening) = open_anyhow(dir);
    assert_eq!(opening, Opening::default());
    store
}

fn open_anyhow(dir: &Path) -> (Store, Opening) {
    Store::open(dir, &Unlock::Plain).unwrap()
}

/// How far the records of a profile's journal reach; zeros written ahead lie behind.
fn records_end(profile: &Path) -> usize {
    let bytes = std::fs::read(profile.join("journal")).unwrap();
    let last = bytes.iter().rposition(|&byte| byte != 0).unwrap();
    (last + 1).next_multiple_of(64).max(256)
}
