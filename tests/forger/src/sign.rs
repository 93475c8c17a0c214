//! Signing anything as anybody whose secret is known.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair};
use serde_json::{Value, json};

use crate::b64;

/// A flattened JWS over any payload, with any header. `kid` goes into the unprotected header.
///
/// # Panics
/// If the seed is no key.
pub fn signed(payload: impl AsRef<[u8]>, seed: &[u8; 32], header: &Value, kid: &str) -> Value {
    let (protected, payload) = (b64(header.to_string()), b64(payload));
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
    let signature = pair.sign(format!("{protected}.{payload}").as_bytes());
    json!({"payload": payload, "protected": protected, "header": {"kid": kid},
           "signature": b64(signature.as_ref())})
}

/// As [`signed`], by ECDSA with the scalar `seed`, whatever the header says.
///
/// # Panics
/// If the seed is no key.
pub fn signed_ecdsa(
    algorithm: &'static EcdsaSigningAlgorithm,
    payload: impl AsRef<[u8]>,
    seed: &[u8; 32],
    header: &Value,
    kid: &str,
) -> Value {
    let (protected, payload) = (b64(header.to_string()), b64(payload));
    let input = format!("{protected}.{payload}");
    let signature = b64(ecdsa(algorithm, seed, input.as_bytes()));
    json!({"payload": payload, "protected": protected, "header": {"kid": kid},
           "signature": signature})
}

/// An ECDSA signature in the form of `algorithm`.
///
/// # Panics
/// If the seed is no key.
pub fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, seed: &[u8; 32], input: &[u8]) -> Vec<u8> {
    // RFC 5915: ECPrivateKey without its optional members.
    let der = [&[0x30, 0x25, 2, 1, 1, 4, 0x20][..], seed].concat();
    let pair = EcdsaKeyPair::from_private_key_der(algorithm, &der).unwrap();
    let signature = pair.sign(&SystemRandom::new(), input).unwrap();
    signature.as_ref().to_vec()
}

/// A JWT with any header and claims, by ECDSA with the scalar `seed`.
///
/// # Panics
/// If the seed is no key.
pub fn jwt_ecdsa(
    algorithm: &'static EcdsaSigningAlgorithm,
    header: &Value,
    claims: &Value,
    seed: &[u8; 32],
) -> String {
    let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    format!("{input}.{}", b64(ecdsa(algorithm, seed, input.as_bytes())))
}

/// A JWT with any header and claims.
///
/// # Panics
/// If the seed is no key.
pub fn jwt(header: &Value, claims: &Value, seed: &[u8; 32]) -> String {
    let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
    format!("{input}.{}", b64(pair.sign(input.as_bytes()).as_ref()))
}
