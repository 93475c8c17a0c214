//! Services: the ways a document says how its subject is reached.
//!
//! Source: DIDComm Messaging v2.1, "Service Endpoint"; did:peer, "Method 2" (older shapes).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Document;
use crate::did::Did;

/// More endpoints than this are not one person's.
const MAX_ENDPOINTS: usize = 32;

/// A `DIDCommMessaging` service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its absolute name; it carries no meaning.
    pub id: String,
    /// Its endpoints, in the owner's order.
    pub endpoints: Vec<Endpoint>,
}

/// One way to reach a DID.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Where envelopes go; a DID here is a mediator's.
    pub uri: String,
    /// The profiles understood; empty means unsaid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<String>,
    /// Keys (DID URLs) or DIDs to wrap for, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routing_keys: Vec<String>,
    /// libp2p: addresses at which the peer of `uri` was last found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multi_addrs: Vec<String>,
}

impl Endpoint {
    /// An endpoint for DIDComm v2 without routing keys.
    pub fn v2(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            accept: vec!["didcomm/v2".to_owned()],
            ..Self::default()
        }
    }

    /// Whether DIDComm v2 may be sent here: it is listed, or nothing is.
    pub fn accepts_v2(&self) -> bool {
        self.accept.is_empty() || self.accept.iter().any(|profile| profile == "didcomm/v2")
    }
}

/// The name of the `index`th service that has none: `#service`, `#service-1`, …
pub(crate) fn name(index: usize) -> String {
    match index {
        0 => "#service".to_owned(),
        n => format!("#service-{n}"),
    }
}

/// Adds a service if it is one for DIDComm; leaves out what has no address.
pub(crate) fn push(document: &mut Document, did: &Did, json: &Value) {
    let is_didcomm = match json.get("type") {
        Some(Value::String(one)) => one == "DIDCommMessaging",
        Some(Value::Array(many)) => many.iter().any(|one| one == "DIDCommMessaging"),
        Some(_) | None => false,
    };
    let known: usize = document.services.iter().map(|s| s.endpoints.len()).sum();
    let Some(endpoint) = json.get("serviceEndpoint").filter(|_| is_didcomm) else {
        return;
    };
    let endpoints: Vec<Endpoint> = match endpoint {
        Value::Array(many) => many.iter().filter_map(|one| read(one, json, did)).collect(),
        one => read(one, json, did).into_iter().collect(),
    };
    if endpoints.is_empty() || known + endpoints.len() > MAX_ENDPOINTS {
        return;
    }
    let id = match json.get("id").and_then(Value::as_str) {
        Some(id) if id.starts_with("did:") => id.to_owned(),
        Some(id) if id.starts_with('#') => format!("{did}{id}"),
        Some(id) => format!("{did}#{id}"),
        None => format!("{did}{}", name(document.services.len())),
    };
    document.services.push(Service { id, endpoints });
}

/// An object; or, as v2.0 and older did:peer:2 had it, a text whose siblings hold the rest. What an
/// object leaves out is taken from its siblings too.
fn read(endpoint: &Value, service: &Value, did: &Did) -> Option<Endpoint> {
    let uri = match endpoint {
        Value::Object(object) => object.get("uri")?,
        text => text,
    };
    let uri = uri.as_str().filter(|uri| !uri.is_empty())?;
    let member = |name| endpoint.get(name).or_else(|| service.get(name));
    let routing_keys = texts(member("routingKeys").or_else(|| member("routing_keys")));
    Some(Endpoint {
        uri: uri.to_owned(),
        accept: texts(member("accept")),
        routing_keys: routing_keys
            .into_iter()
            .map(|key| absolute(key, did))
            .collect(),
        multi_addrs: texts(member("multiAddrs")),
    })
}

/// A key's name, which may be relative like every name in a document.
fn absolute(name: String, did: &Did) -> String {
    match name.starts_with('#') {
        true => format!("{did}{name}"),
        false => name,
    }
}

/// A list of texts, or the only one.
fn texts(value: Option<&Value>) -> Vec<String> {
    let texts = match value {
        Some(Value::Array(many)) => many.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    texts
        .iter()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .take(MAX_ENDPOINTS)
        .collect()
}
