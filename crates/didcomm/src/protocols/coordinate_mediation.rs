//! coordinate-mediation 2.0 and 3.0: a recipient asks a mediator to take its mail, and says for
//! which DIDs.
//!
//! The versions differ in the names of messages and members, and in whether `routing_did` is a
//! text or a list; both forms are read in both. Source: didcomm.org, "coordinate-mediation/2.0"
//! and "coordinate-mediation/3.0".

mod page;
mod read;
mod types;

use serde_json::{Map, Value};

use super::{body, return_route::ReturnRoute};
use crate::did::Did;
use crate::message::Message;

pub use page::{Paginate, Pagination};
pub use read::{read_answer, read_request};
pub use types::{Types, V2, V3};

/// More updates than this in one message are not read: what the answer does not name was not
/// done.
pub const MAX_UPDATES: usize = 512;
/// More recipients than this in one answer are not read.
pub const MAX_RECIPIENTS: usize = 1024;
/// More routing DIDs than this in one grant are not read.
pub const MAX_ROUTING_DIDS: usize = 8;
/// A longer name of an action, in bytes, makes the update unreadable.
pub const MAX_ACTION: usize = 32;

/// Which version of the protocol is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// 2.0, in which recipients are called keys.
    V2,
    /// 3.0.
    V3,
}

/// What a recipient says to its mediator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// Asks for mediation.
    Mediate,
    /// Adds and removes DIDs; a DID receives from the answer on.
    Update(Vec<Update>),
    /// Asks which DIDs are registered, all at once if it says no page.
    Query(Option<Paginate>),
}

/// What a mediator answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// No mediation.
    Deny,
    /// Mediation, and the DIDs to give as endpoint: senders find the mediator by them. At least
    /// one when read.
    Grant(Vec<Did>),
    /// What became of the updates.
    Updated(Vec<Updated>),
    /// The registered DIDs, or a page of them.
    Recipients {
        /// As the recipient registered them.
        dids: Vec<String>,
        /// Which part of all this is, if it is one.
        pagination: Option<Pagination>,
    },
}

/// One wish of a recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// The DID as written, since the answer repeats it; at most [`crate::did::MAX_DID`] bytes,
    /// and a stranger may write any text here.
    pub recipient_did: String,
    /// What is to be done.
    pub action: Action,
}

/// What is to be done with a DID.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Take mail for it.
    Add,
    /// Take none any more.
    Remove,
    /// A word we do not know: the answer is [`Outcome::ClientError`].
    Other(String),
}

/// What became of one wish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Updated {
    /// The wish.
    pub update: Update,
    /// What became of it.
    pub result: Outcome,
}

/// What became of a wish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The wish makes no sense, or is not allowed.
    ClientError,
    /// The mediator failed; to be tried again.
    ServerError,
    /// It was so already.
    NoChange,
    /// It is so.
    Success,
}

impl Version {
    /// Its type URIs.
    pub fn types(self) -> &'static Types {
        match self {
            Self::V2 => &V2,
            Self::V3 => &V3,
        }
    }
}

impl Action {
    fn name(&self) -> &str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Other(name) => name,
        }
    }
}

impl Outcome {
    const ALL: [Self; 4] = [
        Self::ClientError,
        Self::ServerError,
        Self::NoChange,
        Self::Success,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
            Self::NoChange => "no_change",
            Self::Success => "success",
        }
    }
}

impl Request {
    /// The message. It lets the answer come back by the same connection.
    pub fn to_message(&self, id: impl Into<String>, version: Version) -> Message {
        let types = version.types();
        let mut message = match self {
            Self::Mediate => Message::new(id, types.mediate_request),
            Self::Update(updates) => {
                let mut message = Message::new(id, types.recipient_update);
                let updates = updates.iter().map(|update| Value::from(update.to_json()));
                message.body.insert("updates".into(), updates.collect());
                message
            }
            Self::Query(page) => {
                let mut message = Message::new(id, types.recipient_query);
                body::put(&mut message.body, "paginate", page.map(Paginate::to_json));
                message
            }
        };
        ReturnRoute::All.set(&mut message);
        message
    }
}

impl Answer {
    /// The message, in the thread of `asked`.
    pub fn to_message(&self, id: impl Into<String>, version: Version, asked: &Message) -> Message {
        let types = version.types();
        let mut message = match self {
            Self::Deny => Message::new(id, types.mediate_deny),
            Self::Grant(dids) => {
                let mut message = Message::new(id, types.mediate_grant);
                let routing_did = match (version, dids.as_slice()) {
                    (Version::V2, [one]) => one.as_str().into(),
                    (Version::V2 | Version::V3, dids) => dids.iter().map(Did::as_str).collect(),
                };
                message.body.insert("routing_did".into(), routing_did);
                message
            }
            Self::Updated(updated) => {
                let mut message = Message::new(id, types.recipient_update_response);
                let updated = updated.iter().map(Updated::to_json);
                message.body.insert("updated".into(), updated.collect());
                message
            }
            Self::Recipients { dids, pagination } => {
                let mut message = Message::new(id, types.recipient);
                let dids = dids.iter().map(|did| Value::from(recipient(did)));
                message.body.insert(types.dids.into(), dids.collect());
                let pagination = pagination.map(Pagination::to_json);
                body::put(&mut message.body, "pagination", pagination);
                message
            }
        };
        message.thid = Some(asked.thread().to_owned());
        message
    }
}

impl Update {
    /// Takes mail for `did`, in the form in which senders will name it.
    pub fn add(did: &Did) -> Self {
        Self {
            recipient_did: did.as_str().to_owned(),
            action: Action::Add,
        }
    }

    /// Takes no mail for `did` any more.
    pub fn remove(did: &Did) -> Self {
        Self {
            recipient_did: did.as_str().to_owned(),
            action: Action::Remove,
        }
    }

    fn to_json(&self) -> Map<String, Value> {
        let mut map = recipient(&self.recipient_did);
        map.insert("action".into(), self.action.name().into());
        map
    }
}

impl Updated {
    fn to_json(&self) -> Value {
        let mut map = self.update.to_json();
        map.insert("result".into(), self.result.name().into());
        map.into()
    }
}

fn recipient(did: &str) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("recipient_did".into(), did.into());
    map
}

#[cfg(test)]
mod tests;
