//! DID documents: which keys speak for a DID, and where it is reached.
//!
//! Names are absolute here whatever the document wrote. Of the services only those for
//! DIDComm are kept, of the keys only those whose encoding we know.
//!
//! Source: W3C DID core §5; DIDComm Messaging v2.1, "DID Document Keys", "Service Endpoint".

mod json;
mod method;
mod service;

use crate::did::{Did, DidUrl, Method, keri, key, peer2, peer4, web};
use crate::key::PublicKey;

pub use service::{Endpoint, Service};
pub(crate) use service::{name as service_name, push as push_service};

/// Why a DID has no document for us, and what would help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A short did:peer:4: only whoever met the long form knows the document.
    #[error("the long form of the did:peer:4 is not known")]
    NeedsLongForm {
        /// The short form.
        did: Did,
    },
    /// A did:web: its document must be fetched from its [`web::url`] and read by [`web::resolve`].
    #[error("the document must be fetched")]
    NeedsFetch {
        /// The DID to fetch.
        did: Did,
    },
    /// A method we do not resolve.
    #[error("the DID method is not supported")]
    Unsupported {
        /// The DID.
        did: Did,
    },
    /// The DID or the document contradicts its method: no repetition helps.
    #[error("the DID has no valid document")]
    Invalid {
        /// The DID.
        did: Did,
    },
}

impl ResolveError {
    pub(crate) fn invalid(did: &Did) -> Self {
        Self::Invalid { did: did.clone() }
    }
}

/// A key of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerificationMethod {
    /// Its absolute name.
    pub id: DidUrl,
    /// The public key.
    pub key: PublicKey,
}

impl VerificationMethod {
    /// A key under its name.
    pub fn new(id: DidUrl, key: PublicKey) -> Self {
        Self { id, key }
    }
}

/// What a DID resolves to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// The DID, in the form in which it was resolved.
    pub id: Did,
    /// Other names of the subject; the short form of a long did:peer:4.
    pub also_known_as: Vec<Did>,
    /// The keys.
    pub methods: Vec<VerificationMethod>,
    /// The keys that may sign.
    pub authentication: Vec<DidUrl>,
    /// The keys that may encrypt, to it and from it.
    pub key_agreement: Vec<DidUrl>,
    /// Where DIDComm messages are taken, in the owner's order.
    pub services: Vec<Service>,
}

impl Document {
    /// A document without keys and services.
    pub fn empty(id: Did) -> Self {
        Self {
            id,
            also_known_as: Vec::new(),
            methods: Vec::new(),
            authentication: Vec::new(),
            key_agreement: Vec::new(),
            services: Vec::new(),
        }
    }

    /// The same keys and services for another DID of the subject, which is also known as the one so
    /// far.
    #[must_use]
    pub fn under(&self, did: &Did) -> Self {
        let all = |kids: &[DidUrl]| kids.iter().map(|kid| kid.under(did)).collect();
        let mut also_known_as = self.also_known_as.clone();
        also_known_as.insert(0, self.id.clone());
        let methods = self.methods.iter();
        let services = self.services.iter();
        Self {
            id: did.clone(),
            also_known_as,
            methods: methods
                .map(|method| VerificationMethod::new(method.id.under(did), method.key.clone()))
                .collect(),
            authentication: all(&self.authentication),
            key_agreement: all(&self.key_agreement),
            services: services
                .map(|service| Service {
                    id: match service.id.split_once('#') {
                        Some((_, fragment)) => format!("{did}#{fragment}"),
                        None => service.id.clone(),
                    },
                    ..service.clone()
                })
                .collect(),
        }
    }

    /// The endpoints for DIDComm v2, in the owner's order.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.services
            .iter()
            .flat_map(|service| &service.endpoints)
            .filter(|endpoint| endpoint.accepts_v2())
    }

    /// The key of this name if the document lets it agree on keys.
    pub fn agreement_key(&self, kid: &DidUrl) -> Option<&PublicKey> {
        self.authorised(&self.key_agreement, kid)
    }

    /// The key of this name if the document lets it sign.
    pub fn authentication_key(&self, kid: &DidUrl) -> Option<&PublicKey> {
        self.authorised(&self.authentication, kid)
    }

    /// All keys to encrypt to, with their names.
    pub fn agreement_keys(&self) -> impl Iterator<Item = (&DidUrl, &PublicKey)> {
        self.key_agreement
            .iter()
            .filter_map(|kid| Some((kid, self.agreement_key(kid)?)))
    }

    fn authorised(&self, relationship: &[DidUrl], kid: &DidUrl) -> Option<&PublicKey> {
        let is_listed = |id: &DidUrl| relationship.iter().any(|listed| listed.is_same_as(id));
        let method = self.methods.iter().find(|method| {
            method.id.is_same_as(kid)
                || (kid.subject() == &self.id && method.key.has_older_name(kid))
        })?;
        is_listed(&method.id).then_some(&method.key)
    }
}

/// Resolves a DID whose method needs nothing from outside: did:key, did:peer 0, 2 and long 4, and
/// a did:keri that is its own key.
///
/// # Errors
/// [`ResolveError`] says what is missing for any other.
pub fn resolve(did: &Did) -> Result<Document, ResolveError> {
    match did.method() {
        Method::Key => key::resolve_key(did),
        Method::Keri => keri::resolve(did),
        Method::Peer0 => key::resolve_peer0(did),
        Method::Peer2 => peer2::resolve(did),
        Method::Peer4Long => peer4::resolve(did),
        Method::Peer4Short => Err(ResolveError::NeedsLongForm { did: did.clone() }),
        Method::Web => Err(web::missing(did)),
        Method::Other => Err(ResolveError::Unsupported { did: did.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Keys of did:key's and did:peer's published examples.
    const ED: &str = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    const X: &str = "z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p";

    fn did() -> Did {
        Did::parse("did:web:example.com").unwrap()
    }

    fn kid(name: &str) -> DidUrl {
        DidUrl::parse(&format!("did:web:example.com#{name}")).unwrap()
    }

    #[test]
    fn a_key_is_found_embedded_referenced_relative_and_absolute() {
        let embedded = json!({"id": "#ka", "type": "Multikey", "publicKeyMultibase": X});
        let absolute = json!({"id": "did:web:example.com#ka", "type": "JsonWebKey2020",
            "publicKeyJwk": PublicKey::from_multibase(X).unwrap().to_jwk()});
        let base58 = json!({"id": "ka", "type": "X25519KeyAgreementKey2019",
            "publicKeyBase58": bs58::encode(PublicKey::from_multibase(X).unwrap().to_bytes()).into_string()});
        for json in [
            json!({"keyAgreement": [embedded]}),
            json!({"verificationMethod": [embedded], "keyAgreement": ["did:web:example.com#ka"]}),
            json!({"verificationMethod": [absolute], "keyAgreement": ["#ka"]}),
            json!({"verificationMethod": [base58], "keyAgreement": ["#ka"]}),
        ] {
            let document = Document::from_json(&json, &did()).unwrap();
            let key = document.agreement_key(&kid("ka")).unwrap();
            assert_eq!(key.to_multibase(), X, "{json}");
            assert_eq!(document.authentication_key(&kid("ka")), None);
        }
    }

    #[test]
    fn a_key_counts_only_in_the_relationship_that_lists_it() {
        let document = json!({
            "verificationMethod": [{"id": "#a", "type": "Multikey", "publicKeyMultibase": ED}],
            "assertionMethod": ["#a"],
        });
        let document = Document::from_json(&document, &did()).unwrap();

        assert_eq!(document.methods.len(), 1);
        assert_eq!(document.authentication_key(&kid("a")), None);
    }

    #[test]
    fn a_key_of_another_did_in_a_relationship_is_not_of_this_document() {
        let foreign = json!({"id": "did:web:evil.example#k", "type": "Multikey",
            "publicKeyMultibase": ED});
        let document = json!({"authentication": [foreign]});
        let document = Document::from_json(&document, &did()).unwrap();

        assert_eq!(document.authentication_key(&kid("k")), None);
    }

    #[test]
    fn unknown_keys_and_relationships_do_no_harm() {
        let document = json!({
            "id": "did:web:example.com",
            "verificationMethod": [5, {"id": "#q", "type": "Quantum"}, {"id": "#e"},
                {"id": "#x", "type": "Ed25519VerificationKey2020", "publicKeyMultibase": X}],
            "authentication": ["#nowhere", {"id": 1}, null],
            "keyAgreement": "#x",
            "service": "nothing",
        });
        let document = Document::from_json(&document, &did()).unwrap();

        assert!(document.methods.is_empty(), "a type and its key must agree");
        assert_eq!(document.authentication_key(&kid("nowhere")), None);
    }

    #[test]
    fn the_document_of_another_did_is_refused() {
        let document = json!({"id": "did:web:evil.example"});

        assert!(matches!(
            Document::from_json(&document, &did()),
            Err(ResolveError::Invalid { .. })
        ));
        assert!(Document::from_slice(b"[]", &did()).is_err());
        assert!(Document::from_slice(b"{}", &did()).is_err());
        assert!(Document::from_slice(b"{", &did()).is_err());
    }

    #[test]
    fn a_stored_document_is_the_same_document() {
        let (did, _) = peer4::create(&[Endpoint::v2("https://example.com")], &mut rng());
        let document = resolve(&did).unwrap();
        let stored = serde_json::to_vec(&document).unwrap();

        assert_eq!(
            serde_json::from_slice::<Document>(&stored).unwrap(),
            document
        );
    }

    #[test]
    fn endpoints_keep_the_owner_s_order_and_leave_out_what_is_not_v2() {
        let service = |uri: &str, accept: serde_json::Value| {
            json!({"type": "DIDCommMessaging", "id": "#s",
                   "serviceEndpoint": {"uri": uri, "accept": accept}})
        };
        let document = json!({"service": [
            service("https://one", json!(["didcomm/aip1", "didcomm/v2"])),
            service("https://two", json!(["didcomm/aip1"])),
            {"type": "LinkedDomains", "serviceEndpoint": "https://three"},
            {"type": ["DIDCommMessaging"], "serviceEndpoint": [{"uri": "https://four"}, {"no": 1}]},
        ]});
        let document = Document::from_json(&document, &did()).unwrap();

        let uris: Vec<_> = document.endpoints().map(|e| e.uri.as_str()).collect();
        assert_eq!(uris, ["https://one", "https://four"]);
    }

    #[test]
    fn what_cannot_be_resolved_here_says_what_is_missing() {
        let resolve = |text: &str| resolve(&Did::parse(text).unwrap()).unwrap_err();

        assert!(matches!(
            resolve("did:peer:4zQmX"),
            ResolveError::NeedsLongForm { .. }
        ));
        assert!(matches!(
            resolve("did:web:example.com"),
            ResolveError::NeedsFetch { .. }
        ));
        assert!(matches!(
            resolve("did:ion:x"),
            ResolveError::Unsupported { .. }
        ));
        assert!(matches!(
            resolve("did:peer:2.Vz6Mk"),
            ResolveError::Invalid { .. }
        ));
    }

    fn rng() -> rand_chacha::ChaCha20Rng {
        rand_chacha::rand_core::SeedableRng::seed_from_u64(1)
    }
}
