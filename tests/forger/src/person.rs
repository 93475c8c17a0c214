//! Somebody whose secrets the test knows.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use signet_didcomm::{Curve, Did, DidUrl, Document, PublicKey, SecretKey, SecretKeys, document};

/// Somebody whose secrets the test knows: `sig` signs, `ka` agrees.
pub struct Person {
    /// Who it is.
    pub did: Did,
    /// The Ed25519 seed, or the scalar that signs.
    pub seed: [u8; 32],
    /// The X25519 scalar.
    pub scalar: [u8; 32],
    /// Both keys.
    pub keys: SecretKeys,
    /// What others see.
    pub document: Document,
    sig: String,
    ka: String,
}

impl Person {
    /// `did:example:name`, with keys that follow from `number`.
    pub fn new(name: &str, number: u8) -> Self {
        Self::on(name, number, Curve::Ed25519, Curve::X25519)
    }

    /// With keys on other curves: on those of 32 bytes they are of `seed` and `scalar` too.
    ///
    /// # Panics
    /// If the numbers are no keys of these curves.
    pub fn on(name: &str, number: u8, signing: Curve, agreement: Curve) -> Self {
        let did = Did::parse(&format!("did:example:{name}")).unwrap();
        let (seed, scalar) = ([number; 32], [number + 100; 32]);
        let key = |name: &str, curve: Curve, raw: &[u8; 32]| {
            let kid = DidUrl::parse(&format!("{did}#{name}")).unwrap();
            SecretKey::from_raw(kid, curve, &padded(curve, raw)).unwrap()
        };
        let signing = key("sig", signing, &seed);
        let agreement = key("ka", agreement, &scalar);
        let document = json!({
            "id": did,
            "verificationMethod": [
                {"id": "#sig", "type": "Multikey",
                 "publicKeyMultibase": signing.public().unwrap().to_multibase()},
                {"id": "#ka", "type": "Multikey",
                 "publicKeyMultibase": agreement.public().unwrap().to_multibase()},
            ],
            "authentication": ["#sig"],
            "keyAgreement": ["#ka"],
        });
        Self {
            document: Document::from_json(&document, &did).unwrap(),
            sig: format!("{did}#sig"),
            ka: format!("{did}#ka"),
            keys: SecretKeys::new(did.clone(), vec![signing, agreement]),
            did,
            seed,
            scalar,
        }
    }

    /// Whoever holds these keys of a DID that spells out its document: the owner, or a thief.
    ///
    /// # Panics
    /// If the DID says nothing, or the keys are not on Ed25519 and X25519.
    pub fn holding(keys: &SecretKeys) -> Self {
        let (signing, agreement) = (keys.signing().unwrap(), keys.agreement().unwrap());
        Self {
            did: keys.did().clone(),
            seed: raw(signing),
            scalar: raw(agreement),
            document: document::resolve(keys.did()).unwrap(),
            sig: signing.kid().to_string(),
            ka: agreement.kid().to_string(),
            keys: keys.clone(),
        }
    }

    /// A did:peer:2 with keys on any curves, made of `number`.
    ///
    /// # Panics
    /// If the numbers are no keys of these curves.
    pub fn peer(number: u8, signing: Curve, agreement: Curve) -> Self {
        let (seed, scalar) = ([number; 32], [number + 100; 32]);
        let key = |did: &Did, name: &str, curve: Curve, raw: &[u8; 32]| {
            let kid = DidUrl::parse(&format!("{did}#{name}")).unwrap();
            SecretKey::from_raw(kid, curve, &padded(curve, raw)).unwrap()
        };
        let nobody = Did::parse("did:example:nobody").unwrap();
        let public = |curve, raw| key(&nobody, "x", curve, raw).public().unwrap();
        let did = Self::spelt(&[
            ('V', public(signing, &seed)),
            ('E', public(agreement, &scalar)),
        ]);
        let keys = vec![
            key(&did, "key-1", signing, &seed),
            key(&did, "key-2", agreement, &scalar),
        ];
        Self {
            document: document::resolve(&did).unwrap(),
            sig: format!("{did}#key-1"),
            ka: format!("{did}#key-2"),
            keys: SecretKeys::new(did.clone(), keys),
            did,
            seed,
            scalar,
        }
    }

    /// The did:peer:2 of these keys, each for its purpose.
    ///
    /// # Panics
    /// If that is no DID.
    pub fn spelt(keys: &[(char, PublicKey)]) -> Did {
        let elements = keys
            .iter()
            .map(|(purpose, key)| format!(".{purpose}{}", key.to_multibase()));
        Did::parse(&format!("did:peer:2{}", elements.collect::<String>())).unwrap()
    }

    /// The name of a key: `sig`, `ka`, or one that is in no document.
    pub fn kid(&self, name: &str) -> String {
        match name {
            "sig" => self.sig.clone(),
            "ka" => self.ka.clone(),
            other => format!("{}#{other}", self.did),
        }
    }

    /// The public half of `ka`.
    ///
    /// # Panics
    /// If it is not on X25519.
    pub fn public(&self) -> [u8; 32] {
        let key = self.keys.agreement().unwrap().public().unwrap();
        key.to_bytes().try_into().unwrap()
    }
}

/// The number at the full width of its curve.
fn padded(curve: Curve, raw: &[u8; 32]) -> Vec<u8> {
    let zeros = match curve {
        Curve::P384 => 16,
        Curve::P521 => 34,
        Curve::X25519 | Curve::Ed25519 | Curve::P256 | Curve::Secp256k1 => 0,
    };
    [&vec![0; zeros], &raw[..]].concat()
}

fn raw(key: &SecretKey) -> [u8; 32] {
    let stored: Value = serde_json::to_value(key).unwrap();
    serde_json::from_value(stored["d"].clone()).unwrap()
}

/// The long did:peer:4 of a document in any bytes.
pub fn peer4(document: &[u8]) -> String {
    let encoded = multibase([0x80, 0x04], document);
    let hash = digest(&SHA256, encoded.as_bytes());
    let hash = multibase([0x12, 0x20], hash.as_ref());
    format!("did:peer:4{hash}:{encoded}")
}

/// Any bytes under any codec, in base58.
pub fn multibase(codec: [u8; 2], bytes: &[u8]) -> String {
    let bytes = [&codec[..], bytes].concat();
    format!("z{}", bs58::encode(bytes).into_string())
}
