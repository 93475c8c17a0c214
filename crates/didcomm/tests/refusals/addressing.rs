//! Row 18: who says it to whom.

use super::*;

#[test]
fn authcrypt_by_another_than_from_is_refused() {
    let scene = Scene::new();
    let envelope = Forgery::authcrypt(&scene.mallory, &scene.bob);

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        forged(Forged::From)
    );
}

#[test]
fn authcrypt_without_from_is_refused() {
    let scene = Scene::new();

    assert_eq!(
        scene.refusal_of_text(&scene.text_with("from", Value::Null)),
        forged(Forged::From)
    );
}

#[test]
fn a_message_addressed_to_another_than_who_can_open_it_is_refused() {
    let scene = Scene::new();
    let text = scene.text_with("to", json!([scene.carol.did]));

    assert_eq!(scene.refusal_of_text(&text), forged(Forged::To));
    assert_eq!(
        scene.refusal(&scene.anoncrypt().seal(text.to_string())),
        forged(Forged::To)
    );
}

#[test]
fn a_signature_by_another_than_from_is_refused_and_nobody_is_asked() {
    let scene = Scene::new();
    let mut envelope = scene.signed(&scene.text());
    envelope["header"]["kid"] = "did:web:attacker.example#sig".into();

    assert_eq!(scene.refusal(&envelope), forged(Forged::From));
    assert!(scene.asked.borrow().is_empty(), "no address was looked up");
}

#[test]
fn a_signed_message_without_from_is_refused() {
    let scene = Scene::new();

    assert_eq!(
        scene.refusal(&scene.signed(&scene.text_with("from", Value::Null))),
        forged(Forged::From)
    );
}

#[test]
fn a_signed_message_passed_on_to_another_is_refused() {
    let scene = Scene::new();
    let for_carol = scene.signed(&scene.text_with("to", json!([scene.carol.did])));

    assert_eq!(
        scene.refusal(&scene.anoncrypt().seal(for_carol.to_string())),
        forged(Forged::To)
    );
}

#[test]
fn a_signed_and_encrypted_message_for_nobody_is_refused() {
    let scene = Scene::new();
    let for_nobody = scene
        .signed(&scene.text_with("to", Value::Null))
        .to_string();

    for envelope in [scene.anoncrypt(), scene.authcrypt()] {
        assert_eq!(
            scene.refusal(&envelope.seal(&for_nobody)),
            forged(Forged::Unaddressed)
        );
    }
}

#[test]
fn a_signature_by_another_than_who_sealed_it_is_refused() {
    let scene = Scene::new();
    let by_alice = scene.signed(&scene.text()).to_string();
    let envelope = Forgery::authcrypt(&scene.mallory, &scene.bob);

    assert_eq!(
        scene.refusal(&envelope.seal(by_alice)),
        forged(Forged::From)
    );
}

#[test]
fn an_inner_layer_for_another_did_of_ours_is_refused() {
    let scene = Scene::new();
    let inner = scene.authcrypt().seal(scene.text().to_string()).to_string();
    let envelope = Forgery::anoncrypt(&scene.carol).seal(inner);
    let document = |did: &Did| scene.document(did);
    let secret = |kid: &DidUrl| scene.bob.keys.get(kid).or(scene.carol.keys.get(kid));
    let opening = Opening {
        secret: &secret,
        document: &document,
    };

    let refusal = unpack(envelope.to_string().as_bytes(), &opening, NOW).unwrap_err();

    assert_eq!(refusal, forged(Forged::Layers));
}

#[test]
fn both_forms_of_one_did_are_one_sender_and_a_long_form_of_another_document_is_none() {
    let scene = Scene::new();
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
    let (long, keys) = peer4::create(&[], &mut rng);
    let stored = serde_json::to_value(keys.agreement().unwrap()).unwrap();
    let scalar: [u8; 32] = serde_json::from_value(stored["d"].clone()).unwrap();
    let mut envelope = scene.authcrypt();
    envelope.sender = Some((scalar, format!("{long}#key-2")));
    let from = |text: &str| envelope.seal(scene.text_with("from", text.into()).to_string());

    let unpacked = scene.open(&from(long.short().as_str())).unwrap();
    assert_eq!(unpacked.authenticated_by(), Some(&long.short()));
    let other = peer4::create(&[], &mut rng).0;
    let (_, others) = other.as_str().rsplit_once(':').unwrap();
    assert_eq!(
        scene.refusal(&from(&format!("{}:{others}", long.short()))),
        message(MessageError::Header("from"))
    );
}
