//! Rows 20 to 25: nesting, size, extensions, replay, expiry; and what our packer refuses.

use super::*;

// 20: nesting and size

#[test]
fn layers_in_an_illegal_order_are_refused() {
    let scene = Scene::new();
    let text = scene.text().to_string();
    let (anon, auth) = (scene.anoncrypt(), scene.authcrypt());
    let (in_anon, in_auth) = (anon.seal(&text), auth.seal(&text));
    let signed_text = scene.signed(&scene.text());
    for envelope in [
        anon.seal(in_anon.to_string()),
        auth.seal(in_auth.to_string()),
        auth.seal(in_anon.to_string()),
        anon.seal(anon.seal(in_auth.to_string()).to_string()),
        scene.signed(&in_anon),
        scene.signed(&signed_text),
        anon.seal(scene.signed(&in_auth).to_string()),
        anon.seal(scene.signed(&signed_text).to_string()),
    ] {
        assert_eq!(scene.refusal(&envelope), malformed(Malformed::Nesting));
    }
}

#[test]
fn an_envelope_above_the_limit_is_refused_unread() {
    let scene = Scene::new();
    let mut envelope = scene.authcrypt().seal(scene.text().to_string()).to_string();
    envelope += &" ".repeat(MAX_ENVELOPE - envelope.len());

    assert!(scene.open_bytes(envelope.as_bytes()).is_ok(), "at it");
    envelope.push(' ');
    assert_eq!(
        scene.open_bytes(envelope.as_bytes()).unwrap_err(),
        UnpackError::TooLarge
    );
}

#[test]
fn forwards_to_ourselves_are_unwrapped_ten_deep_and_no_deeper() {
    let scene = Scene::new();
    let wrap = |inner: &Value| {
        let mut forward = Message::new("f", signet_didcomm::routing::FORWARD);
        forward.to = vec![scene.bob.did.clone()];
        forward
            .body
            .insert("next".into(), scene.bob.did.as_str().into());
        forward.attachments = vec![Attachment::from_json(inner.clone())];
        scene.anoncrypt().seal(forward.to_vec())
    };
    let mut envelope = scene.authcrypt().seal(scene.text().to_string());
    for _ in 0..10 {
        envelope = wrap(&envelope);
    }

    let opened = scene.open(&envelope).unwrap();
    assert_eq!(opened.message.text("content"), Some("hello"));
    assert_eq!(
        scene.refusal(&wrap(&envelope)),
        malformed(Malformed::Nesting)
    );
}

// 21, 22, 23: repeated names, crit, zip

#[test]
fn a_protected_header_with_a_name_twice_is_refused() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string());
    let header = unb64(good["protected"].as_str().unwrap());
    let header = String::from_utf8(header).unwrap();
    let mut envelope = good.clone();
    envelope["protected"] = b64(header.replacen('{', "{\"zzz\":1,\"zzz\":2,", 1)).into();
    assert_eq!(scene.refusal(&envelope), malformed(Malformed::Protected));

    let twice = format!("{{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\",\"typ\":\"{SIGNED}\"}}");
    let mut jws = scene.signed(&scene.text());
    jws["protected"] = b64(twice).into();
    assert_eq!(scene.refusal(&jws), malformed(Malformed::Protected));
}

#[test]
fn an_envelope_with_a_member_twice_is_refused() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string()).to_string();
    let twice = good.replacen('{', "{\"tag\":\"AAAA\",", 1);

    assert_eq!(
        scene.open_bytes(twice.as_bytes()).unwrap_err(),
        malformed(Malformed::Shape)
    );
}

#[test]
fn an_extension_we_must_understand_is_refused() {
    let scene = Scene::new();
    let header = json!({"crit": ["exp"], "exp": 1});
    let envelope = scene
        .authcrypt()
        .header(header)
        .seal(scene.text().to_string());
    assert_eq!(scene.refusal(&envelope), malformed(Malformed::Critical));

    let header = json!({"typ": SIGNED, "alg": "EdDSA", "crit": ["b64"], "b64": false});
    let (text, kid) = (scene.text().to_string(), scene.alice.kid("sig"));
    assert_eq!(
        scene.refusal(&signed(text, &scene.alice.seed, &header, &kid)),
        malformed(Malformed::Critical)
    );
}

#[test]
fn a_compressed_envelope_is_refused() {
    let scene = Scene::new();
    let envelope = scene.authcrypt().header(json!({"zip": "DEF"}));

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        malformed(Malformed::Compressed)
    );
}

// 24: replay is for who remembers ids; the gate forgets, and says the same twice

#[test]
fn a_replayed_envelope_gives_the_same_message_so_that_its_id_is_known() {
    let scene = Scene::new();
    let envelope = scene.authcrypt().seal(scene.text().to_string());

    let (first, second) = (
        scene.open(&envelope).unwrap(),
        scene.open(&envelope).unwrap(),
    );

    assert_eq!(first, second);
    assert_eq!(first.authenticated_by(), Some(&scene.alice.did));
}

// 25: expiry

#[test]
fn an_expired_message_is_refused_in_every_packing() {
    let scene = Scene::new();
    let text = |at: u64| scene.text_with("expires_time", at.into());
    let expired = text(NOW - 1);
    let error = UnpackError::Expired { at: NOW - 1 };
    for envelope in [
        scene.authcrypt().seal(expired.to_string()),
        scene.anoncrypt().seal(expired.to_string()),
        scene.signed(&expired),
        expired.clone(),
    ] {
        assert_eq!(scene.refusal(&envelope), error);
    }

    assert!(
        scene
            .open(&scene.authcrypt().seal(text(NOW).to_string()))
            .is_ok()
    );
}

// The packer's own refusals

#[test]
fn our_own_packer_signs_for_nobody_else() {
    let scene = Scene::new();
    let mut message = Message::new("1", "https://didcomm.org/empty/1.0/empty");
    message.from = Some(scene.mallory.did.clone());

    assert_eq!(
        sign(&message, &scene.alice.keys),
        Err(signet_didcomm::PackError::From)
    );
}
