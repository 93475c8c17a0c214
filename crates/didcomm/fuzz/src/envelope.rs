//! Envelopes: nothing opens that was not sealed, and what was sealed opens by the rules alone.

use serde_json::json;
use signet_didcomm::{Message, Unpacked, routing};

use super::people::{NOW, People};
use signet_forger::{Forgery, signed};

/// What every message of the seeds has in its header `lang`. The fuzzer can neither seal nor
/// sign, so what opens and lacks it was forged.
pub const MARK: &str = "seed";

/// Reads an envelope for the four Bobs.
pub fn envelope(bytes: &[u8]) -> bool {
    let people = People::get();
    let opened = people.open(&people.bobs, bytes);
    let Ok(unpacked) = &opened else {
        return false;
    };
    sound(unpacked);
    let is_proved = unpacked.is_encrypted() || unpacked.authenticated_by().is_some();
    if is_proved {
        assert_eq!(unpacked.message.lang.as_deref(), Some(MARK), "a forgery");
    } else {
        assert_eq!(unpacked.plaintext, bytes);
        assert_eq!(unpacked.from_prior, None);
    }
    assert!(people.open(&people.bobs, bytes) == opened);
    assert!(people.open(&people.alices, bytes).is_err() || !unpacked.is_encrypted());
    true
}

/// Reads what Alice sealed for Bob: any bytes, in layers that the first byte chooses.
pub fn sealed(bytes: &[u8]) -> bool {
    let Some((choice, content)) = bytes.split_first() else {
        return false;
    };
    let people = People::get();
    let layers = Layers::chosen(*choice);
    let opened = people.open(&people.bobs, &layers.seal(content));
    if let Ok(unpacked) = &opened {
        sound(unpacked);
        assert!(unpacked.is_encrypted() || layers == Layers::SIGNED);
        if unpacked.plaintext == content {
            let proof = &unpacked.proof;
            assert_eq!(proof.sender.is_some(), layers.authcrypt);
            assert_eq!(proof.signer.is_some(), layers.signed);
            assert_eq!(proof.anonymous_layer, layers.anoncrypt);
        }
    }
    if let Some(expected) = layers.expected(content) {
        assert_eq!(opened.is_ok(), expected, "{:?}", opened.err());
    }
    opened.is_ok()
}

/// What holds of everything that passes the gate.
fn sound(unpacked: &Unpacked) {
    let message = &unpacked.message;
    let proof = &unpacked.proof;
    let read = Message::from_slice(&unpacked.plaintext).expect("it was read before");
    let from_prior = message.from_prior.clone();
    assert!(*message == Message { from_prior, ..read });
    assert!(message.expires_time.is_none_or(|time| time >= NOW));
    for kid in proof.sender.iter().chain(&proof.signer) {
        let from = message.from.as_ref().expect("a proved sender is named");
        assert!(from.is_same_as(&kid.did()));
    }
    if let Some(kid) = &proof.recipient {
        let is_to = message.to.iter().any(|did| did.is_same_as(&kid.did()));
        assert!(is_to || (message.to.is_empty() && proof.signer.is_none()));
    }
    assert_eq!(message.from_prior.is_some(), unpacked.from_prior.is_some());
    if let Some(prior) = &unpacked.from_prior {
        assert!(unpacked.is_encrypted());
        let from = message.from.as_ref();
        assert_eq!(
            prior.sub.as_ref().map(signet_didcomm::Did::short),
            from.map(signet_didcomm::Did::short)
        );
    }
    assert!(proof.algorithms.len() <= 5);
}

/// Layers around a plaintext.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Layers {
    signed: bool,
    authcrypt: bool,
    anoncrypt: bool,
    forward: bool,
}

impl Layers {
    const SIGNED: Self = Self {
        signed: true,
        authcrypt: false,
        anoncrypt: false,
        forward: false,
    };

    fn chosen(choice: u8) -> Self {
        let layers = Self {
            signed: choice & 1 != 0,
            authcrypt: choice & 2 != 0,
            anoncrypt: choice & 4 != 0,
            forward: choice & 8 != 0,
        };
        match layers {
            Self {
                signed: false,
                authcrypt: false,
                ..
            } => Self {
                anoncrypt: true,
                ..layers
            },
            // A forward carries what is encrypted.
            Self::SIGNED_FORWARDED => Self::SIGNED,
            other => other,
        }
    }

    const SIGNED_FORWARDED: Self = Self {
        forward: true,
        ..Self::SIGNED
    };

    fn seal(self, content: &[u8]) -> Vec<u8> {
        let people = People::get();
        let (alice, bob) = (people.alice(), people.bob());
        let mut layer = content.to_vec();
        if self.signed {
            let header = json!({"typ": "application/didcomm-signed+json", "alg": "EdDSA"});
            let jws = signed(&layer, &alice.seed, &header, &alice.kid("sig"));
            layer = jws.to_string().into_bytes();
        }
        if self.authcrypt {
            let jwe = Forgery::authcrypt(alice, bob).seal(&layer);
            layer = jwe.to_string().into_bytes();
        }
        if self.anoncrypt {
            let jwe = Forgery::anoncrypt(bob).seal(&layer);
            layer = jwe.to_string().into_bytes();
        }
        if self.forward {
            let envelope: serde_json::Value = serde_json::from_slice(&layer).expect("an envelope");
            let forward = json!({"id": "f", "type": routing::FORWARD, "to": [bob.did],
                "body": {"next": bob.did}, "attachments": [{"data": {"json": envelope}}]});
            let jwe = Forgery::anoncrypt(bob).seal(forward.to_string());
            layer = jwe.to_string().into_bytes();
        }
        layer
    }

    /// Whether the rules let `content` in; `None` where that would be to write the gate again:
    /// another envelope within, a rotation, a forward.
    fn expected(self, content: &[u8]) -> Option<bool> {
        // Names are looked at in their order to tell a message from an envelope.
        if !content.starts_with(b"{\"id\":") {
            return None;
        }
        let Ok(message) = Message::from_slice(content) else {
            return Some(false);
        };
        if message.from_prior.is_some() || message.is(routing::FORWARD) {
            return None;
        }
        let people = People::get();
        let is_from_alice = message.from.as_ref() == Some(&people.alice().did);
        let is_for_bob = message.to.contains(&people.bob().did);
        let from_holds = is_from_alice || !(self.signed || self.authcrypt);
        let to_holds = match self {
            Self::SIGNED => true,
            Self { signed: true, .. } => is_for_bob,
            Self { signed: false, .. } => is_for_bob || message.to.is_empty(),
        };
        let is_alive = message.expires_time.is_none_or(|time| time >= NOW);
        Some(from_holds && to_holds && is_alive)
    }
}
