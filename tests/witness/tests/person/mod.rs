//! A person whom both libraries know: a DID of one of the methods that need no network.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use serde_json::json;
use sha2::{Digest, Sha512};
use signet_didcomm::{
    Attachment, AttachmentData, Curve, Did, DidUrl, Document, Endpoint, Message, Opening,
    SecretKey, SecretKeys, UnpackError, Unpacked, basicmessage, document, peer2, peer4, unpack,
};

/// When everything is written and read, in seconds since the Unix epoch.
pub const NOW: u64 = 1_700_000_000;

/// The text of every [`Person::letter`].
pub const CONTENT: &str = "grüezi 👋";

pub struct Person {
    pub did: Did,
    pub keys: SecretKeys,
    pub document: Document,
}

impl Person {
    /// A DID that needs no network, and its keys.
    pub fn of((did, keys): (Did, SecretKeys)) -> Self {
        let document = document::resolve(&did).unwrap();
        Self {
            did,
            keys,
            document,
        }
    }

    /// A did:peer:2 as we make it, with an endpoint.
    pub fn new(rng: &mut ChaCha20Rng) -> Self {
        Self::reached(Endpoint::v2("https://example.com/didcomm"), rng)
    }

    /// A did:peer:2 as we make it, with this endpoint.
    pub fn reached(endpoint: Endpoint, rng: &mut ChaCha20Rng) -> Self {
        Self::of(peer2::create(&[endpoint], rng))
    }

    /// A did:peer:4 in its long form.
    pub fn peer4(rng: &mut ChaCha20Rng) -> Self {
        let endpoint = Endpoint::v2("https://example.com/didcomm");
        Self::of(peer4::create(&[endpoint], rng))
    }

    /// A did:peer:2 with these keys, each for the purpose before it: `V` or `E`.
    pub fn with(keys: &[(char, Curve)], rng: &mut ChaCha20Rng) -> Self {
        let mut text = "did:peer:2".to_owned();
        let mut secrets = Vec::new();
        for (purpose, curve) in keys {
            let raw = draw(*curve, rng);
            text += &format!(".{purpose}{}", public(*curve, &raw));
            secrets.push((*curve, raw));
        }
        let did = Did::parse(&text).unwrap();
        let secrets = secrets.iter().zip(1..).map(|((curve, raw), number)| {
            let kid = DidUrl::parse(&format!("{did}#key-{number}")).unwrap();
            SecretKey::from_raw(kid, *curve, raw).unwrap()
        });
        let secrets = secrets.collect();
        Self::of((did.clone(), SecretKeys::new(did, secrets)))
    }

    /// `#key-1` to sign and `#key-2` to agree.
    pub fn on(signing: Curve, agreement: Curve, rng: &mut ChaCha20Rng) -> Self {
        Self::with(&[('V', signing), ('E', agreement)], rng)
    }

    /// A did:key; an Ed25519 one agrees with the X25519 key that follows from it.
    pub fn key(curve: Curve, rng: &mut ChaCha20Rng) -> Self {
        let raw = draw(curve, rng);
        let did = Did::parse(&format!("did:key:{}", public(curve, &raw))).unwrap();
        let document = document::resolve(&did).unwrap();
        let secret =
            |kid: &DidUrl, curve, raw: &[u8]| SecretKey::from_raw(kid.clone(), curve, raw).unwrap();
        let mut secrets = vec![secret(&document.methods[0].id, curve, &raw)];
        if curve == Curve::Ed25519 {
            let derived = &Sha512::digest(&raw)[..32];
            let kid = &document.key_agreement[0];
            secrets.push(secret(kid, Curve::X25519, derived));
        }
        Self::of((did.clone(), SecretKeys::new(did, secrets)))
    }

    /// What she writes to `to`: every header and every kind of attachment.
    pub fn letter(&self, to: &Self) -> Message {
        let mut message = basicmessage::message("1234", CONTENT, NOW, Some("de"));
        message.from = Some(self.did.clone());
        message.to = vec![to.did.clone()];
        message.thid = Some("thread".into());
        message.pthid = Some("parent".into());
        message.expires_time = Some(NOW + 60);
        message.please_ack = vec![String::new()];
        message.ack = vec!["1".into(), "2".into()];
        message.sender_order = Some(3);
        message.extra.insert("zzz".into(), json!({"a": [1, null]}));
        let linked = AttachmentData {
            links: vec!["https://example.com/photo".into()],
            hash: Some("zQmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u".into()),
            ..AttachmentData::default()
        };
        message.attachments = vec![
            Attachment {
                filename: Some("words.txt".into()),
                media_type: Some("text/plain".into()),
                lastmod_time: Some(NOW),
                ..Attachment::from_bytes("a", b"words")
            },
            Attachment {
                description: Some("a thing".into()),
                format: Some("thing@1".into()),
                ..Attachment::from_json(json!({"thing": true}))
            },
            Attachment {
                data: linked,
                ..Attachment::default()
            },
        ];
        message
    }

    /// What our crate finds in an envelope for her, who has met `other`.
    pub fn open(&self, other: &Self, envelope: &str) -> Result<Unpacked, UnpackError> {
        let secret = |kid: &DidUrl| self.keys.get(kid);
        let document = |did: &Did| match *did == other.did {
            true => Ok(other.document.clone()),
            false => document::resolve(did),
        };
        let opening = Opening {
            secret: &secret,
            document: &document,
        };
        unpack(envelope.as_bytes(), &opening, NOW)
    }

    /// The same did:peer:4 under its short form, as it is known once the long one was met.
    pub fn shortened(&self) -> Self {
        let did = self.did.short();
        let renamed = |kid: &DidUrl| kid.to_string().replace(self.did.as_str(), did.as_str());
        let secrets = self.keys.iter().map(|key| {
            let kid = DidUrl::parse(&renamed(key.kid())).unwrap();
            SecretKey::from_raw(kid, key.curve(), &raw(key)).unwrap()
        });
        let json = self.document.to_json().to_string();
        let json = json.replace(self.did.as_str(), did.as_str());
        Self {
            keys: SecretKeys::new(did.clone(), secrets.collect()),
            document: Document::from_slice(json.as_bytes(), &did).unwrap(),
            did,
        }
    }
}

/// For [`Person::with`]: `#key-1` signs, `#key-2` to `#key-11` agree. Sorted by their bytes, as
/// `apv` wants them, they stand in another order than in the document.
pub fn ten_keys(agreement: Curve) -> Vec<(char, Curve)> {
    let mut keys = vec![('E', agreement); 11];
    keys[0] = ('V', Curve::Ed25519);
    keys
}

/// The bytes of a secret key, read from the form in which it is stored.
pub fn raw(key: &SecretKey) -> Vec<u8> {
    let mut stored = serde_json::to_value(key).unwrap();
    serde_json::from_value(stored["d"].take()).unwrap()
}

fn draw(curve: Curve, rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut raw = match curve {
        Curve::X25519 | Curve::Ed25519 | Curve::P256 | Curve::Secp256k1 => vec![0; 32],
        Curve::P384 => vec![0; 48],
        Curve::P521 => vec![0; 66],
    };
    // Below the order of every curve.
    rng.fill_bytes(&mut raw[1..]);
    raw
}

/// The public half in multibase.
fn public(curve: Curve, raw: &[u8]) -> String {
    let kid = DidUrl::parse("did:example:nameless#k").unwrap();
    let key = SecretKey::from_raw(kid, curve, raw).unwrap();
    key.public().unwrap().to_multibase()
}
