//! Keys: where they stand, what they are called, how they are written.

use signet_didcomm::PublicKey;

use super::*;

/// did:key, "The did:key Format" and its test vectors, one key a curve.
const ED25519: &str = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
const X25519: &str = "z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p";
const P256: &str = "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv";
const P384: &str = "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9";
const P521: &str = "z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7";
const SECP256K1: &str = "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";

fn key(multibase: &str) -> PublicKey {
    PublicKey::from_multibase(multibase).unwrap()
}

/// The key of a document in which `method` is listed for everything.
fn found(mut method: Value) -> Option<PublicKey> {
    method["id"] = "#k".into();
    let document = read(&json!({
        "verificationMethod": [method],
        "authentication": ["#k"],
        "keyAgreement": ["#k"],
    }));
    let agrees = document.agreement_key(&kid("k")).cloned();
    assert_eq!(agrees.as_ref(), document.authentication_key(&kid("k")));
    agrees
}

fn base58(multibase: &str) -> String {
    bs58::encode(key(multibase).to_bytes()).into_string()
}

fn hexadecimal(multibase: &str) -> String {
    let octets = key(multibase).to_bytes();
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn a_key_embedded_in_a_relationship_is_for_that_one_alone() {
    let document = read(&json!({
        "authentication": [{"id": "#a", "type": "Multikey", "publicKeyMultibase": ED25519}],
        "keyAgreement": [{"id": "#b", "type": "Multikey", "publicKeyMultibase": X25519}],
    }));

    assert_eq!(document.authentication_key(&kid("a")), Some(&key(ED25519)));
    assert_eq!(document.agreement_key(&kid("a")), None);
    assert_eq!(document.agreement_key(&kid("b")), Some(&key(X25519)));
    assert_eq!(document.authentication_key(&kid("b")), None);
}

#[test]
fn a_key_embedded_in_one_relationship_is_referred_to_from_another() {
    let document = read(&json!({
        "authentication": [{"id": "#a", "type": "Multikey", "publicKeyMultibase": P256}],
        "keyAgreement": ["#a"],
    }));

    assert_eq!(document.agreement_key(&kid("a")), Some(&key(P256)));
}

#[test]
fn a_name_is_relative_bare_or_absolute_where_it_is_given_and_where_it_is_referred_to() {
    let names = ["#k", "k", "did:web:example.com#k"];
    for (id, reference) in names.iter().flat_map(|id| names.map(|name| (id, name))) {
        let document = read(&json!({
            "verificationMethod": [{"id": id, "type": "Multikey", "publicKeyMultibase": X25519}],
            "keyAgreement": [reference],
        }));

        let (name, _) = document.agreement_keys().next().unwrap();
        assert_eq!(name.as_str(), "did:web:example.com#k", "{id} {reference}");
    }
}

#[test]
fn the_older_member_for_keys_is_read() {
    let document = read(&json!({
        "publicKey": [{"id": "#k", "type": "Ed25519VerificationKey2018",
            "publicKeyBase58": base58(ED25519)}],
        "authentication": ["#k"],
    }));

    assert_eq!(document.authentication_key(&kid("k")), Some(&key(ED25519)));
}

#[test]
fn one_value_stands_where_a_list_should() {
    let document = read(&json!({
        "verificationMethod": {"id": "#k", "type": "Multikey", "publicKeyMultibase": X25519},
        "keyAgreement": "#k",
        "alsoKnownAs": "did:web:www.example.com",
        "service": {"type": "DIDCommMessaging", "serviceEndpoint": "https://example.com"},
    }));

    assert_eq!(document.agreement_key(&kid("k")), Some(&key(X25519)));
    assert_eq!(document.also_known_as.len(), 1);
    assert_eq!(document.endpoints().count(), 1);
}

#[test]
fn a_multikey_is_read_on_every_curve_and_in_both_of_its_bases() {
    for text in [ED25519, X25519, P256, P384, P521, SECP256K1] {
        let in_base58 = json!({"type": "Multikey", "publicKeyMultibase": text});
        assert_eq!(found(in_base58), Some(key(text)));
    }
    // The Ed25519 key again: the two bytes of its codec, and the key.
    let in_base64 = "u7QEub8zjZwHceRSI4NCxdFzB4zpMHJ_MQcY700Pbvglw5g";
    let method = json!({"type": "Multikey", "publicKeyMultibase": in_base64});
    assert_eq!(found(method), Some(key(ED25519)));
}

#[test]
fn a_json_web_key_is_read_on_every_curve() {
    for suite in ["JsonWebKey2020", "JsonWebKey"] {
        for text in [ED25519, X25519, P256, P384, P521, SECP256K1] {
            let jwk = key(text).to_jwk();
            let method = json!({"type": suite, "publicKeyJwk": jwk});
            assert_eq!(found(method), Some(key(text)), "{suite}");
        }
    }
}

#[test]
fn a_json_web_key_is_read_though_its_numbers_are_padded() {
    let mut jwk = key(ED25519).to_jwk();
    jwk["x"] = format!("{}=", jwk["x"].as_str().unwrap()).into();

    let method = json!({"type": "JsonWebKey2020", "publicKeyJwk": jwk});
    assert_eq!(found(method), Some(key(ED25519)));
}

#[test]
fn an_x25519_key_agreement_key_of_2019_and_2020_is_read_in_each_encoding() {
    let suites = ["X25519KeyAgreementKey2019", "X25519KeyAgreementKey2020"];
    assert_each_encoding(&suites, X25519);
}

#[test]
fn an_ed25519_verification_key_of_2018_and_2020_is_read_in_each_encoding() {
    let suites = ["Ed25519VerificationKey2018", "Ed25519VerificationKey2020"];
    assert_each_encoding(&suites, ED25519);
}

#[test]
fn the_suites_of_the_nist_curves_and_of_secp256k1_are_read_in_each_encoding() {
    assert_each_encoding(&["P256Key2021", "EcdsaSecp256r1VerificationKey2019"], P256);
    assert_each_encoding(&["P384Key2021"], P384);
    assert_each_encoding(&["P521Key2021"], P521);
    assert_each_encoding(&["EcdsaSecp256k1VerificationKey2019"], SECP256K1);
}

fn assert_each_encoding(suites: &[&str], text: &str) {
    let without_codec = format!("z{}", base58(text));
    for suite in suites {
        for method in [
            json!({"type": suite, "publicKeyMultibase": text}),
            json!({"type": suite, "publicKeyMultibase": without_codec}),
            json!({"type": suite, "publicKeyBase58": base58(text)}),
            json!({"type": suite, "publicKeyHex": hexadecimal(text)}),
            json!({"type": suite, "publicKeyJwk": key(text).to_jwk()}),
        ] {
            assert_eq!(found(method.clone()), Some(key(text)), "{method}");
        }
    }
}

#[test]
fn a_method_without_a_suite_is_read_if_its_encoding_says_the_curve() {
    let bare = json!({"publicKeyMultibase": X25519});
    assert_eq!(found(bare), Some(key(X25519)));
    let bare = json!({"publicKeyJwk": key(P384).to_jwk()});
    assert_eq!(found(bare), Some(key(P384)));
    for silent in [
        json!({"publicKeyBase58": base58(X25519)}),
        json!({"publicKeyHex": hexadecimal(X25519)}),
        json!({"publicKeyMultibase": format!("z{}", base58(X25519))}),
    ] {
        assert_eq!(found(silent), None);
    }
}

#[test]
fn a_suite_and_a_key_that_contradict_each_other_are_no_key() {
    for method in [
        json!({"type": "X25519KeyAgreementKey2020", "publicKeyMultibase": ED25519}),
        json!({"type": "Ed25519VerificationKey2020", "publicKeyMultibase": X25519}),
        json!({"type": "X25519KeyAgreementKey2020", "publicKeyJwk": key(ED25519).to_jwk()}),
        json!({"type": "P256Key2021", "publicKeyBase58": base58(SECP256K1)}),
    ] {
        assert_eq!(found(method.clone()), None, "{method}");
    }
}

#[test]
fn what_is_no_key_is_left_out_and_the_others_stay() {
    let x25519 = "X25519KeyAgreementKey2019";
    for method in [
        json!({"type": "RsaVerificationKey2018", "publicKeyPem": "-----BEGIN PUBLIC KEY-----"}),
        json!({"type": "JsonWebKey2020", "publicKeyJwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}),
        json!({"type": "JsonWebKey2020", "publicKeyJwk": "z"}),
        json!({"type": "Multikey", "publicKeyMultibase": ""}),
        json!({"type": "Multikey", "publicKeyMultibase": "u"}),
        json!({"type": "Multikey", "publicKeyMultibase": "m7QEu"}),
        json!({"type": "Multikey", "publicKeyMultibase": "z".to_owned() + &"1".repeat(5000)}),
        json!({"type": x25519, "publicKeyBase58": "0OIl"}),
        json!({"type": x25519, "publicKeyBase58": "1".repeat(5000)}),
        json!({"type": x25519, "publicKeyHex": "00".repeat(31)}),
        json!({"type": x25519, "publicKeyHex": "0".repeat(63)}),
        json!({"type": x25519, "publicKeyHex": "+f".repeat(32)}),
        json!({"type": x25519, "publicKeyHex": "é".repeat(32)}),
        json!({"type": x25519}),
    ] {
        let mut bad = method.clone();
        bad["id"] = "#bad".into();
        let good = json!({"id": "#good", "type": "Multikey", "publicKeyMultibase": X25519});
        let document = read(&json!({"keyAgreement": [bad, good]}));
        assert_eq!(document.agreement_keys().count(), 1, "{method}");
        assert_eq!(found(method.clone()), None, "{method}");
    }
}

#[test]
fn no_document_has_more_keys_and_names_than_a_person_has() {
    let many: Vec<Value> = (0..500)
        .map(|n| json!({"id": format!("#k{n}"), "type": "Multikey", "publicKeyMultibase": X25519}))
        .collect();
    let names: Vec<String> = (0..500).map(|n| format!("did:example:{n}")).collect();
    let document = read(&json!({"verificationMethod": many, "keyAgreement": many,
        "alsoKnownAs": names}));

    assert_eq!(document.methods.len(), 64);
    assert_eq!(document.agreement_keys().count(), 64);
    assert_eq!(document.also_known_as.len(), 32);
}
