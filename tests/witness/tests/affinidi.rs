//! Ours packs and the published `affinidi-messaging-didcomm` 0.15.11 opens; it packs and ours
//! opens.
//!
//! `affinidi-did-common` 0.4.5 is its other half: that resolves did:key and did:peer:2 offline,
//! so the witness reads our DIDs itself, and finds the keys in the document. It agrees on X25519,
//! P-256, P-384 and P-521, signs with EdDSA, ES256 and ES256K, and forwards.
//!
//! What it does not do, each with its answer in `affinidi/limits.rs`:
//! - encrypt content with A256GCM or XC20P ("IV must be 16 bytes");
//! - open anoncrypt(authcrypt) in one call ("missing field `id`"): here it takes a call per layer;
//! - `from_prior`: it keeps the header among the unknown ones, so opening is not hurt. What it
//!   verifies here is the signature (`affinidi/signatures.rs`);
//! - resolve did:peer:4 ("invalid peer numalgo"), nor a did:key on P-521 ("Unsupported key codec"):
//!   it is handed the document of the first;
//! - see `accept` and `routingKeys` in a did:peer:2, in which they stand abbreviated;
//! - find the envelope in a forward that arrived ("missing attachments in forward"), even one of
//!   its own: here it is taken out of the attachments that it read;
//! - read a message without `body`, or a flattened JWS ("cannot detect message format");
//! - compare `from` and `to` with the keys, which is left to its caller.
//!
//! It also agrees on secp256k1, for which DIDComm has no place.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "affinidi/dids.rs"]
mod dids;
#[path = "affinidi/limits.rs"]
mod limits;
mod person;
#[path = "affinidi/routing.rs"]
mod routing;
#[path = "affinidi/signatures.rs"]
mod signatures;
#[path = "affinidi/witness.rs"]
mod witness;

use affinidi_messaging_didcomm::UnpackResult;
use affinidi_messaging_didcomm::jwe::{decrypt, encrypt};
use affinidi_messaging_didcomm::message::pack;
use person::{CONTENT, NOW, Person};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;
use signet_didcomm::{
    ContentCipher, Curve, Message, SecretKeys, Unpacked, anoncrypt, authcrypt, authcrypt_hidden,
    sign, sign_and_anoncrypt,
};
use witness::Known;

/// The one content cipher that the witness has.
const CIPHER: ContentCipher = ContentCipher::A256CbcHs512;

const AGREEING: [Curve; 4] = [Curve::X25519, Curve::P256, Curve::P384, Curve::P521];

/// Alice, who writes, and Bob, who reads: as we know them and as the witness does.
struct Two {
    alice: Person,
    bob: Person,
    known_alice: Known,
    known_bob: Known,
    rng: ChaCha20Rng,
}

/// What the witness says about an envelope besides the message.
#[derive(PartialEq, Debug, Default)]
struct Proof {
    is_encrypted: bool,
    sender: Option<String>,
    signer: Option<String>,
}

impl Two {
    /// Both of one kind, resolved by the witness.
    fn of(person: impl Fn(&mut ChaCha20Rng) -> Person) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (alice, bob) = (person(&mut rng), person(&mut rng));
        Self::known(alice, bob, Known::resolved, rng)
    }

    fn known(alice: Person, bob: Person, as_: impl Fn(&Person) -> Known, rng: ChaCha20Rng) -> Self {
        Self {
            known_alice: as_(&alice),
            known_bob: as_(&bob),
            alice,
            bob,
            rng,
        }
    }

    fn on(curve: Curve) -> Self {
        Self::of(|rng| Person::on(Curve::Ed25519, curve, rng))
    }

    fn ours(&self) -> Message {
        self.alice.letter(&self.bob)
    }

    fn theirs(&self) -> affinidi_messaging_didcomm::Message {
        serde_json::from_slice(&self.ours().to_vec()).unwrap()
    }

    /// Bob opens with our crate, and what he finds is what Alice wrote.
    fn we_open(&self, envelope: &str) -> Unpacked {
        let unpacked = self.bob.open(&self.alice, envelope).unwrap();
        assert_eq!(unpacked.message, self.ours());
        unpacked
    }

    /// Bob opens with the witness, and what he finds is what Alice wrote.
    fn they_open(&self, envelope: impl AsRef<[u8]>) -> Proof {
        let envelope = str::from_utf8(envelope.as_ref()).unwrap();
        let opened = self.known_bob.open(&self.known_alice, envelope).unwrap();
        let (message, proof) = read(opened);
        assert_eq!(message, self.theirs());
        assert_eq!(message.body, json!({"content": CONTENT}));
        assert_eq!(message.created_time, Some(NOW));
        proof
    }

    /// What Alice packs with the witness so that Bob knows it came from her.
    fn they_authcrypt(&self, content: &[u8]) -> String {
        let (skid, secret) = &self.known_alice.agreeing[0];
        let keys = self.known_bob.recipients();
        let keys: Vec<_> = keys.iter().map(|(kid, key)| (*kid, key)).collect();
        encrypt::authcrypt(content, skid, secret, &keys).unwrap()
    }

    fn they_anoncrypt(&self, content: &[u8]) -> String {
        let keys = self.known_bob.recipients();
        let keys: Vec<_> = keys.iter().map(|(kid, key)| (*kid, key)).collect();
        encrypt::anoncrypt(content, &keys).unwrap()
    }

    fn they_sign(&self) -> String {
        pack::pack_signed_multi(&self.theirs(), &self.known_alice.signers()).unwrap()
    }

    fn sender(&self) -> Option<String> {
        Some(self.known_alice.agreeing[0].0.clone())
    }

    fn signer(&self) -> Option<String> {
        Some(self.known_alice.signing[0].0.clone())
    }
}

/// The witness's result as its message and what it proves.
fn read(opened: UnpackResult) -> (affinidi_messaging_didcomm::Message, Proof) {
    match opened {
        UnpackResult::Encrypted {
            message,
            authenticated,
            sender_kid,
            non_repudiation,
            signer_kid,
            ..
        } => {
            assert_eq!(authenticated, sender_kid.is_some());
            assert_eq!(non_repudiation, signer_kid.is_some());
            let proof = Proof {
                is_encrypted: true,
                sender: sender_kid,
                signer: signer_kid,
            };
            (message, proof)
        }
        UnpackResult::Signed {
            message,
            signer_kid,
        } => {
            let proof = Proof {
                signer: signer_kid,
                ..Proof::default()
            };
            (message, proof)
        }
        UnpackResult::Plaintext(message) => (message, Proof::default()),
        _ => panic!("a result that 0.15.11 does not have"),
    }
}

#[test]
fn the_witness_opens_ours_on_every_curve_in_every_mode_it_has() {
    for curve in AGREEING {
        let mut two = Two::on(curve);
        let (message, bob) = (two.ours(), two.bob.document.clone());
        let (alice, rng) = (&two.alice.keys, &mut two.rng);
        let sealed = authcrypt(&message, alice, &bob, rng).unwrap();
        let anonymous = anoncrypt(&message, &bob, CIPHER, rng).unwrap();
        let signed = sign_and_anoncrypt(&message, alice, &bob, CIPHER, rng).unwrap();
        let encrypted = |sender, signer| Proof {
            is_encrypted: true,
            sender,
            signer,
        };

        assert_eq!(two.they_open(sealed), encrypted(two.sender(), None));
        assert_eq!(two.they_open(anonymous), encrypted(None, None));
        assert_eq!(two.they_open(signed), encrypted(None, two.signer()));
    }
}

#[test]
fn we_open_the_witness_s_on_every_curve_in_every_mode_it_has() {
    for curve in AGREEING {
        let two = Two::on(curve);
        let message = two.theirs().to_json().unwrap();
        let signed = two.they_sign();
        let alice = Some(&two.alice.did);

        let sealed = two.we_open(&two.they_authcrypt(&message));
        assert_eq!(sealed.authenticated_by(), alice);
        assert_eq!(sealed.proof.algorithms, ["ECDH-1PU+A256KW", CIPHER.name()]);
        let anonymous = two.we_open(&two.they_anoncrypt(&message));
        assert_eq!(anonymous.authenticated_by(), None);
        assert_eq!(
            anonymous.proof.algorithms,
            ["ECDH-ES+A256KW", CIPHER.name()]
        );
        let signed_within = two.we_open(&two.they_anoncrypt(signed.as_bytes()));
        assert_eq!(signed_within.authenticated_by(), alice);
        assert_eq!(signed_within.proof.jws.as_deref(), Some(signed.as_bytes()));
        // We read this combination and do not write it.
        let both = two.we_open(&two.they_authcrypt(signed.as_bytes()));
        assert!(both.proof.sender.is_some() && both.proof.signer.is_some());
    }
}

/// The witness has no call for it; each of its layers is one.
#[test]
fn what_protects_the_sender_opens_in_two_steps_and_is_packed_in_two() {
    for curve in AGREEING {
        let mut two = Two::on(curve);
        let (message, bob) = (two.ours(), two.bob.document.clone());
        let ours = authcrypt_hidden(&message, &two.alice.keys, &bob, &mut two.rng).unwrap();
        let ours = String::from_utf8(ours).unwrap();
        let (kid, secret) = &two.known_bob.agreeing[0];

        let outer = decrypt::decrypt_bound(&ours, kid, secret, None).unwrap();
        assert_eq!(two.they_open(outer.plaintext).sender, two.sender());

        let inner = two.they_authcrypt(&two.theirs().to_json().unwrap());
        let unpacked = two.we_open(&two.they_anoncrypt(inner.as_bytes()));
        assert_eq!(unpacked.authenticated_by(), Some(&two.alice.did));
        assert!(unpacked.proof.anonymous_layer);
    }
}

#[test]
fn what_is_for_ten_keys_of_a_did_opens_with_each_of_them() {
    for curve in AGREEING {
        let mut two = Two::of(|rng| Person::with(&person::ten_keys(curve), rng));
        let (message, bob) = (two.ours(), two.bob.document.clone());
        let ours = authcrypt(&message, &two.alice.keys, &bob, &mut two.rng).unwrap();
        let theirs = two.they_authcrypt(&two.theirs().to_json().unwrap());
        let all: Vec<_> = two.bob.keys.iter().skip(1).cloned().collect();
        assert_eq!(all.len(), 10);

        for key in all {
            two.bob.keys = SecretKeys::new(two.bob.did.clone(), vec![key]);
            two.known_bob = Known::resolved(&two.bob);
            assert_eq!(two.they_open(&ours).sender, two.sender());
            two.we_open(&theirs);
        }
    }
}
