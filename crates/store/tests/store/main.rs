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
