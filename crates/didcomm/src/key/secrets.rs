//! All secret keys of one DID, and which of them is for what.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Curve, SecretKey};
use crate::did::{Did, DidUrl};
use crate::document::{self, Document};

/// All secret keys of one DID.
#[derive(Clone, Serialize, Deserialize)]
pub struct SecretKeys {
    did: Did,
    keys: Vec<SecretKey>,
}

impl SecretKeys {
    /// The keys of `did`. Each key's kid should stand under it, in either form of a did:peer:4.
    pub fn new(did: Did, keys: Vec<SecretKey>) -> Self {
        Self { did, keys }
    }

    /// The DID, in the form in which it was made (long for did:peer:4).
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// A key that agrees on keys, of the first curve in the order X25519, P-256, P-384, P-521.
    pub fn agreement(&self) -> Option<&SecretKey> {
        let mut curves = Curve::AGREEING.into_iter();
        curves.find_map(|curve| self.agreement_on(curve))
    }

    /// A key that agrees on keys of this curve.
    pub(crate) fn agreement_on(&self, curve: Curve) -> Option<&SecretKey> {
        self.listed(curve, |document, kid| document.agreement_key(kid).is_some())
            .filter(|_| Curve::AGREEING.contains(&curve))
    }

    /// A key that signs, of the first curve in the order Ed25519, P-256, secp256k1.
    pub fn signing(&self) -> Option<&SecretKey> {
        let is_listed =
            |document: &Document, kid: &DidUrl| document.authentication_key(kid).is_some();
        let mut curves = Curve::SIGNING.into_iter();
        curves.find_map(|curve| self.listed(curve, is_listed))
    }

    /// The first key of the curve. A P-256 key can agree and sign, so what it is for stands in
    /// the document, if the DID spells that out; otherwise the order of the keys decides.
    fn listed(
        &self,
        curve: Curve,
        is_listed: impl Fn(&Document, &DidUrl) -> bool,
    ) -> Option<&SecretKey> {
        let mut keys = self.keys.iter().filter(|key| key.curve() == curve);
        if curve != Curve::P256 {
            return keys.next();
        }
        match document::resolve(&self.did) {
            Ok(document) => keys.find(|key| is_listed(&document, key.kid())),
            Err(_) => keys.next(),
        }
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
