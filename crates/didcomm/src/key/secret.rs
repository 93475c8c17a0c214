//! Secret keys: zeroised when dropped, silent in logs, used only for agreeing and signing.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use rand_core::CryptoRng;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{AgreementKey, Curve, PublicKey};
use crate::did::{Did, DidUrl};

/// The secret half by curve.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) enum Secret {
    /// The scalar, not yet clamped.
    X25519([u8; 32]),
    /// The seed.
    Ed25519([u8; 32]),
}

impl Secret {
    fn curve(&self) -> Curve {
        match self {
            Self::X25519(_) => Curve::X25519,
            Self::Ed25519(_) => Curve::Ed25519,
        }
    }

    fn bytes(&self) -> &[u8; 32] {
        match self {
            Self::X25519(raw) | Self::Ed25519(raw) => raw,
        }
    }

    fn new(curve: Curve, raw: &[u8]) -> Option<Self> {
        let raw = raw.try_into().ok()?;
        match curve {
            Curve::X25519 => Some(Self::X25519(raw)),
            Curve::Ed25519 => Some(Self::Ed25519(raw)),
            Curve::P256 | Curve::P384 | Curve::P521 | Curve::Secp256k1 => None,
        }
    }
}

/// One secret key of one of our DIDs.
pub struct SecretKey {
    kid: DidUrl,
    secret: Secret,
    /// The public key follows from the secret; computing it costs as much as a signature.
    loaded: OnceLock<Option<Loaded>>,
    /// What was last agreed on with somebody's lasting key. A pairwise DID has one contact, so each
    /// envelope asks for the same again, and computing it is a third of sealing one.
    standing: Mutex<Option<(PublicKey, Zeroizing<Vec<u8>>)>>,
}

enum Loaded {
    Agreement(AgreementKey),
    Signing(Ed25519KeyPair),
}

impl SecretKey {
    pub(crate) fn new(kid: DidUrl, secret: Secret) -> Self {
        Self {
            kid,
            secret,
            loaded: OnceLock::new(),
            standing: Mutex::default(),
        }
    }

    pub(crate) fn generate(curve: Curve, kid: DidUrl, rng: &mut impl CryptoRng) -> Option<Self> {
        let mut raw = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *raw);
        Some(Self::new(kid, Secret::new(curve, &*raw)?))
    }

    /// A key made elsewhere: `raw` is the X25519 scalar or the Ed25519 seed. `None` for another
    /// curve or length.
    pub fn from_raw(kid: DidUrl, curve: Curve, raw: &[u8]) -> Option<Self> {
        Some(Self::new(kid, Secret::new(curve, raw)?))
    }

    /// The same key under another form of its DID, or under the DID just made of it.
    pub(crate) fn under(self, did: &Did) -> Self {
        Self {
            kid: self.kid.under(did),
            ..self
        }
    }

    /// The DID URL under which the DID's document lists the public half.
    pub fn kid(&self) -> &DidUrl {
        &self.kid
    }

    /// Whether `kid` names this key.
    pub(crate) fn answers_to(&self, kid: &DidUrl) -> bool {
        let is_older_name = || self.public().is_some_and(|key| key.has_older_name(kid));
        self.kid.is_same_as(kid) || (self.kid.subject() == kid.subject() && is_older_name())
    }

    /// The curve the key lies on.
    pub fn curve(&self) -> Curve {
        self.secret.curve()
    }

    /// The public half; `None` only if the primitives refuse the bytes.
    pub fn public(&self) -> Option<PublicKey> {
        match self.loaded()? {
            Loaded::Agreement(key) => key.public(),
            Loaded::Signing(pair) => PublicKey::new(Curve::Ed25519, pair.public_key().as_ref()),
        }
    }

    /// The shared secret; `None` if the key cannot agree with `theirs`.
    pub(crate) fn agree(&self, theirs: &PublicKey) -> Option<Zeroizing<Vec<u8>>> {
        match self.loaded()? {
            Loaded::Agreement(ours) => ours.agree(theirs),
            Loaded::Signing(_) => None,
        }
    }

    /// As [`SecretKey::agree`], with a key that will be met again.
    pub(crate) fn agree_lastingly(&self, theirs: &PublicKey) -> Option<Zeroizing<Vec<u8>>> {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((key, agreed)) = &*standing
            && key == theirs
        {
            return Some(agreed.clone());
        }
        let agreed = self.agree(theirs)?;
        *standing = Some((theirs.clone(), agreed.clone()));
        Some(agreed)
    }

    /// The EdDSA signature; `None` for a key that cannot sign.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self.loaded()? {
            Loaded::Agreement(_) => None,
            Loaded::Signing(pair) => Some(pair.sign(bytes).as_ref().to_vec()),
        }
    }

    fn loaded(&self) -> Option<&Loaded> {
        let load = || match &self.secret {
            Secret::X25519(raw) => AgreementKey::x25519(raw).map(Loaded::Agreement),
            Secret::Ed25519(seed) => Ed25519KeyPair::from_seed_unchecked(seed)
                .ok()
                .map(Loaded::Signing),
        };
        self.loaded.get_or_init(load).as_ref()
    }
}

impl Clone for SecretKey {
    fn clone(&self) -> Self {
        Self::new(self.kid.clone(), self.secret.clone())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({} …)", self.curve())
    }
}

/// All secret keys of one DID.
#[derive(Clone, Serialize, Deserialize)]
pub struct SecretKeys {
    did: Did,
    keys: Vec<SecretKey>,
}

impl SecretKeys {
    /// The keys of `did`. Each key's kid should stand under it, in either form of a did:peer:4.
    pub fn new(did: Did, keys: Vec<SecretKey>) -> Self {
        Self { did, keys }
    }

    /// The DID, in the form in which it was made (long for did:peer:4).
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// The first key that agrees on keys.
    pub fn agreement(&self) -> Option<&SecretKey> {
        self.keys.iter().find(|key| match key.secret {
            Secret::X25519(_) => true,
            Secret::Ed25519(_) => false,
        })
    }

    /// The first key that signs.
    pub fn signing(&self) -> Option<&SecretKey> {
        self.keys.iter().find(|key| match key.secret {
            Secret::X25519(_) => false,
            Secret::Ed25519(_) => true,
        })
    }

    /// The key of this kid, under the long or the short form of the DID, or under the name that
    /// older makes give a did:peer:2 key.
    pub fn get(&self, kid: &DidUrl) -> Option<&SecretKey> {
        self.keys.iter().find(|key| key.answers_to(kid))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &SecretKey> {
        self.keys.iter()
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKeys({:?}, {} keys)", self.did, self.keys.len())
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    kid: DidUrl,
    crv: String,
    d: Raw,
}

/// The bytes as a byte string where the format has one.
struct Raw(Zeroizing<[u8; 32]>);

impl Serialize for SecretKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = Stored {
            kid: self.kid.clone(),
            crv: self.curve().name().to_owned(),
            d: Raw(Zeroizing::new(*self.secret.bytes())),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SecretKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        Curve::from_name(&stored.crv)
            .and_then(|curve| Secret::new(curve, &*stored.d.0))
            .map(|secret| Self::new(stored.kid, secret))
            .ok_or_else(|| D::Error::custom("a secret key of a curve we do not have"))
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&*self.0)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("32 bytes")
    }

    fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<Raw, E> {
        let raw = v.try_into().map_err(|_| E::custom("not 32 bytes"))?;
        Ok(Raw(Zeroizing::new(raw)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut raw = Zeroizing::new([0; 32]);
        for byte in raw.iter_mut() {
            *byte = seq
                .next_element()?
                .ok_or_else(|| A::Error::custom("not 32 bytes"))?;
        }
        Ok(Raw(raw))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(curve: Curve) -> SecretKey {
        let kid = DidUrl::parse("did:example:alice#key-1").unwrap();
        SecretKey::from_raw(kid, curve, &[0xA7; 32]).unwrap()
    }

    #[test]
    fn debug_says_nothing_of_the_secret() {
        let keys = SecretKeys::new(
            Did::parse("did:example:alice").unwrap(),
            vec![key(Curve::Ed25519)],
        );
        let shown = format!("{keys:?} {:?}", key(Curve::X25519));

        for spelling in ["167", "a7", "A7", "key-1"] {
            assert!(!shown.contains(spelling), "{shown}");
        }
    }

    #[test]
    fn a_stored_key_is_the_same_key() {
        for curve in [Curve::X25519, Curve::Ed25519] {
            let stored = serde_json::to_vec(&key(curve)).unwrap();
            let back: SecretKey = serde_json::from_slice(&stored).unwrap();
            assert_eq!(back.public(), key(curve).public());
            assert_eq!(back.kid(), key(curve).kid());
        }
    }

    #[test]
    fn a_point_of_low_order_agrees_on_nothing() {
        let mut one = [0; 32];
        one[0] = 1;
        for point in [[0; 32], one] {
            let agreed = key(Curve::X25519).agree(&PublicKey::X25519(point));
            assert!(agreed.is_none());
        }
    }

    #[test]
    fn what_is_remembered_is_what_would_be_computed() {
        let ours = key(Curve::X25519);
        let raw = |byte| SecretKey::from_raw(ours.kid().clone(), Curve::X25519, &[byte; 32]);
        let theirs = [1, 2].map(|byte| raw(byte).unwrap().public().unwrap());

        for theirs in [&theirs[0], &theirs[0], &theirs[1], &theirs[0]] {
            assert_eq!(ours.agree_lastingly(theirs), ours.agree(theirs));
        }
        assert!(ours.agree_lastingly(&PublicKey::X25519([0; 32])).is_none());
    }

    #[test]
    fn an_agreement_key_does_not_sign() {
        assert!(key(Curve::X25519).sign(b"text").is_none());
        assert!(key(Curve::Ed25519).sign(b"text").is_some());
    }
}
