//! What the witness does not do, so that a release of it that does is noticed.

use signet_didcomm::{Attachment, Curve, empty};

use super::*;

fn read(message: &Message) -> Result<didcomm::Message, serde_json::Error> {
    serde_json::from_slice(&message.to_vec())
}

async fn answer(two: &Two, envelope: Vec<u8>) -> String {
    let envelope = String::from_utf8(envelope).unwrap();
    let secrets = witness::secrets(&two.bob);
    let options = UnpackOptions::default();
    let opened = didcomm::Message::unpack(&envelope, &two.resolver, &secrets, &options);
    opened.await.unwrap_err().to_string()
}

#[tokio::test]
async fn it_computes_neither_p_384_nor_p_521() {
    for curve in [Curve::P384, Curve::P521] {
        let mut two = Two::of(|rng| Person::on(Curve::Ed25519, curve, rng));
        let (alice, bob) = (&two.alice.keys, &two.bob.document);
        let envelope = authcrypt(&two.ours(), alice, bob, &mut two.rng).unwrap();

        let refused = answer(&two, envelope).await;
        let expected = "Unsupported crypto or method: Unsupported key type or curve";
        assert_eq!(refused, expected);
    }
}

#[tokio::test]
async fn it_does_not_read_the_end_of_a_relationship() {
    let mut two = Two::new();
    let prior = Person::new(&mut two.rng);
    two.resolver = witness::resolver(&[&two.alice, &two.bob, &prior]);
    let mut message = two.ours();
    message.from = None;
    let jwt = from_prior::sign(&prior.keys, &prior.did, None, 7).unwrap();
    message.from_prior = Some(jwt);
    let envelope = anoncrypt(&message, &two.bob.document, CIPHERS[0].0, &mut two.rng);

    let refused = answer(&two, envelope.unwrap()).await;
    let expected = "Malformed: Unable to parse from_prior: missing field `sub`";
    assert!(refused.starts_with(expected), "{refused}");
}

#[test]
fn it_reads_no_message_without_a_body() {
    let read = |text: &str| serde_json::from_str::<didcomm::Message>(text).map(|_| ());
    let typ = "application/didcomm-plain+json";
    let mut message = json!({"id": "1", "typ": typ, "type": empty::EMPTY, "body": {}});

    assert!(read(&message.to_string()).is_ok());
    message.as_object_mut().unwrap().remove("body");
    let refused = read(&message.to_string()).unwrap_err().to_string();
    assert!(refused.starts_with("missing field `body`"), "{refused}");
}

#[test]
fn it_reads_no_forward_of_base64() {
    let two = Two::new();
    let mut forward = Message::new("1", routing::FORWARD);
    forward
        .body
        .insert("next".into(), two.bob.did.as_str().into());

    for (attachment, is_read) in [
        (Attachment::from_json(json!({"ciphertext": "AAAA"})), true),
        (
            Attachment::from_bytes("2", b"{\"ciphertext\":\"AAAA\"}"),
            false,
        ),
    ] {
        forward.attachments = vec![attachment];
        assert!(routing::read(&forward).is_some());
        let theirs = read(&forward).unwrap();
        assert_eq!(try_parse_forward(&theirs).is_some(), is_read);
    }
}
