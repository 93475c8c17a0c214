//! A public key and its curve, as multicodec, JWK or raw bytes.
//!
//! Source: did:key, "The did:key Format"; RFC 8037; RFC 7518 §6.2.

use std::fmt;

use curve25519_dalek::edwards::CompressedEdwardsY;
use serde_json::{Value, json};

use crate::did::{DidUrl, Method};
use crate::{base64url, multibase};

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

    /// Bytes of one coordinate.
    fn width(self) -> usize {
        match self {
            Self::X25519 | Self::Ed25519 | Self::P256 | Self::Secp256k1 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn is_weierstrass(self) -> bool {
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

/// A public key of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PublicKey {
    /// Agrees on keys.
    X25519([u8; 32]),
    /// Verifies signatures.
    Ed25519([u8; 32]),
    /// A curve we recognise but do not compute on; the compressed point.
    Other {
        /// Which one.
        curve: Curve,
        /// The compressed point.
        bytes: Vec<u8>,
    },
}

impl PublicKey {
    /// A key from its raw bytes, or its compressed point; `None` at a wrong length.
    pub fn new(curve: Curve, raw: &[u8]) -> Option<Self> {
        match curve {
            Curve::X25519 => raw.try_into().ok().map(Self::X25519),
            Curve::Ed25519 => raw.try_into().ok().map(Self::Ed25519),
            Curve::P256 | Curve::P384 | Curve::P521 | Curve::Secp256k1 => {
                let (&sign, x) = raw.split_first()?;
                let is_point = matches!(sign, 2 | 3) && x.len() == curve.width();
                is_point.then(|| Self::Other {
                    curve,
                    bytes: raw.to_vec(),
                })
            }
        }
    }

    /// The curve the key lies on.
    pub fn curve(&self) -> Curve {
        match self {
            Self::X25519(_) => Curve::X25519,
            Self::Ed25519(_) => Curve::Ed25519,
            Self::Other { curve, .. } => *curve,
        }
    }

    /// The raw key, or the compressed point.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::X25519(raw) | Self::Ed25519(raw) => raw,
            Self::Other { bytes, .. } => bytes,
        }
    }

    /// The key as Multikey, did:key and did:peer write it (`z6Mk…`, `z6LS…`).
    pub fn to_multibase(&self) -> String {
        multibase::encode_key(self)
    }

    /// Older makes name a did:peer:2 key by its first eight characters behind the `z`.
    pub(crate) fn has_older_name(&self, kid: &DidUrl) -> bool {
        let fragment = kid.fragment().filter(|name| name.len() == 8);
        kid.subject().method() == Method::Peer2
            && fragment.is_some_and(|name| self.to_multibase().get(1..9) == Some(name))
    }

    /// Reads `z…`; `None` if it is no key of a curve we know.
    pub fn from_multibase(text: &str) -> Option<Self> {
        multibase::decode_key(text)
    }

    /// Reads a public JWK; `None` if it is none of a curve we know.
    pub fn from_jwk(jwk: &Value) -> Option<Self> {
        let curve = Curve::from_name(jwk.get("crv")?.as_str()?)?;
        let kty = jwk.get("kty")?.as_str()?;
        let x = coordinate(jwk, "x", curve)?;
        if !curve.is_weierstrass() {
            return (kty == "OKP").then(|| Self::new(curve, &x))?;
        }
        let y = coordinate(jwk, "y", curve)?;
        let mut point = vec![2 | (y.last()? & 1)];
        point.extend_from_slice(&x);
        (kty == "EC").then(|| Self::new(curve, &point))?
    }

    /// The JWK, for the curves we compute on.
    pub fn to_jwk(&self) -> Option<Value> {
        match self {
            Self::X25519(raw) | Self::Ed25519(raw) => {
                Some(json!({"kty": "OKP", "crv": self.curve().name(), "x": base64url::encode(raw)}))
            }
            Self::Other { .. } => None,
        }
    }

    /// The X25519 key that did:key derives from an Ed25519 key (u = (1 + y) / (1 − y)).
    ///
    /// `None` for another curve, and for the points of small order, where nothing is agreed.
    pub fn to_agreement(&self) -> Option<Self> {
        let Self::Ed25519(raw) = self else {
            return None;
        };
        let point = CompressedEdwardsY(*raw).decompress()?;
        (!point.is_small_order()).then(|| Self::X25519(point.to_montgomery().to_bytes()))
    }
}

/// A coordinate of full width. Some writers drop leading zeros or pad, so both are mended.
fn coordinate(jwk: &Value, name: &str, curve: Curve) -> Option<Vec<u8>> {
    let raw = base64url::decode_tolerant(jwk.get(name)?.as_str()?)?;
    let missing = curve.width().checked_sub(raw.len())?;
    if missing > 0 && !curve.is_weierstrass() {
        return None;
    }
    let mut full = vec![0; missing];
    full.extend_from_slice(&raw);
    Some(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// did:key, "The did:key Format": the pair of the specification, and one of its test
    /// vectors (seed zero).
    #[test]
    fn an_ed25519_key_derives_the_published_x25519_key() {
        let pairs = [
            (
                "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
                "z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p",
            ),
            (
                "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
                "z6LShs9GGnqk85isEBzzshkuVWrVKsRp24GnDuHk8QWkARMW",
            ),
        ];
        for (ed, x) in pairs {
            let key = PublicKey::from_multibase(ed).unwrap();
            assert_eq!(key.to_agreement().unwrap().to_multibase(), x);
        }
    }

    #[test]
    fn a_point_of_small_order_derives_nothing() {
        let mut identity = [0; 32];
        identity[0] = 1;

        assert!(PublicKey::Ed25519(identity).to_agreement().is_none());
        assert!(
            PublicKey::Ed25519([2; 32]).to_agreement().is_none(),
            "no point"
        );
    }

    /// DIDComm Messaging v2.1, Appendix B.1, `key-2`: y is odd or even as its last byte says.
    #[test]
    fn a_jwk_of_a_nist_curve_is_kept_as_its_compressed_point() {
        let jwk = serde_json::json!({"kty": "EC", "crv": "P-256",
            "x": "2syLh57B-dGpa0F8p1JrO6JU7UUSF6j7qL-vfk1eOoY",
            "y": "BgsGtI7UPsObMRjdElxLOrgAO9JggNMjOcfzEPox18w"});
        let key = PublicKey::from_jwk(&jwk).unwrap();

        assert_eq!(key.curve(), Curve::P256);
        assert_eq!(key.bytes()[0], 2);
        assert!(key.to_multibase().starts_with("zDn"));
    }

    #[test]
    fn a_jwk_round_trips_and_a_wrong_kty_does_not_read() {
        let key = PublicKey::X25519([7; 32]);
        let mut jwk = key.to_jwk().unwrap();
        assert_eq!(PublicKey::from_jwk(&jwk), Some(key));

        jwk["kty"] = "EC".into();
        assert_eq!(PublicKey::from_jwk(&jwk), None);
    }
}
