//! messagepickup 3.0 and message-pickup 4.0: a recipient fetches the mail its mediator holds.
//!
//! 4.0 differs in its name, in what answers a request when nothing waits, and in that live mail
//! comes in a delivery too. Its published text changed while it was in use: the limit is `limit`
//! or `message_count_limit`, times are in seconds or milliseconds. Both are read, and both limits
//! are written. Source: didcomm.org, "messagepickup/3.0" and "message-pickup/4.0".

mod read;
mod status;
mod types;

use serde_json::Value;

use super::report_problem::{self, Problem};
use super::{body, return_route::ReturnRoute};
use crate::did::Did;
use crate::message::{Attachment, Message};

pub use read::{read_answer, read_request};
pub use status::Status;
pub use types::{Types, V3, V4};

/// More envelopes than this in one delivery are not read.
pub const MAX_MESSAGES: usize = 1024;
/// More ids than this in one acknowledgement are not read.
pub const MAX_RECEIVED: usize = 1024;
/// The code of the report that a connection cannot deliver live.
pub const LIVE_MODE_NOT_SUPPORTED: &str = "e.m.live-mode-not-supported";

/// Which version of the protocol is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// 3.0, called `messagepickup`.
    V3,
    /// 4.0, called `message-pickup`.
    V4,
}

/// What a recipient says to its mediator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// How much waits?
    Status {
        /// For this DID only.
        recipient_did: Option<Did>,
    },
    /// Deliver what waits.
    Delivery {
        /// At most so many envelopes.
        limit: u64,
        /// For this DID only.
        recipient_did: Option<Did>,
    },
    /// The envelopes of these ids are safe here and may be deleted there.
    Received(Vec<String>),
    /// Deliver what comes from here on at once, or not. Only on a connection that stays.
    Live(bool),
}

/// What a mediator answers, or sends live.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// How much waits.
    Status(Status),
    /// Envelopes.
    Delivery(Delivery),
}

/// Envelopes from the queue.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Delivery {
    /// For whom they are, if the request named somebody.
    pub recipient_did: Option<Did>,
    /// The envelopes, oldest first.
    pub messages: Vec<Held>,
}

/// One envelope as the mediator holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    /// By what to acknowledge it; without one it comes again for ever.
    pub id: Option<String>,
    /// The envelope. `None` if it could not be decoded: to be acknowledged like the others, or
    /// it stands before them for ever.
    pub envelope: Option<Vec<u8>>,
}

impl Version {
    /// Its type URIs.
    pub fn types(self) -> &'static Types {
        match self {
            Self::V3 => &V3,
            Self::V4 => &V4,
        }
    }
}

impl Request {
    /// The message. It lets the answer come back by the same connection, except that nothing
    /// answers an acknowledgement in 4.0.
    pub fn to_message(&self, id: impl Into<String>, version: Version) -> Message {
        let types = version.types();
        let mut message = match self {
            Self::Status { recipient_did } => {
                let mut message = Message::new(id, types.status_request);
                put_did(&mut message, recipient_did.as_ref());
                message
            }
            Self::Delivery {
                limit,
                recipient_did,
            } => {
                let mut message = Message::new(id, types.delivery_request);
                message.body.insert("limit".into(), (*limit).into());
                if version == Version::V4 {
                    let name = "message_count_limit";
                    message.body.insert(name.into(), (*limit).into());
                }
                put_did(&mut message, recipient_did.as_ref());
                message
            }
            Self::Received(ids) => {
                let mut message = Message::new(id, types.messages_received);
                let ids = ids.clone().into();
                message.body.insert("message_id_list".into(), ids);
                message
            }
            Self::Live(live) => {
                let mut message = Message::new(id, types.live_delivery_change);
                message.body.insert("live_delivery".into(), (*live).into());
                message
            }
        };
        match (version, self) {
            (Version::V4, Self::Received(_)) => {}
            (Version::V3 | Version::V4, _) => ReturnRoute::All.set(&mut message),
        }
        message
    }
}

impl Answer {
    /// What answers a request for delivery: the envelopes, or, if there are none, what the
    /// version has for that: the status in 3.0, a delivery of nothing in 4.0.
    pub fn to_delivery_request(version: Version, delivery: Delivery, status: Status) -> Self {
        match version {
            Version::V3 if delivery.messages.is_empty() => Self::Status(status),
            Version::V3 | Version::V4 => Self::Delivery(delivery),
        }
    }

    /// The message, in the thread of `asked`; live deliveries answer nothing.
    pub fn to_message(
        &self,
        id: impl Into<String>,
        version: Version,
        asked: Option<&Message>,
    ) -> Message {
        let types = version.types();
        let mut message = match self {
            Self::Status(status) => {
                let mut message = Message::new(id, types.status);
                message.body = status.to_body(version);
                message
            }
            Self::Delivery(delivery) => {
                let mut message = Message::new(id, types.delivery);
                put_did(&mut message, delivery.recipient_did.as_ref());
                let held = delivery.messages.iter();
                message.attachments = held.filter_map(Held::to_attachment).collect();
                // 4.0 demands the list, empty as it may be.
                if message.attachments.is_empty() {
                    let none = Value::Array(Vec::new());
                    message.extra.insert("attachments".into(), none);
                }
                message
            }
        };
        message.thid = asked.map(|asked| asked.thread().to_owned());
        message
    }
}

impl Delivery {
    /// What acknowledges it, once every envelope is safe; also those that could not be decoded.
    /// `None` if nothing in it has an id.
    pub fn received(&self) -> Option<Request> {
        let ids: Vec<String> = self.messages.iter().filter_map(|m| m.id.clone()).collect();
        (!ids.is_empty()).then_some(Request::Received(ids))
    }
}

impl Held {
    /// An envelope of the queue.
    pub fn new(id: impl Into<String>, envelope: Vec<u8>) -> Self {
        Self {
            id: Some(id.into()),
            envelope: Some(envelope),
        }
    }

    fn to_attachment(&self) -> Option<Attachment> {
        let mut attachment = Attachment::from_bytes("", self.envelope.as_deref()?);
        attachment.id.clone_from(&self.id);
        Some(attachment)
    }
}

/// The mediator's answer to a wish for live delivery on a connection that cannot: a problem with
/// the thread of `asked`. It is written as in 3.0, which the core specification has too.
pub fn live_mode_not_supported(id: impl Into<String>, asked: &Message) -> Message {
    let problem = Problem {
        comment: Some("Connection does not support Live Delivery".to_owned()),
        ..Problem::new(LIVE_MODE_NOT_SUPPORTED)
    };
    report_problem::message(id, asked.thread(), &problem, None)
}

/// Whether it is that answer, in the type of either version.
pub fn is_live_mode_not_supported(message: &Message) -> bool {
    report_problem::read(message).is_some_and(|problem| problem.is(LIVE_MODE_NOT_SUPPORTED))
}

fn put_did(message: &mut Message, did: Option<&Did>) {
    body::put(&mut message.body, "recipient_did", did.map(Did::as_str));
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.envelope.as_ref().map(Vec::len);
        write!(f, "Held({:?}, {bytes:?} bytes)", self.id)
    }
}

#[cfg(test)]
mod tests;
