//! A key as documents write it: a suite's name and one of five encodings.
//!
//! The encodings with a curve in them need no suite; a suite that is named all the same has to
//! agree with it.
//!
//! Source: W3C DID core §5.2; Controlled Identifiers §2.2.2 (Multikey), §2.2.3 (JsonWebKey);
//! did:key, "Verification Methods" (older suites).

use serde_json::Value;

use crate::key::{Curve, PublicKey};
use crate::{base64url, multibase};

/// A P-521 key has 69 bytes with its codec, 138 letters in hexadecimal; what is far above is none.
const MAX_TEXT: usize = 160;

/// The public key of a verification method; `None` if it is of no kind we know.
pub(super) fn read_key(json: &Value) -> Option<PublicKey> {
    let suite = json.get("type").and_then(Value::as_str);
    let curve = suite.and_then(curve_of);
    let key = match json.get("publicKeyJwk") {
        Some(jwk) => PublicKey::from_jwk(jwk),
        None => read_text(json, curve),
    };
    key.filter(|key| curve.is_none_or(|curve| curve == key.curve()))
}

/// The curve of a suite that is for one alone.
fn curve_of(suite: &str) -> Option<Curve> {
    match suite {
        "Ed25519VerificationKey2018" | "Ed25519VerificationKey2020" => Some(Curve::Ed25519),
        "X25519KeyAgreementKey2019" | "X25519KeyAgreementKey2020" => Some(Curve::X25519),
        "EcdsaSecp256k1VerificationKey2019" => Some(Curve::Secp256k1),
        "EcdsaSecp256r1VerificationKey2019" | "P256Key2021" => Some(Curve::P256),
        "P384Key2021" => Some(Curve::P384),
        "P521Key2021" => Some(Curve::P521),
        _ => None,
    }
}

fn read_text(json: &Value, curve: Option<Curve>) -> Option<PublicKey> {
    let text = |name: &str| {
        let text = json.get(name).and_then(Value::as_str);
        text.filter(|text| text.len() <= MAX_TEXT)
    };
    if let Some(text) = text("publicKeyMultibase") {
        let bytes = match text.strip_prefix('u') {
            Some(base64) => base64url::decode(base64)?,
            None => multibase::decode(text)?,
        };
        // The Python library of did:peer leaves out the codec, since the suite says the same.
        return multibase::key_behind_codec(&bytes).or_else(|| PublicKey::new(curve?, &bytes));
    }
    let raw = match text("publicKeyBase58") {
        Some(text) => bs58::decode(text).into_vec().ok()?,
        None => hexadecimal(text("publicKeyHex")?)?,
    };
    PublicKey::new(curve?, &raw)
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: &u8| char::from(*letter).to_digit(16);
    let octet = |two: &[u8]| match two {
        [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(octet).collect()
}
