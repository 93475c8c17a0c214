//! Exported conversations: written entry by entry, as text, JSON or a page of HTML.
//!
//! A [`Writer`] is fed a conversation and its entries in their order and never holds more than
//! one of them, so a history of any length needs no more memory than a short one. The caller
//! writes to a temporary file and renames it, so that half an export is never found.
//!
//! Names and texts come from strangers. Whatever the format, none of them can pass for something
//! that another person or the program wrote: line breaks are indented or escaped, control
//! characters made visible, markup quoted. Times are UTC, in RFC 3339.
//!
//! # JSON
//! One array, one object a line. The first object is the header, `{"kind": "transcript",
//! "version": 1, "name", "exported"}`. Each conversation begins with `{"kind": "conversation",
//! "contact", "name", "my_did", "their_did", "my_retired": [{"did", "since"}], "their_retired"}`,
//! and its entries follow: `{"kind": "message", "seq", "id", "time", "claimed_time", "direction":
//! "in" or "out", "from", "text", "reply_to", "state", "state_since", "route", "my_did",
//! "their_did", "proof": {"sender_kid", "recipient_kid", "signer_kid", "algorithms",
//! "received"}}`, or `{"kind": "line", "seq", "id", "time", "line", "text"}` for what the house
//! says. Members without a value are left out.

mod html;
mod json;
mod plain;
mod time;
mod words;
mod writer;

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use signet_didcomm::did::Did;
use signet_protocol::{
    contact::{Contact, ContactId, Retired},
    time::Timestamp,
};

pub use time::rfc3339;
pub use words::{ended, line, lines, one_line};
pub use writer::Writer;

/// What an export looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For reading and printing anywhere.
    Text,
    /// For programs; see the crate's documentation.
    Json,
    /// One self-contained page, without scripts and without anything to be loaded.
    Html,
}

/// The name of a format was none of the three.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the format is html, json or text")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "html" => Ok(Self::Html),
            _ => Err(UnknownFormat),
        }
    }
}

/// What stands above everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name of the person whose conversations these are.
    pub my_name: String,
    /// When the export was made.
    pub exported: Timestamp,
}

/// What stands above one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// The contact's id in the profile.
    pub contact: ContactId,
    /// The contact's name as the person sees it.
    pub name: String,
    /// Our DID for this contact.
    pub my_did: Did,
    /// The contact's DID.
    pub their_did: Did,
    /// Our earlier DIDs for this contact, as far as they are remembered.
    pub my_retired: Vec<Retired>,
    /// The contact's earlier DIDs.
    pub their_retired: Vec<Retired>,
}

impl From<&Contact> for Conversation {
    fn from(contact: &Contact) -> Self {
        Self {
            contact: contact.id,
            name: contact.shown_name().to_owned(),
            my_did: contact.my_did.clone(),
            their_did: contact.their_did.clone(),
            my_retired: contact.my_retired.clone(),
            their_retired: contact.their_retired.clone(),
        }
    }
}
