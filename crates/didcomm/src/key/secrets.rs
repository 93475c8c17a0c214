//! All secret keys of one DID, and which of them is for what.

use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{Curve, SecretKey};
use crate::did::{Did, DidUrl};
use crate::document;

/// All secret keys of one DID.
#[derive(Clone, Serialize, Deserialize)]
pub struct SecretKeys {
    did: Did,
    keys: Vec<SecretKey>,
    /// To read what a DID spells out takes longer than to sign.
    #[serde(skip)]
    p256: OnceLock<P256>,
}

/// The places of the keys of P-256, which are for either.
#[derive(Clone, Copy)]
struct P256 {
    agreeing: Option<usize>,
    signing: Option<usize>,
}

impl SecretKeys {
    /// The keys of `did`. Each key's kid should stand under it, in either form of a did:peer:4.
    pub fn new(did: Did, keys: Vec<SecretKey>) -> Self {
        Self {
            did,
            keys,
            p256: OnceLock::new(),
        }
    }

    /// The DID, in the form in which it was made (long for did:peer:4).
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// The same keys for another DID of theirs, as a did:web beside a did:peer: under the same
    /// fragments. Its document has to list them so; see [`document::Document::under`].
    #[must_use]
    pub fn under(&self, did: &Did) -> Self {
        let keys = self.keys.iter().map(|key| key.clone().under(did));
        Self::new(did.clone(), keys.collect())
    }

    /// A key that agrees on keys, of the first curve in the order X25519, P-256, P-384, P-521.
    pub fn agreement(&self) -> Option<&SecretKey> {
        let mut curves = Curve::AGREEING.into_iter();
        curves.find_map(|curve| self.agreement_on(curve))
    }

    /// A key that agrees on keys of this curve.
    pub(crate) fn agreement_on(&self, curve: Curve) -> Option<&SecretKey> {
        match curve {
            Curve::P256 => self.keys.get(self.p256().agreeing?),
            curve => self.first(curve),
        }
        .filter(|_| Curve::AGREEING.contains(&curve))
    }

    /// A key that signs, of the first curve in the order Ed25519, P-256, secp256k1.
    pub fn signing(&self) -> Option<&SecretKey> {
        Curve::SIGNING.into_iter().find_map(|curve| match curve {
            Curve::P256 => self.keys.get(self.p256().signing?),
            curve => self.first(curve),
        })
    }

    fn first(&self, curve: Curve) -> Option<&SecretKey> {
        self.keys.iter().find(|key| key.curve() == curve)
    }

    /// A P-256 key can agree and sign, so what it is for stands in the document, if the DID spells
    /// that out; otherwise the order of the keys decides.
    fn p256(&self) -> P256 {
        let place = |is_listed: &dyn Fn(&DidUrl) -> bool| {
            let is_one = |key: &SecretKey| key.curve() == Curve::P256 && is_listed(key.kid());
            self.keys.iter().position(is_one)
        };
        *self
            .p256
            .get_or_init(|| match document::resolve(&self.did) {
                Ok(document) => P256 {
                    agreeing: place(&|kid| document.agreement_key(kid).is_some()),
                    signing: place(&|kid| document.authentication_key(kid).is_some()),
                },
                Err(_) => P256 {
                    agreeing: place(&|_| true),
                    signing: place(&|_| true),
                },
            })
    }

    /// The key of this kid, under the long or the short form of the DID, or under the name that
    /// older makes give a did:peer:2 key.
    pub fn get(&self, kid: &DidUrl) -> Option<&SecretKey> {
        self.keys.iter().find(|key| key.answers_to(kid))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &SecretKey> {
        self.keys.iter()
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKeys({:?}, {} keys)", self.did, self.keys.len())
    }
}
