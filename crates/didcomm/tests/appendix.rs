//! The vectors of the specification's Appendix C that need only X25519 and Ed25519, carried as
//! facts, so that they are checked wherever the crate is.
//!
//! Source: DIDComm Messaging v2.1, Appendix A.1, A.2 (keys), B.1 (document), C.2, C.3.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use serde_json::{Value, json};
use signet_didcomm::{
    Curve, Did, DidUrl, Document, Opening, PublicKey, SecretKey, Unpacked, unpack,
};

/// Before the messages expire.
const NOW: u64 = 1_516_300_000;

/// Appendix C.2, EdDSA.
const SIGNED: &str = r#"{"payload":"eyJpZCI6IjEyMzQ1Njc4OTAiLCJ0eXAiOiJhcHBsaWNhdGlvbi9kaWRjb21tLXBsYWluK2pzb24iLCJ0eXBlIjoiaHR0cDovL2V4YW1wbGUuY29tL3Byb3RvY29scy9sZXRzX2RvX2x1bmNoLzEuMC9wcm9wb3NhbCIsImZyb20iOiJkaWQ6ZXhhbXBsZTphbGljZSIsInRvIjpbImRpZDpleGFtcGxlOmJvYiJdLCJjcmVhdGVkX3RpbWUiOjE1MTYyNjkwMjIsImV4cGlyZXNfdGltZSI6MTUxNjM4NTkzMSwiYm9keSI6eyJtZXNzYWdlc3BlY2lmaWNhdHRyaWJ1dGUiOiJhbmQgaXRzIHZhbHVlIn19","signatures":[{"protected":"eyJ0eXAiOiJhcHBsaWNhdGlvbi9kaWRjb21tLXNpZ25lZCtqc29uIiwiYWxnIjoiRWREU0EifQ","signature":"FW33NnvOHV0Ted9-F7GZbkia-vYAfBKtH4oBxbrttWAhBZ6UFJMxcGjL3lwOl4YohI3kyyd08LHPWNMgP2EVCQ","header":{"kid":"did:example:alice#key-1"}}]}"#;

/// Appendix C.3, first: ECDH-ES on X25519 with XC20P.
const ANONCRYPT: &str = r#"{"ciphertext":"KWS7gJU7TbyJlcT9dPkCw-ohNigGaHSukR9MUqFM0THbCTCNkY-g5tahBFyszlKIKXs7qOtqzYyWbPou2q77XlAeYs93IhF6NvaIjyNqYklvj-OtJt9W2Pj5CLOMdsR0C30wchGoXd6wEQZY4ttbzpxYznqPmJ0b9KW6ZP-l4_DSRYe9B-1oSWMNmqMPwluKbtguC-riy356Xbu2C9ShfWmpmjz1HyJWQhZfczuwkWWlE63g26FMskIZZd_jGpEhPFHKUXCFwbuiw_Iy3R0BIzmXXdK_w7PZMMPbaxssl2UeJmLQgCAP8j8TukxV96EKa6rGgULvlo7qibjJqsS5j03bnbxkuxwbfyu3OxwgVzFWlyHbUH6p","protected":"eyJlcGsiOnsia3R5IjoiT0tQIiwiY3J2IjoiWDI1NTE5IiwieCI6IkpIanNtSVJaQWFCMHpSR193TlhMVjJyUGdnRjAwaGRIYlc1cmo4ZzBJMjQifSwiYXB2IjoiTmNzdUFuclJmUEs2OUEtcmtaMEw5WFdVRzRqTXZOQzNaZzc0QlB6NTNQQSIsInR5cCI6ImFwcGxpY2F0aW9uL2RpZGNvbW0tZW5jcnlwdGVkK2pzb24iLCJlbmMiOiJYQzIwUCIsImFsZyI6IkVDREgtRVMrQTI1NktXIn0","recipients":[{"encrypted_key":"3n1olyBR3nY7ZGAprOx-b7wYAKza6cvOYjNwVg3miTnbLwPP_FmE1A","header":{"kid":"did:example:bob#key-x25519-1"}},{"encrypted_key":"j5eSzn3kCrIkhQAWPnEwrFPMW6hG0zF_y37gUvvc5gvlzsuNX4hXrQ","header":{"kid":"did:example:bob#key-x25519-2"}},{"encrypted_key":"TEWlqlq-ao7Lbynf0oZYhxs7ZB39SUWBCK4qjqQqfeItfwmNyDm73A","header":{"kid":"did:example:bob#key-x25519-3"}}],"tag":"6ylC_iAs4JvDQzXeY6MuYQ","iv":"ESpmcyGiZpRjc5urDela21TOOTW8Wqd1"}"#;

/// Appendix C.3, fourth: ECDH-1PU on X25519 with A256CBC-HS512.
const AUTHCRYPT: &str = r#"{"ciphertext":"MJezmxJ8DzUB01rMjiW6JViSaUhsZBhMvYtezkhmwts1qXWtDB63i4-FHZP6cJSyCI7eU-gqH8lBXO_UVuviWIqnIUrTRLaumanZ4q1dNKAnxNL-dHmb3coOqSvy3ZZn6W17lsVudjw7hUUpMbeMbQ5W8GokK9ZCGaaWnqAzd1ZcuGXDuemWeA8BerQsfQw_IQm-aUKancldedHSGrOjVWgozVL97MH966j3i9CJc3k9jS9xDuE0owoWVZa7SxTmhl1PDetmzLnYIIIt-peJtNYGdpd-FcYxIFycQNRUoFEr77h4GBTLbC-vqbQHJC1vW4O2LEKhnhOAVlGyDYkNbA4DSL-LMwKxenQXRARsKSIMn7z-ZIqTE-VCNj9vbtgR","protected":"eyJlcGsiOnsia3R5IjoiT0tQIiwiY3J2IjoiWDI1NTE5IiwieCI6IkdGY01vcEpsamY0cExaZmNoNGFfR2hUTV9ZQWY2aU5JMWRXREd5VkNhdzAifSwiYXB2IjoiTmNzdUFuclJmUEs2OUEtcmtaMEw5WFdVRzRqTXZOQzNaZzc0QlB6NTNQQSIsInNraWQiOiJkaWQ6ZXhhbXBsZTphbGljZSNrZXkteDI1NTE5LTEiLCJhcHUiOiJaR2xrT21WNFlXMXdiR1U2WVd4cFkyVWphMlY1TFhneU5UVXhPUzB4IiwidHlwIjoiYXBwbGljYXRpb24vZGlkY29tbS1lbmNyeXB0ZWQranNvbiIsImVuYyI6IkEyNTZDQkMtSFM1MTIiLCJhbGciOiJFQ0RILTFQVStBMjU2S1cifQ","recipients":[{"encrypted_key":"o0FJASHkQKhnFo_rTMHTI9qTm_m2mkJp-wv96mKyT5TP7QjBDuiQ0AMKaPI_RLLB7jpyE-Q80Mwos7CvwbMJDhIEBnk2qHVB","header":{"kid":"did:example:bob#key-x25519-1"}},{"encrypted_key":"rYlafW0XkNd8kaXCqVbtGJ9GhwBC3lZ9AihHK4B6J6V2kT7vjbSYuIpr1IlAjvxYQOw08yqEJNIwrPpB0ouDzKqk98FVN7rK","header":{"kid":"did:example:bob#key-x25519-2"}},{"encrypted_key":"aqfxMY2sV-njsVo-_9Ke9QbOf6hxhGrUVh_m-h_Aq530w3e_4IokChfKWG1tVJvXYv_AffY7vxj0k5aIfKZUxiNmBwC_QsNo","header":{"kid":"did:example:bob#key-x25519-3"}}],"tag":"uYeo7IsZjN7AnvBjUZE5lNryNENbf6_zew_VC-d4b3U","iv":"o02OXDQ6_-sKz2PX_6oyJg"}"#;

/// Appendix A.2: the recipient's three devices.
const BOB: [(&str, &str); 3] = [
    (
        "key-x25519-1",
        "b9NnuOCB0hm7YGNvaE9DMhwH_wjZA1-gWD6dA0JWdL0",
    ),
    (
        "key-x25519-2",
        "p-vteoF1gopny1HXywt76xz_uC83UUmrgszsI-ThBKk",
    ),
    (
        "key-x25519-3",
        "f9WJeuQXEItkGM8shN4dqFr5fLQLBasHnWZ-8dPaSo0",
    ),
];

/// Appendix B.1: the sender's keys.
const ALICE_AGREES: &str = "avH0O2Y4tqLAq8y9zpianr8ajii5m4F_mICrzNlatXs";
const ALICE_SIGNS: &str = "G-boxFB6vOZBu-wXkm-9Lh79I8nf9Z50cILaOgKKGww";

fn alice() -> Document {
    let did = Did::parse("did:example:alice").unwrap();
    let jwk = |crv: &str, x: &str| json!({"kty": "OKP", "crv": crv, "x": x});
    let document = json!({
        "authentication": [{"id": "#key-1", "publicKeyJwk": jwk("Ed25519", ALICE_SIGNS)}],
        "keyAgreement": [{"id": "#key-x25519-1", "publicKeyJwk": jwk("X25519", ALICE_AGREES)}],
    });
    Document::from_json(&document, &did).unwrap()
}

/// Opens with one of the recipient's devices.
fn open(envelope: &str, device: (&str, &str)) -> Unpacked {
    let kid = DidUrl::parse(&format!("did:example:bob#{}", device.0)).unwrap();
    // A JWK's `d` reads like its `x`.
    let raw = PublicKey::from_jwk(&json!({"kty": "OKP", "crv": "X25519", "x": device.1})).unwrap();
    let key = SecretKey::from_raw(kid.clone(), Curve::X25519, raw.bytes()).unwrap();
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
fn the_signed_message_verifies() {
    let unpacked = open(SIGNED, BOB[0]);

    assert_is_the_published_message(&unpacked);
    let signer = unpacked.proof.signer.as_ref().unwrap();
    assert_eq!(signer.as_str(), "did:example:alice#key-1");
    assert_eq!(unpacked.proof.jws.as_deref(), Some(SIGNED.as_bytes()));
    assert_eq!(unpacked.proof.algorithms, ["EdDSA"]);
}

#[test]
fn the_anonymous_message_opens_on_each_device() {
    for device in BOB {
        let unpacked = open(ANONCRYPT, device);

        assert_is_the_published_message(&unpacked);
        assert_eq!(unpacked.authenticated_by(), None, "`from` is only claimed");
        assert_eq!(unpacked.proof.algorithms, ["ECDH-ES+A256KW", "XC20P"]);
    }
}

#[test]
fn the_authenticated_message_opens_on_each_device() {
    for device in BOB {
        let unpacked = open(AUTHCRYPT, device);

        assert_is_the_published_message(&unpacked);
        let sender = unpacked.proof.sender.as_ref().unwrap();
        assert_eq!(sender.as_str(), "did:example:alice#key-x25519-1");
        let recipient = unpacked.proof.recipient.as_ref().unwrap();
        assert_eq!(recipient.fragment(), Some(device.0));
        let algorithms = ["ECDH-1PU+A256KW", "A256CBC-HS512"];
        assert_eq!(unpacked.proof.algorithms, algorithms);
    }
}
