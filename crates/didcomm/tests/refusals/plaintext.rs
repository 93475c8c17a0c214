//! Rows 1 to 7: what is no message.

use super::*;

// 1: not JSON, not an object, nothing in it

#[test]
fn what_is_no_json_object_is_refused() {
    let scene = Scene::new();
    for bytes in [
        &b""[..],
        b"hello",
        b"[]",
        b"\"text\"",
        b"{}",
        b"null",
        b"{\"id\"",
        b"\xff\xfe",
        b"{\"id\":\"1\",\"type\":\"x\"} trailing",
    ] {
        assert!(
            matches!(scene.open_bytes(bytes), Err(UnpackError::Malformed(_))),
            "{bytes:?}"
        );
    }
    assert_eq!(
        scene.open_bytes(b"{}").unwrap_err(),
        malformed(Malformed::Shape)
    );
}

#[test]
fn json_nested_ten_thousand_deep_is_refused() {
    let scene = Scene::new();
    let deep = format!(
        "{{\"id\":\"1\",\"type\":\"t\",\"body\":{}",
        "[".repeat(10_000)
    );

    let refusal = scene.open_bytes(deep.as_bytes()).unwrap_err();

    assert!(matches!(
        refusal,
        UnpackError::Malformed(Malformed::Message(MessageError::Json(_)))
    ));
}

// 2, 3, 4: id and type

#[test]
fn a_message_without_id_is_refused() {
    let scene = Scene::new();
    let mut text = scene.text();
    text.as_object_mut().unwrap().remove("id");

    assert_eq!(
        scene.refusal_of_text(&text),
        message(MessageError::Missing("id"))
    );
}

#[test]
fn a_message_without_type_is_refused() {
    let scene = Scene::new();
    let mut text = scene.text();
    text.as_object_mut().unwrap().remove("type");

    assert_eq!(
        scene.refusal_of_text(&text),
        message(MessageError::Missing("type"))
    );
}

#[test]
fn an_id_or_a_type_that_is_no_text_is_refused() {
    let scene = Scene::new();
    for (name, error) in [("id", "id"), ("type", "type")] {
        for value in [json!(5), json!([]), json!({}), json!(""), json!(true)] {
            assert_eq!(
                scene.refusal_of_text(&scene.text_with(name, value)),
                message(MessageError::Header(error))
            );
        }
    }
    let long = scene.text_with("id", "x".repeat(513).into());
    assert_eq!(
        scene.refusal_of_text(&long),
        message(MessageError::Header("id"))
    );
}

// 5: typ

#[test]
fn a_plaintext_of_another_typ_is_refused() {
    let scene = Scene::new();
    for typ in ["application/didcomm-plain+json-unknown", SIGNED, "JWM/1.0"] {
        assert_eq!(
            scene.refusal_of_text(&scene.text_with("typ", typ.into())),
            message(MessageError::Header("typ"))
        );
    }
}

#[test]
fn an_envelope_of_another_typ_is_refused() {
    let scene = Scene::new();
    for typ in [json!("application/json"), json!(SIGNED), json!(5)] {
        let envelope = scene.authcrypt().header(json!({"typ": typ}));
        assert_eq!(
            scene.refusal(&envelope.seal(scene.text().to_string())),
            malformed(Malformed::Header("typ"))
        );
    }
}

#[test]
fn a_signature_of_another_typ_is_refused() {
    let scene = Scene::new();
    let header = json!({"typ": "JWT", "alg": "EdDSA"});
    let (text, kid) = (scene.text().to_string(), scene.alice.kid("sig"));

    assert_eq!(
        scene.refusal(&signed(text, &scene.alice.seed, &header, &kid)),
        malformed(Malformed::Header("typ"))
    );
}

#[test]
fn an_envelope_of_version_1_is_told_apart() {
    let scene = Scene::new();
    let header = json!({"typ": "JWM/1.0", "alg": "Authcrypt", "recipients": []}).to_string();
    for protected in [b64(&header), format!("{}=", b64(header.clone() + " "))] {
        let envelope = json!({"protected": protected, "iv": "", "ciphertext": "", "tag": ""});
        assert_eq!(scene.refusal(&envelope), UnpackError::V1);
    }
}

#[test]
fn a_message_of_version_1_is_told_apart_in_the_clear_and_in_an_envelope() {
    let scene = Scene::new();
    let v1 = json!({"@id": "1", "@type": "https://didcomm.org/basicmessage/1.0/message",
        "content": "hi", "sent_time": "2019-01-15 18:42:01Z", "~l10n": {"locale": "en"}});
    assert_eq!(scene.refusal(&v1), UnpackError::V1);
    assert_eq!(scene.refusal_of_text(&v1), UnpackError::V1);
}

// 6: body; and the other headers

#[test]
fn a_body_that_is_no_object_is_refused() {
    let scene = Scene::new();
    for body in [json!("text"), json!([]), json!(1)] {
        assert_eq!(
            scene.refusal_of_text(&scene.text_with("body", body)),
            message(MessageError::Header("body"))
        );
    }
}

#[test]
fn a_to_that_is_no_list_of_dids_is_refused() {
    let scene = Scene::new();
    let bob = scene.bob.did.as_str();
    for to in [
        json!(bob),
        json!([5]),
        json!([format!("{bob}#ka")]),
        json!(["bob"]),
    ] {
        assert_eq!(
            scene.refusal_of_text(&scene.text_with("to", to)),
            message(MessageError::Header("to"))
        );
    }
}

#[test]
fn a_from_that_names_a_key_or_nobody_is_refused() {
    let scene = Scene::new();
    for from in [
        json!(scene.alice.kid("ka")),
        json!("alice"),
        json!(["did:example:alice"]),
    ] {
        assert_eq!(
            scene.refusal_of_text(&scene.text_with("from", from)),
            message(MessageError::Header("from"))
        );
    }
}

#[test]
fn a_header_that_stands_twice_is_refused() {
    let scene = Scene::new();
    let twice = scene
        .text()
        .to_string()
        .replacen('{', "{\"id\":\"other\",", 1);

    let refusal = scene.refusal(&scene.authcrypt().seal(twice));

    assert!(matches!(
        refusal,
        UnpackError::Malformed(Malformed::Message(MessageError::Json(_)))
    ));
}

// 7: attachments

#[test]
fn a_malformed_attachment_is_refused() {
    let scene = Scene::new();
    for attachments in [
        json!("131"),
        json!([2131]),
        json!([{}]),
        json!([{"id": "1"}]),
        json!([{"id": "1", "data": {}}]),
        json!([{"id": "1", "data": null}]),
        json!([{"id": "1", "data": "invalid"}]),
        json!([{"id": 2, "data": {"base64": "AAAA"}}]),
        json!([{"data": {"links": ["https://example.com"]}}]),
        json!([{"data": {"links": [5], "hash": "Qm"}}]),
    ] {
        assert_eq!(
            scene.refusal_of_text(&scene.text_with("attachments", attachments.clone())),
            message(MessageError::Attachment),
            "{attachments}"
        );
    }
}
