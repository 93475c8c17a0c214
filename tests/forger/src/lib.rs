//! A second packer, for the tests only: it seals what the crate would refuse to write. It is
//! written from the specification and shares nothing with the crate but the primitives.
//!
//! The tests of the library use it against `unpack`, those of the machine against `Messenger`.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod change;
mod person;
mod seal;
mod sign;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;

pub use change::{flattened, low_order, with_flipped, with_protected};
pub use person::{Person, multibase, peer4};
pub use seal::Forgery;
pub use sign::{ecdsa, jwt, jwt_ecdsa, signed, signed_ecdsa};

/// As base64url without padding.
pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

/// From base64url without padding.
///
/// # Panics
/// If it is none.
pub fn unb64(text: &str) -> Vec<u8> {
    BASE64.decode(text).unwrap()
}
