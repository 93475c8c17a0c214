//! P-256 to agree on, ES256 and ES256K to sign by: the curves that the witness has besides.

use signet_didcomm::Curve;

use super::*;

/// How often to sign: half of what ECDSA yields has the higher s, which the witness refuses on
/// secp256k1.
const REPEATS: usize = 16;

const SIGNING: [(Curve, &str); 2] = [(Curve::P256, "ES256"), (Curve::Secp256k1, "ES256K")];

fn two(signing: Curve, agreement: Curve) -> Two {
    Two::of(|rng| Person::on(signing, agreement, rng))
}

#[tokio::test]
async fn the_witness_opens_what_we_seal_on_p_256() {
    let mut two = two(Curve::Ed25519, Curve::P256);
    let (message, bob) = (two.ours(), two.bob.document.clone());

    let plain = authcrypt(&message, &two.alice.keys, &bob, &mut two.rng).unwrap();
    let hidden = authcrypt_hidden(&message, &two.alice.keys, &bob, &mut two.rng).unwrap();
    assert!(two.they_open(plain).await.authenticated);
    assert!(two.they_open(hidden).await.anonymous_sender);
    for (cipher, theirs) in CIPHERS {
        let envelope = anoncrypt(&message, &bob, cipher, &mut two.rng).unwrap();
        assert_eq!(two.they_open(envelope).await.enc_alg_anon, Some(theirs));
    }
}

#[tokio::test]
async fn we_open_what_the_witness_seals_on_p_256() {
    let two = two(Curve::Ed25519, Curve::P256);
    for (ours, cipher) in CIPHERS {
        for protect in [false, true] {
            let options = options(&cipher, protect);
            let envelope = two.they_pack(&two.theirs(), true, false, &options).await;
            let unpacked = two.we_open(&envelope);
            assert_eq!(unpacked.message, two.ours());
            assert_eq!(unpacked.authenticated_by(), Some(&two.alice.did));
        }
        let options = options(&cipher, false);
        let envelope = two.they_pack(&two.theirs(), false, false, &options).await;
        let unpacked = two.we_open(&envelope);
        assert_eq!(unpacked.message, two.ours());
        assert_eq!(unpacked.proof.algorithms, ["ECDH-ES+A256KW", ours.name()]);
    }
}

#[tokio::test]
async fn the_witness_verifies_our_es256_and_es256k() {
    for (curve, alg) in SIGNING {
        let two = two(curve, Curve::X25519);
        for _ in 0..REPEATS {
            let envelope = sign(&two.ours(), &two.alice.keys).unwrap();
            let metadata = two.they_open(envelope).await;
            let found = serde_json::to_value(metadata.sign_alg).unwrap();
            assert_eq!(found, alg);
        }
    }
}

#[tokio::test]
async fn we_verify_the_witness_s_es256_and_es256k() {
    for (curve, alg) in SIGNING {
        let two = two(curve, Curve::X25519);
        let (alice, secrets) = (two.alice.did.as_str(), witness::secrets(&two.alice));
        let message = two.theirs();
        let packed = message.pack_signed(alice, &two.resolver, &secrets).await;

        let unpacked = two.we_open(&packed.unwrap().0);

        assert_eq!(unpacked.message, two.ours());
        assert_eq!(unpacked.authenticated_by(), Some(&two.alice.did));
        assert_eq!(unpacked.proof.algorithms, [alg]);
    }
}

#[tokio::test]
async fn rotation_proofs_by_es256_and_es256k_hold_on_both_sides() {
    for (curve, _) in SIGNING {
        let mut two = two(Curve::Ed25519, Curve::P256);
        let prior = Person::on(curve, Curve::P256, &mut two.rng);
        two.resolver = witness::resolver(&[&two.alice, &two.bob, &prior]);

        let mut message = two.ours();
        let jwt = from_prior::sign(&prior.keys, &prior.did, Some(&two.alice.did), 7).unwrap();
        message.from_prior = Some(jwt);
        let (alice, bob) = (&two.alice.keys, &two.bob.document);
        let envelope = authcrypt(&message, alice, bob, &mut two.rng).unwrap();
        let found = two.they_open(envelope).await.from_prior.unwrap();
        assert_eq!(found.iss, prior.did.as_str());

        let claims = FromPrior::build(prior.did.to_string(), two.alice.did.to_string());
        let secrets = witness::secrets(&prior);
        let packed = claims.iat(8).finalize();
        let packed = packed.pack(None, &two.resolver, &secrets).await;
        let mut message = two.theirs();
        message.from_prior = Some(packed.unwrap().0);
        let options = options(&CIPHERS[0].1, false);
        let envelope = two.they_pack(&message, true, false, &options).await;
        let found = two.we_open(&envelope).from_prior.unwrap();
        assert_eq!((&found.iss, found.iat), (&prior.did, 8));
    }
}
