//! Rows 11 to 16: whose key sealed it, with what, and whether it decrypts.

use super::*;

// 11: apu and skid

#[test]
fn an_apu_that_is_no_text_is_refused() {
    let scene = Scene::new();
    let envelope = scene
        .authcrypt()
        .header(json!({"apu": b64([0xff, 0xfe]), "skid": null}));

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        malformed(Malformed::Header("apu"))
    );
}

#[test]
fn an_apu_that_names_another_than_skid_is_refused() {
    let scene = Scene::new();
    let envelope = scene
        .authcrypt()
        .header(json!({"apu": b64(scene.mallory.kid("ka"))}));

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        forged(Forged::TwoSenders)
    );
}

#[test]
fn a_skid_without_apu_is_refused() {
    let scene = Scene::new();
    let envelope = scene.authcrypt().header(json!({"apu": null}));

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        malformed(Malformed::Header("apu"))
    );
}

#[test]
fn a_sender_named_in_an_anonymous_envelope_is_refused() {
    let scene = Scene::new();
    let envelope = scene
        .anoncrypt()
        .header(json!({"apu": b64(scene.alice.kid("ka"))}));

    assert_eq!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        malformed(Malformed::Header("apu"))
    );
}

// 12: the ciphers of authcrypt

#[test]
fn authcrypt_with_a_cipher_that_does_not_commit_to_its_key_is_refused() {
    let scene = Scene::new();
    for enc in ["A256GCM", "XC20P"] {
        let mut envelope = scene.authcrypt();
        envelope.enc = enc;
        assert_eq!(
            scene.refusal(&envelope.seal(scene.text().to_string())),
            malformed(Malformed::Algorithm(enc.into()))
        );
    }
}

// 13: epk

#[test]
fn an_ephemeral_key_of_another_curve_than_the_recipient_s_is_refused() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string());
    // DIDComm Messaging v2.1, Appendix B.1, `key-2`.
    let envelope = with_protected(&good, |header| {
        header["epk"] = json!({"kty": "EC", "crv": "P-256",
            "x": "2syLh57B-dGpa0F8p1JrO6JU7UUSF6j7qL-vfk1eOoY",
            "y": "BgsGtI7UPsObMRjdElxLOrgAO9JggNMjOcfzEPox18w"});
    });

    assert_eq!(
        scene.refusal(&envelope),
        malformed(Malformed::Header("epk"))
    );
}

#[test]
fn an_ephemeral_key_that_is_none_is_refused() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string());
    let (x, short) = (b64([9; 32]), b64([9; 31]));
    for epk in [
        json!({"kty": "EC", "crv": "X25519", "x": x}),
        json!({"kty": "OKP", "crv": "X25519", "x": short}),
        json!({"kty": "OKP", "crv": "X25519"}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
        json!({"kty": "OKP", "crv": "X448", "x": x}),
        json!({"kty": "OKP", "crv": "X25519", "x": x, "d": x}),
        json!("X25519"),
    ] {
        let envelope = with_protected(&good, |header| header["epk"] = epk);
        assert_eq!(
            scene.refusal(&envelope),
            malformed(Malformed::Header("epk"))
        );
    }
}

#[test]
fn an_ephemeral_key_of_low_order_is_refused_like_any_wrong_ciphertext() {
    let scene = Scene::new();
    let good = scene.anoncrypt().seal(scene.text().to_string());
    let mut one = [0; 32];
    one[0] = 1;
    for point in [low_order().to_bytes(), one.to_vec()] {
        let envelope = with_protected(&good, |header| header["epk"]["x"] = b64(point).into());
        assert_eq!(scene.refusal(&envelope), forged(Forged::Ciphertext));
    }
}

#[test]
fn a_sender_s_key_of_low_order_is_refused_like_any_wrong_ciphertext() {
    let mut scene = Scene::new();
    for method in &mut scene.alice.document.methods {
        if method.id.fragment() == Some("ka") {
            method.key = low_order();
        }
    }

    assert_eq!(
        scene.refusal(&scene.authcrypt().seal(scene.text().to_string())),
        forged(Forged::Ciphertext)
    );
}

// 14: changed bytes

#[test]
fn a_changed_protected_header_is_refused() {
    let scene = Scene::new();
    for good in [scene.authcrypt(), scene.anoncrypt()] {
        let good = good.seal(scene.text().to_string());
        let envelope = with_protected(&good, |header| header["zzz"] = 1.into());
        assert_eq!(scene.refusal(&envelope), forged(Forged::Ciphertext));
    }
}

#[test]
fn every_changed_part_of_the_ciphertext_gives_one_and_the_same_error() {
    let scene = Scene::new();
    let mut gcm = scene.anoncrypt();
    gcm.enc = "A256GCM";
    for good in [scene.authcrypt(), scene.anoncrypt(), gcm] {
        let good = good.seal(scene.text().to_string());
        for part in ["/iv", "/ciphertext", "/tag", "/recipients/0/encrypted_key"] {
            assert_eq!(
                scene.refusal(&with_flipped(&good, part)),
                forged(Forged::Ciphertext),
                "{part}"
            );
        }
    }
}

#[test]
fn a_part_of_the_wrong_length_gives_the_same_error() {
    let scene = Scene::new();
    let good = scene.authcrypt().seal(scene.text().to_string());
    for part in ["/iv", "/ciphertext", "/tag", "/recipients/0/encrypted_key"] {
        for length in [0, 1, 15, 31] {
            let mut envelope = good.clone();
            *envelope.pointer_mut(part).unwrap() = b64(vec![7; length]).into();
            assert_eq!(
                scene.refusal(&envelope),
                forged(Forged::Ciphertext),
                "{part}"
            );
        }
    }
}

// 15: the sender's key

#[test]
fn a_sender_whose_document_is_missing_is_asked_for_by_name() {
    let scene = Scene::new();
    let mut web = scene.authcrypt();
    web.sender = Some((scene.alice.scalar, "did:web:example.com#ka".into()));
    let mut short = scene.authcrypt();
    short.sender = Some((scene.alice.scalar, "did:peer:4zQmHash#key-2".into()));
    for (envelope, did) in [(web, "did:web:example.com"), (short, "did:peer:4zQmHash")] {
        assert_eq!(
            scene.refusal(&envelope.seal(scene.text().to_string())),
            UnpackError::NeedsDocument {
                did: Did::parse(did).unwrap()
            }
        );
    }
}

#[test]
fn a_sender_of_no_method_we_know_is_refused() {
    let scene = Scene::new();
    let mut envelope = scene.authcrypt();
    envelope.sender = Some((scene.alice.scalar, "did:example:nobody#ka".into()));

    assert!(matches!(
        scene.refusal(&envelope.seal(scene.text().to_string())),
        UnpackError::Sender(ResolveError::Unsupported { .. })
    ));
}

#[test]
fn a_document_of_another_did_than_was_asked_for_is_refused() {
    let mut scene = Scene::new();
    scene.alice.document = Document {
        id: scene.mallory.did.clone(),
        ..scene.alice.document.clone()
    };

    assert!(matches!(
        scene.refusal(&scene.authcrypt().seal(scene.text().to_string())),
        UnpackError::Sender(ResolveError::Invalid { .. })
    ));
}

#[test]
fn a_sender_s_key_outside_its_key_agreement_is_refused() {
    let mut scene = Scene::new();
    let ka = scene.alice.document.key_agreement.pop().unwrap();
    scene.alice.document.authentication.push(ka);

    assert_eq!(
        scene.refusal(&scene.authcrypt().seal(scene.text().to_string())),
        forged(Forged::Key)
    );
}

#[test]
fn a_sender_s_key_of_another_curve_is_refused() {
    let mut scene = Scene::new();
    for method in &mut scene.alice.document.methods {
        method.key = PublicKey::new(Curve::Ed25519, &[3; 32]).unwrap();
    }

    assert_eq!(
        scene.refusal(&scene.authcrypt().seal(scene.text().to_string())),
        forged(Forged::Key)
    );
}

// 16: the inner text

#[test]
fn an_inner_text_that_is_no_message_is_refused() {
    let scene = Scene::new();
    for inner in [&b""[..], b"hello", b"\xff\xff", b"{}", b"[1]", b"{\"a\":1}"] {
        assert_eq!(
            scene.refusal(&scene.authcrypt().seal(inner)),
            malformed(Malformed::Shape)
        );
    }
    let not_utf8 = b"{\"id\":\"\xff\",\"type\":\"t\"}";
    assert!(matches!(
        scene.refusal(&scene.authcrypt().seal(not_utf8)),
        UnpackError::Malformed(Malformed::Message(MessageError::Json(_)))
    ));
}
