//! A pair of DIDs: what their two owners can work out, and nobody else.

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::{Curve, PublicKey, SecretKeys};
use crate::{did::DidUrl, document::Document};

/// Our DID and somebody's, with the secret that both agree on without a word: the key agreement of
/// their lasting keys. Of those it takes the first of either document on the first curve, in the order
/// X25519, P-256, P-384, P-521, on which both have one.
pub struct Pair {
    secret: Zeroizing<Vec<u8>>,
    ours: Vec<u8>,
    theirs: Vec<u8>,
}

impl Pair {
    /// `None` if the two have no curve in common, or `keys` are not those of `ours`.
    #[must_use]
    pub fn new(keys: &SecretKeys, ours: &Document, theirs: &Document) -> Option<Self> {
        let both = |curve| Some((first(ours, curve)?, first(theirs, curve)?));
        let mut curves = Curve::AGREEING.into_iter();
        let ((kid, our_key), (_, their_key)) = curves.find_map(both)?;
        Some(Self {
            secret: keys.get(kid)?.agree(their_key)?,
            ours: our_key.to_bytes(),
            theirs: their_key.to_bytes(),
        })
    }

    /// What both can compute of `label`, and from us to them: HMAC-SHA-256, whose key is the secret (the
    /// x-coordinate of the agreement, 32 bytes on X25519 and P-256), of `label`, a zero byte, our public
    /// key and theirs, each as [`PublicKey::to_bytes`].
    #[must_use]
    pub fn ours(&self, label: &[u8]) -> [u8; 32] {
        self.tag(label, &self.ours, &self.theirs)
    }

    /// The same from them to us: what is [`Pair::ours`] to them.
    #[must_use]
    pub fn theirs(&self, label: &[u8]) -> [u8; 32] {
        self.tag(label, &self.theirs, &self.ours)
    }

    fn tag(&self, label: &[u8], from: &[u8], to: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.secret);
        let mut context = hmac::Context::with_key(&key);
        for part in [label, &[0], from, to] {
            context.update(part);
        }
        let mut tag = [0; 32];
        let made = context.sign();
        tag.iter_mut()
            .zip(made.as_ref())
            .for_each(|(to, from)| *to = *from);
        tag
    }
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair").finish_non_exhaustive()
    }
}

/// The first key of this curve that the document lets agree.
fn first(document: &Document, curve: Curve) -> Option<(&DidUrl, &PublicKey)> {
    let mut keys = document.agreement_keys();
    keys.find(|(_, key)| key.curve() == curve)
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;
    use crate::{
        did::{Did, Purpose, peer2, peer4},
        document,
    };

    fn person(seed: u64) -> (Did, SecretKeys) {
        peer4::create(&[], &mut ChaCha20Rng::seed_from_u64(seed))
    }

    fn pair((own, keys): &(Did, SecretKeys), (other, _): &(Did, SecretKeys)) -> Option<Pair> {
        let document = |did| document::resolve(did).unwrap();
        Pair::new(keys, &document(own), &document(other))
    }

    #[test]
    fn both_compute_the_same_and_either_way_is_another() {
        let (alice, bob) = (person(1), person(2));
        let (hers, his) = (pair(&alice, &bob).unwrap(), pair(&bob, &alice).unwrap());

        assert_eq!(hers.ours(b"label"), his.theirs(b"label"));
        assert_eq!(hers.theirs(b"label"), his.ours(b"label"));
        assert_ne!(hers.ours(b"label"), hers.theirs(b"label"));
        assert_ne!(hers.ours(b"label"), hers.ours(b"labe"));
    }

    #[test]
    fn the_bytes_are_those_of_the_docstring() {
        let (alice, bob) = (person(1), person(2));
        let public = |(_, keys): &(Did, SecretKeys)| keys.agreement().unwrap().public().unwrap();
        let agreed = alice.1.agreement().unwrap().agree(&public(&bob)).unwrap();
        let parts = [
            b"label\0".to_vec(),
            public(&alice).to_bytes(),
            public(&bob).to_bytes(),
        ];

        let key = hmac::Key::new(hmac::HMAC_SHA256, &agreed);
        let expected = hmac::sign(&key, &parts.concat());

        let made = pair(&alice, &bob).unwrap().ours(b"label");
        assert_eq!(made, expected.as_ref());
    }

    #[test]
    fn a_third_person_and_the_keys_of_somebody_else_lead_elsewhere_or_nowhere() {
        let (alice, bob, carol) = (person(1), person(2), person(3));
        let ours = pair(&alice, &bob).unwrap().ours(b"label");

        for (other, them) in [(&carol, &alice), (&carol, &bob)] {
            let other = pair(other, them).unwrap();
            assert!(other.ours(b"label") != ours && other.theirs(b"label") != ours);
        }
        assert!(pair(&(alice.0, carol.1), &bob).is_none());
    }

    #[test]
    fn where_both_have_more_than_one_curve_both_take_the_same() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let keys = |curves: &[Curve]| {
            let agree = curves.iter().map(|curve| (Purpose::KeyAgreement, *curve));
            let sign = (Purpose::Authentication, Curve::Ed25519);
            agree.chain([sign]).collect::<Vec<_>>()
        };
        let mut make = |curves: &[Curve]| peer2::create_with(&keys(curves), &[], &mut rng).unwrap();
        let alice = make(&[Curve::P384, Curve::X25519]);
        let bob = make(&[Curve::X25519, Curve::P384]);
        let carol = make(&[Curve::P384]);

        for (one, other) in [(&alice, &bob), (&alice, &carol), (&carol, &bob)] {
            let (one, other) = (pair(one, other).unwrap(), pair(other, one).unwrap());
            assert_eq!(one.ours(b""), other.theirs(b""));
        }
        assert!(pair(&make(&[Curve::P521]), &carol).is_none());
    }
}
