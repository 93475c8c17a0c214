//! An agent of another make: it writes its messages by hand, as the protocols' pages show them.

#![allow(dead_code, reason = "each suite uses its part")]

use rand::Rng;
use serde_json::{Value, json};
use signet_didcomm::{
    Attachment, ContentCipher, Curve, Did, DidUrl, Document, Message, Opening, SecretKey,
    SecretKeys, anoncrypt, authcrypt,
    document::{self, ResolveError},
    message::new_id,
    peer2, peer4,
    routing::{self, Hop},
    unpack,
};
use signet_mediator::desk::now;

pub const MEDIATION_2: &str = "https://didcomm.org/coordinate-mediation/2.0";
pub const MEDIATION_3: &str = "https://didcomm.org/coordinate-mediation/3.0";
pub const PICKUP_3: &str = "https://didcomm.org/messagepickup/3.0";
pub const PICKUP_4: &str = "https://didcomm.org/message-pickup/4.0";
pub const PROBLEM: &str = "https://didcomm.org/report-problem/2.0/problem-report";
pub const EMPTY: &str = "https://didcomm.org/empty/1.0/empty";
pub const PING: &str = "https://didcomm.org/trust-ping/2.0/ping";

/// Somebody with keys.
pub struct Agent {
    /// As it names itself.
    pub did: Did,
    pub keys: SecretKeys,
}

impl Agent {
    pub fn peer2() -> Self {
        let (did, keys) = peer2::create(&[], &mut rand::rng());
        Self { did, keys }
    }

    pub fn peer4() -> Self {
        let (did, keys) = peer4::create(&[], &mut rand::rng());
        Self { did, keys }
    }

    /// A did:key of X25519.
    pub fn key() -> Self {
        let mut raw = [0; 32];
        rand::rng().fill_bytes(&mut raw);
        let key = |kid: &str| {
            SecretKey::from_raw(DidUrl::parse(kid).unwrap(), Curve::X25519, &raw).unwrap()
        };
        let public = key("did:example:a#1").public().unwrap().to_multibase();
        let did = Did::parse(&format!("did:key:{public}")).unwrap();
        let keys = vec![key(&format!("{did}#{public}"))];
        let keys = SecretKeys::new(did.clone(), keys);
        Self { did, keys }
    }

    pub fn document(&self) -> Document {
        document::resolve(self.keys.did()).unwrap()
    }

    /// The message, from us to `to`, with an id if it has none.
    pub fn message(&self, to: &Document, mut json: Value) -> Message {
        json["from"] = self.did.as_str().into();
        message(to, json)
    }

    /// Sealed so that only `to` can read it, and knows who wrote it.
    pub fn seal(&self, to: &Document, json: Value) -> Vec<u8> {
        authcrypt(&self.message(to, json), &self.keys, to, &mut rand::rng()).unwrap()
    }

    /// What `from` sealed for us.
    pub fn open(&self, from: &Did, envelope: &[u8]) -> Value {
        self.open_with(from, envelope, &document::resolve)
    }

    /// What `from` sealed for us, whose document is `from`.
    pub fn open_of(&self, from: &Document, envelope: &[u8]) -> Value {
        self.open_with(&from.id, envelope, &|did| match did == &from.id {
            true => Ok(from.clone()),
            false => document::resolve(did),
        })
    }

    fn open_with(
        &self,
        from: &Did,
        envelope: &[u8],
        document: &dyn Fn(&Did) -> Result<Document, ResolveError>,
    ) -> Value {
        let opening = Opening {
            secret: &|kid| self.keys.get(kid),
            document,
        };
        let opened = unpack(envelope, &opening, now().seconds()).unwrap();
        assert_eq!(opened.authenticated_by(), Some(from));
        serde_json::from_slice(&opened.plaintext).unwrap()
    }
}

/// The message to `to`, with an id if it has none, and the media type.
pub fn message(to: &Document, mut json: Value) -> Message {
    if json.get("id").is_none() {
        json["id"] = new_id(&mut rand::rng()).into();
    }
    json["typ"] = "application/didcomm-plain+json".into();
    json["to"] = json!([to.id.as_str()]);
    Message::from_slice(json.to_string().as_bytes()).unwrap()
}

/// Sealed so that only `to` can read it, by nobody in particular.
pub fn seal_anonymously(to: &Document, json: Value) -> Vec<u8> {
    let cipher = ContentCipher::A256CbcHs512;
    anoncrypt(&message(to, json), to, cipher, &mut rand::rng()).unwrap()
}

/// A request of this protocol that lets the answer come back.
pub fn request(protocol: &str, name: &str, body: Value) -> Value {
    json!({"type": format!("{protocol}/{name}"), "body": body, "return_route": "all"})
}

/// An envelope for somebody; what is in it is none of the mediator's business.
pub fn letter(text: &str) -> Vec<u8> {
    let ciphertext = "A".repeat(30);
    json!({"ciphertext": ciphertext, "tag": text})
        .to_string()
        .into_bytes()
}

/// An envelope of so many bytes.
pub fn letter_of(bytes: usize) -> Vec<u8> {
    let empty = letter("").len();
    let letter = letter(&"x".repeat(bytes - empty));
    assert_eq!(letter.len(), bytes);
    letter
}

/// A forward as senders make it: the envelope as JSON.
pub fn forward(mediator: &Document, next: &str, envelope: &[u8]) -> Vec<u8> {
    let hop = Hop {
        name: mediator.id.as_str().to_owned(),
        document: mediator.clone(),
    };
    routing::wrap(envelope.to_vec(), next, &[hop], None, &mut rand::rng()).unwrap()
}

/// A forward of these attachments, with more headers.
pub fn forward_of(mediator: &Document, next: &str, headers: Value, data: Vec<Value>) -> Vec<u8> {
    let mut json = headers;
    json["type"] = "https://didcomm.org/routing/2.0/forward".into();
    json["body"] = json!({"next": next});
    json["attachments"] = data
        .into_iter()
        .map(|data| json!({"media_type": "application/didcomm-encrypted+json", "data": data}))
        .collect();
    seal_anonymously(mediator, json)
}

/// Base64 as attachments have it.
pub fn base64(bytes: &[u8]) -> String {
    Attachment::from_bytes("", bytes).data.base64.unwrap()
}

/// The ids and envelopes of a delivery, which has nothing else in it.
pub fn delivered(delivery: &Value) -> Vec<(String, Vec<u8>)> {
    let attachments = delivery["attachments"].as_array().unwrap();
    let read = |attachment: &Value| {
        let mut attached = Attachment::from_json(Value::Null);
        attached.data.base64 = Some(attachment["data"]["base64"].as_str().unwrap().to_owned());
        let id = attachment["id"].as_str().unwrap().to_owned();
        (id, attached.bytes().unwrap())
    };
    attachments.iter().map(read).collect()
}

pub fn letters(delivery: &Value) -> Vec<Vec<u8>> {
    let delivered = delivered(delivery);
    delivered.into_iter().map(|(_, letter)| letter).collect()
}

pub fn ids(delivery: &Value) -> Vec<String> {
    delivered(delivery).into_iter().map(|(id, _)| id).collect()
}
