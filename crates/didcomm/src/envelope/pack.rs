//! Packing: the legal combinations of layers, and nothing else.
//!
//! Source: DIDComm Messaging v2.1, "IANA Media Types" (the table), "Message Layer Addressing
//! Consistency".

use rand_core::CryptoRng;

use super::cipher::ContentCipher;
use super::jws;
use super::seal::Seal;
use crate::did::{Did, DidUrl};
use crate::document::Document;
use crate::key::{Curve, PublicKey, SecretKeys};
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
/// on which both have keys; the names of keys stand under the form of the DID that `from` and
/// `to` of the message have.
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
    let form = sender(message, from)?;
    let recipients = recipients(message, to, |curve| from.agreement_on(curve).is_some())?;
    let curve = recipients.first().map(|(_, key)| key.curve());
    let key = curve.and_then(|curve| from.agreement_on(curve));
    let key = key.ok_or(PackError::NoKey)?;
    let seal = Seal {
        cipher: ContentCipher::A256CbcHs512,
        sender: Some((key, key.kid().under(form))),
        recipients,
    };
    seal.close(message.to_vec(), rng)
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
    anonymous(message.to_vec(), message, to, cipher, rng)
}

/// [`authcrypt`] inside [`anoncrypt`]: whoever carries it does not learn who sent it.
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
    let inner = authcrypt(message, from, to, rng)?;
    anonymous(inner, message, to, ContentCipher::A256CbcHs512, rng)
}

/// Signs `message`: everybody can read it, and show others who wrote it.
///
/// # Errors
/// [`PackError`]; above all `From` if `message.from` is not the DID of `from`.
///
/// Source: DIDComm Messaging v2.1, "Message Signing".
pub fn sign(message: &Message, from: &SecretKeys) -> Result<Vec<u8>, PackError> {
    let form = sender(message, from)?;
    let key = from.signing().ok_or(PackError::NoKey)?;
    jws::sign(&message.to_vec(), key, &key.kid().under(form))
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
    if message.to.is_empty() {
        return Err(PackError::To);
    }
    let inner = sign(message, from)?;
    anonymous(inner, message, to, cipher, rng)
}

/// Encrypts bytes anonymously for chosen keys of one DID: a hop's layer of the onion.
pub(crate) fn anoncrypt_for(
    content: Vec<u8>,
    recipients: Vec<(DidUrl, &PublicKey)>,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    let seal = Seal {
        cipher: ContentCipher::A256CbcHs512,
        sender: None,
        recipients,
    };
    seal.close(content, rng)
}

fn anonymous(
    content: Vec<u8>,
    message: &Message,
    to: &Document,
    cipher: ContentCipher,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    let seal = Seal {
        cipher,
        sender: None,
        recipients: recipients(message, to, |_| true)?,
    };
    seal.close(content, rng)
}

/// Our DID in the form it has in `from`.
fn sender<'a>(message: &'a Message, keys: &SecretKeys) -> Result<&'a Did, PackError> {
    let from = message.from.as_ref();
    from.filter(|from| from.is_same_as(keys.did()))
        .ok_or(PackError::From)
}

/// The keys of the recipient on one curve that is `ours` too, under the form of the DID in `to`.
fn recipients<'a>(
    message: &Message,
    to: &'a Document,
    ours: impl Fn(Curve) -> bool,
) -> Result<Vec<(DidUrl, &'a PublicKey)>, PackError> {
    let form = match message.to.iter().find(|did| did.is_same_as(&to.id)) {
        Some(form) => form,
        None if message.to.is_empty() => &to.id,
        None => return Err(PackError::To),
    };
    of_one_curve(agreeing_keys(to, form), ours)
}

/// All keys that a document lists for key agreement as its own, named under `form`.
pub(crate) fn agreeing_keys<'a>(to: &'a Document, form: &Did) -> Vec<(DidUrl, &'a PublicKey)> {
    let mut keys: Vec<(DidUrl, &PublicKey)> = Vec::new();
    for (kid, key) in to.agreement_keys() {
        let is_own = kid.did().is_same_as(&to.id);
        let name = if is_own { kid.under(form) } else { continue };
        if keys.iter().all(|(known, _)| *known != name) {
            keys.push((name, key));
        }
    }
    keys
}

/// Those of the first curve that is among them and `ours`, in the order X25519, P-256, P-384,
/// P-521: all keys of an envelope are of one curve.
pub(crate) fn of_one_curve(
    mut keys: Vec<(DidUrl, &PublicKey)>,
    ours: impl Fn(Curve) -> bool,
) -> Result<Vec<(DidUrl, &PublicKey)>, PackError> {
    let is_among = |curve: &Curve| keys.iter().any(|(_, key)| key.curve() == *curve);
    let mut curves = Curve::AGREEING.into_iter().filter(is_among);
    let curve = curves.find(|curve| ours(*curve)).ok_or(PackError::NoKey)?;
    keys.retain(|(_, key)| key.curve() == curve);
    Ok(keys)
}
