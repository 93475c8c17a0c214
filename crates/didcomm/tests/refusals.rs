//! What must not be accepted (checklist §1.18), one test a refusal, each with its own error.
//!
//! The envelopes are good ones changed in one place, or sealed by the forger, a second packer
//! that writes what ours will not; [`the_forger_s_envelopes_are_good_until_they_are_changed`]
//! shows that nothing else is wrong with them. `Err` is all that [`unpack`] yields then, so
//! nothing of the message was returned: [`refusal`] is where that is stated.

mod forger;

use std::cell::RefCell;

use forger::{Forgery, Person, b64, jwt, low_order, signed, with_flipped, with_protected};
use serde_json::{Value, json};
use signet_didcomm::{
    Attachment, Did, DidUrl, Document, Forged, FromPriorError, MAX_ENVELOPE, Malformed, Message,
    MessageError, Opening, PublicKey, ResolveError, UnpackError, Unpacked, document, sign, unpack,
};

const NOW: u64 = 1_700_000_000;
const SIGNED: &str = "application/didcomm-signed+json";

/// Bob opens; Alice, Carol and Mallory write.
struct Scene {
    alice: Person,
    bob: Person,
    carol: Person,
    mallory: Person,
    /// The DIDs whose documents were asked for.
    asked: RefCell<Vec<Did>>,
}

impl Scene {
    fn new() -> Self {
        Self {
            alice: Person::new("alice", 1),
            bob: Person::new("bob", 2),
            carol: Person::new("carol", 3),
            mallory: Person::new("mallory", 4),
            asked: RefCell::default(),
        }
    }

    fn document(&self, did: &Did) -> Result<Document, ResolveError> {
        self.asked.borrow_mut().push(did.clone());
        [&self.alice, &self.bob, &self.carol, &self.mallory]
            .into_iter()
            .find(|person| person.did == *did)
            .map_or_else(|| document::resolve(did), |p| Ok(p.document.clone()))
    }

    fn open_bytes(&self, envelope: &[u8]) -> Result<Unpacked, UnpackError> {
        let document = |did: &Did| self.document(did);
        let secret = |kid: &DidUrl| self.bob.keys.get(kid);
        let opening = Opening {
            secret: &secret,
            document: &document,
        };
        unpack(envelope, &opening, NOW)
    }

    fn open(&self, envelope: &Value) -> Result<Unpacked, UnpackError> {
        self.open_bytes(envelope.to_string().as_bytes())
    }

    /// The error; there is no message besides it.
    fn refusal(&self, envelope: &Value) -> UnpackError {
        match self.open(envelope) {
            Ok(unpacked) => panic!("accepted: {:?}", unpacked.message),
            Err(error) => error,
        }
    }

    fn authcrypt(&self) -> Forgery {
        Forgery::authcrypt(&self.alice, &self.bob)
    }

    fn anoncrypt(&self) -> Forgery {
        Forgery::anoncrypt(&self.bob)
    }

    /// A text from Alice to Bob, as JSON.
    fn text(&self) -> Value {
        json!({"id": "1", "type": "https://didcomm.org/basicmessage/2.0/message",
               "from": self.alice.did, "to": [self.bob.did], "body": {"content": "hello"}})
    }

    fn text_with(&self, name: &str, value: Value) -> Value {
        let mut text = self.text();
        text[name] = value;
        text
    }

    /// The refusal of a plaintext that was sealed well.
    fn refusal_of_text(&self, text: &Value) -> UnpackError {
        self.refusal(&self.authcrypt().seal(text.to_string()))
    }

    fn signed(&self, text: &Value) -> Value {
        let header = json!({"typ": SIGNED, "alg": "EdDSA"});
        signed(
            text.to_string(),
            &self.alice.seed,
            &header,
            &self.alice.kid("sig"),
        )
    }

    /// Alice's text with a rotation proof of `claims`, signed by `key` under `kid`.
    fn rotated(&self, claims: &Value, kid: &str, seed: &[u8; 32]) -> Value {
        let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": kid});
        self.text_with("from_prior", jwt(&header, claims, seed).into())
    }
}

fn message(error: MessageError) -> UnpackError {
    UnpackError::Malformed(Malformed::Message(error))
}

fn malformed(error: Malformed) -> UnpackError {
    UnpackError::Malformed(error)
}

fn forged(error: Forged) -> UnpackError {
    UnpackError::Forged(error)
}

#[test]
fn the_forger_s_envelopes_are_good_until_they_are_changed() {
    let scene = Scene::new();
    let text = scene.text().to_string();
    let mut gcm = scene.anoncrypt();
    gcm.enc = "A256GCM";
    let hidden = scene.authcrypt().seal(&text).to_string();
    let signed = scene.signed(&scene.text()).to_string();
    let claims = json!({"iss": scene.carol.did, "sub": scene.alice.did, "iat": 1});
    let rotated = scene.rotated(&claims, &scene.carol.kid("sig"), &scene.carol.seed);

    for envelope in [
        scene.authcrypt().seal(&text),
        scene.anoncrypt().seal(&text),
        gcm.seal(&text),
        scene.anoncrypt().seal(hidden),
        scene.anoncrypt().seal(&signed),
        scene.authcrypt().seal(&signed),
        scene.authcrypt().seal(rotated.to_string()),
    ] {
        let unpacked = scene.open(&envelope).unwrap();
        assert_eq!(unpacked.message.text("content"), Some("hello"));
    }
}

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
fn an_ephemeral_key_of_a_curve_we_lack_is_unsupported_by_name() {
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
        UnpackError::Unsupported("P-256".into())
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
    for point in [low_order().bytes(), &one] {
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
        method.key = PublicKey::Ed25519([3; 32]);
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

// 17: signatures

#[test]
fn a_signed_payload_that_is_no_base64url_is_refused() {
    let scene = Scene::new();
    let mut envelope = scene.signed(&scene.text());
    for payload in ["%%%", "AAA=", "A"] {
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
fn a_signature_by_an_algorithm_we_lack_is_unsupported_by_name() {
    let scene = Scene::new();
    let (text, kid) = (scene.text().to_string(), scene.alice.kid("sig"));
    for alg in ["ES256", "ES256K"] {
        let header = json!({"typ": SIGNED, "alg": alg});
        assert_eq!(
            scene.refusal(&signed(&text, &scene.alice.seed, &header, &kid)),
            UnpackError::Unsupported(alg.into())
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
    assert_eq!(*scene.asked.borrow(), [scene.alice.did.clone()]);
}

// 18: who says it to whom

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

// 19: from_prior

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
    for alg in ["ES256", "none"] {
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
    let spaces = vec![b' '; MAX_ENVELOPE + 1];

    assert_eq!(
        scene.open_bytes(&spaces).unwrap_err(),
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
    let header = forger::unb64(good["protected"].as_str().unwrap());
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
