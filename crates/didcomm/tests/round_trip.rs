//! What is packed opens again, in every mode, and no changed byte goes unnoticed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "round_trip/curves.rs"]
mod curves;
#[path = "round_trip/several.rs"]
mod several;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use signet_didcomm::{
    Attachment, ContentCipher, Did, DidUrl, Document, Endpoint, Message, Opening, PackError,
    SecretKeys, UnpackError, Unpacked, anoncrypt, authcrypt, authcrypt_hidden, document,
    from_prior, peer2, peer4, routing, sign, sign_and_anoncrypt, unpack,
};

const NOW: u64 = 1_700_000_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Plaintext,
    Authcrypt,
    Anoncrypt(ContentCipher),
    Hidden,
    Signed,
    SignedAndAnoncrypt(ContentCipher),
}

const CIPHERS: [ContentCipher; 3] = [
    ContentCipher::A256CbcHs512,
    ContentCipher::A256Gcm,
    ContentCipher::Xc20P,
];

fn modes() -> Vec<Mode> {
    let mut modes = vec![Mode::Plaintext, Mode::Authcrypt, Mode::Hidden, Mode::Signed];
    modes.extend(CIPHERS.map(Mode::Anoncrypt));
    modes.extend(CIPHERS.map(Mode::SignedAndAnoncrypt));
    modes
}

struct Two {
    alice: SecretKeys,
    bob: SecretKeys,
    bobs: Document,
    rng: ChaCha20Rng,
}

impl Two {
    /// Alice has a did:peer:2, Bob a did:peer:4.
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let endpoint = Endpoint::v2("https://example.com/didcomm");
        let (bobs, bob) = peer4::create(&[endpoint], &mut rng);
        Self {
            alice: peer2::create(&[], &mut rng).1,
            bobs: document::resolve(&bobs).unwrap(),
            bob,
            rng,
        }
    }

    fn message(&self, id: &str) -> Message {
        let mut message = Message::new(id, "https://didcomm.org/basicmessage/2.0/message");
        message.from = Some(self.alice.did().clone());
        message.to = vec![self.bob.did().clone()];
        message
    }

    fn pack(&mut self, message: &Message, mode: Mode) -> Result<Vec<u8>, PackError> {
        let to = self.bobs.clone();
        match mode {
            Mode::Plaintext => Ok(message.to_vec()),
            Mode::Authcrypt => authcrypt(message, &self.alice, &to, &mut self.rng),
            Mode::Anoncrypt(cipher) => anoncrypt(message, &to, cipher, &mut self.rng),
            Mode::Hidden => authcrypt_hidden(message, &self.alice, &to, &mut self.rng),
            Mode::Signed => sign(message, &self.alice),
            Mode::SignedAndAnoncrypt(cipher) => {
                sign_and_anoncrypt(message, &self.alice, &to, cipher, &mut self.rng)
            }
        }
    }

    fn open(&self, envelope: &[u8]) -> Result<Unpacked, UnpackError> {
        // Bob knows his own short form, as anybody does who has met the long one.
        let document = |did: &Did| match did.is_same_as(&self.bobs.id) {
            true => Ok(self.bobs.clone()),
            false => document::resolve(did),
        };
        let secret = |kid: &DidUrl| self.bob.get(kid);
        let opening = Opening {
            secret: &secret,
            document: &document,
        };
        unpack(envelope, &opening, NOW)
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Headers and body, any of them or none.
fn contents() -> impl Strategy<Value = Message> {
    let headers = (
        "[a-z0-9.~_-]{1,40}",
        prop::option::of("[a-z0-9-]{1,36}"),
        prop::option::of(0..NOW * 2),
        prop::option::of(NOW..NOW * 2),
        prop::collection::vec("[a-z0-9-]{0,36}", 0..3),
        prop::option::of(any::<u64>()),
    );
    let content = (
        prop::collection::btree_map("\\PC{1,12}", json_value(), 0..5),
        prop::collection::btree_map("[x-z]{4,8}", json_value(), 0..3),
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..3),
    );
    (headers, content).prop_map(|(headers, (body, extra, files))| {
        let (id, thid, created, expires, acks, order) = headers;
        let mut message = Message::new(id, "https://example.com/any/1.0/thing");
        message.thid = thid;
        message.created_time = created;
        message.expires_time = expires;
        message.please_ack.clone_from(&acks);
        message.ack = acks;
        message.sender_order = order;
        message.body = body.into_iter().collect();
        message.extra = extra;
        let files = files.iter().enumerate();
        message.attachments = files
            .map(|(n, bytes)| Attachment::from_bytes(n.to_string(), bytes))
            .collect();
        message
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_packed_opens_to_the_same_message_in_every_mode(
        contents in contents(), seed: u64, short: bool,
    ) {
        let mut two = Two::new(seed);
        for mode in modes() {
            let addressed = two.message("");
            let to = if short { two.bob.did().short() } else { two.bob.did().clone() };
            let message = Message { from: addressed.from, to: vec![to], ..contents.clone() };

            let envelope = two.pack(&message, mode).unwrap();
            let unpacked = two.open(&envelope).unwrap();

            prop_assert_eq!(&unpacked.message, &message);
            let proves = !matches!(mode, Mode::Plaintext | Mode::Anoncrypt(_));
            prop_assert_eq!(unpacked.authenticated_by().is_some(), proves, "{:?}", mode);
            let hides = !matches!(mode, Mode::Plaintext | Mode::Authcrypt | Mode::Signed);
            prop_assert_eq!(unpacked.proof.anonymous_layer, hides, "{:?}", mode);
        }
    }

    #[test]
    fn no_flipped_bit_goes_unnoticed(seed: u64, places in prop::collection::vec(any::<prop::sample::Index>(), 24), bit in 0..7_u8) {
        let mut two = Two::new(seed);
        for mode in modes() {
            let mut message = two.message("1");
            message.body.insert("content".into(), "hello".into());
            let good = two.pack(&message, mode).unwrap();
            for place in &places {
                let mut envelope = good.clone();
                envelope[place.index(good.len())] ^= 1 << bit;
                let result = two.open(&envelope);
                match mode {
                    // Nothing protects a plaintext; it may only not panic.
                    Mode::Plaintext => {}
                    // A member that nobody knows is ignored by rule, so the name of the
                    // unprotected header may change; what was signed may not.
                    Mode::Signed => if let Ok(unpacked) = result {
                        prop_assert_eq!(unpacked.message, message.clone());
                    },
                    Mode::Authcrypt | Mode::Hidden | Mode::Anoncrypt(_)
                    | Mode::SignedAndAnoncrypt(_) => prop_assert!(result.is_err(), "{:?}", mode),
                }
            }
        }
    }

    #[test]
    fn random_bytes_and_random_json_are_refused_without_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..400), json in json_value(),
    ) {
        let two = Two::new(1);
        prop_assert!(two.open(&bytes).is_err());
        let envelope = json!({"protected": json, "recipients": json, "iv": json, "ciphertext": json,
            "tag": json, "payload": json, "signatures": json});
        prop_assert!(two.open(envelope.to_string().as_bytes()).is_err());
        let _ = two.open(json!({"id": "1", "type": "t", "body": json, "to": json}).to_string().as_bytes());
        let _ = two.open(json.to_string().as_bytes());
    }
}

#[test]
fn a_seed_replays_exactly_and_two_packings_share_nothing() {
    let pack = |seed| {
        let mut two = Two::new(seed);
        let message = two.message("1");
        let first = two.pack(&message, Mode::Authcrypt).unwrap();
        (first, two.pack(&message, Mode::Authcrypt).unwrap())
    };

    assert_eq!(pack(7), pack(7));
    let (first, second) = pack(7);
    let parts = |envelope: &[u8]| -> Value { serde_json::from_slice(envelope).unwrap() };
    let (first, second) = (parts(&first), parts(&second));
    for name in ["protected", "iv", "ciphertext", "tag"] {
        assert_ne!(first[name], second[name], "{name}");
    }
}

#[test]
fn a_message_of_700_kib_travels_and_one_of_a_mebibyte_does_not() {
    let mut two = Two::new(1);
    for mode in modes() {
        let mut message = two.message("1");
        let text = |kib: usize| Value::from("x".repeat(kib * 1024));
        // Protecting the sender, or signing, encodes twice.
        let is_doubled = matches!(mode, Mode::Hidden | Mode::SignedAndAnoncrypt(_));
        message
            .body
            .insert("text".into(), text(if is_doubled { 500 } else { 700 }));
        let envelope = two.pack(&message, mode).unwrap();
        assert_eq!(two.open(&envelope).unwrap().message, message, "{mode:?}");

        message.body.insert("text".into(), text(1024));
        let too_large = match two.pack(&message, mode) {
            Err(error) => error == PackError::TooLarge,
            Ok(envelope) => two.open(&envelope) == Err(UnpackError::TooLarge),
        };
        assert!(too_large, "{mode:?}");
    }
}

#[test]
fn a_rotation_proof_travels_and_is_verified() {
    let mut two = Two::new(1);
    let (prior, prior_keys) = peer4::create(&[], &mut two.rng);
    let alice = two.alice.did().clone();
    let mut message = two.message("1");
    message.from_prior = Some(from_prior::sign(&prior_keys, &prior, Some(&alice), 5).unwrap());

    for mode in [
        Mode::Authcrypt,
        Mode::Hidden,
        Mode::Anoncrypt(ContentCipher::A256Gcm),
    ] {
        let envelope = two.pack(&message, mode).unwrap();
        let found = two.open(&envelope).unwrap().from_prior.unwrap();
        assert_eq!((&found.iss, found.sub.as_ref()), (&prior, Some(&alice)));
        assert_eq!(found.iat, 5);
    }
}

#[test]
fn an_onion_is_opened_by_each_hop_in_turn_and_by_nobody_else() {
    let mut two = Two::new(1);
    let (outer, outer_keys) = peer2::create(&[], &mut two.rng);
    let (inner, inner_keys) = peer2::create(&[], &mut two.rng);
    let hop = |did: &Did, name: String| routing::Hop {
        name,
        document: document::resolve(did).unwrap(),
    };
    let hops = [
        hop(&outer, outer.to_string()),
        hop(&inner, format!("{inner}#key-2")),
    ];
    let sealed = two.pack(&two.message("1"), Mode::Authcrypt).unwrap();
    let next = two.bob.did().as_str().to_owned();

    let onion = routing::wrap(sealed.clone(), &next, &hops, Some(NOW), &mut two.rng).unwrap();

    let peel = |envelope: &[u8], keys: &SecretKeys| {
        let secret = |kid: &DidUrl| keys.get(kid);
        let opening = Opening {
            secret: &secret,
            document: &document::resolve,
        };
        unpack(envelope, &opening, NOW).map(|unpacked| routing::read(&unpacked.message).unwrap())
    };
    assert_eq!(peel(&onion, &inner_keys), Err(UnpackError::NotForMe));
    let first = peel(&onion, &outer_keys).unwrap();
    assert_eq!(first.next, format!("{inner}#key-2"));
    assert_eq!(first.expires_time, Some(NOW));
    let second = peel(&first.envelopes[0], &inner_keys).unwrap();
    assert_eq!(second.next, next);
    let json = |bytes: &[u8]| -> Value { serde_json::from_slice(bytes).unwrap() };
    assert_eq!(json(&second.envelopes[0]), json(&sealed));
    assert!(two.open(&second.envelopes[0]).is_ok());
}
