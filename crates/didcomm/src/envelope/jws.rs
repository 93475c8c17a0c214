//! Signed envelopes: writing one, and reading whose signatures hold.
//!
//! Source: RFC 7515 §7.2; DIDComm Messaging v2.1, "Message Signing".

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::error::{Forged, Malformed, UnpackError};
use super::jwe::{MAX_PROTECTED, check_extensions, short};
use super::pack::PackError;
use super::text::{Letters, Text};
use super::{MAX_ENVELOPE, SIGNED};
use crate::base64url;
use crate::did::{Did, DidUrl};
use crate::document::Document;
use crate::json::strict_object;
use crate::key::{PublicKey, SecretKey, SignatureAlgorithm};
use crate::message::is_media_type;

/// Nobody signs a message with more keys.
const MAX_SIGNATURES: usize = 16;

/// Signs `payload` as general JSON. The key's name stands in both headers, because some
/// libraries read only the one and some only the other.
pub(super) fn sign(payload: &[u8], key: &SecretKey, kid: &DidUrl) -> Result<Vec<u8>, PackError> {
    let alg = key.signature_algorithm().ok_or(PackError::NoKey)?.name();
    let protected = format!("{{\"typ\":\"{SIGNED}\",\"alg\":\"{alg}\",\"kid\":\"{kid}\"}}");
    let protected = base64url::encode(protected);
    // What is signed lies in one piece, and the envelope is made of it where it lies.
    let room = payload.len() / 3 * 4 + 2 * protected.len() + 512;
    let mut jws = Vec::with_capacity(room);
    jws.extend_from_slice(protected.as_bytes());
    jws.push(b'.');
    base64url::encode_onto(payload, &mut jws);
    let signature = key.sign(&jws).ok_or(PackError::NoKey)?;
    jws.splice(..=protected.len(), *b"{\"payload\":\"");
    let signature = format!(
        "\",\"signatures\":[{{\"protected\":\"{protected}\",\"signature\":\"{}\",\
         \"header\":{{\"kid\":\"{kid}\"}}}}]}}",
        base64url::encode(signature)
    );
    jws.extend_from_slice(signature.as_bytes());
    if jws.len() > MAX_ENVELOPE {
        return Err(PackError::TooLarge);
    }
    Ok(jws)
}

/// A JWS whose form is right; nothing in it is proved yet.
pub(super) struct Jws {
    signatures: Vec<Signature>,
    /// Where the payload's letters lie in the envelope, unless they were written with escapes.
    letters: Option<Range<usize>>,
}

struct Signature {
    /// As received: it is part of what was signed.
    protected: String,
    alg: String,
    kid: DidUrl,
    bytes: Vec<u8>,
}

impl Jws {
    /// Yields besides what was signed, not yet to be believed.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Self, Vec<u8>), Malformed> {
        let wire: Wire<'_> = serde_json::from_slice(bytes).map_err(|_| Malformed::Shape)?;
        let signatures = match (wire.signatures, wire.signature) {
            (Some(list), None) if wire.protected.is_none() && wire.header.is_none() => list,
            (None, signature @ Some(_)) => vec![WireSignature {
                protected: wire.protected,
                header: wire.header,
                signature,
            }],
            _ => return Err(Malformed::Member("signatures")),
        };
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(Malformed::Member("signatures"));
        }
        let signatures = signatures.into_iter().map(Signature::read);
        let signatures = signatures.collect::<Result<_, _>>()?;
        let letters = wire.payload.ok_or(Malformed::Member("payload"))?.0;
        let payload = base64url::decode_letters(&letters).ok_or(Malformed::Member("payload"))?;
        let letters = match letters {
            Cow::Borrowed(letters) => place(letters, bytes),
            Cow::Owned(_) => None,
        };
        let jws = Self {
            signatures,
            letters,
        };
        Ok((jws, payload))
    }

    /// Verifies the signatures of `from` over `payload`, as it was parsed from `envelope`, and
    /// yields the key. `resolve` is only asked for `from` itself: a name in an unprotected header
    /// may be anybody's, and to fetch a document for it would let a stranger send us anywhere.
    pub(super) fn verify(
        &self,
        envelope: &[u8],
        payload: &[u8],
        from: &Did,
        resolve: impl FnOnce(&Did) -> Result<Document, UnpackError>,
    ) -> Result<(DidUrl, &'static str), UnpackError> {
        let theirs = |signature: &&Signature| signature.kid.did().is_same_as(from);
        let claimed: Vec<_> = self.signatures.iter().filter(theirs).collect();
        let first = claimed.first().ok_or(Forged::From)?;
        let algorithms: Vec<_> = claimed
            .iter()
            .map(|signature| algorithm(&signature.alg))
            .collect::<Result<_, _>>()?;
        let document = resolve(&first.kid.did())?;
        let letters = self.letters.clone().and_then(|place| envelope.get(place));
        // Bytes have one spelling in base64url.
        let letters = letters.map_or_else(
            || base64url::encode(payload).into_bytes().into(),
            Cow::Borrowed,
        );
        for (signature, algorithm) in claimed.iter().zip(&algorithms) {
            signature.verify(&letters, *algorithm, &document)?;
        }
        let alg = algorithms.first().map(|algorithm| algorithm.name());
        Ok((first.kid.clone(), alg.ok_or(Forged::From)?))
    }
}

/// The algorithm of `alg`, if DIDComm has it.
pub(crate) fn algorithm(alg: &str) -> Result<SignatureAlgorithm, Malformed> {
    SignatureAlgorithm::from_name(alg).ok_or_else(|| Malformed::Algorithm(short(alg)))
}

/// Verifies a signature with a key that must be of the algorithm's curve: what verifies is chosen
/// by the document, never by who signs.
pub(crate) fn verify(
    algorithm: SignatureAlgorithm,
    key: &PublicKey,
    input: &[&[u8]],
    signature: &[u8],
) -> Result<(), Forged> {
    if SignatureAlgorithm::of(key.curve()) != Some(algorithm) {
        return Err(Forged::Key);
    }
    key.verifies(input, signature)
        .then_some(())
        .ok_or(Forged::Signature)
}

impl Signature {
    fn read(wire: WireSignature<'_>) -> Result<Self, Malformed> {
        let protected = wire.protected.ok_or(Malformed::Protected)?.0;
        if protected.len() > MAX_PROTECTED {
            return Err(Malformed::Protected);
        }
        let map = base64url::decode(&protected).and_then(|bytes| strict_object(&bytes));
        let map = map.ok_or(Malformed::Protected)?;
        check_extensions(&map)?;
        match map.get("typ").map(Value::as_str) {
            None | Some(Some("JWM")) => {}
            Some(Some(typ)) if is_media_type(typ, SIGNED) => {}
            Some(_) => return Err(Malformed::Header("typ")),
        }
        let alg = map.get("alg").and_then(Value::as_str);
        let inner = match map.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.as_str()),
            Some(_) => return Err(Malformed::Kid),
        };
        let outer = wire.header.and_then(|header| header.kid);
        let kid = match (inner, outer.as_ref().map(|kid| &*kid.0)) {
            (Some(inner), Some(outer)) if inner != outer => return Err(Malformed::Kid),
            (Some(kid), _) | (None, Some(kid)) => kid,
            (None, None) => return Err(Malformed::Kid),
        };
        let bytes = wire.signature.and_then(|text| base64url::decode(&text.0));
        Ok(Self {
            alg: alg.ok_or(Malformed::Header("alg"))?.to_owned(),
            kid: DidUrl::parse_kid(kid).map_err(|_| Malformed::Kid)?,
            bytes: bytes.ok_or(Malformed::Member("signature"))?,
            protected: protected.into_owned(),
        })
    }

    /// `payload` as it stands in the envelope.
    fn verify(
        &self,
        payload: &[u8],
        algorithm: SignatureAlgorithm,
        document: &Document,
    ) -> Result<(), Forged> {
        let key = document.authentication_key(&self.kid).ok_or(Forged::Key)?;
        let input = [self.protected.as_bytes(), b".", payload];
        verify(algorithm, key, &input, &self.bytes)
    }
}

/// Where `part` lies in `whole`.
fn place(part: &[u8], whole: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    Some(start..start.checked_add(part.len())?)
}

#[derive(serde::Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    payload: Option<Letters<'a>>,
    #[serde(borrow)]
    signatures: Option<Vec<WireSignature<'a>>>,
    #[serde(borrow)]
    protected: Option<Text<'a>>,
    #[serde(borrow)]
    header: Option<WireHeader<'a>>,
    #[serde(borrow)]
    signature: Option<Text<'a>>,
}

#[derive(serde::Deserialize)]
struct WireSignature<'a> {
    #[serde(borrow)]
    protected: Option<Text<'a>>,
    #[serde(borrow)]
    header: Option<WireHeader<'a>>,
    #[serde(borrow)]
    signature: Option<Text<'a>>,
}

#[derive(serde::Deserialize)]
struct WireHeader<'a> {
    #[serde(borrow)]
    kid: Option<Text<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_of_a_payload_are_found_where_they_lie_unless_they_were_escaped() {
        let signature = r#""protected":"e30","signature":"AA","header":{"kid":"did:example:a#1"}"#;
        let protected = base64url::encode(br#"{"alg":"EdDSA"}"#);
        let envelope = |payload: &str| {
            let signature = signature.replace("e30", &protected);
            format!("{{\"payload\":\"{payload}\",{signature}}}").into_bytes()
        };
        let plain = envelope("aGVsbG8");
        let escaped = envelope(r"\u0061GVsbG8");

        let (jws, payload) = Jws::parse(&plain).unwrap();
        assert_eq!(payload, b"hello");
        assert_eq!(&plain[jws.letters.unwrap()], b"aGVsbG8");
        let (jws, payload) = Jws::parse(&escaped).unwrap();
        assert_eq!((payload.as_slice(), jws.letters), (&b"hello"[..], None));
    }
}
