//! An identity: one DID of ours with its secret keys.

use serde::{Deserialize, Serialize};
use signet_didcomm::{did::Did, key::SecretKeys};

use crate::{contact::ContactId, time::Timestamp};

/// What a DID of ours is for. Exactly one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// It stands in the invitation with this id.
    Invitation(String),
    /// It is ours towards this contact.
    Contact(ContactId),
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
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}
