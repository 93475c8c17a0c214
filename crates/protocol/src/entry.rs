//! An entry: a message as remembered in a conversation, or a line of the house.

use serde::{Deserialize, Serialize};
use signet_didcomm::did::Did;

use crate::{contact::ContactId, time::Timestamp};

/// How far an own message has come. Within one try it only rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It waits here.
    Queued,
    /// 30 days without custody, or the contact ended; a later proof of arrival still raises it.
    Failed,
    /// A hop took custody.
    Sent,
    /// The contact acknowledged it.
    Delivered,
    /// The contact has read it.
    Read,
}

/// The way one attempt took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// libp2p, straight to the contact.
    Direct,
    /// POST to the contact's HTTP endpoint.
    Http,
    /// To the contact's mediator, which keeps it until it is fetched.
    Mediator,
    /// libp2p, to the contact through a relay.
    Relayed,
}

/// Whose words an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Theirs.
    In,
    /// Ours.
    Out,
    /// The house's.
    None,
}

/// What a line of the house says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "line", content = "about")]
pub enum Line {
    /// Both have heard from each other for the first time.
    Connected,
    /// They moved to another DID, confirmed by the previous one.
    TheyChanged,
    /// We moved to another DID.
    WeChanged,
    /// The relationship ended.
    Ended(crate::contact::EndReason),
    /// A message of a type that this version cannot show; kept verbatim.
    Unknown {
        /// Its message type URI.
        message_type: String,
    },
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A message with its text.
    Message {
        /// As written, at most [`crate::limit::TEXT`] bytes.
        text: String,
        /// Id of the message it answers.
        reply_to: Option<String>,
    },
    /// A line of the house.
    Line(Line),
}

/// How the writer of a received message was proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRecord {
    /// DID URL of the sender's key.
    pub sender_kid: Option<String>,
    /// DID URL of our key that opened it.
    pub recipient_kid: Option<String>,
    /// DID URL of the key that signed it, when it was signed.
    pub signer_kid: Option<String>,
    /// The JOSE algorithms, outermost first.
    pub algorithms: Vec<String>,
    /// When we opened it.
    pub received: Timestamp,
    /// The plaintext as received.
    #[serde(with = "serde_bytes")]
    pub plaintext: Vec<u8>,
    /// The inner JWS as received, when there was one.
    pub jws: Option<serde_bytes::ByteBuf>,
}

/// One place in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose conversation.
    pub contact: ContactId,
    /// Its place, counted from 1 in each conversation, without gaps.
    pub seq: u64,
    /// The message id; lines of the house have one of their own.
    pub id: String,
    /// Whose words.
    pub direction: Direction,
    /// What it is.
    pub kind: Kind,
    /// Own: when written. Theirs: when it got its place here.
    pub time: Timestamp,
    /// Theirs: `created_time` of the message, which only they vouch for.
    pub claimed_time: Option<Timestamp>,
    /// Our DID it went from or came to.
    pub my_did: Did,
    /// Their DID it went to or came from.
    pub their_did: Did,
    /// Own messages only.
    pub delivery: Option<Delivery>,
    /// Received messages only.
    pub proof: Option<ProofRecord>,
}

/// The delivery of an own message, merged by [`Delivery::merge`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Counted from 1; a resend by hand begins the next. News with 0 is of the present try, whichever it is.
    pub attempt: u32,
    /// How far it has come in this try.
    pub state: DeliveryState,
    /// The way of the hop that took custody.
    pub route: Option<Route>,
    /// When it reached this state.
    pub at: Timestamp,
    /// Why it failed, or that their software does not confirm.
    pub remark: Option<Remark>,
}

/// A remark beside a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// Nobody took custody for 30 days.
    NoWay,
    /// The relationship ended first.
    Ended,
    /// This contact's software does not confirm; `sent` is final.
    Unconfirmed,
    /// The contact names no endpoint that we can use.
    Unreachable,
}

impl Delivery {
    /// Takes the higher of the two: a later try wins, and within one try the state only rises. A
    /// remark on the state reached is added, and so is the way, whenever it becomes known: an
    /// acknowledgement may overtake the hop's answer.
    pub fn merge(&mut self, other: &Self) {
        let attempt = if other.attempt == 0 {
            self.attempt
        } else {
            other.attempt
        };
        if (attempt, other.state) > (self.attempt, self.state) {
            let route = other
                .route
                .or(self.route.filter(|_| attempt == self.attempt));
            *self = Self {
                attempt,
                route,
                ..other.clone()
            };
        } else if attempt == self.attempt {
            self.route = self.route.or(other.route);
            if other.state == self.state {
                self.remark = self.remark.or(other.remark);
            }
        }
    }
}
