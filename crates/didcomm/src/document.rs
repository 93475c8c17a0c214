//! DID documents: which keys speak for a DID, and where it is reached.
//!
//! Names are absolute here whatever the document wrote. Of the services only those for
//! DIDComm are kept, of the keys only those whose encoding we know.
//!
//! Source: W3C DID core §5; DIDComm Messaging v2.1, "DID Document Keys", "Service Endpoint".

mod json;
mod service;

use crate::did::{Did, DidUrl, Method, key, peer2, peer4};
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
    /// A did:web: its document must be fetched.
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
        let method = self
            .methods
            .iter()
            .find(|method| method.id.is_same_as(kid) || self.is_older_name(method, kid))?;
        is_listed(&method.id).then_some(&method.key)
    }

    /// Older makes name a did:peer:2 key by its first eight characters behind the `z`.
    fn is_older_name(&self, method: &VerificationMethod, kid: &DidUrl) -> bool {
        self.id.method() == Method::Peer2
            && *kid.subject() == self.id
            && kid.fragment().is_some_and(|name| name.len() == 8)
            && method.key.to_multibase().get(1..9) == kid.fragment()
    }
}

/// Resolves a DID whose method needs nothing from outside: did:key, did:peer 0, 2 and long 4.
///
/// # Errors
/// [`ResolveError`] says what is missing for any other.
pub fn resolve(did: &Did) -> Result<Document, ResolveError> {
    match did.method() {
        Method::Key => key::resolve_key(did),
        Method::Peer0 => key::resolve_peer0(did),
        Method::Peer2 => peer2::resolve(did),
        Method::Peer4Long => peer4::resolve(did),
        Method::Peer4Short => Err(ResolveError::NeedsLongForm { did: did.clone() }),
        Method::Web => Err(ResolveError::NeedsFetch { did: did.clone() }),
        Method::Other => Err(ResolveError::Unsupported { did: did.clone() }),
    }
}
