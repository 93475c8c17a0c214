//! Packing: the legal combinations of layers, and nothing else.
//!
//! Source: DIDComm Messaging v2.1, "IANA Media Types" (the table), "Message Layer Addressing
//! Consistency".

use rand_core::CryptoRng;

use super::cipher::ContentCipher;
use super::packing::{self, Packing};
use crate::document::Document;
use crate::key::SecretKeys;
use crate::message::Message;

/// Why a message was not packed. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The recipient, or we, have no key of a curve that both compute.
    #[error("there is no key of a common kind")]
    NoKey,
    /// `from` is missing, or another DID than that of the keys.
    #[error("the message is not from the DID of the keys")]
    From,
    /// `to` does not name the recipient, who would refuse it.
    #[error("the message is not addressed to the recipient")]
    To,
    /// Larger than [`super::MAX_ENVELOPE`].
    #[error("the envelope would be larger than 1 MiB")]
    TooLarge,
    /// The primitives refused; it should not happen.
    #[error("the message could not be encrypted")]
    Primitive,
}

/// Packs `message` so that only `to` can read it and knows it came from us.
///
/// One recipient entry per key of `to` on one curve, the first of X25519, P-256, P-384 and P-521
/// on which both have keys ([`super::pack_all`] is for keys on several); the names of keys stand
/// under the form of the DID that `from` and `to` of the message have.
///
/// # Errors
/// [`PackError`]; above all `From` if `message.from` is not the DID of `from`.
///
/// Source: DIDComm Messaging v2.1, "Sender Authenticated Encryption" (ECDH-1PU+A256KW).
pub fn authcrypt(
    message: &Message,
    from: &SecretKeys,
    to: &Document,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    Packing::Authcrypt(from).pack(message, to, rng)
}

/// Packs `message` so that only `to` can read it; it does not say who sent it.
///
/// One recipient entry per key of `to` on one curve, the first of X25519, P-256, P-384 and P-521
/// that it has.
///
/// # Errors
/// [`PackError`].
///
/// Source: DIDComm Messaging v2.1, "Anonymous Encryption" (ECDH-ES+A256KW).
pub fn anoncrypt(
    message: &Message,
    to: &Document,
    cipher: ContentCipher,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    Packing::Anoncrypt(cipher).pack(message, to, rng)
}

/// [`authcrypt`] inside [`anoncrypt`]: whoever carries it does not learn who sent it.
///
/// Both layers are for the same keys, those of the curve that [`authcrypt`] chooses.
///
/// # Errors
/// [`PackError`] as of [`authcrypt`].
///
/// Source: DIDComm Messaging v2.1, "Protecting the Sender Identity".
pub fn authcrypt_hidden(
    message: &Message,
    from: &SecretKeys,
    to: &Document,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    Packing::AuthcryptHidden(from).pack(message, to, rng)
}

/// Signs `message`: everybody can read it, and show others who wrote it.
///
/// # Errors
/// [`PackError`]; above all `From` if `message.from` is not the DID of `from`.
///
/// Source: DIDComm Messaging v2.1, "Message Signing".
pub fn sign(message: &Message, from: &SecretKeys) -> Result<Vec<u8>, PackError> {
    packing::sign(message, from)
}

/// [`sign`] inside [`anoncrypt`]: only `to` can read it, and show others who wrote it.
///
/// # Errors
/// [`PackError`]; `To` also if the message says for nobody whom it is, since `to` could pass
/// such a one on as if it had been written for another.
pub fn sign_and_anoncrypt(
    message: &Message,
    from: &SecretKeys,
    to: &Document,
    cipher: ContentCipher,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    Packing::SignAndAnoncrypt(from, cipher).pack(message, to, rng)
}
