//! Documents as JSON, in the shapes that are met: keys embedded or referenced, names absolute
//! or relative, one value where a list should be.
//!
//! Source: W3C DID core §5, §6.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::method::read_key;
use super::{Document, ResolveError, VerificationMethod, push_service};
use crate::did::{Did, DidUrl};

/// More keys than this are not one person's.
const MAX_KEYS: usize = 64;

/// More names than this are not read.
const MAX_NAMES: usize = 32;

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
        // Tools for JSON-LD write a list of one as the one.
        let list = |name: &str| match object.get(name) {
            Some(Value::Array(many)) => many.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let methods = list("verificationMethod").iter();
        for method in methods.chain(list("publicKey")) {
            read_method(&mut document, method);
        }
        document.authentication = read_relationship(&mut document, list("authentication"));
        document.key_agreement = read_relationship(&mut document, list("keyAgreement"));
        for service in list("service") {
            push_service(&mut document, did, service);
        }
        let names = list("alsoKnownAs").iter().take(MAX_NAMES);
        document.also_known_as = names
            .filter_map(|name| Did::parse(name.as_str()?).ok())
            .collect();
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
fn read_relationship(document: &mut Document, entries: &[Value]) -> Vec<DidUrl> {
    let mut kids = Vec::new();
    for entry in entries.iter().take(MAX_KEYS) {
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
