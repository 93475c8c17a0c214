//! What must not be accepted (checklist §1.18), one test a refusal, each with its own error.
//!
//! The envelopes are good ones changed in one place, or sealed by the forger, a second packer
//! that writes what ours will not; [`the_forger_s_envelopes_are_good_until_they_are_changed`]
//! shows that nothing else is wrong with them. `Err` is all that [`unpack`] yields then, so
//! nothing of the message was returned: [`refusal`] is where that is stated.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "refusals/addressing.rs"]
mod addressing;
#[path = "refusals/curves.rs"]
mod curves;
#[path = "refusals/envelope.rs"]
mod envelope;
#[path = "refusals/limits.rs"]
mod limits;
#[path = "refusals/plaintext.rs"]
mod plaintext;
#[path = "refusals/rotation.rs"]
mod rotation;
#[path = "refusals/sender.rs"]
mod sender;
#[path = "refusals/signature.rs"]
mod signature;

use std::cell::RefCell;

use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use signet_didcomm::{
    Attachment, Curve, Did, DidUrl, Document, Forged, FromPriorError, MAX_ENVELOPE, Malformed,
    Message, MessageError, Opening, PublicKey, ResolveError, UnpackError, Unpacked, document,
    peer4, sign, unpack,
};
use signet_forger::{
    Forgery, Person, b64, flattened, jwt, low_order, signed, unb64, with_flipped, with_protected,
};

const NOW: u64 = 1_700_000_000;
const SIGNED: &str = "application/didcomm-signed+json";

/// Bob opens; Alice, Carol and Mallory write.
struct Scene {
    alice: Person,
    bob: Person,
    carol: Person,
    mallory: Person,
    /// The DIDs whose documents were asked for.
    asked: RefCell<Vec<Did>>,
}

impl Scene {
    fn new() -> Self {
        Self {
            alice: Person::new("alice", 1),
            bob: Person::new("bob", 2),
            carol: Person::new("carol", 3),
            mallory: Person::new("mallory", 4),
            asked: RefCell::default(),
        }
    }

    fn document(&self, did: &Did) -> Result<Document, ResolveError> {
        self.asked.borrow_mut().push(did.clone());
        [&self.alice, &self.bob, &self.carol, &self.mallory]
            .into_iter()
            .find(|person| person.did == *did)
            .map_or_else(|| document::resolve(did), |p| Ok(p.document.clone()))
    }

    fn open_bytes(&self, envelope: &[u8]) -> Result<Unpacked, UnpackError> {
        let document = |did: &Did| self.document(did);
        let secret = |kid: &DidUrl| self.bob.keys.get(kid);
        let opening = Opening {
            secret: &secret,
            document: &document,
        };
        unpack(envelope, &opening, NOW)
    }

    fn open(&self, envelope: &Value) -> Result<Unpacked, UnpackError> {
        self.open_bytes(envelope.to_string().as_bytes())
    }

    /// The error; there is no message besides it.
    fn refusal(&self, envelope: &Value) -> UnpackError {
        match self.open(envelope) {
            Ok(unpacked) => panic!("accepted: {:?}", unpacked.message),
            Err(error) => error,
        }
    }

    fn authcrypt(&self) -> Forgery {
        Forgery::authcrypt(&self.alice, &self.bob)
    }

    fn anoncrypt(&self) -> Forgery {
        Forgery::anoncrypt(&self.bob)
    }

    /// A text from Alice to Bob, as JSON.
    fn text(&self) -> Value {
        json!({"id": "1", "type": "https://didcomm.org/basicmessage/2.0/message",
               "from": self.alice.did, "to": [self.bob.did], "body": {"content": "hello"}})
    }

    fn text_with(&self, name: &str, value: Value) -> Value {
        let mut text = self.text();
        text[name] = value;
        text
    }

    /// The refusal of a plaintext that was sealed well.
    fn refusal_of_text(&self, text: &Value) -> UnpackError {
        self.refusal(&self.authcrypt().seal(text.to_string()))
    }

    fn signed(&self, text: &Value) -> Value {
        let header = json!({"typ": SIGNED, "alg": "EdDSA"});
        signed(
            text.to_string(),
            &self.alice.seed,
            &header,
            &self.alice.kid("sig"),
        )
    }

    /// Alice's text with a rotation proof of `claims`, signed by `key` under `kid`.
    fn rotated(&self, claims: &Value, kid: &str, seed: &[u8; 32]) -> Value {
        let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": kid});
        self.text_with("from_prior", jwt(&header, claims, seed).into())
    }
}

fn message(error: MessageError) -> UnpackError {
    UnpackError::Malformed(Malformed::Message(error))
}

fn malformed(error: Malformed) -> UnpackError {
    UnpackError::Malformed(error)
}

fn forged(error: Forged) -> UnpackError {
    UnpackError::Forged(error)
}

#[test]
fn the_forger_s_envelopes_are_good_until_they_are_changed() {
    let scene = Scene::new();
    let text = scene.text().to_string();
    let mut gcm = scene.anoncrypt();
    gcm.enc = "A256GCM";
    let hidden = scene.authcrypt().seal(&text).to_string();
    let signed = scene.signed(&scene.text()).to_string();
    let claims = json!({"iss": scene.carol.did, "sub": scene.alice.did, "iat": 1});
    let rotated = scene.rotated(&claims, &scene.carol.kid("sig"), &scene.carol.seed);

    for envelope in [
        scene.authcrypt().seal(&text),
        scene.anoncrypt().seal(&text),
        gcm.seal(&text),
        scene.anoncrypt().seal(hidden),
        // The specification forbids to write this one and has a vector of it.
        scene
            .anoncrypt()
            .seal(scene.authcrypt().seal(&signed).to_string()),
        flattened(&scene.authcrypt().seal(&text)),
        scene.anoncrypt().seal(&signed),
        scene.authcrypt().seal(&signed),
        scene.authcrypt().seal(rotated.to_string()),
    ] {
        let unpacked = scene.open(&envelope).unwrap();
        assert_eq!(unpacked.message.text("content"), Some("hello"));
    }
}
