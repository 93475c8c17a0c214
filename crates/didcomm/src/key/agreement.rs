//! Agreeing on a secret: Diffie-Hellman on one curve.
//!
//! Source: RFC 7748 §6.1.

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Curve, PublicKey};

/// A secret half, loaded into the primitives, which wipe it when dropped.
pub(crate) enum AgreementKey {
    X25519(PrivateKey),
}

impl AgreementKey {
    /// The key of 32 secret bytes.
    pub(crate) fn x25519(raw: &[u8; 32]) -> Option<Self> {
        PrivateKey::from_private_key(&X25519, raw)
            .ok()
            .map(Self::X25519)
    }

    /// A key for one envelope; `None` for a curve we do not compute on.
    pub(crate) fn draw(curve: Curve, rng: &mut impl CryptoRng) -> Option<Self> {
        match curve {
            Curve::X25519 => {
                let mut raw = Zeroizing::new([0; 32]);
                rng.fill_bytes(&mut *raw);
                Self::x25519(&raw)
            }
            Curve::Ed25519 | Curve::P256 | Curve::P384 | Curve::P521 | Curve::Secp256k1 => None,
        }
    }

    /// The public half.
    pub(crate) fn public(&self) -> Option<PublicKey> {
        match self {
            Self::X25519(key) => {
                PublicKey::new(Curve::X25519, key.compute_public_key().ok()?.as_ref())
            }
        }
    }

    /// The shared secret. `None` if the curves differ, or if it would be zero, as it is with a
    /// point of low order.
    pub(crate) fn agree(&self, theirs: &PublicKey) -> Option<Zeroizing<Vec<u8>>> {
        match (self, theirs) {
            (Self::X25519(ours), PublicKey::X25519(theirs)) => {
                let theirs = UnparsedPublicKey::new(&X25519, theirs);
                agree(ours, theirs, (), |z| Ok(Zeroizing::new(z.to_vec()))).ok()
            }
            (Self::X25519(_), PublicKey::Ed25519(_) | PublicKey::Other { .. }) => None,
        }
    }
}
