//! Two published crates as witnesses: they pack for us and open ours in every mode that both sides
//! have.
//!
//! `didcomm` 0.4.1 (`tests/both_ways.rs`): its last release is from 2023; its old cryptography is
//! replaced by current releases through the patch crate `askar-crypto` beside this file.
//! `affinidi-messaging-didcomm` 0.15.11 (`tests/affinidi.rs`) is as it is published.
