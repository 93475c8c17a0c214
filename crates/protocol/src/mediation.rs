//! Our relationship with a mediator: it keeps what others send us until we fetch it.

use serde::{Deserialize, Serialize};
use signet_didcomm::{coordinate_mediation::Version, did::Did};

use crate::time::Timestamp;

/// Where a mediation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediationState {
    /// We asked, and wait for the answer.
    Asking,
    /// It was granted.
    Granted,
    /// It was denied. Asked again when the person adds it again.
    Refused,
    /// The person wants it no more: our contacts are told of other ways, and what waits there is
    /// fetched meanwhile.
    Leaving,
}

/// One mediation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mediation {
    /// The mediator's DID.
    pub mediator: Did,
    /// Our DID towards it, which nobody else knows.
    pub my_did: Did,
    /// Its place in the person's order; others try the first one first.
    pub place: u32,
    /// Where it stands.
    pub state: MediationState,
    /// What our DIDs name as their endpoint. Set once it was granted.
    pub routing: Option<Did>,
    /// The id of its invitation, which it may want to see.
    pub invitation: Option<String>,
    /// When we first asked.
    pub created: Timestamp,
    /// The version of coordinate-mediation that it answered in: 2 or 3.
    pub version: u8,
    /// The mediator that goes once this one is granted.
    pub replaces: Option<Did>,
    /// Since when it does not answer, once that has been so for some minutes.
    #[serde(default)]
    pub silent_since: Option<Timestamp>,
    /// It has not answered for a day: our DIDs name the others meanwhile.
    #[serde(default)]
    pub away: bool,
    /// It hosts no invitations of ours, and is not asked again before this.
    #[serde(default)]
    pub hosts_from: Option<Timestamp>,
}

impl Mediation {
    pub(crate) fn version(&self) -> Version {
        match self.version {
            2 => Version::V2,
            _ => Version::V3,
        }
    }

    /// Whether mail for us may wait there.
    pub(crate) fn serves(&self) -> bool {
        match self.state {
            MediationState::Granted | MediationState::Leaving => true,
            MediationState::Asking | MediationState::Refused => false,
        }
    }

    /// Whether contacts are to give it up: it is being left, or has not answered for a day.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.state == MediationState::Leaving || self.away
    }

    /// Its routing DID, while our DIDs are to name it.
    pub(crate) fn endpoint(&self) -> Option<&Did> {
        match self.state {
            MediationState::Granted if self.away => None,
            MediationState::Granted => self.routing.as_ref(),
            MediationState::Asking | MediationState::Refused | MediationState::Leaving => None,
        }
    }
}
