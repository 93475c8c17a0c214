//! Fresh keys, and the DID made of them: what the methods that carry their keys share.
//!
//! Source: did:peer, "Method 2", "Method 4".

use rand_core::CryptoRng;

use super::{Did, DidUrl, MAX_DID};
use crate::document::Endpoint;
use crate::key::{Curve, PublicKey, SecretKey, SecretKeys};

/// More keys, or more endpoints, than this are read by nobody.
const MAX: usize = 32;

/// What most DIDs have: a key that signs, and one that agrees, as short as they come.
const USUAL: [(Purpose, Curve); 2] = [
    (Purpose::Authentication, Curve::Ed25519),
    (Purpose::KeyAgreement, Curve::X25519),
];

/// What a key is for: the relationship that lists it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// It signs.
    Authentication,
    /// It encrypts, to the DID and from it.
    KeyAgreement,
}

/// Why no DID was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// No key at all, or more than 32 keys or endpoints.
    #[error("a decentralized identifier has 1 to 32 keys and at most 32 endpoints")]
    Count,
    /// There is no algorithm for that on this curve.
    #[error("a key on {curve} cannot do what it is for")]
    Curve {
        /// The curve.
        curve: Curve,
    },
    /// It would have more than [`MAX_DID`] characters: leave out keys or endpoints.
    #[error("the decentralized identifier would be too long")]
    TooLong,
}

/// A key that waits for the DID made of it.
pub(super) struct FreshKey {
    pub(super) purpose: Purpose,
    pub(super) public: PublicKey,
    secret: SecretKey,
}

/// An Ed25519 key that signs and an X25519 key that agrees.
///
/// # Panics
/// Never: the primitives take every 32 bytes as a key.
pub(super) fn usual(rng: &mut impl CryptoRng) -> Vec<FreshKey> {
    #[expect(
        clippy::expect_used,
        reason = "every 32 bytes are a key of both curves"
    )]
    draw(&USUAL, &[], rng).expect("a key of 32 bytes")
}

/// Keys for these purposes on these curves, of a DID that will have these endpoints.
pub(super) fn draw(
    keys: &[(Purpose, Curve)],
    endpoints: &[Endpoint],
    rng: &mut impl CryptoRng,
) -> Result<Vec<FreshKey>, CreateError> {
    if !(1..=MAX).contains(&keys.len()) || endpoints.len() > MAX {
        return Err(CreateError::Count);
    }
    let placeholder = Did::composed("did:peer:2".to_owned());
    let mut fresh = Vec::with_capacity(keys.len());
    for (index, &(purpose, curve)) in keys.iter().enumerate() {
        let can = match purpose {
            Purpose::Authentication => Curve::SIGNING.contains(&curve),
            Purpose::KeyAgreement => Curve::AGREEING.contains(&curve),
        };
        let kid = DidUrl::composed(&placeholder, &name(index));
        let secret = can.then(|| SecretKey::generate(curve, kid, rng)).flatten();
        let pair = secret.and_then(|secret| Some((secret.public()?, secret)));
        let (public, secret) = pair.ok_or(CreateError::Curve { curve })?;
        fresh.push(FreshKey {
            purpose,
            public,
            secret,
        });
    }
    Ok(fresh)
}

/// The name of the `index`th key: `key-1`, `key-2`, …
pub(super) fn name(index: usize) -> String {
    format!("key-{}", index + 1)
}

/// The DID of this text, unless nobody would read it.
pub(super) fn readable(text: String) -> Result<Did, CreateError> {
    match text.len() <= MAX_DID {
        true => Ok(Did::composed(text)),
        false => Err(CreateError::TooLong),
    }
}

/// The DID, and the secret keys under their names in it.
pub(super) fn under(keys: Vec<FreshKey>, did: Did) -> (Did, SecretKeys) {
    let keys = keys.into_iter().map(|key| key.secret.under(&did));
    let keys = keys.collect();
    (did.clone(), SecretKeys::new(did, keys))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::{peer2, peer4};
    use super::*;
    use crate::document::{self, Document};

    type Created = Result<(Did, SecretKeys), CreateError>;

    fn in_both(keys: &[(Purpose, Curve)], endpoints: &[Endpoint]) -> [Created; 2] {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        [
            peer2::create_with(keys, endpoints, &mut rng),
            peer4::create_with(keys, endpoints, &mut rng),
        ]
    }

    fn all_purposes() -> Vec<(Purpose, Curve)> {
        let agreeing = Curve::AGREEING.map(|curve| (Purpose::KeyAgreement, curve));
        let signing = Curve::SIGNING.map(|curve| (Purpose::Authentication, curve));
        [&agreeing[..], &signing, &agreeing[2..]].concat()
    }

    #[test]
    fn keys_of_every_curve_stand_in_the_document_for_their_purpose_and_in_their_order() {
        let endpoint = Endpoint::v2("https://example.com/didcomm");
        for created in in_both(&all_purposes(), std::slice::from_ref(&endpoint)) {
            let (did, keys) = created.unwrap();
            assert_eq!(Did::parse(did.as_str()), Ok(did.clone()), "others read it");
            let document = document::resolve(&did).unwrap();

            assert_eq!(document.endpoints().next(), Some(&endpoint));
            assert_eq!(document.methods.len(), all_purposes().len());
            for (index, (purpose, curve)) in all_purposes().into_iter().enumerate() {
                let kid = DidUrl::parse(&format!("{did}#key-{}", index + 1)).unwrap();
                let secret = keys.get(&kid).unwrap();
                let (listed, other): (_, fn(&Document, &DidUrl) -> _) = match purpose {
                    Purpose::Authentication => (document.authentication_key(&kid), agrees),
                    Purpose::KeyAgreement => (document.agreement_key(&kid), signs),
                };
                assert_eq!(secret.curve(), curve);
                assert_eq!(listed, secret.public().as_ref(), "{curve}");
                assert!(!other(&document, &kid), "{curve}");
            }
        }
    }

    fn agrees(document: &Document, kid: &DidUrl) -> bool {
        document.agreement_key(kid).is_some()
    }

    fn signs(document: &Document, kid: &DidUrl) -> bool {
        document.authentication_key(kid).is_some()
    }

    #[test]
    fn the_usual_keys_make_the_usual_did() {
        let endpoint = [Endpoint::v2("https://example.com/didcomm")];
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let usual = [
            peer2::create(&endpoint, &mut rng),
            peer4::create(&endpoint, &mut rng),
        ];

        for (created, (did, _)) in in_both(&USUAL, &endpoint).into_iter().zip(usual) {
            assert_eq!(created.unwrap().0, did);
        }
    }

    #[test]
    fn a_curve_that_cannot_do_what_the_key_is_for_makes_no_did() {
        use Purpose::{Authentication, KeyAgreement};

        for (purpose, curve) in [
            (KeyAgreement, Curve::Ed25519),
            (KeyAgreement, Curve::Secp256k1),
            (Authentication, Curve::X25519),
            (Authentication, Curve::P384),
            (Authentication, Curve::P521),
        ] {
            for created in in_both(&[USUAL[0], (purpose, curve)], &[]) {
                assert_eq!(created.unwrap_err(), CreateError::Curve { curve });
            }
        }
    }

    #[test]
    fn what_nobody_would_read_is_not_made() {
        let endpoint = Endpoint::v2("https://example.com/didcomm");
        for (keys, endpoints) in [(0, 0), (33, 0), (1, 33)] {
            for created in in_both(&vec![USUAL[1]; keys], &vec![endpoint.clone(); endpoints]) {
                assert_eq!(created.unwrap_err(), CreateError::Count);
            }
        }
        let long = Endpoint::v2(format!("https://example.com/{}", "a".repeat(MAX_DID)));
        for created in in_both(&USUAL, &[long]) {
            assert_eq!(created.unwrap_err(), CreateError::TooLong);
        }
        let [two, _] = in_both(&[USUAL[1]; 32], &vec![endpoint; 20]);
        let (did, _) = two.unwrap();
        assert_eq!(
            document::resolve(&did).unwrap().agreement_keys().count(),
            32
        );
    }
}
