//! The curves, and what they are called.
//!
//! Source: DIDComm Messaging v2.1, "Curves and Content Encryption Algorithms", "Message Signing";
//! did:key, "The did:key Format"; RFC 7518 §6.2; RFC 8037; RFC 8812 §3.1.

use std::fmt;

/// The curves a document may name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Curve {
    /// Key agreement.
    X25519,
    /// Signatures (`EdDSA`).
    Ed25519,
    /// Key agreement and `ES256`.
    P256,
    /// Key agreement.
    P384,
    /// Key agreement.
    P521,
    /// Signatures (`ES256K`).
    Secp256k1,
}

impl Curve {
    pub(crate) const ALL: [Self; 6] = [
        Self::X25519,
        Self::Ed25519,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Secp256k1,
    ];

    /// The curves to agree on, the first preferred.
    pub(crate) const AGREEING: [Self; 4] = [Self::X25519, Self::P256, Self::P384, Self::P521];

    /// The curves to sign with, the first preferred.
    pub(crate) const SIGNING: [Self; 3] = [Self::Ed25519, Self::P256, Self::Secp256k1];

    /// The name in a JWK's `crv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::X25519 => "X25519",
            Self::Ed25519 => "Ed25519",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
        }
    }

    /// The curve of a JWK's `crv`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.name() == name)
    }

    /// The multicodec prefix of a public key, as varint bytes.
    pub(crate) fn codec(self) -> [u8; 2] {
        match self {
            Self::X25519 => [0xec, 0x01],
            Self::Ed25519 => [0xed, 0x01],
            Self::P256 => [0x80, 0x24],
            Self::P384 => [0x81, 0x24],
            Self::P521 => [0x82, 0x24],
            Self::Secp256k1 => [0xe7, 0x01],
        }
    }

    /// Bytes of one coordinate, and of a secret key.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::X25519 | Self::Ed25519 | Self::P256 | Self::Secp256k1 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    pub(crate) fn is_weierstrass(self) -> bool {
        match self {
            Self::X25519 | Self::Ed25519 => false,
            Self::P256 | Self::P384 | Self::P521 | Self::Secp256k1 => true,
        }
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
