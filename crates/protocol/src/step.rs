//! A step: what to remember first, and what to perform then.

use signet_didcomm::{did::Did, document::Endpoint};

use crate::{change::Change, contact::ContactId, entry::Route};

/// The outcome of one input. The changes are committed as one durable batch before any effect is performed.
#[must_use]
#[derive(Debug, Default)]
pub struct Step {
    /// To be remembered, in order.
    pub changes: Vec<Change>,
    /// To be performed afterwards, in order.
    pub effects: Vec<Effect>,
}

impl Step {
    /// Nothing to remember, nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.effects.is_empty()
    }
}

/// Names one attempt until its report; counted from 1 since the machine was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub u64);

/// How far an attempt may go to find its recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Dial whatever the contact names.
    Anywhere,
    /// An automatic answer to a stranger: dial nothing directly, and no private address.
    Careful,
}

/// What the world is asked to do.
#[derive(Debug)]
pub enum Effect {
    /// Carry this envelope to one of the endpoints and report what became of it.
    Deliver(Deliver),
    /// Open each of these envelopes like one that came in, and say [`crate::command::Command::Received`]
    /// when it is safe, or refused for good.
    Open {
        /// Who kept them for us.
        mediator: Did,
        /// Their ids there, and the envelopes. One without an id is not spoken of again.
        mail: Vec<(String, Vec<u8>)>,
    },
    /// Open a connection on which this mediator sends what comes, and say
    /// [`crate::command::Command::Live`] when it stands and when it is over.
    Listen {
        /// Which.
        mediator: Did,
        /// Its WebSocket.
        uri: String,
        /// What is sent first.
        envelope: Vec<u8>,
    },
    /// End that connection.
    Unlisten {
        /// Which.
        mediator: Did,
    },
    /// Be found at these libp2p relays from now on, and at no others.
    UseRelays(Vec<Endpoint>),
}

/// One attempt.
#[derive(Debug)]
pub struct Deliver {
    /// Its name in the report.
    pub attempt: AttemptId,
    /// To whom; `None` for an answer to somebody who is no contact.
    pub contact: Option<ContactId>,
    /// The packed bytes.
    pub envelope: Vec<u8>,
    /// Where to, in the contact's order of preference; only one may take custody.
    pub endpoints: Vec<Endpoint>,
    /// The same message wrapped for mediators, to be tried when none of the endpoints takes it, in
    /// this order.
    pub forwards: Vec<Forward>,
    /// Multiaddresses that the contact told later than its DID document; to be tried first.
    pub addresses: Vec<String>,
    /// How far to go.
    pub reach: Reach,
    /// An envelope is expected to come back with the answer.
    pub wants_answer: bool,
}

/// An envelope for a mediator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Where it is posted.
    pub uri: String,
    /// The forward, packed.
    pub envelope: Vec<u8>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A hop took custody, by this way.
    Stored(Route),
    /// Likewise, but the envelope that was expected did not come back with the answer.
    Silent,
    /// Not now.
    Later,
    /// This envelope will never be taken there.
    No,
    /// Nobody could be reached.
    Unreachable,
}

/// A report on an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which attempt.
    pub attempt: AttemptId,
    /// What became of it.
    pub outcome: Outcome,
}
