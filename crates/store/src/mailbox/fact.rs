//! What happened, as the log remembers it.
//!
//! A change is decided once, under its condition; what comes of it is a fact, and facts are applied
//! without a question, now and whenever the index is built again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;
use signet_didcomm::did::Did;
use signet_protocol::time::Timestamp;

use crate::sealed::Name;

/// One fact.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Fact<'a> {
    /// The account of this number goes by this DID.
    Account { number: u64, did: Did },
    /// It goes, with all that is its own.
    Forgotten { number: u64 },
    /// Envelopes to this DID are for this account.
    Recipient { number: u64, did: Did },
    /// Envelopes to the DID of this name are for nobody.
    Unregistered { name: Name },
    /// An envelope waits, or lies here from now on.
    Mail {
        id: u64,
        number: u64,
        recipient: Name,
        received: Timestamp,
        from: Timestamp,
        until: Timestamp,
        envelope: Cow<'a, Bytes>,
    },
    /// These envelopes of the account wait no longer.
    Gone { number: u64, ids: Vec<u64> },
    /// The numbers last given to an account and an envelope; each part of the log begins with it,
    /// so that they are known whatever is gone before it.
    Numbers { account: u64, mail: u64 },
    /// Something of the mediator's own.
    Kept {
        name: Cow<'a, str>,
        value: Cow<'a, Bytes>,
    },
    /// An invitation of the account has a page until then.
    Hosted {
        id: [u8; 16],
        number: u64,
        until: Timestamp,
        invitation: Cow<'a, Bytes>,
    },
    /// The one of this name has none any more.
    Unhosted { name: Name },
}
