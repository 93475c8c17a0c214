//! Documents as JSON, in the shapes that are met: keys embedded or referenced, names absolute
//! or relative, JWK, multibase or base58.
//!
//! Source: W3C DID core §5, §6; did:key §"Verification Methods" (older suites).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Document, ResolveError, VerificationMethod, push_service};
use crate::did::{Did, DidUrl};
use crate::key::{Curve, PublicKey};

/// More keys than this are not one person's.
const MAX_KEYS: usize = 64;

impl Document {
    /// Reads the document of `did` from its JSON text, as it was fetched or stored.
    ///
    /// # Errors
    /// [`ResolveError::Invalid`] if it is no document, or does not say that it is that of `did`.
    pub fn from_slice(bytes: &[u8], did: &Did) -> Result<Self, ResolveError> {
        let json: Value = serde_json::from_slice(bytes).map_err(|_| ResolveError::invalid(did))?;
        match json.get("id") {
            Some(_) => Self::from_json(&json, did),
            None => Err(ResolveError::invalid(did)),
        }
    }

    /// Reads the document of `did` from JSON; it may leave out whose it is.
    ///
    /// # Errors
    /// [`ResolveError::Invalid`] if it is no document, or is that of another DID.
    pub fn from_json(json: &Value, did: &Did) -> Result<Self, ResolveError> {
        let invalid = || ResolveError::invalid(did);
        let object = json.as_object().ok_or_else(invalid)?;
        match object.get("id") {
            None => {}
            Some(id) => {
                let id = id.as_str().and_then(|id| Did::parse(id).ok());
                let is_same = id.is_some_and(|id| id.is_same_as(did));
                is_same.then_some(()).ok_or_else(invalid)?;
            }
        }
        let mut document = Self::empty(did.clone());
        let list = |name: &str| {
            object
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        for method in list("verificationMethod").chain(list("publicKey")) {
            read_method(&mut document, method);
        }
        document.authentication = read_relationship(&mut document, list("authentication"));
        document.key_agreement = read_relationship(&mut document, list("keyAgreement"));
        for service in list("service") {
            push_service(&mut document, did, service);
        }
        let names = list("alsoKnownAs").filter_map(Value::as_str);
        document.also_known_as = names.filter_map(|name| Did::parse(name).ok()).collect();
        Ok(document)
    }

    /// The document as W3C JSON.
    pub fn to_json(&self) -> Value {
        let methods: Vec<Value> = self
            .methods
            .iter()
            .map(|method| {
                json!({"id": method.id, "type": "Multikey", "controller": self.id,
                       "publicKeyMultibase": method.key.to_multibase()})
            })
            .collect();
        let services: Vec<Value> = self
            .services
            .iter()
            .map(|service| {
                json!({"id": service.id, "type": "DIDCommMessaging",
                       "serviceEndpoint": service.endpoints})
            })
            .collect();
        let mut object = Map::new();
        object.insert("id".into(), json!(self.id));
        if !self.also_known_as.is_empty() {
            object.insert("alsoKnownAs".into(), json!(self.also_known_as));
        }
        object.insert("verificationMethod".into(), methods.into());
        object.insert("authentication".into(), json!(self.authentication));
        object.insert("keyAgreement".into(), json!(self.key_agreement));
        object.insert("service".into(), services.into());
        Value::Object(object)
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;

        let json = Value::deserialize(deserializer)?;
        let id = json.get("id").and_then(Value::as_str).unwrap_or_default();
        let did = Did::parse(id).map_err(D::Error::custom)?;
        Self::from_json(&json, &did).map_err(D::Error::custom)
    }
}

/// References and embedded keys of one relationship; what cannot be read is left out.
fn read_relationship<'a>(
    document: &mut Document,
    entries: impl Iterator<Item = &'a Value>,
) -> Vec<DidUrl> {
    let mut kids = Vec::new();
    for entry in entries.take(MAX_KEYS) {
        let kid = match entry {
            Value::String(text) => DidUrl::parse_in(text, &document.id).ok(),
            embedded => read_method(document, embedded),
        };
        kids.extend(kid);
    }
    kids
}

fn read_method(document: &mut Document, json: &Value) -> Option<DidUrl> {
    let id = DidUrl::parse_in(json.get("id")?.as_str()?, &document.id).ok()?;
    let known = document.methods.iter().any(|m| m.id.is_same_as(&id));
    if known || document.methods.len() >= MAX_KEYS {
        return known.then_some(id);
    }
    let key = read_key(json)?;
    document
        .methods
        .push(VerificationMethod::new(id.clone(), key));
    Some(id)
}

fn read_key(json: &Value) -> Option<PublicKey> {
    if let Some(jwk) = json.get("publicKeyJwk") {
        return PublicKey::from_jwk(jwk);
    }
    let kind = json.get("type")?.as_str()?;
    let curve = match kind {
        "Ed25519VerificationKey2018" | "Ed25519VerificationKey2020" => Some(Curve::Ed25519),
        "X25519KeyAgreementKey2019" | "X25519KeyAgreementKey2020" => Some(Curve::X25519),
        "EcdsaSecp256k1VerificationKey2019" => Some(Curve::Secp256k1),
        "EcdsaSecp256r1VerificationKey2019" | "P256Key2021" => Some(Curve::P256),
        _ => None,
    };
    if let Some(text) = json.get("publicKeyMultibase").and_then(Value::as_str) {
        let key = PublicKey::from_multibase(text)?;
        return curve.is_none_or(|c| c == key.curve()).then_some(key);
    }
    let base58 = json.get("publicKeyBase58")?.as_str()?;
    let short = (base58.len() <= 64).then_some(base58)?;
    PublicKey::new(curve?, &bs58::decode(short).into_vec().ok()?)
}
