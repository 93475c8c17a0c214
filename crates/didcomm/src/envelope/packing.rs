//! One message for everybody and every device: an envelope for each recipient and each curve.
//!
//! All keys of an envelope are of one DID and on one curve, so a message to several DIDs, or to
//! one whose devices are on several curves, becomes several envelopes of the same plaintext. They
//! carry one `id`, by which whoever gets two of them knows that it is one message.
//!
//! Source: DIDComm Messaging v2.1, "Message Encryption", "Message Headers" (`to`).

use rand_core::CryptoRng;

use super::cipher::ContentCipher;
use super::jws;
use super::pack::PackError;
use super::seal::Seal;
use crate::did::{Did, DidUrl};
use crate::document::Document;
use crate::key::{Curve, PublicKey, SecretKeys};
use crate::message::Message;

/// The legal combinations of layers that encrypt.
#[derive(Clone, Copy, Debug)]
pub enum Packing<'a> {
    /// As [`super::authcrypt`], with the keys of `from`.
    Authcrypt(&'a SecretKeys),
    /// As [`super::authcrypt_hidden`], with the keys of `from`.
    AuthcryptHidden(&'a SecretKeys),
    /// As [`super::anoncrypt`].
    Anoncrypt(ContentCipher),
    /// As [`super::sign_and_anoncrypt`], with the keys of `from`.
    SignAndAnoncrypt(&'a SecretKeys, ContentCipher),
}

/// One of the envelopes of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// Who can read it, in the form in which the document has it.
    pub to: Did,
    /// The curve of the keys that open it.
    pub curve: Curve,
    /// What to send.
    pub envelope: Vec<u8>,
}

/// A key to seal for, under the name to be sent.
type Recipient<'a> = (DidUrl, &'a PublicKey);

/// Packs `message` for all keys of all of `to`: one envelope for each recipient and each curve on
/// which both have keys, the recipients in their order, the curves in that of X25519, P-256, P-384
/// and P-521. A recipient who stands there twice gets it once.
///
/// Keys of a recipient on a curve on which we have none are left out, as long as there is another;
/// nobody but an anoncrypt reaches them.
///
/// # Errors
/// [`PackError`], and then nothing is packed for anybody: `From` if `message.from` is not the DID
/// of the keys, `To` if `message.to` leaves out one of the recipients, `NoKey` if one of them has
/// no key that we can use.
///
/// Source: DIDComm Messaging v2.1, "Message Encryption".
pub fn pack_all(
    message: &Message,
    packing: Packing<'_>,
    to: &[&Document],
    rng: &mut impl CryptoRng,
) -> Result<Vec<Sealed>, PackError> {
    let content = packing.content(message)?;
    let mut all: Vec<Sealed> = Vec::new();
    for document in to {
        if all.iter().any(|one| one.to.is_same_as(&document.id)) {
            continue;
        }
        let keys = addressed(message, document)?;
        let before = all.len();
        for curve in common_curves(&keys, |curve| packing.has(curve)) {
            all.push(Sealed {
                to: document.id.clone(),
                curve,
                envelope: packing.seal(message, content.clone(), on(&keys, curve), rng)?,
            });
        }
        if all.len() == before {
            return Err(PackError::NoKey);
        }
    }
    Ok(all)
}

impl Packing<'_> {
    /// Packs for the keys of `to` on the first common curve.
    pub(super) fn pack(
        self,
        message: &Message,
        to: &Document,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, PackError> {
        let content = self.content(message)?;
        let keys = of_one_curve(addressed(message, to)?, |curve| self.has(curve))?;
        self.seal(message, content, keys, rng)
    }

    /// What is encrypted: the plaintext, or it signed.
    fn content(self, message: &Message) -> Result<Vec<u8>, PackError> {
        match self {
            Self::Authcrypt(keys) | Self::AuthcryptHidden(keys) => {
                sender(message, keys)?;
                Ok(message.to_vec())
            }
            Self::Anoncrypt(_) => Ok(message.to_vec()),
            Self::SignAndAnoncrypt(_, _) if message.to.is_empty() => Err(PackError::To),
            Self::SignAndAnoncrypt(keys, _) => sign(message, keys),
        }
    }

    /// Whether we can seal for a key on this curve.
    fn has(self, curve: Curve) -> bool {
        match self {
            Self::Authcrypt(keys) | Self::AuthcryptHidden(keys) => {
                keys.agreement_on(curve).is_some()
            }
            Self::Anoncrypt(_) | Self::SignAndAnoncrypt(_, _) => true,
        }
    }

    /// Encrypts for keys of one DID on one curve. Both layers of a hidden sender are for the same
    /// keys, since a device that has only one of them could not open the other.
    fn seal(
        self,
        message: &Message,
        content: Vec<u8>,
        recipients: Vec<Recipient<'_>>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, PackError> {
        match self {
            Self::Authcrypt(keys) => authenticated(message, content, keys, recipients, rng),
            Self::AuthcryptHidden(keys) => {
                let inner = authenticated(message, content, keys, recipients.clone(), rng)?;
                anoncrypt_for(inner, recipients, rng)
            }
            Self::Anoncrypt(cipher) | Self::SignAndAnoncrypt(_, cipher) => {
                let seal = Seal {
                    cipher,
                    sender: None,
                    recipients,
                };
                seal.close(content, rng)
            }
        }
    }
}

/// Signs with the first of the keys that can.
pub(super) fn sign(message: &Message, keys: &SecretKeys) -> Result<Vec<u8>, PackError> {
    let form = sender(message, keys)?;
    let key = keys.signing().ok_or(PackError::NoKey)?;
    jws::sign(&message.to_vec(), key, &key.kid().under(form))
}

fn authenticated(
    message: &Message,
    content: Vec<u8>,
    keys: &SecretKeys,
    recipients: Vec<Recipient<'_>>,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    let form = sender(message, keys)?;
    let curve = recipients.first().map(|(_, key)| key.curve());
    let key = curve.and_then(|curve| keys.agreement_on(curve));
    let key = key.ok_or(PackError::NoKey)?;
    let seal = Seal {
        cipher: ContentCipher::A256CbcHs512,
        sender: Some((key, key.kid().under(form))),
        recipients,
    };
    seal.close(content, rng)
}

/// Encrypts bytes anonymously for chosen keys of one DID: a hop's layer of the onion.
pub(crate) fn anoncrypt_for(
    content: Vec<u8>,
    recipients: Vec<Recipient<'_>>,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    let seal = Seal {
        cipher: ContentCipher::A256CbcHs512,
        sender: None,
        recipients,
    };
    seal.close(content, rng)
}

/// Our DID in the form it has in `from`.
fn sender<'a>(message: &'a Message, keys: &SecretKeys) -> Result<&'a Did, PackError> {
    let from = message.from.as_ref();
    from.filter(|from| from.is_same_as(keys.did()))
        .ok_or(PackError::From)
}

/// The keys of the recipient, under the form that the DID has in `to`.
fn addressed<'a>(message: &Message, to: &'a Document) -> Result<Vec<Recipient<'a>>, PackError> {
    let form = match message.to.iter().find(|did| did.is_same_as(&to.id)) {
        Some(form) => form,
        None if message.to.is_empty() => &to.id,
        None => return Err(PackError::To),
    };
    Ok(agreeing_keys(to, form))
}

/// All keys that a document lists for key agreement as its own, named under `form`.
pub(crate) fn agreeing_keys<'a>(to: &'a Document, form: &Did) -> Vec<Recipient<'a>> {
    let mut keys: Vec<Recipient<'_>> = Vec::new();
    for (kid, key) in to.agreement_keys() {
        let is_own = kid.did().is_same_as(&to.id);
        let name = if is_own { kid.under(form) } else { continue };
        if keys.iter().all(|(known, _)| *known != name) {
            keys.push((name, key));
        }
    }
    keys
}

/// Those of the first curve that is among them and `ours`: all keys of an envelope are of one
/// curve.
pub(crate) fn of_one_curve<'a>(
    keys: Vec<Recipient<'a>>,
    ours: impl Fn(Curve) -> bool,
) -> Result<Vec<Recipient<'a>>, PackError> {
    let curve = common_curves(&keys, ours).next();
    Ok(on(&keys, curve.ok_or(PackError::NoKey)?))
}

/// The curves that are among the keys and `ours`, in the order X25519, P-256, P-384, P-521.
fn common_curves(
    keys: &[Recipient<'_>],
    ours: impl Fn(Curve) -> bool,
) -> impl Iterator<Item = Curve> {
    let is_among = move |curve: &Curve| keys.iter().any(|(_, key)| key.curve() == *curve);
    Curve::AGREEING
        .into_iter()
        .filter(is_among)
        .filter(move |curve| ours(*curve))
}

fn on<'a>(keys: &[Recipient<'a>], curve: Curve) -> Vec<Recipient<'a>> {
    let is_on = |(_, key): &&Recipient<'a>| key.curve() == curve;
    keys.iter().filter(is_on).cloned().collect()
}
