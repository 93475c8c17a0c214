//! DIDs and documents: one spelling of a DID, and documents that are stored as they are.

use serde_json::Value;
use signet_didcomm::{Did, DidUrl, Document, PublicKey, document as documents};

/// Reads a DID, or a DID URL, and its document if it spells one out.
pub fn did(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    if let Ok(url) = DidUrl::parse(text) {
        assert_eq!(url.to_string(), text);
        assert!(text.starts_with(url.did().as_str()));
        assert_eq!(Did::parse(url.did().as_str()), Ok(url.did()));
        assert!(url.is_same_as(&url));
        let names_a_key = url.fragment().is_some_and(|name| !name.is_empty());
        assert_eq!(DidUrl::parse_kid(text).is_ok(), names_a_key);
    }
    let Ok(did) = Did::parse(text) else {
        return false;
    };
    assert_eq!(did.to_string(), text);
    assert_eq!(did.short().short(), did.short());
    assert_eq!(Did::parse(did.short().as_str()), Ok(did.short()));
    assert!(did.is_same_as(&did.short()) && did.short().is_same_as(&did));
    let Ok(document) = documents::resolve(&did) else {
        return true;
    };
    assert_eq!(document.id, did);
    assert!(
        document
            .also_known_as
            .iter()
            .all(|name| name.is_same_as(&did))
            || did.short() != did,
        "another DID says who it is"
    );
    if let Some(spelled) = one_key(text) {
        assert_eq!(document.methods[0].key.to_multibase(), spelled);
    }
    stored(&document);
    true
}

/// The key that the whole DID is; in front of it a did:key may have a version.
fn one_key(did: &str) -> Option<&str> {
    let Some(id) = did.strip_prefix("did:key:") else {
        return did
            .strip_prefix("did:peer:0")
            .filter(|id| id.starts_with('z'));
    };
    let (version, key) = id.rsplit_once(':').unwrap_or(("1", id));
    assert!(version.parse::<u128>().is_ok() || version.len() > 38);
    Some(key)
}

/// Reads a document as it is fetched for a did:web, or was stored.
pub fn document(bytes: &[u8]) -> bool {
    let web = Did::parse("did:web:example.com").expect("a DID");
    if let Ok(json) = serde_json::from_slice::<Value>(bytes) {
        if let Some(key) = PublicKey::from_jwk(&json) {
            let jwk = key.to_jwk();
            assert_eq!(PublicKey::from_jwk(&jwk), Some(key));
        }
        if let Ok(document) = Document::from_json(&json, &web) {
            assert_eq!(document.id, web);
            stored(&document);
        }
    }
    let Ok(document) = serde_json::from_slice::<Document>(bytes) else {
        return false;
    };
    assert_eq!(
        Document::from_slice(bytes, &document.id).as_ref(),
        Ok(&document)
    );
    stored(&document);
    true
}

/// A document reads back from what is stored of it, and each key is found under its name.
fn stored(document: &Document) {
    let stored = serde_json::to_vec(document).expect("JSON in memory");
    let again = Document::from_slice(&stored, &document.id);
    assert_eq!(again.as_ref(), Ok(document));
    assert!(document.methods.len() <= 64);
    assert!(document.endpoints().count() <= 32);
    for (kid, key) in document.agreement_keys() {
        assert!(document.methods.iter().any(|method| method.key == *key));
        assert_eq!(document.agreement_key(kid), Some(key));
    }
    for method in &document.methods {
        let text = method.key.to_multibase();
        assert_eq!(PublicKey::from_multibase(&text).as_ref(), Some(&method.key));
        let jwk = method.key.to_jwk();
        assert_eq!(PublicKey::from_jwk(&jwk).as_ref(), Some(&method.key));
    }
}
