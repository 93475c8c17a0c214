//! The profile: who I am to my contacts, and where I can be reached.

use serde::{Deserialize, Serialize};
use signet_didcomm::document::Endpoint;

/// What the machine knows of its person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The name that contacts see.
    pub name: String,
    /// Counted up with each change of the name; 1 at first.
    pub revision: u64,
    /// Where we can be reached, in the order other agents should try: HTTP first, then libp2p.
    pub endpoints: Vec<Endpoint>,
    /// Counted up with each change of `endpoints`.
    pub addresses_revision: u64,
}
