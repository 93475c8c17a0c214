//! Ours packs and the published `didcomm` 0.4.1 opens; it packs and ours opens.
//!
//! It resolves nothing, so it is handed every document. It checks neither to whom a message is
//! addressed, nor `iss`, nor any time. What it does not do is in `both_ways/limits.rs`: P-384 and
//! P-521 ("Unsupported key type or curve"), a `from_prior` without `sub`, a message without
//! `body`, a forward whose envelope stands in base64.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "both_ways/curves.rs"]
mod curves;
#[path = "both_ways/dids.rs"]
mod dids;
#[path = "both_ways/limits.rs"]
mod limits;
mod person;
#[path = "both_ways/witness.rs"]
mod witness;

use didcomm::algorithms::AnonCryptAlg;
use didcomm::did::resolvers::ExampleDIDResolver;
use didcomm::protocols::routing::{try_parse_forward, wrap_in_forward};
use didcomm::{FromPrior, PackEncryptedOptions, UnpackMetadata, UnpackOptions};
use person::{CONTENT, NOW, Person};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use signet_didcomm::{
    ContentCipher, Did, Message, SecretKeys, Unpacked, anoncrypt, authcrypt, authcrypt_hidden,
    from_prior, routing, sign, sign_and_anoncrypt,
};

const CIPHERS: [(ContentCipher, AnonCryptAlg); 3] = [
    (
        ContentCipher::A256CbcHs512,
        AnonCryptAlg::A256cbcHs512EcdhEsA256kw,
    ),
    (ContentCipher::A256Gcm, AnonCryptAlg::A256gcmEcdhEsA256kw),
    (ContentCipher::Xc20P, AnonCryptAlg::Xc20pEcdhEsA256kw),
];

struct Two {
    alice: Person,
    bob: Person,
    resolver: ExampleDIDResolver,
    rng: ChaCha20Rng,
}

impl Two {
    fn new() -> Self {
        Self::of(Person::new)
    }

    /// Both of one kind.
    fn of(person: impl Fn(&mut ChaCha20Rng) -> Person) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (alice, bob) = (person(&mut rng), person(&mut rng));
        Self {
            resolver: witness::resolver(&[&alice, &bob]),
            alice,
            bob,
            rng,
        }
    }

    /// Alice to Bob.
    fn ours(&self) -> Message {
        self.alice.letter(&self.bob)
    }

    fn theirs(&self) -> didcomm::Message {
        serde_json::from_slice(&self.ours().to_vec()).unwrap()
    }

    /// Bob, who has met Alice, opens with our crate.
    fn we_open(&self, envelope: &str) -> Unpacked {
        self.bob.open(&self.alice, envelope).unwrap()
    }

    /// Bob opens with the witness, and what he finds is what Alice wrote.
    async fn they_open(&self, envelope: Vec<u8>) -> UnpackMetadata {
        let envelope = String::from_utf8(envelope).unwrap();
        let (message, metadata) = didcomm::Message::unpack(
            &envelope,
            &self.resolver,
            &witness::secrets(&self.bob),
            &UnpackOptions::default(),
        )
        .await
        .unwrap();
        assert_eq!(message.body, json!({"content": CONTENT}));
        assert_eq!(message.from.as_deref(), Some(self.alice.did.as_str()));
        assert_eq!(message.thid.as_deref(), Some("thread"));
        assert_eq!(message.created_time, Some(NOW));
        let attachments = serde_json::to_value(&message.attachments).unwrap();
        assert_eq!(attachments, json!(self.ours().attachments));
        metadata
    }

    /// Alice packs with the witness.
    async fn they_pack(
        &self,
        message: &didcomm::Message,
        is_authcrypt: bool,
        is_signed: bool,
        options: &PackEncryptedOptions,
    ) -> String {
        let alice = self.alice.did.as_str();
        let (envelope, _) = message
            .pack_encrypted(
                self.bob.did.as_str(),
                is_authcrypt.then_some(alice),
                is_signed.then_some(alice),
                &self.resolver,
                &witness::secrets(&self.alice),
                options,
            )
            .await
            .unwrap();
        envelope
    }
}

fn options(cipher: &AnonCryptAlg, protect_sender: bool) -> PackEncryptedOptions {
    PackEncryptedOptions {
        forward: false,
        protect_sender,
        enc_alg_anon: cipher.clone(),
        ..PackEncryptedOptions::default()
    }
}

#[tokio::test]
async fn the_witness_opens_our_authcrypt() {
    let mut two = Two::new();
    let message = two.ours();
    let envelope = authcrypt(&message, &two.alice.keys, &two.bob.document, &mut two.rng);

    let metadata = two.they_open(envelope.unwrap()).await;

    assert!(metadata.authenticated && metadata.encrypted && !metadata.anonymous_sender);
    assert!(
        metadata
            .encrypted_from_kid
            .unwrap()
            .starts_with(two.alice.did.as_str())
    );
}

#[tokio::test]
async fn the_witness_opens_our_anoncrypt_in_three_ciphers() {
    let mut two = Two::new();
    let message = two.ours();
    for (cipher, theirs) in CIPHERS {
        let envelope = anoncrypt(&message, &two.bob.document, cipher, &mut two.rng);

        let metadata = two.they_open(envelope.unwrap()).await;

        assert!(!metadata.authenticated);
        assert_eq!(metadata.enc_alg_anon, Some(theirs));
    }
}

#[tokio::test]
async fn the_witness_opens_what_protects_our_sender() {
    let mut two = Two::new();
    let message = two.ours();
    let envelope = authcrypt_hidden(&message, &two.alice.keys, &two.bob.document, &mut two.rng);

    let metadata = two.they_open(envelope.unwrap()).await;

    assert!(metadata.authenticated && metadata.anonymous_sender);
}

#[tokio::test]
async fn the_witness_verifies_our_signature() {
    let two = Two::new();

    let metadata = two
        .they_open(sign(&two.ours(), &two.alice.keys).unwrap())
        .await;

    assert!(metadata.non_repudiation && !metadata.encrypted);
    assert!(
        metadata
            .sign_from
            .unwrap()
            .starts_with(two.alice.did.as_str())
    );
}

#[tokio::test]
async fn the_witness_opens_our_sign_and_anoncrypt_in_three_ciphers() {
    let mut two = Two::new();
    let message = two.ours();
    for (cipher, _) in CIPHERS {
        let (alice, bob) = (&two.alice.keys, &two.bob.document);
        let envelope = sign_and_anoncrypt(&message, alice, bob, cipher, &mut two.rng);

        let metadata = two.they_open(envelope.unwrap()).await;

        assert!(metadata.non_repudiation && metadata.encrypted);
    }
}

#[tokio::test]
async fn the_witness_verifies_our_from_prior() {
    let mut two = Two::new();
    let prior = Person::new(&mut two.rng);
    two.resolver = witness::resolver(&[&two.alice, &two.bob, &prior]);
    let mut message = two.ours();
    let jwt = from_prior::sign(&prior.keys, &prior.did, Some(&two.alice.did), 7).unwrap();
    message.from_prior = Some(jwt);
    let envelope = authcrypt(&message, &two.alice.keys, &two.bob.document, &mut two.rng);

    let metadata = two.they_open(envelope.unwrap()).await;

    let found = metadata.from_prior.unwrap();
    assert_eq!(
        (found.iss.as_str(), found.iat),
        (prior.did.as_str(), Some(7))
    );
    assert_eq!(found.sub, two.alice.did.as_str());
}

#[tokio::test]
async fn the_witness_as_a_mediator_reads_our_forward() {
    let mut two = Two::new();
    let mediator = Person::new(&mut two.rng);
    two.resolver = witness::resolver(&[&two.alice, &two.bob, &mediator]);
    let message = two.ours();
    let sealed = authcrypt(&message, &two.alice.keys, &two.bob.document, &mut two.rng).unwrap();
    let hop = routing::Hop {
        name: mediator.did.to_string(),
        document: mediator.document.clone(),
    };
    let next = two.bob.did.as_str();
    let onion = routing::wrap(sealed.clone(), next, &[hop], None, &mut two.rng).unwrap();

    let (forward, _) = didcomm::Message::unpack(
        std::str::from_utf8(&onion).unwrap(),
        &two.resolver,
        &witness::secrets(&mediator),
        &UnpackOptions::default(),
    )
    .await
    .unwrap();

    let forward = try_parse_forward(&forward).unwrap();
    assert_eq!(forward.next, next);
    let sealed: Value = serde_json::from_slice(&sealed).unwrap();
    assert_eq!(forward.forwarded_msg, sealed);
    two.they_open(forward.forwarded_msg.to_string().into_bytes())
        .await;
}

#[tokio::test]
async fn we_open_the_witness_s_authcrypt_plain_and_protected() {
    let two = Two::new();
    for (_, cipher) in CIPHERS {
        for protect in [false, true] {
            let options = options(&cipher, protect);
            let envelope = two.they_pack(&two.theirs(), true, false, &options).await;

            let unpacked = two.we_open(&envelope);

            assert_eq!(unpacked.message, two.ours());
            assert_eq!(unpacked.authenticated_by(), Some(&two.alice.did));
            assert_eq!(unpacked.proof.anonymous_layer, protect);
        }
    }
}

#[tokio::test]
async fn we_open_the_witness_s_anoncrypt_in_three_ciphers() {
    let two = Two::new();
    for (ours, theirs) in CIPHERS {
        let options = options(&theirs, false);
        let envelope = two.they_pack(&two.theirs(), false, false, &options).await;

        let unpacked = two.we_open(&envelope);

        assert_eq!(unpacked.message, two.ours());
        assert_eq!(unpacked.authenticated_by(), None);
        assert_eq!(unpacked.proof.algorithms, ["ECDH-ES+A256KW", ours.name()]);
    }
}

#[tokio::test]
async fn we_verify_the_witness_s_signature() {
    let two = Two::new();
    let (alice, secrets) = (two.alice.did.as_str(), witness::secrets(&two.alice));
    let message = two.theirs();
    let (envelope, _) = message
        .pack_signed(alice, &two.resolver, &secrets)
        .await
        .unwrap();

    let unpacked = two.we_open(&envelope);

    assert_eq!(unpacked.message, two.ours());
    assert_eq!(unpacked.authenticated_by(), Some(&two.alice.did));
    assert_eq!(unpacked.proof.jws, None, "nothing enclosed it");
}

#[tokio::test]
async fn we_open_the_witness_s_signed_anoncrypt_and_signed_authcrypt() {
    let two = Two::new();
    for (_, cipher) in CIPHERS {
        // It also writes what the specification forbids to write, and has a vector of.
        for (is_authcrypt, protect) in [(false, false), (true, false), (true, true)] {
            let options = options(&cipher, protect);
            let envelope = two
                .they_pack(&two.theirs(), is_authcrypt, true, &options)
                .await;

            let unpacked = two.we_open(&envelope);

            assert_eq!(unpacked.message, two.ours());
            assert_eq!(unpacked.authenticated_by(), Some(&two.alice.did));
            assert!(unpacked.proof.signer.is_some());
            assert_eq!(unpacked.proof.sender.is_some(), is_authcrypt);
        }
    }
}

#[tokio::test]
async fn we_verify_the_witness_s_from_prior() {
    let mut two = Two::new();
    let prior = Person::new(&mut two.rng);
    two.resolver = witness::resolver(&[&two.alice, &two.bob, &prior]);
    let claims = FromPrior::build(prior.did.to_string(), two.alice.did.to_string())
        .iat(7)
        .exp(NOW + 1)
        .finalize();
    let (jwt, _) = claims
        .pack(None, &two.resolver, &witness::secrets(&prior))
        .await
        .unwrap();
    let mut message = two.theirs();
    message.from_prior = Some(jwt);
    let options = options(&CIPHERS[0].1, false);
    let envelope = two.they_pack(&message, true, false, &options).await;

    let found = two.we_open(&envelope).from_prior.unwrap();

    assert_eq!((&found.iss, found.iat), (&prior.did, 7));
    assert_eq!((found.sub, found.exp), (Some(two.alice.did), Some(NOW + 1)));
}

#[tokio::test]
async fn we_as_a_mediator_read_the_witness_s_forward() {
    let mut two = Two::new();
    let mediator = Person::new(&mut two.rng);
    two.resolver = witness::resolver(&[&two.alice, &two.bob, &mediator]);
    let options = options(&CIPHERS[0].1, false);
    let sealed = two.they_pack(&two.theirs(), true, false, &options).await;
    let agreement = mediator.keys.agreement().unwrap().kid().to_string();
    for routing_key in [mediator.did.to_string(), agreement] {
        for (_, cipher) in &CIPHERS {
            let onion = wrap_in_forward(
                &sealed,
                None,
                two.bob.did.as_str(),
                &vec![routing_key.clone()],
                cipher,
                &two.resolver,
            )
            .await
            .unwrap();

            let forward =
                routing::read(&mediator.open(&two.alice, &onion).unwrap().message).unwrap();

            assert_eq!(Did::parse(&forward.next).unwrap(), two.bob.did);
            let passed_on = std::str::from_utf8(&forward.envelopes[0]).unwrap();
            assert_eq!(two.we_open(passed_on).message, two.ours());
        }
    }
}
