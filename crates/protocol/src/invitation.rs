//! An invitation of ours: an out-of-band 2.0 message with a DID of its own.

use serde::{Deserialize, Serialize};
use signet_didcomm::did::Did;

use crate::{contact::ContactId, time::Timestamp};

/// Where an invitation stands. Expiry is not a state: it follows from the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InvitationState {
    /// It may be answered.
    Open,
    /// A one-time invitation that this contact answered.
    Used(ContactId),
    /// The person took it back.
    Revoked,
}

/// One invitation of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The message id; an answer carries it as `pthid`.
    pub id: String,
    /// Its own DID, a small did:peer:2.
    pub did: Did,
    /// Where it stands.
    pub state: InvitationState,
    /// Anybody may answer, and each answer is a request to accept.
    pub reusable: bool,
    /// When it was made.
    pub created: Timestamp,
    /// It may not be answered after this.
    pub expires: Option<Timestamp>,
    /// The person's private note.
    pub note: Option<String>,
    /// The link as shown, `signet://invitation?_oob=…`, at most 900 characters.
    pub url: String,
}
