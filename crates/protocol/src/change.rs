//! What a step changes: the records that make up the machine, and the history it never holds.

use serde::{Deserialize, Serialize};
use signet_didcomm::did::Did;

use crate::{
    contact::{Contact, ContactId, Progress},
    entry::{Delivery, Entry},
    identity::Identity,
    invitation::Invitation,
    mediation::Mediation,
    outgoing::Outgoing,
    profile::Profile,
    time::Timestamp,
};

/// An entry-to-be that came before its predecessors: committed and acknowledged, not yet placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Early {
    /// Its `sender_order`.
    pub order: u64,
    /// The entry, whose `seq` and `time` are set when it gets its place.
    pub entry: Entry,
}

/// One change. A record of the machine is written whole and replaces the one of the same key;
/// history is appended to and merged, never rewritten.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change {
    /// The profile; there is one.
    Profile(Profile),
    /// A contact, by id.
    Contact(Box<Contact>),
    /// The counters of a contact, by id.
    Progress {
        /// Whose.
        contact: ContactId,
        /// The counters.
        progress: Progress,
    },
    /// A contact goes, with its identities, outbox, early messages, and its whole history.
    ContactDeleted(ContactId),
    /// A DID of ours, by DID.
    Identity(Box<Identity>),
    /// A DID of ours and its keys go for good.
    IdentityDestroyed(Did),
    /// An invitation of ours, by id.
    Invitation(Invitation),
    /// An outgoing message, by contact and message id.
    Outgoing(Box<Outgoing>),
    /// An outgoing message is done with.
    OutgoingDone {
        /// Whose.
        contact: ContactId,
        /// The message id.
        id: String,
    },
    /// An early message, by contact and order.
    Early(Box<Early>),
    /// An early message got its place.
    EarlyPlaced {
        /// Whose.
        contact: ContactId,
        /// Its `sender_order`.
        order: u64,
    },
    /// A mediation, by the mediator's DID.
    Mediation(Box<Mediation>),
    /// A mediation is over; what was registered there is for nobody.
    MediationRemoved(Did),
    /// The mediator knows this DID of ours, in the form in which it was told.
    Registered {
        /// Which.
        mediator: Did,
        /// The DID.
        did: Did,
    },
    /// The mediator no longer knows it.
    Unregistered {
        /// Which.
        mediator: Did,
        /// The DID.
        did: Did,
    },
    /// A new entry of a conversation.
    Entry(Box<Entry>),
    /// News of an own entry, merged by [`Delivery::merge`]; unknown ids are ignored.
    EntryDelivery {
        /// Whose conversation.
        contact: ContactId,
        /// The message id.
        id: String,
        /// The news.
        delivery: Delivery,
    },
    /// The message with this id was taken from this contact: a repeat of it is recognised.
    Seen {
        /// From whom.
        contact: ContactId,
        /// The message id, lower case.
        id: String,
        /// When.
        at: Timestamp,
    },
}

impl Change {
    /// Whether this is a record that the machine holds in memory, to be handed back by
    /// [`crate::Messenger::restore`]; the others are history.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Profile(_)
            | Self::Contact(_)
            | Self::Progress { .. }
            | Self::ContactDeleted(_)
            | Self::Identity(_)
            | Self::IdentityDestroyed(_)
            | Self::Invitation(_)
            | Self::Outgoing(_)
            | Self::OutgoingDone { .. }
            | Self::Early(_)
            | Self::EarlyPlaced { .. }
            | Self::Mediation(_)
            | Self::MediationRemoved(_)
            | Self::Registered { .. }
            | Self::Unregistered { .. } => true,
            Self::Entry(_) | Self::EntryDelivery { .. } | Self::Seen { .. } => false,
        }
    }
}
