//! Envelopes: packed messages, and the one gate through which they are read.
//!
//! [`unpack`] is the gate. Nothing else in this crate turns an envelope into a message, and
//! [`Unpacked`] cannot be made elsewhere.
//!
//! Source: DIDComm Messaging v2.1, "Message Formats", "Message Encryption", "Message Signing".

mod cipher;
#[cfg(test)]
mod draft;
mod error;
mod gate;
mod jwe;
mod jws;
mod kdf;
mod open;
mod pack;
mod packing;
mod proof;
mod seal;
mod shape;
mod text;

pub use cipher::ContentCipher;
pub use error::{Forged, Malformed, UnpackError};
pub use gate::{Opening, unpack};
pub(crate) use jws::{algorithm, verify};
pub use pack::{PackError, anoncrypt, authcrypt, authcrypt_hidden, sign, sign_and_anoncrypt};
pub use packing::{Packing, Sealed, pack_all};
pub(crate) use packing::{agreeing_keys, anoncrypt_for, of_one_curve};
pub use proof::{Proof, Unpacked};

/// The largest envelope we write or read, base64 included.
pub const MAX_ENVELOPE: usize = 1 << 20;

/// The media type of an encrypted envelope.
pub const ENCRYPTED: &str = "application/didcomm-encrypted+json";

/// The media type of a signed envelope.
pub const SIGNED: &str = "application/didcomm-signed+json";
