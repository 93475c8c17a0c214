//! The published DIDs of did:key and did:peer resolve to what is published, from data carried here
//! as facts, so that they are checked wherever the crate is.
//!
//! `methods/did-key.json` holds each DID with its key as its document writes it, the derived
//! key of an Ed25519 one, and the secret halves where they are published. `methods/did-peer.json`
//! holds each DID with the names and keys of its relationships and its endpoints.
//!
//! Source: did:key, test vectors; did:peer, "Method 0", "Method 2", "Method 4"; the guidebook of
//! DIDComm and the Python library of did:peer:4 (one did:peer each).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use signet_didcomm::{
    Curve, Did, DidUrl, Document, Endpoint, PublicKey, ResolveError, SecretKey, document,
};

fn cases(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

fn did_of(case: &Value) -> Did {
    Did::parse(case["did"].as_str().unwrap()).unwrap()
}

/// A key as a document writes it.
fn written(method: &Value) -> PublicKey {
    let mut method = method.clone();
    method["id"] = "#key".into();
    let nobody = Did::parse("did:example:nobody").unwrap();
    let document = json!({"verificationMethod": [method]});
    let mut document = Document::from_json(&document, &nobody).unwrap();
    document.methods.remove(0).key
}

fn assert_is_its_secret(d: &Value, kid: &DidUrl, public: &PublicKey) {
    let raw = BASE64.decode(d.as_str().unwrap()).unwrap();
    let secret = SecretKey::from_raw(kid.clone(), public.curve(), &raw).unwrap();
    assert_eq!(secret.public().as_ref(), Some(public), "{kid}");
}

#[test]
fn each_published_did_key_is_its_published_key_under_its_published_name() {
    let mut secrets = 0;
    let cases = cases(include_str!("methods/did-key.json"));
    for case in &cases {
        let did = did_of(case);
        let document = document::resolve(&did).unwrap();
        let name = did.as_str().trim_start_matches("did:key:");
        let kid = DidUrl::parse(&format!("{did}#{name}")).unwrap();
        let key = written(&case["method"]);

        assert_eq!(document.id, did);
        assert_eq!(document.methods[0].id, kid);
        assert_eq!(document.methods[0].key, key);
        assert_eq!(key.to_multibase(), name);
        // The vectors list secp256k1 for agreement, and P-384 and P-521 for signing as well, for
        // which DIDComm has no algorithms.
        let (signs, agrees) = match key.curve() {
            Curve::Ed25519 | Curve::Secp256k1 => (true, false),
            Curve::X25519 | Curve::P384 | Curve::P521 => (false, true),
            Curve::P256 => (true, true),
        };
        assert_eq!(document.authentication_key(&kid).is_some(), signs, "{did}");
        assert_eq!(document.agreement_key(&kid).is_some(), agrees, "{did}");
        if let Some(d) = case.get("d") {
            assert_is_its_secret(d, &kid, &key);
            secrets += 1;
        }
        let Some(agreement) = case.get("agreement") else {
            continue;
        };
        let id = agreement["id"].as_str().unwrap();
        let derived = DidUrl::parse(&format!("{did}#{id}")).unwrap();
        assert_eq!(document.key_agreement, std::slice::from_ref(&derived));
        let public = document.agreement_key(&derived).unwrap();
        assert_eq!(*public, written(agreement));
        assert_is_its_secret(&agreement["d"], &derived, public);
        secrets += 1;
    }

    assert_eq!((cases.len(), secrets), (22, 23));
}

#[test]
fn each_published_did_peer_has_its_published_keys_and_endpoints() {
    let cases = cases(include_str!("methods/did-peer.json"));
    for case in &cases {
        let did = did_of(case);
        let document = document::resolve(&did).unwrap();

        assert_eq!(document.id, did);
        for (relationship, kids) in [
            ("authentication", &document.authentication),
            ("keyAgreement", &document.key_agreement),
        ] {
            let expected = case[relationship].as_object().unwrap();
            assert_eq!(kids.len(), expected.len(), "{did} {relationship}");
            for (name, multibase) in expected {
                let kid = DidUrl::parse(&format!("{did}#{name}")).unwrap();
                let key = match relationship {
                    "authentication" => document.authentication_key(&kid),
                    _ => document.agreement_key(&kid),
                };
                assert_eq!(key.unwrap().to_multibase(), *multibase.as_str().unwrap());
            }
        }
        let expected = case["services"].as_object().unwrap();
        assert_eq!(document.services.len(), expected.len(), "{did}");
        for service in &document.services {
            let name = service.id.strip_prefix(&format!("{did}#")).unwrap();
            let endpoint: Endpoint = serde_json::from_value(expected[name].clone()).unwrap();
            assert_eq!(service.endpoints, [endpoint]);
        }
    }

    assert_eq!(cases.len(), 6);
}

#[test]
fn each_published_did_peer_4_is_named_by_the_hash_of_its_long_form() {
    let cases = cases(include_str!("methods/did-peer.json"));
    let pairs = cases.iter().filter(|case| case.get("short").is_some());
    for case in pairs.clone() {
        let long = did_of(case);
        let short = Did::parse(case["short"].as_str().unwrap()).unwrap();

        assert_eq!(long.short(), short);
        assert!(short.is_same_as(&long));
        let resolved = document::resolve(&long).unwrap();
        assert_eq!(resolved.also_known_as, std::slice::from_ref(&short));
        assert_eq!(
            document::resolve(&short),
            Err(ResolveError::NeedsLongForm { did: short })
        );
    }

    assert_eq!(pairs.count(), 2);
}

/// did:peer, "Method 1", "Method 3": the document comes from elsewhere, and did:peer:3 is only
/// said once its did:peer:2 is known.
#[test]
fn the_forms_of_did_peer_that_hold_no_document_are_unsupported_not_malformed() {
    for text in [
        "did:peer:1zQmZMygzYqNwU6Uhmewx5Xepf2VLp5S4HLSwwgf2aiKZuwa",
        "did:peer:3zQmS19jtYDvGtKVrJhQnRFpBQAx3pJ9omx2HpNrcXFuRCz9",
        "did:peer:3zQmd6RdU6e2nDrLn1rjwdA5Buzq7wJwsv3WJ1AgrwKYJoLE",
    ] {
        let did = Did::parse(text).unwrap();

        assert_eq!(
            document::resolve(&did),
            Err(ResolveError::Unsupported { did })
        );
    }
}
