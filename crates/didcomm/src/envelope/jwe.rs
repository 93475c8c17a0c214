//! The form of a JWE: general JSON, its protected header, its recipients.
//!
//! Big members are borrowed from the input. Everything that can be refused without a key is
//! refused here. Source: RFC 7516 §7.2; DIDComm Messaging v2.1, "Message Encryption".

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA256, digest};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::cipher::ContentCipher;
use super::error::{Forged, Malformed, UnpackError};
use super::text::{Letters, Text};
use super::{ENCRYPTED, MAX_ENVELOPE};
use crate::base64url;
use crate::did::DidUrl;
use crate::json::strict_object;
use crate::key::{Curve, PublicKey};
use crate::message::is_media_type;

/// Nobody has more devices.
const MAX_RECIPIENTS: usize = 64;
/// Letters of a protected header: it holds a few names of keys and no more.
pub(super) const MAX_PROTECTED: usize = MAX_ENVELOPE / 16;

/// How the key-encryption key comes about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KeyAgreement {
    /// authcrypt
    Ecdh1Pu,
    /// anoncrypt
    EcdhEs,
}

impl KeyAgreement {
    /// The name in `alg`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ecdh1Pu => "ECDH-1PU+A256KW",
            Self::EcdhEs => "ECDH-ES+A256KW",
        }
    }
}

/// The hash of the recipients' names, which binds them into every wrapped key.
pub(super) fn apv<'a>(kids: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut kids: Vec<&str> = kids.collect();
    kids.sort_unstable();
    digest(&SHA256, kids.join(".").as_bytes()).as_ref().to_vec()
}

/// A JWE whose form is right; nothing in it is proved yet.
pub(super) struct Jwe<'a> {
    /// As received: it is the additional authenticated data.
    pub(super) protected: Cow<'a, str>,
    pub(super) header: Header,
    pub(super) recipients: Vec<Recipient<'a>>,
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Cow<'a, [u8]>,
    pub(super) tag: Vec<u8>,
}

pub(super) struct Recipient<'a> {
    pub(super) kid: DidUrl,
    pub(super) encrypted_key: Cow<'a, str>,
}

/// The protected header.
pub(super) struct Header {
    pub(super) alg: KeyAgreement,
    pub(super) enc: ContentCipher,
    pub(super) epk: PublicKey,
    pub(super) apv: Vec<u8>,
    pub(super) apu: Vec<u8>,
    /// The sender's key, of `skid` or else of `apu`; always there for authcrypt.
    pub(super) skid: Option<DidUrl>,
}

impl<'a> Jwe<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, UnpackError> {
        let wire: Wire<'a> = serde_json::from_slice(bytes).map_err(|_| Malformed::Shape)?;
        let protected = wire.protected.ok_or(Malformed::Member("protected"))?.0;
        let header = Header::parse(&protected)?;
        if wire.aad.is_some() {
            return Err(Malformed::Member("aad").into());
        }
        if wire.unprotected.is_some_and(|extra| !extra.is_empty()) {
            return Err(Malformed::Member("unprotected").into());
        }
        let recipients = match (wire.recipients, wire.encrypted_key, wire.header) {
            (Some(list), None, None) => list,
            (None, encrypted_key, header) => vec![WireRecipient {
                encrypted_key,
                header,
            }],
            (Some(_), _, _) => return Err(Malformed::Member("recipients").into()),
        };
        let recipients = read_recipients(recipients)?;
        if header.apv != apv(recipients.iter().map(|recipient| recipient.kid.as_str())) {
            return Err(Forged::Recipients.into());
        }
        Ok(Self {
            header,
            recipients,
            iv: decode(wire.iv, "iv")?,
            tag: decode(wire.tag, "tag")?,
            ciphertext: wire.ciphertext.ok_or(Malformed::Member("ciphertext"))?.0,
            protected,
        })
    }
}

fn decode(text: Option<Text<'_>>, name: &'static str) -> Result<Vec<u8>, Malformed> {
    text.and_then(|text| base64url::decode(&text.0))
        .ok_or(Malformed::Member(name))
}

fn read_recipients(wire: Vec<WireRecipient<'_>>) -> Result<Vec<Recipient<'_>>, Malformed> {
    if wire.is_empty() || wire.len() > MAX_RECIPIENTS {
        return Err(Malformed::Member("recipients"));
    }
    let mut recipients: Vec<Recipient<'_>> = Vec::with_capacity(wire.len());
    let mut seen = BTreeSet::new();
    for one in wire {
        let kid = one.header.and_then(|header| header.kid);
        let kid = kid.and_then(|kid| DidUrl::parse_kid(&kid.0).ok());
        let kid = kid.ok_or(Malformed::Kid)?;
        let encrypted_key = one
            .encrypted_key
            .ok_or(Malformed::Member("encrypted_key"))?
            .0;
        if !seen.insert(kid.clone()) {
            return Err(Malformed::Kid);
        }
        let first = recipients.first().map(|first| first.kid.did());
        if first.is_some_and(|did| !did.is_same_as(&kid.did())) {
            return Err(Malformed::Recipients);
        }
        recipients.push(Recipient { kid, encrypted_key });
    }
    Ok(recipients)
}

impl Header {
    fn parse(protected: &str) -> Result<Self, UnpackError> {
        if protected.len() > MAX_PROTECTED {
            return Err(Malformed::Protected.into());
        }
        let map = read_protected(protected)?;
        check_extensions(&map)?;
        let text = |name| map.get(name).and_then(Value::as_str);
        let alg = match text("alg").ok_or(Malformed::Header("alg"))? {
            "ECDH-1PU+A256KW" => KeyAgreement::Ecdh1Pu,
            "ECDH-ES+A256KW" => KeyAgreement::EcdhEs,
            other => return Err(Malformed::Algorithm(short(other)).into()),
        };
        let enc = text("enc").ok_or(Malformed::Header("enc"))?;
        let enc = ContentCipher::from_name(enc).ok_or_else(|| Malformed::Algorithm(short(enc)))?;
        if alg == KeyAgreement::Ecdh1Pu && enc != ContentCipher::A256CbcHs512 {
            return Err(Malformed::Algorithm(enc.name().to_owned()).into());
        }
        let epk = read_epk(map.get("epk").ok_or(Malformed::Header("epk"))?)?;
        let apv = text("apv").and_then(base64url::decode);
        let (apu, skid) = match alg {
            KeyAgreement::Ecdh1Pu => read_sender(&map)?,
            // One published vector has `"apu": null`.
            KeyAgreement::EcdhEs => match map.get("apu") {
                None | Some(Value::Null) => (Vec::new(), None),
                Some(_) => return Err(Malformed::Header("apu").into()),
            },
        };
        Ok(Self {
            alg,
            enc,
            epk,
            apv: apv.ok_or(Malformed::Header("apv"))?,
            apu,
            skid,
        })
    }
}

/// DIDComm v1 pads its header and calls it `JWM/1.0`.
fn read_protected(protected: &str) -> Result<Map<String, Value>, UnpackError> {
    let strict = base64url::decode(protected);
    let is_padded = strict.is_none();
    let bytes = strict.or_else(|| base64url::decode_tolerant(protected));
    let map = bytes.and_then(|bytes| strict_object(&bytes));
    let map = map.ok_or(Malformed::Protected)?;
    match map.get("typ").map(Value::as_str) {
        Some(Some("JWM/1.0")) => Err(UnpackError::V1),
        _ if is_padded => Err(Malformed::Protected.into()),
        None => Ok(map),
        Some(Some(typ)) if is_media_type(typ, ENCRYPTED) => Ok(map),
        Some(_) => Err(Malformed::Header("typ").into()),
    }
}

/// Refuses `crit`, since we understand no extension, and `zip`.
pub(super) fn check_extensions(map: &Map<String, Value>) -> Result<(), Malformed> {
    if map.contains_key("crit") {
        return Err(Malformed::Critical);
    }
    if map.contains_key("zip") {
        return Err(Malformed::Compressed);
    }
    Ok(())
}

fn read_epk(jwk: &Value) -> Result<PublicKey, UnpackError> {
    let malformed = Malformed::Header("epk");
    // A secret half in public: whoever wrote this has no secrets.
    if jwk.get("d").is_some() {
        return Err(malformed.into());
    }
    let crv = jwk.get("crv").and_then(Value::as_str);
    let curve = crv.and_then(Curve::from_name);
    let curve = curve.filter(|curve| Curve::AGREEING.contains(curve));
    let curve = curve.ok_or(malformed.clone())?;
    // Documents are read more kindly; they are written once and this one each time.
    let is_full = |name| {
        let raw = jwk.get(name).and_then(Value::as_str);
        let raw = raw.and_then(base64url::decode);
        raw.is_some_and(|raw| raw.len() == curve.width())
    };
    if curve.is_weierstrass() && !(is_full("x") && is_full("y")) {
        return Err(malformed.into());
    }
    Ok(PublicKey::from_jwk(jwk).ok_or(malformed)?)
}

/// `apu` is always there; `skid`, when there, says the same.
fn read_sender(map: &Map<String, Value>) -> Result<(Vec<u8>, Option<DidUrl>), UnpackError> {
    let apu = map.get("apu").and_then(Value::as_str);
    let apu = apu.and_then(base64url::decode);
    let apu = apu.ok_or(Malformed::Header("apu"))?;
    let named = std::str::from_utf8(&apu).map_err(|_| Malformed::Header("apu"))?;
    match map.get("skid") {
        None => {}
        Some(Value::String(skid)) if skid == named => {}
        Some(Value::String(_)) => return Err(Forged::TwoSenders.into()),
        Some(_) => return Err(Malformed::Header("skid").into()),
    }
    let skid = DidUrl::parse_kid(named).map_err(|_| Malformed::Header("skid"))?;
    Ok((apu, Some(skid)))
}

/// A stranger's word in an error text, cut to what a person would read.
pub(super) fn short(word: &str) -> String {
    word.chars()
        .filter(|c| c.is_ascii_graphic())
        .take(32)
        .collect()
}

#[derive(serde::Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    protected: Option<Text<'a>>,
    #[serde(borrow)]
    recipients: Option<Vec<WireRecipient<'a>>>,
    #[serde(borrow)]
    encrypted_key: Option<Text<'a>>,
    #[serde(borrow)]
    header: Option<WireHeader<'a>>,
    #[serde(borrow)]
    iv: Option<Text<'a>>,
    #[serde(borrow)]
    ciphertext: Option<Letters<'a>>,
    #[serde(borrow)]
    tag: Option<Text<'a>>,
    #[serde(borrow)]
    aad: Option<Text<'a>>,
    unprotected: Option<BTreeMap<String, IgnoredAny>>,
}

#[derive(serde::Deserialize)]
struct WireRecipient<'a> {
    #[serde(borrow)]
    encrypted_key: Option<Text<'a>>,
    #[serde(borrow)]
    header: Option<WireHeader<'a>>,
}

#[derive(serde::Deserialize)]
struct WireHeader<'a> {
    #[serde(borrow)]
    kid: Option<Text<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DIDComm Messaging v2.1, Appendix C.3: the recipients of its first and second message.
    #[test]
    fn apv_is_the_published_hash_whatever_the_order_of_recipients() {
        for (kids, published) in [
            (
                &["key-x25519-3", "key-x25519-1", "key-x25519-2"][..],
                "NcsuAnrRfPK69A-rkZ0L9XWUG4jMvNC3Zg74BPz53PA",
            ),
            (
                &["key-p384-1", "key-p384-2"],
                "LJA9Eoks5tamUFVBalMwBhJ6DkDcJ8HK4SlXZWqDqno",
            ),
        ] {
            let kids: Vec<_> = kids
                .iter()
                .map(|k| format!("did:example:bob#{k}"))
                .collect();
            let apv = apv(kids.iter().map(String::as_str));
            assert_eq!(base64url::encode(apv), published);
        }
    }
}
