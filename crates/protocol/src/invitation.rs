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
    /// The link that holds all of it, `signet://invitation?_oob=…`, at most 900 characters.
    pub url: String,
    /// Set while a mediator of ours hosts it, as far as we know.
    #[serde(default)]
    pub page: Option<Page>,
}

/// Where a mediator hosts an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Which mediator, in the short form of its DID.
    pub mediator: Did,
    /// The short link, at most 300 characters.
    pub url: String,
    /// It leads nowhere after this.
    pub expires: Option<Timestamp>,
    /// When the mediator is asked to host it for longer. Set if it ends before the invitation does.
    pub renew: Option<Timestamp>,
}

impl Invitation {
    /// The link as shown: the short one while there is one.
    #[must_use]
    pub fn link(&self, now: Timestamp) -> &str {
        let page = self.page.as_ref().filter(|page| !page.is_over(now));
        match (page, &self.state) {
            (Some(page), InvitationState::Open) => &page.url,
            (Some(_) | None, _) => &self.url,
        }
    }
}

impl Page {
    /// Whether its mediator has dropped it by itself.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires < now)
    }
}
