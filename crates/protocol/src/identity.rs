//! An identity: one DID of ours with its secret keys.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use signet_didcomm::{
    did::{self, Did, peer2, peer4},
    key::{Curve, SecretKeys},
};

use crate::{
    contact::{ContactId, Need},
    time::Timestamp,
    turn::Turn,
};

/// What a DID of ours is for. Exactly one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// It stands in the invitation with this id.
    Invitation(String),
    /// It is ours towards this contact.
    Contact(ContactId),
    /// It is ours towards this mediator.
    Mediator(Did),
    /// It has none yet: it was made and registered with our mediators ahead.
    Spare,
}

/// One DID of ours.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    /// The DID, long form.
    pub did: Did,
    /// Its keys.
    pub keys: SecretKeys,
    /// What it is for.
    pub purpose: Purpose,
    /// When it was made.
    pub created: Timestamp,
    /// The mediators that its document names, by short form: they have to know it.
    #[serde(default)]
    pub via: Vec<Did>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

impl<R: CryptoRng> Turn<'_, R> {
    /// A DID to meet `them` with, and its keys. Who has no X25519 key, which every agent should
    /// have, can only be written to with a key on one of their own curves.
    pub(crate) fn pairwise(&mut self, them: &Did, need: Need) -> (Did, SecretKeys) {
        let endpoints = &self.machine.endpoints(need.mediated_only);
        let document = self.machine.document(them).ok();
        let curves = document.iter().flat_map(|document| {
            let keys = document.agreement_keys();
            keys.map(|(_, key)| key.curve())
        });
        if let Some(curve) = curves.min().filter(|&curve| curve != Curve::X25519) {
            let keys = [
                (did::Purpose::Authentication, Curve::Ed25519),
                (did::Purpose::KeyAgreement, Curve::X25519),
                (did::Purpose::KeyAgreement, curve),
            ];
            let made = match need.reads_peer4 {
                true => peer4::create_with(&keys, endpoints, self.rng),
                false => peer2::create_with(&keys, endpoints, self.rng),
            };
            if let Ok(made) = made {
                return made;
            }
        }
        if let Some(spare) = self.take_spare(need) {
            return spare;
        }
        match need.reads_peer4 {
            true => peer4::create(endpoints, self.rng),
            false => peer2::create(endpoints, self.rng),
        }
    }
}
