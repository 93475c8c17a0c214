//! Rows 8 to 10: the form of an envelope, and for whom it is.

use super::*;

// 8: the protected header

#[test]
fn a_protected_header_that_is_no_base64url_or_no_object_is_refused() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string());
    let padded = format!("{}=", good["protected"].as_str().unwrap());
    for protected in ["".into(), "!!!".into(), b64("[]"), b64("{"), padded] {
        let mut envelope = good.clone();
        envelope["protected"] = protected.into();
        assert_eq!(scene.refusal(&envelope), malformed(Malformed::Protected));
    }
}

#[test]
fn a_header_without_alg_enc_epk_or_apv_is_refused() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string());
    for name in ["alg", "enc", "epk", "apv"] {
        let envelope = with_protected(&good, |header| {
            header.as_object_mut().unwrap().remove(name);
        });
        assert_eq!(scene.refusal(&envelope), malformed(Malformed::Header(name)));
    }
}

#[test]
fn an_algorithm_that_didcomm_does_not_have_is_refused() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string());
    for (name, value) in [
        ("alg", "RSA-OAEP"),
        ("alg", "dir"),
        ("alg", "ECDH-ES"),
        ("alg", "ECDH-1PU+A128KW"),
        ("alg", "none"),
        ("enc", "A128CBC-HS256"),
        ("enc", "C20P"),
    ] {
        let envelope = with_protected(&good, |header| header[name] = value.into());
        assert_eq!(
            scene.refusal(&envelope),
            malformed(Malformed::Algorithm(value.into()))
        );
    }
}

#[test]
fn a_missing_or_misspelt_member_of_the_envelope_is_refused() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string());
    for name in ["protected", "iv", "ciphertext", "tag"] {
        let mut envelope = good.clone();
        envelope.as_object_mut().unwrap().remove(name);
        assert_eq!(scene.refusal(&envelope), malformed(Malformed::Member(name)));
    }
    for name in ["iv", "ciphertext", "tag"] {
        let mut envelope = good.clone();
        envelope[name] = format!("{}=", good[name].as_str().unwrap()).into();
        assert_eq!(scene.refusal(&envelope), malformed(Malformed::Member(name)));
    }
    let mut aad = good.clone();
    aad["aad"] = "AAAA".into();
    assert_eq!(scene.refusal(&aad), malformed(Malformed::Member("aad")));
    let mut unprotected = good;
    unprotected["unprotected"] = json!({"zip": "DEF"});
    assert_eq!(
        scene.refusal(&unprotected),
        malformed(Malformed::Member("unprotected"))
    );
}

// 9: recipients

#[test]
fn an_envelope_for_nobody_or_for_a_nameless_key_is_refused() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string());
    let mut nobody = good.clone();
    nobody["recipients"] = json!([]);
    assert_eq!(
        scene.refusal(&nobody),
        malformed(Malformed::Member("recipients"))
    );
    for header in [
        json!({}),
        json!({"kid": "key-1"}),
        json!({"kid": scene.bob.did}),
    ] {
        let mut nameless = good.clone();
        nameless["recipients"][0]["header"] = header;
        assert_eq!(scene.refusal(&nameless), malformed(Malformed::Kid));
    }
}

#[test]
fn a_recipient_that_stands_twice_is_refused() {
    let scene = Scene::new();
    let mut envelope = scene.authcrypt();
    envelope.recipients.push(envelope.recipients[0].clone());

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        malformed(Malformed::Kid)
    );
}

#[test]
fn recipients_of_two_dids_are_refused() {
    let scene = Scene::new();
    let mut envelope = scene.authcrypt();
    envelope
        .recipients
        .push((scene.carol.kid("ka"), scene.carol.public()));

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        malformed(Malformed::Recipients)
    );
}

#[test]
fn an_envelope_for_somebody_else_is_not_for_me_and_nobody_is_asked() {
    let scene = Scene::new();
    let envelope = Forgery::authcrypt(&scene.alice, &scene.carol).seal(scene.text().to_string());

    assert_eq!(scene.refusal(&envelope), UnpackError::NotForMe);
    assert!(scene.asked.borrow().is_empty());
}

#[test]
fn an_envelope_for_our_signing_key_is_refused() {
    let scene = Scene::new();
    let mut envelope = scene.authcrypt();
    envelope.recipients[0].0 = scene.bob.kid("sig");

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        malformed(Malformed::Header("epk"))
    );
}

#[test]
fn more_recipients_than_anybody_has_devices_are_refused() {
    let scene = Scene::new();
    let mut envelope = scene.authcrypt();
    envelope.recipients = (0..65)
        .map(|n| (scene.bob.kid(&n.to_string()), scene.bob.public()))
        .collect();

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        malformed(Malformed::Member("recipients"))
    );
}

// 10: apv

#[test]
fn recipients_other_than_those_that_were_hashed_are_refused() {
    let scene = Scene::new();
    let mut envelope = scene.authcrypt();
    envelope.apv = Some(vec![9; 32]);

    // It would decrypt: only the comparison catches it.
    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        forged(Forged::Recipients)
    );
}
