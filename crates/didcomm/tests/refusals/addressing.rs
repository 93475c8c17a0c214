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
