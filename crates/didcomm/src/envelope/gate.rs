//! The gate: what must hold before an envelope becomes a message.
//!
//! Layers are taken off in the legal order only; then the message must be from who sealed or
//! signed it and for whom opened it, not expired, and its rotation proof must hold.
//!
//! Source: DIDComm Messaging v2.1, "IANA Media Types" (the table), "Message Layer Addressing
//! Consistency", "DID Rotation".

use std::borrow::Cow;

use super::MAX_ENVELOPE;
use super::error::{Forged, Malformed, UnpackError};
use super::jwe::{Jwe, KeyAgreement};
use super::jws::Jws;
use super::open::Opened;
use super::proof::{Proof, Unpacked};
use super::shape::{Shape, shape};
use crate::did::{Did, DidUrl};
use crate::document::{Document, ResolveError};
use crate::from_prior::{self, FromPrior, FromPriorError};
use crate::key::SecretKey;
use crate::message::Message;
use crate::protocols::{routing, v1};

/// How often a forward to ourselves may lie within another.
const MAX_FORWARDS: usize = 10;

/// What the gate needs to know: our keys and other people's documents.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// Our key of this name, if it is ours.
    pub secret: &'a dyn Fn(&DidUrl) -> Option<&'a SecretKey>,
    /// The document of a DID: remembered ones first, then [`crate::document::resolve`].
    pub document: &'a dyn Fn(&Did) -> Result<Document, ResolveError>,
}

impl Opening<'_> {
    pub(super) fn resolve(&self, did: &Did) -> Result<Document, UnpackError> {
        let document = (self.document)(did).map_err(UnpackError::resolving)?;
        if !document.id.is_same_as(did) {
            return Err(UnpackError::Sender(ResolveError::invalid(did)));
        }
        Ok(document)
    }
}

/// Opens an envelope and returns its message if everything about it holds.
///
/// A forward that is for us and carries one envelope for us is unwrapped too, up to ten deep.
/// `now` is in seconds since the Unix epoch.
///
/// # Errors
/// [`UnpackError`]: nothing is returned then, not even a part of it.
///
/// Source: DIDComm Messaging v2.1, "Message Formats"; the checks are listed at the module.
pub fn unpack(envelope: &[u8], opening: &Opening<'_>, now: u64) -> Result<Unpacked, UnpackError> {
    let mut unpacked = unpack_one(envelope, opening, now)?;
    for _ in 0..MAX_FORWARDS {
        let Some(inner) = rewrapped(&unpacked, opening) else {
            return Ok(unpacked);
        };
        unpacked = unpack_one(&inner, opening, now)?;
    }
    match rewrapped(&unpacked, opening) {
        Some(_) => Err(Malformed::Nesting.into()),
        None => Ok(unpacked),
    }
}

/// The one envelope in an anonymous forward, if one of its recipients is a key of ours. A
/// mediator's forwards are for others, so it gets them as they are.
fn rewrapped(unpacked: &Unpacked, opening: &Opening<'_>) -> Option<Vec<u8>> {
    if !unpacked.is_encrypted() {
        return None;
    }
    let mut forward = routing::read(&unpacked.message)?;
    let envelope = match forward.envelopes.len() {
        1 => forward.envelopes.pop()?,
        _ => return None,
    };
    let jwe = Jwe::parse(&envelope).ok()?;
    let is_ours = jwe.is_ours(opening);
    is_ours.then_some(envelope)
}

fn unpack_one(envelope: &[u8], opening: &Opening<'_>, now: u64) -> Result<Unpacked, UnpackError> {
    if envelope.len() > MAX_ENVELOPE {
        return Err(UnpackError::TooLarge);
    }
    let mut layers = Layers::peel(envelope, opening)?;
    let mut message = Message::from_slice(&layers.plaintext).map_err(Malformed::Message)?;
    let signer = layers.check(&message, opening)?;
    if let Some(at) = message.expires_time.filter(|at| *at < now) {
        return Err(UnpackError::Expired { at });
    }
    let from_prior = match layers.recipient() {
        Some(_) => verified_prior(&message, opening, now)?,
        None => None,
    };
    // What was not encrypted cannot rotate anything, so nobody gets to see that it tried.
    if from_prior.is_none() {
        message.from_prior = None;
    }
    Ok(Unpacked {
        plaintext: std::mem::take(&mut layers.plaintext),
        proof: layers.proof(signer),
        message,
        from_prior,
    })
}

fn verified_prior(
    message: &Message,
    opening: &Opening<'_>,
    now: u64,
) -> Result<Option<FromPrior>, UnpackError> {
    let Some(jwt) = &message.from_prior else {
        return Ok(None);
    };
    let prior = from_prior::verify(jwt, opening.document, now).map_err(UnpackError::from_prior)?;
    let agrees = match (&prior.sub, &message.from) {
        (Some(sub), Some(from)) => sub.is_same_as(from),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    if !agrees {
        return Err(UnpackError::FromPrior(FromPriorError::Subject));
    }
    Ok(Some(prior))
}

/// The layers of one envelope, outermost first; each at most once.
#[derive(Default)]
struct Layers<'a> {
    anonymous: Option<Layer>,
    authenticated: Option<(Layer, DidUrl, Document)>,
    signed: Option<(Cow<'a, [u8]>, Jws)>,
    plaintext: Vec<u8>,
}

/// What has no shape of ours may have one of DIDComm v1.
fn shapeless(content: &[u8]) -> UnpackError {
    match v1::recognise(content) {
        Some(_) => UnpackError::V1,
        None => Malformed::Shape.into(),
    }
}

struct Layer {
    recipient: DidUrl,
    algorithms: [&'static str; 2],
}

impl<'a> Layers<'a> {
    fn peel(envelope: &'a [u8], opening: &Opening<'_>) -> Result<Self, UnpackError> {
        let mut layers = Self::default();
        let mut content = Cow::Borrowed(envelope);
        loop {
            content = match shape(&content).ok_or_else(|| shapeless(&content))? {
                Shape::Encrypted => {
                    let jwe = Jwe::parse(&content)?;
                    layers.allows(jwe.header.alg)?;
                    let opened = jwe.open(opening)?;
                    layers.take_off(opened).into()
                }
                Shape::Signed if layers.signed.is_some() => return Err(Malformed::Nesting.into()),
                Shape::Signed => {
                    let (jws, payload) = Jws::parse(&content)?;
                    layers.signed = Some((content, jws));
                    payload.into()
                }
                Shape::Plaintext => break,
            };
        }
        layers.plaintext = content.into_owned();
        Ok(layers)
    }

    /// Legal: anoncrypt outermost only, authcrypt within nothing else, no ciphertext signed.
    fn allows(&self, alg: KeyAgreement) -> Result<(), Malformed> {
        let is_taken = match alg {
            KeyAgreement::EcdhEs => self.anonymous.is_some() || self.authenticated.is_some(),
            KeyAgreement::Ecdh1Pu => self.authenticated.is_some(),
        };
        if is_taken || self.signed.is_some() {
            return Err(Malformed::Nesting);
        }
        Ok(())
    }

    fn take_off(&mut self, opened: Opened) -> Vec<u8> {
        let layer = Layer {
            recipient: opened.recipient,
            algorithms: opened.algorithms,
        };
        match opened.sender {
            Some((skid, document)) => self.authenticated = Some((layer, skid, document)),
            None => self.anonymous = Some(layer),
        }
        opened.content
    }

    /// Our key of the innermost encrypted layer.
    fn recipient(&self) -> Option<&DidUrl> {
        let authenticated = self.authenticated.as_ref().map(|(layer, _, _)| layer);
        let layer = authenticated.or(self.anonymous.as_ref())?;
        Some(&layer.recipient)
    }

    /// Addressing consistency, AC-1 to AC-5; yields who signed.
    fn check(
        &self,
        message: &Message,
        opening: &Opening<'_>,
    ) -> Result<Option<(DidUrl, &'static str)>, UnpackError> {
        if let (Some(outer), Some((inner, _, _))) = (&self.anonymous, &self.authenticated)
            && !outer.recipient.did().is_same_as(&inner.recipient.did())
        {
            return Err(Forged::Layers.into());
        }
        if let Some((_, skid, _)) = &self.authenticated {
            let from = message.from.as_ref().ok_or(Forged::From)?;
            if !from.is_same_as(&skid.did()) {
                return Err(Forged::From.into());
            }
        }
        if let Some(kid) = self.recipient() {
            let ours = kid.did();
            if !message.to.is_empty() && !message.to.iter().any(|did| did.is_same_as(&ours)) {
                return Err(Forged::To.into());
            }
            if self.signed.is_some() && message.to.is_empty() {
                return Err(Forged::Unaddressed.into());
            }
        }
        let Some((envelope, jws)) = &self.signed else {
            return Ok(None);
        };
        let from = message.from.as_ref().ok_or(Forged::From)?;
        let document = |did: &Did| match &self.authenticated {
            // Whose seal it is, it is from; that was looked at above.
            Some((_, _, document)) => Ok(document.clone()),
            None => opening.resolve(did),
        };
        jws.verify(envelope, &self.plaintext, from, document)
            .map(Some)
    }

    fn proof(self, signer: Option<(DidUrl, &'static str)>) -> Proof {
        let recipient = self.recipient().cloned();
        let (signer, signature) = signer.unzip();
        let authenticated = self.authenticated.as_ref();
        let encrypted = self
            .anonymous
            .iter()
            .chain(authenticated.map(|(layer, _, _)| layer));
        Proof {
            sender: authenticated.map(|(_, skid, _)| skid.clone()),
            recipient,
            signer,
            jws: self.signed.and_then(|(envelope, _)| match envelope {
                Cow::Owned(inner) => Some(inner),
                Cow::Borrowed(_) => None,
            }),
            anonymous_layer: self.anonymous.is_some(),
            algorithms: encrypted
                .flat_map(|layer| layer.algorithms)
                .chain(signature)
                .map(str::to_owned)
                .collect(),
        }
    }
}
