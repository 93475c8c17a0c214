//! did:peer:4: the document in the DID (long form), and its hash alone (short form).
//!
//! Source: did:peer, "Method 4".

use rand_core::CryptoRng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fresh::{self, CreateError, FreshKey, Purpose};
use super::{Did, MAX_DID};
use crate::document::{self, Document, Endpoint, ResolveError};
use crate::key::{Curve, SecretKeys};
use crate::multibase;

const PREFIX: &str = "did:peer:4";
const JSON_CODEC: [u8; 2] = [0x80, 0x04];
const SHA2_256: [u8; 2] = [0x12, 0x20];

/// Makes a DID with fresh keys, in its long form: `#key-1` signs (Ed25519), `#key-2` agrees
/// (X25519).
///
/// # Panics
/// Never: the primitives take every 32 bytes as a key.
pub fn create(endpoints: &[Endpoint], rng: &mut impl CryptoRng) -> (Did, SecretKeys) {
    let keys = fresh::usual(rng);
    let did = Did::composed(encode(&keys, endpoints));
    fresh::under(keys, did)
}

/// Makes a DID, in its long form, with fresh keys for these purposes on these curves: `#key-1`,
/// `#key-2`, … in their order.
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
    let name = |index| format!("#{}", fresh::name(index));
    let methods = keys.iter().enumerate().map(|(index, key)| {
        json!({"id": name(index), "type": "Multikey",
               "publicKeyMultibase": key.public.to_multibase()})
    });
    let listed = |purpose| -> Vec<String> {
        let keys = keys.iter().enumerate();
        let keys = keys.filter(|(_, key)| key.purpose == purpose);
        keys.map(|(index, _)| name(index)).collect()
    };
    let services = endpoints.iter().enumerate().map(|(index, endpoint)| {
        json!({
            "id": document::service_name(index),
            "type": "DIDCommMessaging",
            "serviceEndpoint": endpoint,
        })
    });
    let input = json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "verificationMethod": methods.collect::<Vec<Value>>(),
        "authentication": listed(Purpose::Authentication),
        "keyAgreement": listed(Purpose::KeyAgreement),
        "service": services.collect::<Vec<Value>>(),
    });
    let encoded = multibase::encode(&JSON_CODEC, input.to_string().as_bytes());
    format!("{PREFIX}{}:{encoded}", hash(&encoded))
}

/// Whether the long form's hash is that of its encoded document, which is all that follows: with
/// another colon in it nobody could tell where the short form ends.
pub(super) fn is_consistent(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(stated, encoded)| !encoded.contains(':') && stated == hash(encoded))
}

fn hash(encoded: &str) -> String {
    multibase::encode(&SHA2_256, &Sha256::digest(encoded.as_bytes()))
}

/// The document of a long form.
pub(crate) fn resolve(did: &Did) -> Result<Document, ResolveError> {
    let invalid = || ResolveError::invalid(did);
    let (_, encoded) = did.as_str().rsplit_once(':').ok_or_else(invalid)?;
    debug_assert!(encoded.len() <= MAX_DID);
    let bytes = multibase::decode(encoded).ok_or_else(invalid)?;
    let json = bytes.strip_prefix(&JSON_CODEC).ok_or_else(invalid)?;
    let input: Value = serde_json::from_slice(json).map_err(|_| invalid())?;
    if !input.is_object() || input.get("id").is_some() {
        return Err(invalid());
    }
    let mut document = Document::from_json(&input, did).map_err(|_| invalid())?;
    document.also_known_as.push(did.short());
    Ok(document)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::did::{DidError, DidUrl};

    fn long_form(document: &str, codec: [u8; 2]) -> String {
        let encoded = multibase::encode(&codec, document.as_bytes());
        format!("{PREFIX}{}:{encoded}", hash(&encoded))
    }

    #[test]
    fn what_we_create_resolves_under_both_its_forms() {
        let endpoint = Endpoint::v2("https://example.com/didcomm");
        let (did, keys) = create(
            std::slice::from_ref(&endpoint),
            &mut ChaCha20Rng::seed_from_u64(1),
        );
        let document = document::resolve(&did).unwrap();

        assert_eq!(document.id, did);
        assert_eq!(document.also_known_as, [did.short()]);
        assert_eq!(document.endpoints().next(), Some(&endpoint));
        let kid = keys.agreement().unwrap().kid();
        let short = DidUrl::parse(&format!("{}#key-2", did.short())).unwrap();
        assert_eq!(keys.get(&short).unwrap().kid(), kid);
        assert_eq!(document.agreement_key(&short), document.agreement_key(kid));
        assert!(document.agreement_key(&short).is_some());
        assert!(did.is_same_as(&did.short()) && did.short().is_same_as(&did));
    }

    #[test]
    fn a_changed_document_no_longer_is_that_did() {
        let (did, _) = create(&[], &mut ChaCha20Rng::seed_from_u64(1));
        let mut changed = did.as_str().to_owned();
        let last = if changed.ends_with('1') { '2' } else { '1' };
        changed.pop();
        changed.push(last);

        assert_eq!(Did::parse(&changed), Err(DidError::Hash));
    }

    #[test]
    fn a_long_form_of_two_documents_is_none() {
        let (did, _) = create(&[], &mut ChaCha20Rng::seed_from_u64(1));
        let (_, encoded) = did.as_str().rsplit_once(':').unwrap();
        let twice = format!("{encoded}:{encoded}");

        let text = format!("{PREFIX}{}:{twice}", hash(&twice));
        assert_eq!(Did::parse(&text), Err(DidError::Hash));
    }

    #[test]
    fn a_document_of_a_wrong_shape_is_invalid() {
        for (text, codec) in [
            ("[]", JSON_CODEC),
            ("{\"id\":\"did:example:x\"}", JSON_CODEC),
            ("not json", JSON_CODEC),
            ("{}", [0x12, 0x20]),
        ] {
            let did = Did::parse(&long_form(text, codec)).unwrap();
            assert!(resolve(&did).is_err(), "{text}");
        }
        let did = Did::parse(&long_form("{}", JSON_CODEC)).unwrap();
        assert!(resolve(&did).is_ok());
    }
}
