//! What ours looks like on the wire, to whoever only knows the specification: headers, names of keys,
//! layers. That it opens again is `round_trip`'s.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use signet_didcomm::{
    ContentCipher, DidUrl, Document, Message, Opening, SecretKeys, anoncrypt, authcrypt,
    authcrypt_hidden, document, peer2, peer4, routing, sign, sign_and_anoncrypt, unpack,
};
use signet_forger::{b64, unb64};

const ENCRYPTED: &str = "application/didcomm-encrypted+json";
const CIPHERS: [(ContentCipher, &str); 3] = [
    (ContentCipher::A256CbcHs512, "A256CBC-HS512"),
    (ContentCipher::A256Gcm, "A256GCM"),
    (ContentCipher::Xc20P, "XC20P"),
];

struct Two {
    alice: SecretKeys,
    bob: SecretKeys,
    bobs: Document,
    text: Message,
    rng: ChaCha20Rng,
}

impl Two {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (from, alice) = peer2::create(&[], &mut rng);
        let (to, bob) = peer4::create(&[], &mut rng);
        let mut text = Message::new("1", "https://didcomm.org/basicmessage/2.0/message");
        text.body.insert("content".into(), "hello".into());
        text.from = Some(from);
        text.to = vec![to.clone()];
        Self {
            alice,
            bob,
            bobs: document::resolve(&to).unwrap(),
            text,
            rng,
        }
    }

    fn authcrypt(&mut self) -> Value {
        json_of(&authcrypt(&self.text, &self.alice, &self.bobs, &mut self.rng).unwrap())
    }

    fn anoncrypt(&mut self, cipher: ContentCipher) -> Value {
        json_of(&anoncrypt(&self.text, &self.bobs, cipher, &mut self.rng).unwrap())
    }

    fn signed(&mut self, cipher: ContentCipher) -> Value {
        let (text, to) = (&self.text, &self.bobs);
        json_of(&sign_and_anoncrypt(text, &self.alice, to, cipher, &mut self.rng).unwrap())
    }

    fn hidden(&mut self) -> Value {
        json_of(&authcrypt_hidden(&self.text, &self.alice, &self.bobs, &mut self.rng).unwrap())
    }
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn protected(envelope: &Value) -> Value {
    json_of(&unb64(envelope["protected"].as_str().unwrap()))
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(|k| &**k).collect()
}

#[test]
fn authcrypt_is_a_general_jwe_whose_protected_header_says_how_and_by_whom() {
    let mut two = Two::new();
    let envelope = two.authcrypt();
    let header = protected(&envelope);
    let skid = two.alice.agreement().unwrap().kid().to_string();
    let kid = two.bob.agreement().unwrap().kid().to_string();

    assert_eq!(
        names(&envelope),
        ["ciphertext", "iv", "protected", "recipients", "tag"]
    );
    assert_eq!(envelope["recipients"].as_array().unwrap().len(), 1);
    assert_eq!(
        names(&envelope["recipients"][0]),
        ["encrypted_key", "header"]
    );
    assert_eq!(envelope["recipients"][0]["header"], json!({"kid": kid}));
    assert_eq!(
        names(&header),
        ["alg", "apu", "apv", "enc", "epk", "skid", "typ"]
    );
    assert_eq!(
        (&header["typ"], &header["alg"], &header["enc"]),
        (
            &json!(ENCRYPTED),
            &json!("ECDH-1PU+A256KW"),
            &json!("A256CBC-HS512")
        )
    );
    assert_eq!(header["skid"], skid);
    assert_eq!(header["apu"], b64(&skid));
    assert_eq!(names(&header["epk"]), ["crv", "kty", "x"]);
}

#[test]
fn anoncrypt_names_no_sender_in_any_cipher() {
    let mut two = Two::new();
    for (cipher, name) in CIPHERS {
        for envelope in [two.anoncrypt(cipher), two.signed(cipher)] {
            let header = protected(&envelope);
            assert_eq!(
                names(&envelope),
                ["ciphertext", "iv", "protected", "recipients", "tag"]
            );
            assert_eq!(names(&header), ["alg", "apv", "enc", "epk", "typ"]);
            assert_eq!(
                (&header["typ"], &header["alg"], &header["enc"]),
                (&json!(ENCRYPTED), &json!("ECDH-ES+A256KW"), &json!(name))
            );
        }
    }
}

#[test]
fn what_protects_the_sender_shows_nothing_of_them_outside_and_is_for_the_same_keys_inside() {
    let mut two = Two::new();
    let outer = two.hidden();
    let plain = two.authcrypt();
    let text = outer.to_string();

    assert_eq!(
        names(&protected(&outer)),
        ["alg", "apv", "enc", "epk", "typ"]
    );
    assert_eq!(protected(&outer)["alg"], "ECDH-ES+A256KW");
    assert!(!text.contains(two.alice.did().as_str()));
    assert_eq!(
        outer["recipients"][0]["header"],
        plain["recipients"][0]["header"]
    );
    assert_eq!(protected(&outer)["apv"], protected(&plain)["apv"]);
}

#[test]
fn a_signature_names_its_key_in_both_headers_and_its_type_in_the_protected_one() {
    let two = Two::new();
    let jws = json_of(&sign(&two.text, &two.alice).unwrap());
    let signature = &jws["signatures"][0];
    let kid = two.alice.signing().unwrap().kid().as_str();

    assert_eq!(names(&jws), ["payload", "signatures"]);
    assert_eq!(names(signature), ["header", "protected", "signature"]);
    assert_eq!(signature["header"], json!({"kid": kid}));
    assert_eq!(
        protected(signature),
        json!({"typ": "application/didcomm-signed+json", "alg": "EdDSA", "kid": kid})
    );
    let payload = json_of(&unb64(jws["payload"].as_str().unwrap()));
    assert_eq!(payload, json_of(&two.text.to_vec()));
}

#[test]
fn a_signature_goes_inside_an_anonymous_layer_and_only_with_an_addressee() {
    let mut two = Two::new();
    let envelope = two.signed(ContentCipher::A256CbcHs512);
    let secret = |kid: &DidUrl| two.bob.get(kid);
    let opening = Opening {
        secret: &secret,
        document: &document::resolve,
    };
    let proof = unpack(envelope.to_string().as_bytes(), &opening, 0)
        .unwrap()
        .proof;

    assert_eq!(
        proof.algorithms,
        ["ECDH-ES+A256KW", "A256CBC-HS512", "EdDSA"]
    );
    assert_eq!(
        proof.signer.as_ref(),
        Some(two.alice.signing().unwrap().kid())
    );
    assert_eq!(proof.sender, None, "not sealed by the signer too");
    assert!(proof.jws.is_some(), "which can be shown to others");
    two.text.to.clear();
    let cipher = ContentCipher::A256CbcHs512;
    let unaddressed = sign_and_anoncrypt(&two.text, &two.alice, &two.bobs, cipher, &mut two.rng);
    assert_eq!(unaddressed, Err(signet_didcomm::PackError::To));
}

#[test]
fn a_forward_is_anonymous_asks_for_nothing_and_has_an_id_of_its_own() {
    let mut two = Two::new();
    let (mediator, keys) = peer2::create(&[], &mut two.rng);
    let hop = routing::Hop {
        name: mediator.to_string(),
        document: document::resolve(&mediator).unwrap(),
    };
    let sealed = two.authcrypt().to_string().into_bytes();
    let next = two.bobs.id.to_string();

    let wrap = |rng: &mut ChaCha20Rng| {
        let wrapped = routing::wrap(sealed.clone(), &next, std::slice::from_ref(&hop), None, rng);
        json_of(&wrapped.unwrap())
    };
    let (first, second) = (wrap(&mut two.rng), wrap(&mut two.rng));
    let secret = |kid: &DidUrl| keys.get(kid);
    let opening = Opening {
        secret: &secret,
        document: &document::resolve,
    };
    let opened = |envelope: &Value| {
        let unpacked = unpack(envelope.to_string().as_bytes(), &opening, 0).unwrap();
        json_of(&unpacked.plaintext)
    };
    let (first_text, second_text) = (opened(&first), opened(&second));

    assert_eq!(protected(&first)["alg"], "ECDH-ES+A256KW");
    assert_eq!(
        names(&first_text),
        ["attachments", "body", "id", "to", "typ", "type"]
    );
    assert_eq!(first_text["type"], routing::FORWARD);
    assert_eq!(first_text["to"], json!([mediator]));
    assert_eq!(first_text["body"], json!({"next": next}));
    assert_eq!(
        first_text["attachments"][0]["data"]["json"],
        json_of(&sealed)
    );
    assert_ne!(first_text["id"], "1");
    assert_ne!(first_text["id"], second_text["id"]);
}
