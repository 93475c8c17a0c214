//! EdDSA, ES256 and ES256K: under messages, and under a `from_prior`, of which the witness knows
//! nothing.

use affinidi_messaging_didcomm::SignerKey;
use affinidi_messaging_didcomm::jws::verify::verify_bound;
use serde_json::Value;
use signet_didcomm::from_prior;

use super::*;

/// How often to sign: half of what ECDSA yields has the higher s.
const REPEATS: usize = 16;

const SIGNING: [(Curve, &str); 3] = [
    (Curve::Ed25519, "EdDSA"),
    (Curve::P256, "ES256"),
    (Curve::Secp256k1, "ES256K"),
];

fn two(signing: Curve) -> Two {
    Two::of(|rng| Person::on(signing, Curve::X25519, rng))
}

#[test]
fn the_witness_verifies_our_signatures() {
    for (curve, _) in SIGNING {
        let two = two(curve);
        for _ in 0..REPEATS {
            let proof = two.they_open(sign(&two.ours(), &two.alice.keys).unwrap());
            assert_eq!(proof.signer, two.signer());
            assert!(!proof.is_encrypted);
        }
    }
}

#[test]
fn we_verify_the_witness_s_signatures() {
    for (curve, alg) in SIGNING {
        let two = two(curve);
        let unpacked = two.we_open(&two.they_sign());

        assert_eq!(unpacked.authenticated_by(), Some(&two.alice.did));
        assert_eq!(unpacked.proof.algorithms, [alg]);
    }
}

#[test]
fn we_verify_what_the_witness_signs_with_three_keys_at_once() {
    let keys = SIGNING.map(|(curve, _)| ('V', curve));
    let two = Two::of(|rng| Person::with(&[&keys[..], &[('E', Curve::X25519)]].concat(), rng));
    let envelope = two.they_sign();
    let json: Value = serde_json::from_str(&envelope).unwrap();
    assert_eq!(json["signatures"].as_array().unwrap().len(), 3);

    assert_eq!(
        two.we_open(&envelope).authenticated_by(),
        Some(&two.alice.did)
    );
}

#[test]
fn the_witness_keeps_a_from_prior_as_it_is_and_what_it_passes_on_holds() {
    for (curve, _) in SIGNING {
        let mut two = two(Curve::Ed25519);
        let prior = Person::on(curve, Curve::X25519, &mut two.rng);
        let jwt = from_prior::sign(&prior.keys, &prior.did, Some(&two.alice.did), 7).unwrap();
        let mut message = two.ours();
        message.from_prior = Some(jwt.clone());
        let bob = two.bob.document.clone();
        let ours = authcrypt(&message, &two.alice.keys, &bob, &mut two.rng).unwrap();

        let ours = str::from_utf8(&ours).unwrap();
        let opened = two.known_bob.open(&two.known_alice, ours).unwrap();
        let (theirs, proof) = read(opened);
        assert_eq!(proof.sender, two.sender());
        assert_eq!(theirs.extra["from_prior"], json!(jwt));

        let envelope = two.they_authcrypt(&theirs.to_json().unwrap());
        let unpacked = two.bob.open(&two.alice, &envelope).unwrap();
        assert_eq!(unpacked.message, message);
        let found = unpacked.from_prior.unwrap();
        assert_eq!((found.iss, found.sub), (prior.did, Some(two.alice.did)));
    }
}

/// A compact JWS is the same three parts as a general one of one signature.
#[test]
fn the_signature_of_our_from_prior_verifies_with_the_witness() {
    for (curve, _) in SIGNING {
        let mut two = two(Curve::Ed25519);
        let prior = Person::on(curve, Curve::X25519, &mut two.rng);
        let (kid, key) = Known::resolved(&prior).verifier().unwrap();
        for sub in [Some(&two.alice.did), None] {
            let jwt = from_prior::sign(&prior.keys, &prior.did, sub, 7).unwrap();
            let parts: Vec<_> = jwt.split('.').collect();
            let signature = json!({"protected": parts[0], "signature": parts[2]});
            let jws = json!({"payload": parts[1], "signatures": [signature]});

            let verified = verify_bound(&jws.to_string(), SignerKey::new(&kid, &key)).unwrap();

            let claims: Value = serde_json::from_slice(&verified.payload).unwrap();
            assert_eq!(claims["iss"], prior.did.as_str());
        }
    }
}
