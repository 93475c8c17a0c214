//! What the witness does not do, so that a release of it that does is noticed.

use affinidi_messaging_didcomm::message::forward::{unwrap_forward, wrap_in_forward};
use signet_didcomm::{Did, Endpoint, Forged, Malformed, PackError, UnpackError};

use super::*;

/// Why Bob cannot open it with the witness.
fn answer(two: &Two, envelope: &[u8]) -> String {
    let envelope = str::from_utf8(envelope).unwrap();
    let opened = two.known_bob.open(&two.known_alice, envelope).map(|_| ());
    opened.unwrap_err().to_string()
}

#[test]
fn it_has_one_content_cipher() {
    let mut two = Two::on(Curve::X25519);
    for cipher in [ContentCipher::A256Gcm, ContentCipher::Xc20P] {
        let envelope = anoncrypt(&two.ours(), &two.bob.document, cipher, &mut two.rng);

        let refused = answer(&two, &envelope.unwrap());
        assert_eq!(refused, "invalid message: IV must be 16 bytes");
    }
}

#[test]
fn it_opens_one_encrypted_layer_at_a_time() {
    let mut two = Two::on(Curve::X25519);
    let bob = two.bob.document.clone();
    let envelope = authcrypt_hidden(&two.ours(), &two.alice.keys, &bob, &mut two.rng);

    let refused = answer(&two, &envelope.unwrap());
    assert!(refused.contains("missing field `id`"), "{refused}");
}

#[test]
fn it_knows_no_did_peer_4_and_no_did_key_on_p_521() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let peer4 = Person::peer4(&mut rng);
    let p521 = Person::key(Curve::P521, &mut rng);

    let numalgo = "Invalid method-specific ID: invalid peer numalgo: '4'";
    for (did, expected) in [
        (&peer4.did, numalgo),
        (&peer4.did.short(), numalgo),
        (&p521.did, "Resolution error: Unsupported key codec: 0x1202"),
    ] {
        let refused = witness::resolve(did).unwrap_err().to_string();
        assert_eq!(refused, expected);
    }
}

/// It takes the members for unabbreviated ones, of which it demands `uri` alone.
#[test]
fn it_loses_what_is_abbreviated_within_the_endpoint_of_a_did_peer_2() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let endpoint = Endpoint {
        routing_keys: vec!["did:example:mediator#k".into()],
        ..Endpoint::v2("https://example.com/didcomm")
    };
    let bob = Person::reached(endpoint, &mut rng);

    let service = &witness::resolve(&bob.did).unwrap().service[0];
    let endpoint = serde_json::to_value(&service.service_endpoint).unwrap();
    assert_eq!(endpoint, json!({"uri": "https://example.com/didcomm"}));
}

#[test]
fn its_own_reading_of_a_forward_finds_nothing_in_one_that_arrived() {
    let forward = wrap_in_forward("did:example:bob", "{}").unwrap();
    assert!(unwrap_forward(&forward).is_ok());

    let arrived = serde_json::from_slice(&forward.to_json().unwrap()).unwrap();
    let refused = unwrap_forward(&arrived).unwrap_err().to_string();
    assert_eq!(refused, "invalid message: missing attachments in forward");
}

#[test]
fn it_reads_no_message_without_a_body_and_no_flattened_signature() {
    let two = Two::on(Curve::X25519);
    let bare = json!({"id": "1", "type": "https://didcomm.org/empty/1.0/empty"});
    let mut signed: serde_json::Value = serde_json::from_str(&two.they_sign()).unwrap();
    let mut flattened = signed["signatures"][0].take();
    flattened["payload"] = signed["payload"].take();
    two.we_open(&flattened.to_string());

    let refused = answer(&two, bare.to_string().as_bytes());
    assert!(refused.contains("missing field `body`"), "{refused}");
    let refused = answer(&two, flattened.to_string().as_bytes());
    assert!(
        refused.contains("cannot detect message format"),
        "{refused}"
    );
}

/// DIDComm does not agree on that curve, so neither do we.
#[test]
fn what_it_seals_on_secp256k1_is_nothing_to_us() {
    let mut two = Two::on(Curve::Secp256k1);
    let theirs = two.theirs().to_json().unwrap();
    let bob = two.bob.document.clone();

    let packed = authcrypt(&two.ours(), &two.alice.keys, &bob, &mut two.rng);
    assert_eq!(packed, Err(PackError::NoKey));
    for envelope in [two.they_authcrypt(&theirs), two.they_anoncrypt(&theirs)] {
        two.they_open(&envelope);
        let refused = two.bob.open(&two.alice, &envelope).unwrap_err();
        assert_eq!(refused, Malformed::Header("epk").into());
    }
}

#[test]
fn it_leaves_to_its_caller_who_a_message_says_it_is_from_and_for() {
    let mut two = Two::on(Curve::X25519);
    let carol = Person::new(&mut two.rng).did;
    let change: [fn(&mut Message, Did); 2] = [
        |message, carol| message.from = Some(carol),
        |message, carol| message.to = vec![carol],
    ];
    for (change, expected) in change.into_iter().zip([Forged::From, Forged::To]) {
        let mut message = two.ours();
        change(&mut message, carol.clone());
        let envelope = two.they_authcrypt(&message.to_vec());

        assert!(two.known_bob.open(&two.known_alice, &envelope).is_ok());
        let refused = two.bob.open(&two.alice, &envelope).unwrap_err();
        assert_eq!(refused, UnpackError::Forged(expected));
    }
}
