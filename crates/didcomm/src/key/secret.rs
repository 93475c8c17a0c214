//! Secret keys: zeroised when dropped, silent in logs, used only for agreeing and signing.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::signing::SigningKey;
use super::{AgreementKey, Curve, PublicKey, SignatureAlgorithm};
use crate::did::{Did, DidUrl};

/// A number drawn at random is below the order of its curve nearly always; one of P-521 too, once
/// its seven surplus bits are gone.
const MAX_DRAWS: usize = 64;

/// One secret key of one of our DIDs.
pub struct SecretKey {
    kid: DidUrl,
    curve: Curve,
    /// The X25519 scalar, not yet clamped; the Ed25519 seed; the scalar of any other curve.
    raw: Zeroizing<Vec<u8>>,
    /// The public key follows from the secret; computing it costs as much as a signature.
    loaded: OnceLock<Loaded>,
    /// What was last agreed on with somebody's lasting key. A pairwise DID has one contact, so each
    /// envelope asks for the same again, and computing it is a third of sealing one.
    standing: Mutex<Option<(PublicKey, Zeroizing<Vec<u8>>)>>,
}

/// What the key does; one of P-256 does both.
struct Loaded {
    agreement: Option<AgreementKey>,
    signing: Option<SigningKey>,
}

impl SecretKey {
    pub(crate) fn generate(curve: Curve, kid: DidUrl, rng: &mut impl CryptoRng) -> Option<Self> {
        draw(curve, rng, |raw| {
            let key = Self::from_raw(kid.clone(), curve, raw)?;
            key.public().is_some().then_some(key)
        })
    }

    /// A key made elsewhere: `raw` is the Ed25519 seed, or the scalar of another curve at full
    /// width (32 bytes; 48 of P-384, 66 of P-521). `None` for another length.
    pub fn from_raw(kid: DidUrl, curve: Curve, raw: &[u8]) -> Option<Self> {
        (raw.len() == curve.width()).then(|| Self {
            kid,
            curve,
            raw: Zeroizing::new(raw.to_vec()),
            loaded: OnceLock::new(),
            standing: Mutex::default(),
        })
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
        self.curve
    }

    pub(super) fn raw(&self) -> &Zeroizing<Vec<u8>> {
        &self.raw
    }

    /// The public half; `None` only for bytes that are no key: a scalar of zero, or one that is
    /// not below the order of its curve.
    pub fn public(&self) -> Option<PublicKey> {
        match self.loaded() {
            Loaded {
                agreement: Some(key),
                ..
            } => key.public(),
            Loaded { signing, .. } => signing.as_ref()?.public(),
        }
    }

    /// The shared secret; `None` if the key cannot agree with `theirs`.
    pub(crate) fn agree(&self, theirs: &PublicKey) -> Option<Zeroizing<Vec<u8>>> {
        self.loaded().agreement.as_ref()?.agree(theirs)
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

    /// How it signs; `None` for a key that cannot.
    pub(crate) fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        SignatureAlgorithm::of(self.curve)
    }

    /// The signature by [`SecretKey::signature_algorithm`]; `None` for a key that cannot sign.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.loaded().signing.as_ref()?.sign(bytes)
    }

    fn loaded(&self) -> &Loaded {
        self.loaded.get_or_init(|| Loaded {
            agreement: AgreementKey::new(self.curve, &self.raw),
            signing: SigningKey::new(self.curve, &self.raw),
        })
    }
}

/// Draws bytes until `take` accepts them as a secret key of the curve.
pub(super) fn draw<T>(
    curve: Curve,
    rng: &mut impl CryptoRng,
    take: impl Fn(&[u8]) -> Option<T>,
) -> Option<T> {
    let mut raw = Zeroizing::new(vec![0; curve.width()]);
    (0..MAX_DRAWS).find_map(|_| {
        rng.fill_bytes(&mut raw);
        if let Some(first) = raw.first_mut()
            && curve == Curve::P521
        {
            *first &= 1;
        }
        take(&raw)
    })
}

impl Clone for SecretKey {
    fn clone(&self) -> Self {
        Self {
            kid: self.kid.clone(),
            curve: self.curve,
            raw: self.raw.clone(),
            loaded: OnceLock::new(),
            standing: Mutex::default(),
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({} …)", self.curve())
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::SecretKeys;
    use super::*;

    fn kid() -> DidUrl {
        DidUrl::parse("did:example:alice#key-1").unwrap()
    }

    fn key(curve: Curve) -> SecretKey {
        let mut raw = vec![0xA7; curve.width()];
        raw[0] = 1;
        SecretKey::from_raw(kid(), curve, &raw).unwrap()
    }

    fn x25519(raw: [u8; 32]) -> PublicKey {
        PublicKey::new(Curve::X25519, &raw).unwrap()
    }

    #[test]
    fn debug_says_nothing_of_the_secret() {
        for curve in Curve::ALL {
            let did = Did::parse("did:example:alice").unwrap();
            let keys = SecretKeys::new(did, vec![key(curve)]);
            let shown = format!("{keys:?} {:?}", key(curve));

            for spelling in ["167", "a7", "A7", "key-1"] {
                assert!(!shown.contains(spelling), "{shown}");
            }
        }
    }

    #[test]
    fn a_stored_key_is_the_same_key() {
        for curve in Curve::ALL {
            let stored = serde_json::to_vec(&key(curve)).unwrap();
            let back: SecretKey = serde_json::from_slice(&stored).unwrap();
            assert!(back.public().is_some(), "{curve}");
            assert_eq!(back.public(), key(curve).public());
            assert_eq!(back.kid(), key(curve).kid());
            assert_eq!(*back.raw, *key(curve).raw);
        }
    }

    #[test]
    fn a_stored_key_of_the_wrong_length_does_not_read() {
        for curve in Curve::ALL {
            for length in [0, curve.width() - 1, curve.width() + 1, 1000] {
                let mut stored = serde_json::to_value(key(curve)).unwrap();
                stored["d"] = vec![1; length].into();
                assert!(serde_json::from_value::<SecretKey>(stored).is_err());
            }
        }
    }

    #[test]
    fn a_generated_key_has_a_public_half_and_another_seed_gives_another() {
        let generate = |curve, seed| {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let key = SecretKey::generate(curve, kid(), &mut rng).unwrap();
            key.public().unwrap()
        };
        for curve in Curve::ALL {
            assert_eq!(generate(curve, 1).curve(), curve);
            assert_eq!(generate(curve, 1), generate(curve, 1));
            assert_ne!(generate(curve, 1), generate(curve, 2));
        }
    }

    #[test]
    fn a_scalar_of_zero_or_beyond_the_order_has_no_public_half() {
        for curve in [Curve::P256, Curve::P384, Curve::P521, Curve::Secp256k1] {
            for byte in [0, 0xff] {
                let raw = vec![byte; curve.width()];
                let key = SecretKey::from_raw(kid(), curve, &raw).unwrap();
                assert_eq!(key.public(), None, "{curve}");
                assert_eq!(key.sign(b"text"), None, "{curve}");
            }
        }
    }

    #[test]
    fn a_point_of_low_order_agrees_on_nothing() {
        let mut one = [0; 32];
        one[0] = 1;
        for point in [[0; 32], one] {
            let agreed = key(Curve::X25519).agree(&x25519(point));
            assert!(agreed.is_none());
        }
    }

    #[test]
    fn both_sides_agree_on_the_same_and_only_on_one_curve() {
        for curve in Curve::AGREEING {
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let theirs = SecretKey::generate(curve, kid(), &mut rng).unwrap();
            let agreed = key(curve).agree(&theirs.public().unwrap()).unwrap();
            assert_eq!(agreed.len(), curve.width(), "{curve}");
            assert_eq!(theirs.agree(&key(curve).public().unwrap()), Some(agreed));

            for other in Curve::ALL.into_iter().filter(|other| *other != curve) {
                assert!(theirs.agree(&key(other).public().unwrap()).is_none());
            }
        }
    }

    #[test]
    fn what_is_remembered_is_what_would_be_computed() {
        let ours = key(Curve::X25519);
        let raw = |byte| SecretKey::from_raw(kid(), Curve::X25519, &[byte; 32]);
        let theirs = [1, 2].map(|byte| raw(byte).unwrap().public().unwrap());

        for theirs in [&theirs[0], &theirs[0], &theirs[1], &theirs[0]] {
            assert_eq!(ours.agree_lastingly(theirs), ours.agree(theirs));
        }
        assert!(ours.agree_lastingly(&x25519([0; 32])).is_none());
    }

    #[test]
    fn a_key_signs_by_the_algorithm_of_its_curve_or_not_at_all() {
        let algorithms = Curve::ALL.map(|curve| {
            let signature = key(curve).sign(b"text");
            let algorithm = key(curve).signature_algorithm();
            assert_eq!(signature.is_some(), algorithm.is_some(), "{curve}");
            let public = key(curve).public().unwrap();
            let verifies =
                signature.is_some_and(|signature| public.verifies(&[b"te", b"xt"], &signature));
            assert_eq!(verifies, algorithm.is_some(), "{curve}");
            algorithm.map(SignatureAlgorithm::name)
        });

        let (eddsa, es256, es256k) = (Some("EdDSA"), Some("ES256"), Some("ES256K"));
        assert_eq!(algorithms, [None, eddsa, es256, None, None, es256k]);
    }
}
