//! What must be accepted, though ours writes it otherwise: other makes write it so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use serde_json::{Value, json};
use signet_didcomm::{Did, DidUrl, Document, Opening, ResolveError, Unpacked, document, unpack};
use signet_forger::{Forgery, Person, flattened, signed};

const NOW: u64 = 1_700_000_000;
const SIGNED: &str = "application/didcomm-signed+json";

struct Scene {
    alice: Person,
    bob: Person,
}

impl Scene {
    fn new() -> Self {
        Self {
            alice: Person::new("alice", 1),
            bob: Person::new("bob", 2),
        }
    }

    fn open(&self, envelope: &Value) -> Unpacked {
        let document = |did: &Did| -> Result<Document, ResolveError> {
            let people = [&self.alice, &self.bob];
            let known = people.into_iter().find(|person| person.did == *did);
            known.map_or_else(|| document::resolve(did), |p| Ok(p.document.clone()))
        };
        let secret = |kid: &DidUrl| self.bob.keys.get(kid);
        let opening = Opening {
            secret: &secret,
            document: &document,
        };
        unpack(envelope.to_string().as_bytes(), &opening, NOW)
            .unwrap_or_else(|error| panic!("{error:?}: {envelope}"))
    }

    fn text(&self) -> Value {
        json!({"id": "1", "type": "https://didcomm.org/basicmessage/2.0/message",
               "from": self.alice.did, "to": [self.bob.did], "body": {"content": "hello"}})
    }

    fn text_with(&self, name: &str, value: Value) -> Value {
        let mut text = self.text();
        text[name] = value;
        text
    }

    fn sealed(&self, text: &Value) -> Value {
        Forgery::authcrypt(&self.alice, &self.bob).seal(text.to_string())
    }

    fn sealed_with(&self, header: Value) -> Value {
        Forgery::authcrypt(&self.alice, &self.bob)
            .header(header)
            .seal(self.text().to_string())
    }

    fn signed_with(&self, header: Value) -> Value {
        let (text, kid) = (self.text().to_string(), self.alice.kid("sig"));
        signed(text, &self.alice.seed, &header, &kid)
    }
}

#[test]
fn media_types_are_read_in_their_short_form_too_and_a_signature_may_be_a_jwm() {
    let scene = Scene::new();
    for typ in [
        "didcomm-encrypted+json",
        "application/didcomm-encrypted+json",
    ] {
        scene.open(&scene.sealed_with(json!({"typ": typ})));
    }
    for typ in ["didcomm-signed+json", SIGNED, "JWM"] {
        scene.open(&scene.signed_with(json!({"typ": typ, "alg": "EdDSA"})));
    }
    for typ in ["didcomm-plain+json", "application/didcomm-plain+json"] {
        scene.open(&scene.sealed(&scene.text_with("typ", typ.into())));
    }
}

#[test]
fn no_layer_needs_to_say_its_type_and_none_is_believed_about_what_is_inside() {
    let scene = Scene::new();
    let inner = scene.signed_with(json!({"alg": "EdDSA"})).to_string();
    for cty in [Value::Null, json!("application/json"), json!(5)] {
        let header = json!({"typ": null, "cty": cty});
        let envelope = Forgery::anoncrypt(&scene.bob).header(header).seal(&inner);
        let unpacked = scene.open(&envelope);
        assert_eq!(unpacked.authenticated_by(), Some(&scene.alice.did));
    }
}

#[test]
fn a_message_that_says_for_nobody_is_for_whoever_can_open_it() {
    let scene = Scene::new();
    for to in [Value::Null, json!([])] {
        scene.open(&scene.sealed(&scene.text_with("to", to)));
    }
}

#[test]
fn what_is_not_encrypted_may_be_addressed_to_others() {
    let scene = Scene::new();
    let to_others = scene.text_with("to", json!(["did:example:carol"]));
    let header = json!({"typ": SIGNED, "alg": "EdDSA"});
    let kid = scene.alice.kid("sig");
    let signed = signed(to_others.to_string(), &scene.alice.seed, &header, &kid);

    for envelope in [to_others, signed] {
        let unpacked = scene.open(&envelope);
        assert!(unpacked.proof.recipient.is_none(), "which the caller sees");
    }
}

#[test]
fn the_sender_may_stand_in_apu_alone_and_an_anonymous_apu_may_be_null() {
    let scene = Scene::new();
    let unpacked = scene.open(&scene.sealed_with(json!({"skid": null})));
    assert_eq!(unpacked.authenticated_by(), Some(&scene.alice.did));

    // The forger takes null for "leave it out", so this header is written by hand.
    let mut forgery = Forgery::anoncrypt(&scene.bob);
    forgery.null_apu = true;
    scene.open(&forgery.seal(scene.text().to_string()));
}

#[test]
fn both_json_forms_are_read_of_ciphertexts_and_of_signatures() {
    let scene = Scene::new();
    scene.open(&flattened(&scene.sealed(&scene.text())));
    let flat = scene.signed_with(json!({"typ": SIGNED, "alg": "EdDSA"}));
    let general = json!({"payload": flat["payload"], "signatures": [{
        "protected": flat["protected"], "header": flat["header"], "signature": flat["signature"]}]});

    for envelope in [flat, general] {
        let unpacked = scene.open(&envelope);
        assert_eq!(unpacked.authenticated_by(), Some(&scene.alice.did));
    }
}

#[test]
fn the_name_of_a_signing_key_is_read_from_either_header() {
    let scene = Scene::new();
    let kid = scene.alice.kid("sig");
    let unprotected = scene.signed_with(json!({"alg": "EdDSA"}));
    let both = scene.signed_with(json!({"alg": "EdDSA", "kid": kid}));
    let mut protected = both.clone();
    protected.as_object_mut().unwrap().remove("header");

    for envelope in [unprotected, both, protected] {
        assert_eq!(scene.open(&envelope).proof.signer.unwrap().as_str(), kid);
    }
}

#[test]
fn no_clock_is_compared_with_created_time_or_the_time_of_a_rotation() {
    let scene = Scene::new();
    for time in [0, NOW - 86_400 * 365, NOW + 86_400 * 365] {
        let unpacked = scene.open(&scene.sealed(&scene.text_with("created_time", time.into())));
        assert_eq!(unpacked.message.created_time, Some(time));

        let carol = Person::peer(
            9,
            signet_didcomm::Curve::Ed25519,
            signet_didcomm::Curve::X25519,
        );
        let header =
            json!({"typ": "JWT", "alg": "EdDSA", "crv": "ED25519", "kid": carol.kid("sig")});
        let claims = json!({"iss": carol.did, "sub": scene.alice.did, "iat": time});
        let proof = signet_forger::jwt(&header, &claims, &carol.seed);
        let unpacked = scene.open(&scene.sealed(&scene.text_with("from_prior", proof.into())));
        assert_eq!(unpacked.from_prior.unwrap().iat, time);
    }
}

#[test]
fn an_attachment_may_hold_any_json() {
    let scene = Scene::new();
    for value in [
        json!("text"),
        json!(5),
        json!([1, null]),
        json!({"a": {}}),
        json!(false),
    ] {
        let attachments = json!([{"id": "a.b~c", "data": {"json": value}}]);
        let unpacked = scene.open(&scene.sealed(&scene.text_with("attachments", attachments)));
        assert_eq!(unpacked.message.attachments[0].data.json, Some(value));
    }
}
