//! A public key and its curve, as multicodec, JWK or raw bytes.
//!
//! Source: did:key, "The did:key Format"; RFC 8037; RFC 7518 §6.2.

use std::fmt;

use curve25519_dalek::edwards::CompressedEdwardsY;
use serde_json::{Value, json};

use super::{Curve, point};
use crate::did::{DidUrl, Method};
use crate::{base64url, multibase};

/// A public key: 32 bytes of X25519 and Ed25519; of any other curve, a point that lies on it.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    curve: Curve,
    /// A point is uncompressed: to take the root for y costs as much as to agree, and what has
    /// both coordinates is checked with a few products.
    raw: Box<[u8]>,
}

impl PublicKey {
    /// A key from its raw bytes, or its compressed point; `None` at a wrong length, or if the
    /// point is not on the curve.
    pub fn new(curve: Curve, raw: &[u8]) -> Option<Self> {
        match curve.is_weierstrass() {
            true if raw.len() == 1 + curve.width() => {
                Self::computed(curve, &point::uncompressed(curve, raw)?)
            }
            true => None,
            false => Self::computed(curve, raw),
        }
    }

    /// A key from its raw bytes, or an uncompressed point that is known to be on the curve; `None`
    /// at a wrong length.
    pub(super) fn computed(curve: Curve, raw: &[u8]) -> Option<Self> {
        let is_whole = match curve.is_weierstrass() {
            true => point::coordinates(curve, raw).is_some(),
            false => raw.len() == curve.width(),
        };
        let raw = raw.into();
        is_whole.then_some(Self { curve, raw })
    }

    /// The curve the key lies on.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The raw bytes, or the uncompressed point.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The raw bytes, or the compressed point: 33 bytes on P-256 and secp256k1, 49 on P-384, 67 on
    /// P-521.
    pub fn to_bytes(&self) -> Vec<u8> {
        point::compressed(self.curve, &self.raw).unwrap_or_else(|| self.raw.to_vec())
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

    /// Reads a public JWK; `None` if it is none of a curve we know, or no point of its curve.
    pub fn from_jwk(jwk: &Value) -> Option<Self> {
        let curve = Curve::from_name(jwk.get("crv")?.as_str()?)?;
        let kty = jwk.get("kty")?.as_str()?;
        let x = coordinate(jwk, "x", curve)?;
        if !curve.is_weierstrass() {
            return (kty == "OKP").then(|| Self::new(curve, &x))?;
        }
        let y = coordinate(jwk, "y", curve)?;
        let point = [&[point::UNCOMPRESSED], &*x, &*y].concat();
        let is_point = kty == "EC" && point::is_on_curve(curve, &point);
        is_point.then(|| Self::computed(curve, &point))?
    }

    /// The JWK.
    pub fn to_jwk(&self) -> Value {
        let crv = self.curve.name();
        match point::coordinates(self.curve, &self.raw) {
            Some((x, y)) => {
                let (x, y) = (base64url::encode(x), base64url::encode(y));
                json!({"kty": "EC", "crv": crv, "x": x, "y": y})
            }
            None => json!({"kty": "OKP", "crv": crv, "x": base64url::encode(&self.raw)}),
        }
    }

    /// The X25519 key that did:key derives from an Ed25519 key (u = (1 + y) / (1 − y)).
    ///
    /// `None` for another curve, and for the points of small order, where nothing is agreed.
    pub fn to_agreement(&self) -> Option<Self> {
        if self.curve != Curve::Ed25519 {
            return None;
        }
        let raw = <[u8; 32]>::try_from(&*self.raw).ok()?;
        let point = CompressedEdwardsY(raw).decompress()?;
        let derived = point.to_montgomery().to_bytes();
        (!point.is_small_order()).then(|| Self::computed(Curve::X25519, &derived))?
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_multibase())
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

        let key = |raw: [u8; 32]| PublicKey::new(Curve::Ed25519, &raw).unwrap();
        assert!(key(identity).to_agreement().is_none());
        assert!(key([2; 32]).to_agreement().is_none(), "no point");
    }

    /// DIDComm Messaging v2.1, Appendix B.1, `key-2`: y is odd or even as its last byte says.
    #[test]
    fn a_jwk_of_a_nist_curve_is_written_as_its_compressed_point() {
        let jwk = serde_json::json!({"kty": "EC", "crv": "P-256",
            "x": "2syLh57B-dGpa0F8p1JrO6JU7UUSF6j7qL-vfk1eOoY",
            "y": "BgsGtI7UPsObMRjdElxLOrgAO9JggNMjOcfzEPox18w"});
        let key = PublicKey::from_jwk(&jwk).unwrap();

        assert_eq!(key.curve(), Curve::P256);
        assert_eq!(key.to_bytes()[0], 2);
        assert!(key.to_multibase().starts_with("zDn"));
    }

    /// did:key, "The did:key Format", the examples; of X25519 and Ed25519 any.
    const PUBLISHED: [(&str, Curve); 6] = [
        (
            "z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F",
            Curve::X25519,
        ),
        (
            "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
            Curve::Ed25519,
        ),
        (
            "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv",
            Curve::P256,
        ),
        (
            "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9",
            Curve::P384,
        ),
        (
            "z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7",
            Curve::P521,
        ),
        (
            "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
            Curve::Secp256k1,
        ),
    ];

    #[test]
    fn a_published_key_round_trips_and_a_jwk_of_a_wrong_kty_does_not_read() {
        for (text, curve) in PUBLISHED {
            let key = PublicKey::from_multibase(text).unwrap();
            assert_eq!(key.curve(), curve);
            assert_eq!(key.to_multibase(), text);
            let mut jwk = key.to_jwk();
            assert_eq!(PublicKey::from_jwk(&jwk), Some(key));

            jwk["kty"] = if jwk["kty"] == "EC" { "OKP" } else { "EC" }.into();
            assert_eq!(PublicKey::from_jwk(&jwk), None);
        }
    }

    /// did:key test vectors: the first P-256 key.
    #[test]
    fn a_compressed_point_has_the_published_coordinates() {
        let key = PublicKey::from_multibase(PUBLISHED[2].0).unwrap();

        assert_eq!(
            key.to_jwk(),
            json!({"kty": "EC", "crv": "P-256",
                "x": "igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns",
                "y": "efsX5b10x8yjyrj4ny3pGfLcY7Xby1KzgqOdqnsrJIM"})
        );
    }

    #[test]
    fn a_point_that_is_not_on_its_curve_is_no_key() {
        for (text, curve) in PUBLISHED.into_iter().filter(|(_, c)| c.is_weierstrass()) {
            let good = PublicKey::from_multibase(text).unwrap();
            for name in ["x", "y"] {
                let mut jwk = good.to_jwk();
                let mut raw = base64url::decode(jwk[name].as_str().unwrap()).unwrap();
                // The lowest bit but one: the sign, which is all that compressing keeps of y,
                // stays what it was.
                *raw.last_mut().unwrap() ^= 2;
                jwk[name] = base64url::encode(raw).into();
                assert_eq!(PublicKey::from_jwk(&jwk), None, "{curve} {name}");
            }
            let zeros = base64url::encode(vec![0; curve.width()]);
            let nowhere = json!({"kty": "EC", "crv": curve.name(), "x": zeros, "y": zeros});
            assert_eq!(PublicKey::from_jwk(&nowhere), None, "{curve}");
            let beyond = [vec![2], vec![0xff; curve.width()]].concat();
            assert_eq!(PublicKey::new(curve, &beyond), None, "x above the prime");
            let x = &good.to_bytes()[1..];
            for form in [0, 4, 5, 6, 7] {
                let point = [&[form], x].concat();
                assert_eq!(PublicKey::new(curve, &point), None, "form {form}");
            }
            assert_eq!(PublicKey::new(curve, &[0]), None, "infinity");
            assert_eq!(PublicKey::new(curve, x), None, "too short");
        }
    }

    #[test]
    fn every_second_x_is_on_no_point() {
        for curve in [Curve::P256, Curve::P384, Curve::P521, Curve::Secp256k1] {
            let on_curve = (0..64).filter(|x| {
                let mut point = vec![0; 1 + curve.width()];
                (point[0], point[curve.width()]) = (2, *x);
                PublicKey::new(curve, &point).is_some()
            });
            assert!((16..48).contains(&on_curve.count()), "{curve}");
        }
    }
}
