//! The published `didcomm` 0.4.1 as a witness: it packs for us and opens ours in every mode that
//! both have, on X25519 and Ed25519.
//!
//! Its last release is from 2023; its old cryptography is replaced by current releases through
//! the patch crate `askar-crypto` beside this file. The tests are in `tests/`.
