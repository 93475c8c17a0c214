//! Row 17: signatures.

use super::*;

#[test]
fn a_signed_payload_that_is_no_base64url_is_refused() {
    let scene = Scene::new();
    let mut envelope = scene.signed(&scene.text());
    for payload in ["%%%", "AAA=", "A", "AB"] {
        envelope["payload"] = payload.into();
        assert_eq!(
            scene.refusal(&envelope),
            malformed(Malformed::Member("payload"))
        );
    }
}

#[test]
fn a_signature_without_the_name_of_a_key_is_refused() {
    let scene = Scene::new();
    for header in [
        json!({}),
        json!({"kid": "sig"}),
        json!({"kid": scene.alice.did}),
    ] {
        let mut envelope = scene.signed(&scene.text());
        envelope["header"] = header;
        assert_eq!(scene.refusal(&envelope), malformed(Malformed::Kid));
    }
}

#[test]
fn a_signature_under_two_names_is_refused() {
    let scene = Scene::new();
    let header = json!({"typ": SIGNED, "alg": "EdDSA", "kid": scene.alice.kid("sig")});
    let text = scene.text().to_string();
    let envelope = signed(text, &scene.alice.seed, &header, &scene.mallory.kid("sig"));

    assert_eq!(scene.refusal(&envelope), malformed(Malformed::Kid));
}

#[test]
fn a_signature_by_a_key_outside_authentication_is_refused() {
    let mut scene = Scene::new();
    scene.alice.document.authentication.clear();

    assert_eq!(
        scene.refusal(&scene.signed(&scene.text())),
        forged(Forged::Key)
    );
}

#[test]
fn a_wrong_signature_is_refused() {
    let scene = Scene::new();
    let good = scene.signed(&scene.text());
    let mut payload = good.clone();
    payload["payload"] = b64(scene.text_with("id", "2".into()).to_string()).into();
    let by_mallory = signed(
        scene.text().to_string(),
        &scene.mallory.seed,
        &json!({"typ": SIGNED, "alg": "EdDSA"}),
        &scene.alice.kid("sig"),
    );

    for envelope in [with_flipped(&good, "/signature"), payload, by_mallory] {
        assert_eq!(scene.refusal(&envelope), forged(Forged::Signature));
    }
}

#[test]
fn a_signature_by_an_algorithm_that_is_none_is_refused() {
    let scene = Scene::new();
    let (text, kid) = (scene.text().to_string(), scene.alice.kid("sig"));
    for alg in ["none", "HS256", "RS256"] {
        let header = json!({"typ": SIGNED, "alg": alg});
        assert_eq!(
            scene.refusal(&signed(&text, &scene.alice.seed, &header, &kid)),
            malformed(Malformed::Algorithm(alg.into()))
        );
    }
}

#[test]
fn a_signature_by_the_algorithm_of_another_curve_is_refused() {
    let scene = Scene::new();
    let (text, kid) = (scene.text().to_string(), scene.alice.kid("sig"));
    for alg in ["ES256", "ES256K"] {
        let header = json!({"typ": SIGNED, "alg": alg});
        assert_eq!(
            scene.refusal(&signed(&text, &scene.alice.seed, &header, &kid)),
            forged(Forged::Key)
        );
    }
}

#[test]
fn a_compact_signature_is_no_message() {
    let scene = Scene::new();
    let good = scene.signed(&scene.text());
    let part = |name: &str| good[name].as_str().unwrap().to_owned();
    let compact = [part("protected"), part("payload"), part("signature")].join(".");

    assert_eq!(
        scene.open_bytes(compact.as_bytes()).unwrap_err(),
        malformed(Malformed::Shape)
    );
}

#[test]
fn one_of_two_signatures_of_the_sender_that_fails_is_enough() {
    let scene = Scene::new();
    let good = scene.signed(&scene.text());
    let bad = with_flipped(&good, "/signature");
    let mut both = json!({"payload": good["payload"], "signatures": []});
    for mut one in [good.clone(), bad] {
        one.as_object_mut().unwrap().remove("payload");
        both["signatures"].as_array_mut().unwrap().push(one);
    }

    assert_eq!(scene.refusal(&both), forged(Forged::Signature));
}

#[test]
fn a_stranger_s_signature_beside_the_sender_s_neither_helps_nor_is_looked_up() {
    let scene = Scene::new();
    let mut mine = scene.signed(&scene.text());
    let mut strange = with_flipped(&mine, "/signature");
    strange["header"]["kid"] = "did:web:attacker.example#1".into();
    let payload = mine["payload"].take();
    for one in [&mut mine, &mut strange] {
        one.as_object_mut().unwrap().remove("payload");
    }

    let both = json!({"payload": payload, "signatures": [strange, mine]});
    assert_eq!(
        scene.open(&both).unwrap().proof.signer.unwrap().did(),
        scene.alice.did
    );
    let alone = json!({"payload": payload, "signatures": [strange]});
    assert_eq!(scene.refusal(&alone), forged(Forged::From));
    assert_eq!(
        *scene.asked.borrow(),
        std::slice::from_ref(&scene.alice.did)
    );
}
