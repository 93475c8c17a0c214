//! did:peer:2: keys and services in the DID itself, short enough for an invitation.
//!
//! We write one Ed25519 and one X25519 key and an element per endpoint; we read every
//! encoding met, older ones included. Source: did:peer, "Method 2".

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};

use super::{Did, DidUrl};
use crate::base64url;
use crate::document::{self, Document, Endpoint, ResolveError, VerificationMethod};
use crate::key::{Curve, PublicKey, SecretKey, SecretKeys};

/// More elements than this are no relationship's DID.
const MAX_ELEMENTS: usize = 64;

/// Makes a DID with fresh keys: `#key-1` signs, `#key-2` agrees.
///
/// # Panics
/// Never: the primitives take every 32 bytes as a key.
pub fn create(endpoints: &[Endpoint], rng: &mut impl CryptoRng) -> (Did, SecretKeys) {
    let fresh = FreshKeys::draw(rng);
    let mut text = format!(
        "did:peer:2.V{}.E{}",
        fresh.signing_public.to_multibase(),
        fresh.agreement_public.to_multibase()
    );
    for endpoint in endpoints {
        text.push_str(".S");
        base64url::encode_onto(abbreviated(endpoint).to_string(), &mut text);
    }
    fresh.under(Did::composed(text))
}

/// Two keys that wait for the DID made of them.
pub(super) struct FreshKeys {
    pub(super) signing_public: PublicKey,
    pub(super) agreement_public: PublicKey,
    signing: SecretKey,
    agreement: SecretKey,
}

impl FreshKeys {
    pub(super) fn draw(rng: &mut impl CryptoRng) -> Self {
        let placeholder = Did::composed("did:peer:2".to_owned());
        let mut draw = |curve, name: &str| {
            let kid = DidUrl::composed(&placeholder, name);
            let key = SecretKey::generate(curve, kid, rng);
            let pair = key.and_then(|key| Some((key.public()?, key)));
            #[expect(
                clippy::expect_used,
                reason = "every 32 bytes are a key of both curves"
            )]
            pair.expect("a key of 32 bytes")
        };
        let (signing_public, signing) = draw(Curve::Ed25519, "key-1");
        let (agreement_public, agreement) = draw(Curve::X25519, "key-2");
        Self {
            signing_public,
            agreement_public,
            signing,
            agreement,
        }
    }

    pub(super) fn under(self, did: Did) -> (Did, SecretKeys) {
        let keys = [self.signing, self.agreement].map(|key| key.under(&did));
        (did.clone(), SecretKeys::new(did, keys.into()))
    }
}

fn abbreviated(endpoint: &Endpoint) -> Value {
    let mut s = Map::new();
    s.insert("uri".into(), endpoint.uri.clone().into());
    if !endpoint.accept.is_empty() {
        s.insert("a".into(), endpoint.accept.clone().into());
    }
    if !endpoint.routing_keys.is_empty() {
        s.insert("r".into(), endpoint.routing_keys.clone().into());
    }
    if !endpoint.multi_addrs.is_empty() {
        s.insert("multiAddrs".into(), endpoint.multi_addrs.clone().into());
    }
    json!({"t": "dm", "s": s})
}

/// The document that the DID spells out.
pub(crate) fn resolve(did: &Did) -> Result<Document, ResolveError> {
    let invalid = || ResolveError::invalid(did);
    let elements = did.as_str().trim_start_matches("did:peer:2.");
    let mut document = Document::empty(did.clone());
    let mut keys = 0;
    for (index, element) in elements.split('.').enumerate() {
        let purpose = element.bytes().next().ok_or_else(invalid)?;
        let value = element.get(1..).ok_or_else(invalid)?;
        if index >= MAX_ELEMENTS {
            return Err(invalid());
        }
        let relationship = match purpose {
            b'S' => {
                read_services(did, value, &mut document).ok_or_else(invalid)?;
                continue;
            }
            b'V' => Some(&mut document.authentication),
            b'E' => Some(&mut document.key_agreement),
            b'A' | b'I' | b'D' => None,
            _ => return Err(invalid()),
        };
        let key = PublicKey::from_multibase(value).ok_or_else(invalid)?;
        keys += 1;
        let id = DidUrl::composed(did, &format!("key-{keys}"));
        relationship
            .into_iter()
            .for_each(|list| list.push(id.clone()));
        document.methods.push(VerificationMethod::new(id, key));
    }
    Ok(document)
}

fn read_services(did: &Did, value: &str, document: &mut Document) -> Option<()> {
    let bytes = base64url::decode_tolerant(value)?;
    let json: Value = serde_json::from_slice(&bytes).ok()?;
    // Credo and the SICPA libraries once wrote all services as one list.
    let services = match json {
        Value::Array(list) => list,
        one => vec![one],
    };
    for service in services {
        let service = expand(service);
        document::push_service(document, did, &service);
    }
    Some(())
}

/// Undoes the abbreviations, at every depth of the service.
fn expand(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().map(expand_member).collect()),
        Value::Array(items) => items.into_iter().map(expand).collect(),
        other => other,
    }
}

fn expand_member((name, value): (String, Value)) -> (String, Value) {
    let long = match name.as_str() {
        "t" => "type",
        "s" => "serviceEndpoint",
        "r" => "routingKeys",
        "a" => "accept",
        _ => return (name, expand(value)),
    };
    if long == "type" && value == "dm" {
        return (long.into(), "DIDCommMessaging".into());
    }
    (long.into(), expand(value))
}
