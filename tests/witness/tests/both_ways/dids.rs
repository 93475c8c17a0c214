//! did:key and did:peer:4 in every mode, many keys of one DID, and mediators that stand in a
//! document.

use signet_didcomm::{Curve, Endpoint};

use super::*;

/// Alice and Bob under each of them.
fn couples() -> Vec<(&'static str, Two)> {
    let met = |rng: &mut ChaCha20Rng| Person::peer4(rng).shortened();
    vec![
        (
            "did:key on X25519",
            Two::of(|rng| Person::key(Curve::Ed25519, rng)),
        ),
        (
            "did:key on P-256",
            Two::of(|rng| Person::key(Curve::P256, rng)),
        ),
        ("did:peer:4, long", Two::of(Person::peer4)),
        ("did:peer:4, short", Two::of(met)),
    ]
}

#[tokio::test]
async fn the_witness_opens_ours_between_did_keys_and_between_did_peer_4s() {
    for (name, mut two) in couples() {
        let (message, bob) = (two.ours(), two.bob.document.clone());
        let (alice, rng) = (&two.alice.keys, &mut two.rng);
        let plain = authcrypt(&message, alice, &bob, rng).unwrap();
        let hidden = authcrypt_hidden(&message, alice, &bob, rng).unwrap();
        let signed = sign(&message, alice).unwrap();
        let anonymous = CIPHERS.map(|(cipher, _)| {
            let anonymous = anoncrypt(&message, &bob, cipher, rng).unwrap();
            let signed = sign_and_anoncrypt(&message, alice, &bob, cipher, rng).unwrap();
            [anonymous, signed]
        });

        assert!(two.they_open(plain).await.authenticated, "{name}");
        assert!(two.they_open(hidden).await.anonymous_sender, "{name}");
        assert!(two.they_open(signed).await.non_repudiation, "{name}");
        for [anonymous, signed] in anonymous {
            assert!(!two.they_open(anonymous).await.authenticated, "{name}");
            assert!(two.they_open(signed).await.non_repudiation, "{name}");
        }
    }
}

#[tokio::test]
async fn we_open_the_witness_s_between_did_keys_and_between_did_peer_4s() {
    for (name, two) in couples() {
        for (_, cipher) in CIPHERS {
            for (is_authcrypt, is_signed, protect) in [
                (true, false, false),
                (true, false, true),
                (false, false, false),
                (false, true, false),
            ] {
                let options = options(&cipher, protect);
                let envelope = two
                    .they_pack(&two.theirs(), is_authcrypt, is_signed, &options)
                    .await;

                let unpacked = two.we_open(&envelope);

                assert_eq!(unpacked.message, two.ours(), "{name}");
                let sender = (is_authcrypt || is_signed).then_some(&two.alice.did);
                assert_eq!(unpacked.authenticated_by(), sender, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn rotation_from_a_did_key_to_a_did_peer_4_holds_on_both_sides() {
    let mut two = Two::of(Person::peer4);
    let prior = Person::key(Curve::Ed25519, &mut two.rng);
    two.resolver = witness::resolver(&[&two.alice, &two.bob, &prior]);

    let mut message = two.ours();
    let jwt = from_prior::sign(&prior.keys, &prior.did, Some(&two.alice.did), 7).unwrap();
    message.from_prior = Some(jwt);
    let (alice, bob) = (&two.alice.keys, &two.bob.document);
    let envelope = authcrypt(&message, alice, bob, &mut two.rng).unwrap();
    let found = two.they_open(envelope).await.from_prior.unwrap();
    assert_eq!(found.iss, prior.did.as_str());

    let claims = FromPrior::build(prior.did.to_string(), two.alice.did.to_string());
    let (claims, secrets) = (claims.iat(8).finalize(), witness::secrets(&prior));
    let (jwt, _) = claims.pack(None, &two.resolver, &secrets).await.unwrap();
    let mut message = two.theirs();
    message.from_prior = Some(jwt);
    let options = options(&CIPHERS[0].1, false);
    let envelope = two.they_pack(&message, true, false, &options).await;
    let found = two.we_open(&envelope).from_prior.unwrap();
    assert_eq!((&found.iss, found.iat), (&prior.did, 8));
}

#[tokio::test]
async fn what_is_for_ten_keys_of_a_did_opens_with_each_of_them() {
    for curve in [Curve::X25519, Curve::P256] {
        let mut two = Two::of(|rng| Person::with(&person::ten_keys(curve), rng));
        let (alice, bob) = (&two.alice.keys, &two.bob.document);
        let ours = authcrypt(&two.ours(), alice, bob, &mut two.rng).unwrap();
        let options = options(&CIPHERS[0].1, false);
        let theirs = two.they_pack(&two.theirs(), true, false, &options).await;
        let all: Vec<_> = two.bob.keys.iter().skip(1).cloned().collect();
        assert_eq!(all.len(), 10);

        for key in all {
            two.bob.keys = SecretKeys::new(two.bob.did.clone(), vec![key]);
            let metadata = two.they_open(ours.clone()).await;
            assert_eq!(metadata.encrypted_to_kids.unwrap().len(), 10);
            assert_eq!(two.we_open(&theirs).message, two.ours());
        }
    }
}

#[tokio::test]
async fn the_witness_wraps_for_the_mediators_that_our_document_names() {
    let mut two = Two::new();
    let mediators = [Person::new(&mut two.rng), Person::new(&mut two.rng)];
    let key = |person: &Person| person.keys.agreement().unwrap().kid().to_string();
    let endpoint = Endpoint {
        routing_keys: mediators.iter().map(key).collect(),
        ..Endpoint::v2("https://example.com/didcomm")
    };
    two.bob = Person::reached(endpoint, &mut two.rng);
    let [first, second] = &mediators;
    two.resolver = witness::resolver(&[&two.alice, &two.bob, first, second]);
    let options = PackEncryptedOptions {
        forward: true,
        ..options(&CIPHERS[0].1, false)
    };
    let onion = two.they_pack(&two.theirs(), true, false, &options).await;

    let outer = first.open(&two.alice, &onion).unwrap();
    let outer = routing::read(&outer.message).unwrap();
    let passed_on = str::from_utf8(&outer.envelopes[0]).unwrap();
    let inner = second.open(&two.alice, passed_on).unwrap();
    let inner = routing::read(&inner.message).unwrap();

    assert_eq!(outer.next, key(second));
    assert_eq!(inner.next, two.bob.did.as_str());
    let arrived = str::from_utf8(&inner.envelopes[0]).unwrap();
    assert_eq!(two.we_open(arrived).message, two.ours());
}
