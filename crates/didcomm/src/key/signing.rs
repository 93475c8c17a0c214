//! Signing and verifying: one algorithm a curve.
//!
//! Source: RFC 8037 §3.1 (EdDSA); RFC 7518 §3.4 (ES256); RFC 8812 §3.2 (ES256K).

use aws_lc_rs::digest::{Context, SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P256K1_SHA256_FIXED,
    ECDSA_P256K1_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use zeroize::Zeroizing;

use super::{Curve, PublicKey};

/// The order of secp256k1. Source: SEC 2 §2.4.1.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// How a JWS or a JWT is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SignatureAlgorithm {
    EdDsa,
    Es256,
    Es256K,
}

impl SignatureAlgorithm {
    /// The one that keys of this curve sign with; `None` if they do not sign.
    pub(crate) fn of(curve: Curve) -> Option<Self> {
        match curve {
            Curve::Ed25519 => Some(Self::EdDsa),
            Curve::P256 => Some(Self::Es256),
            Curve::Secp256k1 => Some(Self::Es256K),
            Curve::X25519 | Curve::P384 | Curve::P521 => None,
        }
    }

    /// The name in `alg`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Es256K => "ES256K",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::EdDsa, Self::Es256, Self::Es256K]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::EdDsa => &ED25519,
            Self::Es256 => &ECDSA_P256_SHA256_FIXED,
            Self::Es256K => &ECDSA_P256K1_SHA256_FIXED,
        }
    }
}

impl PublicKey {
    /// Whether `signature` is one of the `parts` in a row, by the algorithm of this key's curve.
    pub(crate) fn verifies(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        let Some(algorithm) = SignatureAlgorithm::of(self.curve()) else {
            return false;
        };
        let key = UnparsedPublicKey::new(algorithm.verification(), self.raw());
        let verified = match algorithm {
            SignatureAlgorithm::EdDsa => key.verify(&parts.concat(), signature),
            // What is hashed first need not lie in one piece.
            SignatureAlgorithm::Es256 | SignatureAlgorithm::Es256K => {
                let mut hash = Context::new(&SHA256);
                for part in parts {
                    hash.update(part);
                }
                key.verify_digest(&hash.finish(), signature)
            }
        };
        verified.is_ok()
    }
}

/// A secret half, loaded into the primitives, which wipe it when dropped.
pub(super) enum SigningKey {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Secp256k1(EcdsaKeyPair),
}

impl SigningKey {
    /// The key of a seed or a scalar; `None` for a curve that does not sign, a wrong length, and
    /// a scalar that is zero or not below the order of the curve.
    pub(super) fn new(curve: Curve, raw: &[u8]) -> Option<Self> {
        match curve {
            Curve::Ed25519 => Ed25519KeyPair::from_seed_unchecked(raw)
                .ok()
                .map(Self::Ed25519),
            Curve::P256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, raw).map(Self::P256),
            Curve::Secp256k1 => ecdsa(&ECDSA_P256K1_SHA256_FIXED_SIGNING, raw).map(Self::Secp256k1),
            Curve::X25519 | Curve::P384 | Curve::P521 => None,
        }
    }

    /// The public half.
    pub(super) fn public(&self) -> Option<PublicKey> {
        match self {
            Self::Ed25519(pair) => PublicKey::computed(Curve::Ed25519, pair.public_key().as_ref()),
            Self::P256(pair) => PublicKey::computed(Curve::P256, pair.public_key().as_ref()),
            Self::Secp256k1(pair) => {
                PublicKey::computed(Curve::Secp256k1, pair.public_key().as_ref())
            }
        }
    }

    /// The signature of 64 bytes.
    ///
    /// Those of ECDSA differ each time, whatever the seed: the primitives choose the nonce
    /// themselves, as they must, since one that is foreseen gives the key away.
    pub(super) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let ecdsa = |pair: &EcdsaKeyPair| pair.sign_digest(&digest(&SHA256, bytes)).ok();
        match self {
            Self::Ed25519(pair) => Some(pair.sign(bytes).as_ref().to_vec()),
            Self::P256(pair) => Some(ecdsa(pair)?.as_ref().to_vec()),
            Self::Secp256k1(pair) => low(ecdsa(pair)?.as_ref()),
        }
    }
}

/// The primitives read a scalar of secp256k1 only as an `ECPrivateKey` (RFC 5915 §3), which need
/// not hold the public half.
fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, scalar: &[u8]) -> Option<EcdsaKeyPair> {
    const HEAD: [u8; 7] = [0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20];

    let mut der = Zeroizing::new([0; 39]);
    let (head, d) = der.split_at_mut(HEAD.len());
    head.copy_from_slice(&HEAD);
    if scalar.len() != d.len() {
        return None;
    }
    d.copy_from_slice(scalar);
    EcdsaKeyPair::from_private_key_der(algorithm, &*der).ok()
}

/// Of the two values that s may have, the smaller: libraries that grew up with blockchains refuse
/// the other.
fn low(signature: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(ORDER.len())?;
    let mut other = ORDER;
    let mut borrow = false;
    for (digit, &subtrahend) in other.iter_mut().zip(s).rev() {
        let (difference, first) = digit.overflowing_sub(subtrahend);
        let (difference, second) = difference.overflowing_sub(u8::from(borrow));
        *digit = difference;
        borrow = first || second;
    }
    Some([r, s.min(&other)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secp256k1() -> SigningKey {
        SigningKey::new(Curve::Secp256k1, &[0xA7; 32]).unwrap()
    }

    #[test]
    fn an_es256k_signature_has_the_lower_s_and_verifies() {
        let mut half = ORDER;
        for index in (0..32).rev() {
            let carry = if index == 0 { 0 } else { ORDER[index - 1] & 1 };
            half[index] = ORDER[index] >> 1 | carry << 7;
        }
        let public = secp256k1().public().unwrap();

        for number in 0..32_u8 {
            let signature = secp256k1().sign(&[number]).unwrap();
            assert!(signature[32..] <= half[..]);
            assert!(public.verifies(&[&[number]], &signature));
            assert!(!public.verifies(&[&[number + 1]], &signature));
        }
    }

    #[test]
    fn a_scalar_outside_the_order_is_no_key() {
        for scalar in [[0; 32], ORDER, [0xff; 32]] {
            assert!(SigningKey::new(Curve::Secp256k1, &scalar).is_none());
        }
        for scalar in [[0; 32], [0xff; 32]] {
            assert!(SigningKey::new(Curve::P256, &scalar).is_none());
        }
        assert!(SigningKey::new(Curve::P256, &[1; 31]).is_none());
    }
}
