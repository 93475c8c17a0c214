//! Row 19: rotation proofs.

use super::*;

#[test]
fn a_rotation_proof_that_does_not_hold_takes_its_message_along() {
    let scene = Scene::new();
    let (alice, carol) = (&scene.alice.did, &scene.carol.did);
    let (sig, seed) = (scene.carol.kid("sig"), &scene.carol.seed);
    let good = json!({"iss": carol, "sub": alice, "iat": 1});
    let rotated = |claims: Value| scene.rotated(&claims, &sig, seed);
    for (text, error) in [
        (
            scene.text_with("from_prior", "junk".into()),
            FromPriorError::Form,
        ),
        (
            scene.rotated(&good, &scene.alice.kid("sig"), &scene.alice.seed),
            FromPriorError::Key,
        ),
        (
            scene.rotated(&good, &scene.carol.kid("ka"), seed),
            FromPriorError::Key,
        ),
        (
            scene.rotated(&good, &sig, &scene.alice.seed),
            FromPriorError::Signature,
        ),
        (
            rotated(json!({"iss": alice, "sub": alice, "iat": 1})),
            FromPriorError::SameDid,
        ),
        (
            rotated(json!({"iss": carol, "sub": scene.mallory.did})),
            FromPriorError::Subject,
        ),
        (
            rotated(json!({"iss": carol, "iat": 1})),
            FromPriorError::Subject,
        ),
        (
            rotated(json!({"iss": sig, "sub": alice})),
            FromPriorError::Claim("iss"),
        ),
        (
            rotated(json!({"iss": carol, "sub": "alice"})),
            FromPriorError::Claim("sub"),
        ),
        (rotated(json!({"sub": alice})), FromPriorError::Claim("iss")),
        (
            rotated(json!({"iss": carol, "sub": alice, "exp": NOW - 1})),
            FromPriorError::Expired,
        ),
    ] {
        assert_eq!(
            scene.refusal_of_text(&text),
            UnpackError::FromPrior(error),
            "{text}"
        );
    }
}

#[test]
fn a_rotation_proof_by_another_algorithm_is_refused() {
    let scene = Scene::new();
    let claims = json!({"iss": scene.carol.did, "sub": scene.alice.did});
    for alg in ["ES384", "none"] {
        let header = json!({"typ": "JWT", "alg": alg, "kid": scene.carol.kid("sig")});
        let proof = jwt(&header, &claims, &scene.carol.seed);
        assert!(matches!(
            scene.refusal_of_text(&scene.text_with("from_prior", proof.into())),
            UnpackError::FromPrior(FromPriorError::Algorithm(_))
        ));
    }
}

#[test]
fn a_rotation_from_an_unknown_short_did_asks_for_its_long_form() {
    let scene = Scene::new();
    let claims = json!({"iss": "did:peer:4zQmHash", "sub": scene.alice.did});
    let text = scene.rotated(&claims, "did:peer:4zQmHash#key-1", &scene.carol.seed);

    assert_eq!(
        scene.refusal_of_text(&text),
        UnpackError::NeedsDocument {
            did: Did::parse("did:peer:4zQmHash").unwrap()
        }
    );
}

#[test]
fn a_rotation_that_came_unencrypted_is_not_returned_and_asks_nobody() {
    let scene = Scene::new();
    let claims = json!({"iss": scene.carol.did, "sub": scene.alice.did, "iat": 1});
    let text = scene.rotated(&claims, &scene.carol.kid("sig"), &scene.carol.seed);
    for envelope in [text.clone(), scene.signed(&text)] {
        let unpacked = scene.open(&envelope).unwrap();
        assert_eq!(unpacked.from_prior, None);
        assert_eq!(unpacked.message.from_prior, None);
    }
    assert!(!scene.asked.borrow().contains(&scene.carol.did));
}

#[test]
fn an_ending_that_came_encrypted_is_returned_as_one() {
    let scene = Scene::new();
    let claims = json!({"iss": scene.carol.did, "iat": 7});
    let mut text = scene.rotated(&claims, &scene.carol.kid("sig"), &scene.carol.seed);
    text["from"] = Value::Null;

    let unpacked = scene
        .open(&scene.anoncrypt().seal(text.to_string()))
        .unwrap();

    let prior = unpacked.from_prior.unwrap();
    assert_eq!((prior.iss, prior.sub), (scene.carol.did.clone(), None));
}

#[test]
fn a_rotation_proof_of_32_kib_is_read_and_a_longer_one_refused() {
    let scene = Scene::new();
    let proof = |header: usize, claims: usize| {
        let kid = scene.carol.kid("sig");
        let header = json!({"alg": "EdDSA", "kid": kid, "pad": " ".repeat(header)});
        let (iss, sub) = (&scene.carol.did, &scene.alice.did);
        let claims = json!({"iss": iss, "sub": sub, "pad": " ".repeat(claims)});
        jwt(&header, &claims, &scene.carol.seed)
    };
    // Not every length is one of base64, so both parts grow.
    let of_length = |length: usize| {
        let missing = (length - proof(0, 0).len()) / 4 * 3;
        let mut pads = (0..8).flat_map(|h| (0..8).map(move |c| (h, missing - 8 + c)));
        let found = pads.find(|&(h, c)| proof(h, c).len() == length);
        found.map(|(h, c)| proof(h, c)).unwrap()
    };
    let limit = 32 * 1024;

    let text = scene.text_with("from_prior", of_length(limit).into());
    let opened = scene
        .open(&scene.authcrypt().seal(text.to_string()))
        .unwrap();
    assert_eq!(opened.from_prior.unwrap().iss, scene.carol.did);
    for longer in [limit + 1, limit + 4] {
        let text = scene.text_with("from_prior", of_length(longer).into());
        let form = UnpackError::FromPrior(FromPriorError::Form);
        assert_eq!(scene.refusal_of_text(&text), form);
    }
}
