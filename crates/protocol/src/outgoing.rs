//! The outbox: messages that no hop has custody of, or that are not yet acknowledged.

use serde::{Deserialize, Serialize};
use signet_didcomm::message::Message;

use crate::{contact::ContactId, entry::Route, time::Timestamp};

/// What an outgoing message is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// An entry of the conversation; counted by `sender_order`.
    Entry,
    /// Our profile; a newer one replaces it.
    Profile,
    /// Our addresses; newer ones replace them.
    Addresses,
    /// Carries `from_prior` to a contact to whom nothing else is under way.
    Rotation,
    /// An answer that nobody acknowledges: a ping response, a report of a problem.
    Reply,
    /// The end of the relationship, proved by the prior DID; never acknowledged.
    Ending,
}

/// A hop took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    /// When.
    pub at: Timestamp,
    /// By which way.
    pub route: Route,
}

/// One message under way. Keeps the plaintext: it is packed again at each attempt, so neither a
/// rotation nor a change of route strands it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// To whom.
    pub contact: ContactId,
    /// The message, without `from`, `to`, `from_prior` and `sender_order`, which each packing adds.
    #[serde(with = "as_bytes")]
    pub message: Message,
    /// What it is to us.
    pub purpose: Purpose,
    /// Place in the outbox of this contact; the messages of one contact leave in this order.
    pub place: u64,
    /// `sender_order`, fixed at the first packing.
    pub order: Option<u64>,
    /// When it was written.
    pub created: Timestamp,
    /// The try, counted from 1; `resend` begins the next.
    pub attempt: u32,
    /// Set once a hop took it; cleared on evidence of loss.
    pub custody: Option<Custody>,
}

/// The wire form is the one form of a message, on disk too.
mod as_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use signet_didcomm::message::Message;

    pub(super) fn serialize<S: Serializer>(
        message: &Message,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&message.to_vec())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Message, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        Message::from_slice(&bytes).map_err(D::Error::custom)
    }
}
