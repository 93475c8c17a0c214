//! did:peer:2: keys and services in the DID itself, short enough for an invitation.
//!
//! We usually write one Ed25519 and one X25519 key, and an element per endpoint; we read every
//! encoding met, older ones included. Source: did:peer, "Method 2".

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};

use super::fresh::{self, CreateError, FreshKey, Purpose};
use super::{Did, DidUrl};
use crate::base64url;
use crate::document::{self, Document, Endpoint, ResolveError, VerificationMethod};
use crate::key::{Curve, PublicKey, SecretKeys};

/// More elements than this are no relationship's DID.
const MAX_ELEMENTS: usize = 64;

/// Makes a DID with fresh keys: `#key-1` signs (Ed25519), `#key-2` agrees (X25519).
///
/// # Panics
/// Never: the primitives take every 32 bytes as a key.
pub fn create(endpoints: &[Endpoint], rng: &mut impl CryptoRng) -> (Did, SecretKeys) {
    let keys = fresh::usual(rng);
    let did = Did::composed(encode(&keys, endpoints));
    fresh::under(keys, did)
}

/// Makes a DID with fresh keys for these purposes on these curves: `#key-1`, `#key-2`, … in their
/// order.
///
/// # Errors
/// [`CreateError`]: no DID with these keys and endpoints could be read.
pub fn create_with(
    keys: &[(Purpose, Curve)],
    endpoints: &[Endpoint],
    rng: &mut impl CryptoRng,
) -> Result<(Did, SecretKeys), CreateError> {
    let keys = fresh::draw(keys, endpoints, rng)?;
    let did = fresh::readable(encode(&keys, endpoints))?;
    Ok(fresh::under(keys, did))
}

fn encode(keys: &[FreshKey], endpoints: &[Endpoint]) -> String {
    let mut text = "did:peer:2".to_owned();
    for key in keys {
        text.push_str(match key.purpose {
            Purpose::Authentication => ".V",
            Purpose::KeyAgreement => ".E",
        });
        text.push_str(&key.public.to_multibase());
    }
    for endpoint in endpoints {
        text.push_str(".S");
        text.push_str(&base64url::encode(abbreviated(endpoint).to_string()));
    }
    text
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
    let elements = did.as_str().strip_prefix("did:peer:2.");
    let elements = elements.ok_or_else(invalid)?;
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

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn resolve_text(text: &str) -> Result<Document, ResolveError> {
        resolve(&Did::parse(text).unwrap())
    }

    #[test]
    fn what_we_create_resolves_to_its_keys_and_endpoints() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let endpoints = [
            Endpoint {
                routing_keys: vec!["did:example:mediator#k".into()],
                ..Endpoint::v2("https://example.com/didcomm")
            },
            Endpoint {
                multi_addrs: vec!["/ip4/192.0.2.1/tcp/1".into()],
                ..Endpoint::v2("libp2p-peerId:12D3KooW")
            },
        ];
        let (did, keys) = create(&endpoints, &mut rng);
        let document = resolve(&did).unwrap();

        let found: Vec<_> = document.endpoints().cloned().collect();
        assert_eq!(found, endpoints);
        assert_eq!(document.services[1].id, format!("{did}#service-1"));
        let (signing, agreement) = (keys.signing().unwrap(), keys.agreement().unwrap());
        assert_eq!(document.authentication, [signing.kid().clone()]);
        assert_eq!(
            document.agreement_key(agreement.kid()),
            agreement.public().as_ref()
        );
        assert!(did.as_str().len() < 550, "{}", did.as_str().len());
    }

    #[test]
    fn a_small_one_fits_an_invitation() {
        let (did, _) = create(
            &[Endpoint::v2("https://mediator.example.com/didcomm")],
            &mut ChaCha20Rng::seed_from_u64(1),
        );
        assert!(did.as_str().len() < 260, "{}", did.as_str().len());
    }

    /// did:peer, "Method 2", the example: two services, `#service` and `#service-1`.
    #[test]
    fn the_published_example_resolves_as_published() {
        let did = "did:peer:2.Vz6Mkj3PUd1WjvaDhNZhhhXQdz5UnZXmS7ehtx8bsPpD47kKc\
            .Ez6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR\
            .SeyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHA6Ly9leGFtcGxlLmNvbS9kaWRjb21tIiwiYSI6WyJkaWRjb21t\
            L3YyIl0sInIiOlsiZGlkOmV4YW1wbGU6MTIzNDU2Nzg5YWJjZGVmZ2hpI2tleS0xIl19fQ";
        let document = resolve_text(did).unwrap();

        assert_eq!(document.authentication[0].fragment(), Some("key-1"));
        assert_eq!(document.key_agreement[0].fragment(), Some("key-2"));
        let endpoint = document.endpoints().next().unwrap();
        assert_eq!(endpoint.uri, "http://example.com/didcomm");
        assert_eq!(
            endpoint.routing_keys,
            ["did:example:123456789abcdefghi#key-1"]
        );
        assert_eq!(document.services[0].id, format!("{did}#service"));
    }

    /// did:peer, "Method 2", an older example: flat service, encryption key first.
    #[test]
    fn the_older_example_resolves_and_answers_to_older_names() {
        let did = "did:peer:2.Ez6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc\
            .Vz6MkqRYqQiSgvZQdnBytw86Qbs2ZWUkGv22od935YF4s8M7V\
            .SeyJ0IjoiZG0iLCJzIjoiaHR0cHM6Ly9leGFtcGxlLmNvbS9lbmRwb2ludCIsInIiOlsiZGlkOmV4YW1wbGU6\
            c29tZW1lZGlhdG9yI3NvbWVrZXkiXSwiYSI6WyJkaWRjb21tL3YyIiwiZGlkY29tbS9haXAyO2Vudj1yZmM1ODciXX0";
        let document = resolve_text(did).unwrap();

        let endpoint = document.endpoints().next().unwrap();
        assert_eq!(endpoint.uri, "https://example.com/endpoint");
        assert_eq!(endpoint.routing_keys, ["did:example:somemediator#somekey"]);
        let kid = |name: &str| DidUrl::parse(&format!("{did}#{name}")).unwrap();
        assert!(document.agreement_key(&kid("key-1")).is_some());
        assert!(document.agreement_key(&kid("6LSbysY2")).is_some());
        assert!(document.authentication_key(&kid("6LSbysY2")).is_none());
        assert!(document.authentication_key(&kid("6MkqRYqQ")).is_some());
    }

    #[test]
    fn services_in_one_list_and_unabbreviated_are_read() {
        let services = json!([
            {"t": "dm", "s": {"uri": "https://one", "a": ["didcomm/v2"]}},
            {"type": "DIDCommMessaging", "serviceEndpoint": {"uri": "https://two"}},
            {"t": "did-communication", "s": "https://version-1"},
        ]);
        let did = format!(
            "did:peer:2.Ez6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc.S{}",
            base64url::encode(services.to_string())
        );
        let document = resolve_text(&did).unwrap();

        let uris: Vec<_> = document.endpoints().map(|e| e.uri.as_str()).collect();
        assert_eq!(uris, ["https://one", "https://two"]);
    }

    #[test]
    fn our_own_key_answers_to_its_older_name() {
        let (did, keys) = create(&[], &mut ChaCha20Rng::seed_from_u64(1));
        let public = keys.agreement().unwrap().public().unwrap().to_multibase();
        let kid = DidUrl::parse(&format!("{did}#{}", &public[1..9])).unwrap();

        assert_eq!(
            keys.get(&kid).unwrap().kid(),
            keys.agreement().unwrap().kid()
        );
    }

    #[test]
    fn what_is_no_element_makes_the_whole_did_invalid() {
        for element in ["", "X", "Vz6Mk", "Qz6LSbysY2", "S%", "SAAAA"] {
            let text =
                format!("did:peer:2.{element}.Ez6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc");
            assert!(resolve_text(&text).is_err(), "{element}");
        }
        let twice = "did:peer:2.did:peer:2.Ez6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc";
        assert!(resolve_text(twice).is_err());
        let many = format!("did:peer:2{}", ".SW10".repeat(65));
        assert!(resolve_text(&many).is_err());
    }
}
