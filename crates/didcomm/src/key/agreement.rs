//! Agreeing on a secret: Diffie-Hellman on one curve.
//!
//! Source: RFC 7748 §6.1; NIST SP 800-56A §5.7.1.2.

use aws_lc_rs::agreement::{
    Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey, UnparsedPublicKey, X25519, agree,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::secret::draw;
use super::{Curve, PublicKey};

/// A secret half, loaded into the primitives, which wipe it when dropped.
pub(crate) struct AgreementKey {
    curve: Curve,
    key: PrivateKey,
}

impl AgreementKey {
    /// The key of a scalar; `None` for a curve that does not agree, a wrong length, and a number
    /// that is zero or not below the order of the curve.
    pub(crate) fn new(curve: Curve, scalar: &[u8]) -> Option<Self> {
        let key = PrivateKey::from_private_key(algorithm(curve)?, scalar).ok()?;
        Some(Self { curve, key })
    }

    /// A key for one envelope; `None` for a curve that does not agree.
    pub(crate) fn draw(curve: Curve, rng: &mut impl CryptoRng) -> Option<Self> {
        algorithm(curve)?;
        draw(curve, rng, |raw| Self::new(curve, raw))
    }

    /// The public half.
    pub(crate) fn public(&self) -> Option<PublicKey> {
        let public = self.key.compute_public_key().ok()?;
        PublicKey::computed(self.curve, public.as_ref())
    }

    /// The shared secret. `None` if the curves differ, or if the secret would be zero, as it is with
    /// an X25519 point of low order.
    pub(crate) fn agree(&self, theirs: &PublicKey) -> Option<Zeroizing<Vec<u8>>> {
        if theirs.curve() != self.curve {
            return None;
        }
        let theirs = UnparsedPublicKey::new(self.key.algorithm(), theirs.raw());
        agree(&self.key, theirs, (), |z| Ok(Zeroizing::new(z.to_vec()))).ok()
    }
}

fn algorithm(curve: Curve) -> Option<&'static Algorithm> {
    match curve {
        Curve::X25519 => Some(&X25519),
        Curve::P256 => Some(&ECDH_P256),
        Curve::P384 => Some(&ECDH_P384),
        Curve::P521 => Some(&ECDH_P521),
        Curve::Ed25519 | Curve::Secp256k1 => None,
    }
}
