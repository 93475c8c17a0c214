//! The vectors of the specification's Appendix C, carried as facts, so that they are checked
//! wherever the crate is.
//!
//! What is odd about them, and read all the same: A.2 prints the name of a member as `"kid "`; the
//! type of C.1 begins with `https`, that of the same message in C.2 and C.3 with `http`; C.2 has
//! `kid` in the unprotected header, where the text of the specification shows it protected; the
//! fifth of C.3 is on P-256, where its heading says P-521, and the sixth on P-521, where it says
//! X25519; the sixth is signed within an authcrypt within an anoncrypt, which nobody may write.
//!
//! Source: DIDComm Messaging v2.1, Appendix A.1, A.2 (keys), B.1 (document), C.1, C.2, C.3.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "appendix/envelopes.rs"]
mod envelopes;
#[path = "appendix/keys.rs"]
mod keys;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use envelopes::*;
use keys::{ALICE_AGREES, ALICE_SIGNS, BOB};
use serde_json::{Value, json};
use signet_didcomm::{Curve, Did, DidUrl, Document, Opening, SecretKey, Unpacked, unpack};

/// Before the messages expire.
const NOW: u64 = 1_516_300_000;

/// Name, curve and `d` of a key.
type Device = (&'static str, &'static str, &'static str);

fn alice() -> Document {
    let did = Did::parse("did:example:alice").unwrap();
    let key = |(name, crv, x, y): (&str, &str, &str, Option<&str>)| {
        let kty = if y.is_some() { "EC" } else { "OKP" };
        let mut jwk = json!({"kty": kty, "crv": crv, "x": x});
        jwk["y"] = y.into();
        json!({"id": format!("#{name}"), "publicKeyJwk": jwk})
    };
    let document = json!({
        "authentication": ALICE_SIGNS.map(key),
        "keyAgreement": ALICE_AGREES.map(key),
    });
    Document::from_json(&document, &did).unwrap()
}

/// The recipient's devices with a key on this curve.
fn devices(curve: Curve) -> Vec<Device> {
    let devices: Vec<_> = BOB.into_iter().filter(|d| d.1 == curve.name()).collect();
    assert!(devices.len() >= 2);
    devices
}

/// Opens with one of the recipient's devices.
fn open(envelope: &str, (name, crv, d): Device) -> Unpacked {
    let kid = DidUrl::parse(&format!("did:example:bob#{name}")).unwrap();
    let curve = Curve::from_name(crv).unwrap();
    let key = SecretKey::from_raw(kid.clone(), curve, &BASE64.decode(d).unwrap()).unwrap();
    let document = |_: &Did| Ok(alice());
    let secret = |asked: &DidUrl| (*asked == kid).then_some(&key);
    let opening = Opening {
        secret: &secret,
        document: &document,
    };
    unpack(envelope.as_bytes(), &opening, NOW).unwrap()
}

fn assert_is_the_published_message(unpacked: &Unpacked) {
    let plaintext: Value = serde_json::from_slice(&unpacked.plaintext).unwrap();
    assert_eq!(
        plaintext,
        json!({"id": "1234567890", "typ": "application/didcomm-plain+json",
            "type": "http://example.com/protocols/lets_do_lunch/1.0/proposal",
            "from": "did:example:alice", "to": ["did:example:bob"],
            "created_time": 1516269022, "expires_time": 1516385931,
            "body": {"messagespecificattribute": "and its value"}})
    );
}

#[test]
fn the_plaintext_is_read_and_proves_nothing() {
    let mut plaintext = json!({"id": "1234567890",
        "type": "https://example.com/protocols/lets_do_lunch/1.0/proposal",
        "from": "did:example:alice", "to": ["did:example:bob"],
        "created_time": 1516269022, "expires_time": 1516385931,
        "body": {"messagespecificattribute": "and its value"}});

    let unpacked = open(&plaintext.to_string(), BOB[0]);

    assert_eq!(unpacked.authenticated_by(), None);
    assert!(!unpacked.is_encrypted());
    let written: Value = serde_json::from_slice(&unpacked.message.to_vec()).unwrap();
    plaintext["typ"] = "application/didcomm-plain+json".into();
    assert_eq!(written, plaintext);
}

#[test]
fn the_signed_messages_verify() {
    for (envelope, signer, algorithm) in [
        (SIGNED, "did:example:alice#key-1", "EdDSA"),
        (SIGNED_ES256, "did:example:alice#key-2", "ES256"),
        (SIGNED_ES256K, "did:example:alice#key-3", "ES256K"),
    ] {
        let unpacked = open(envelope, BOB[0]);

        assert_is_the_published_message(&unpacked);
        assert_eq!(unpacked.proof.signer.as_ref().unwrap().as_str(), signer);
        assert_eq!(unpacked.proof.jws, None, "nothing enclosed it");
        let escaped = envelope.replace(r#""payload":"e"#, r#""payload":"\u0065"#);
        assert_ne!(escaped, envelope);
        assert_eq!(open(&escaped, BOB[0]), unpacked);
        assert_eq!(unpacked.proof.algorithms, [algorithm]);
    }
}

#[test]
fn the_anonymous_messages_open_on_each_device() {
    for (envelope, curve, cipher) in [
        (ANONCRYPT, Curve::X25519, "XC20P"),
        (ANONCRYPT_P384, Curve::P384, "A256CBC-HS512"),
        (ANONCRYPT_P521, Curve::P521, "A256GCM"),
    ] {
        for device in devices(curve) {
            let unpacked = open(envelope, device);

            assert_is_the_published_message(&unpacked);
            assert_eq!(unpacked.authenticated_by(), None, "`from` is only claimed");
            assert_eq!(unpacked.proof.algorithms, ["ECDH-ES+A256KW", cipher]);
        }
    }
}

#[test]
fn the_authenticated_messages_open_on_each_device() {
    let authcrypt = ["ECDH-1PU+A256KW", "A256CBC-HS512"];
    let anoncrypt = ["ECDH-ES+A256KW", "XC20P"];
    let signed = ["EdDSA"];
    for (envelope, curve, sender, algorithms) in [
        (AUTHCRYPT, Curve::X25519, "key-x25519-1", authcrypt.to_vec()),
        (
            SIGNED_AUTHCRYPT_P256,
            Curve::P256,
            "key-p256-1",
            [&authcrypt[..], &signed].concat(),
        ),
        (
            HIDDEN_P521,
            Curve::P521,
            "key-p521-1",
            [&anoncrypt[..], &authcrypt, &signed].concat(),
        ),
    ] {
        for device in devices(curve) {
            let unpacked = open(envelope, device);

            assert_is_the_published_message(&unpacked);
            let found = unpacked.proof.sender.as_ref().unwrap();
            assert_eq!(found.as_str(), format!("did:example:alice#{sender}"));
            let recipient = unpacked.proof.recipient.as_ref().unwrap();
            assert_eq!(recipient.fragment(), Some(device.0));
            assert_eq!(unpacked.proof.algorithms, algorithms);
            let signer = unpacked.proof.signer.as_ref().map(DidUrl::as_str);
            let is_signed = algorithms.contains(&"EdDSA");
            assert_eq!(signer, is_signed.then_some("did:example:alice#key-1"));
        }
    }
}
