//! Plaintext messages: the headers, the body, attachments.
//!
//! We write conservatively (`body` and `typ` always there, times as integers) and read
//! liberally: unknown headers are kept, an absent body is an empty one.
//!
//! Source: DIDComm Messaging v2.1, "Plaintext Message Structure", "Message Headers".

mod attachment;
mod kind;
mod read;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use rand_core::CryptoRng;
use serde_json::{Map, Value};

use crate::did::Did;

pub use attachment::{Attachment, AttachmentData};
pub use kind::MessageType;
pub(crate) use read::{is_media_type, whole};

/// The media type of a plaintext.
pub const PLAINTEXT: &str = "application/didcomm-plain+json";

/// The longest `id`, `thid` or `pthid` we read; a UUID has 36 bytes.
pub const MAX_ID: usize = 512;

/// Why bytes are no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Not a JSON object, nested too deeply, a header twice, or of a wrong kind.
    #[error("not a plaintext message: {0}")]
    Json(String),
    /// A header that every message needs is missing.
    #[error("the header {0} is missing")]
    Missing(&'static str),
    /// A header holds what it may not hold.
    #[error("the header {0} is malformed")]
    Header(&'static str),
    /// An attachment without data, or with links but no hash.
    #[error("an attachment is malformed")]
    Attachment,
}

/// A plaintext message.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// Unique among its sender's messages.
    pub id: String,
    /// The message type URI; see [`Message::kind`].
    pub type_: String,
    /// Who says it; proved only by the envelope.
    pub from: Option<Did>,
    /// To whom; empty if unsaid.
    pub to: Vec<Did>,
    /// The thread it continues.
    pub thid: Option<String>,
    /// The parent of its thread.
    pub pthid: Option<String>,
    /// When it was written, in seconds since the Unix epoch; only a hint.
    pub created_time: Option<u64>,
    /// From when on its sender does not want it acted upon, in seconds since the Unix epoch.
    pub expires_time: Option<u64>,
    /// What the protocol defines.
    pub body: Map<String, Value>,
    /// Content that travels along.
    pub attachments: Vec<Attachment>,
    /// Ids of messages to acknowledge; `""` is this one.
    pub please_ack: Vec<String>,
    /// Ids acknowledged, oldest first.
    pub ack: Vec<String>,
    /// The proof of a rotation, as a JWT. After [`crate::unpack`] it is set only if verified.
    pub from_prior: Option<String>,
    /// The place among its sender's messages, from 1.
    pub sender_order: Option<u64>,
    /// The language of the body.
    pub lang: Option<String>,
    /// Every other header, kept.
    pub extra: BTreeMap<String, Value>,
}

impl Message {
    /// A message with nothing but its id and type.
    pub fn new(id: impl Into<String>, type_: &str) -> Self {
        Self {
            id: id.into(),
            type_: type_.to_owned(),
            from: None,
            to: Vec::new(),
            thid: None,
            pthid: None,
            created_time: None,
            expires_time: None,
            body: Map::new(),
            attachments: Vec::new(),
            please_ack: Vec::new(),
            ack: Vec::new(),
            from_prior: None,
            sender_order: None,
            lang: None,
            extra: BTreeMap::new(),
        }
    }

    /// Reads a plaintext. It proves nothing; a stranger's bytes go through [`crate::unpack`].
    ///
    /// # Errors
    /// [`MessageError`] if it is not a plaintext message.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, MessageError> {
        read::from_slice(bytes)
    }

    /// The wire form.
    pub fn to_vec(&self) -> Vec<u8> {
        write::to_vec(self)
    }

    /// The thread it belongs to: `thid`, or its own id if it begins one.
    pub fn thread(&self) -> &str {
        self.thid.as_deref().unwrap_or(&self.id)
    }

    /// The parts of its type; `None` if that is no message type URI.
    pub fn kind(&self) -> Option<MessageType<'_>> {
        MessageType::parse(&self.type_)
    }

    /// Whether its type is `type_` or a compatible one.
    pub fn is(&self, type_: &str) -> bool {
        self.kind().is_some_and(|kind| kind.is(type_))
    }

    /// The body's member `name` if it is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }
}

/// A fresh message id: a random UUID in lower case.
pub fn new_id(rng: &mut impl CryptoRng) -> String {
    let mut raw = [0; 16];
    rng.fill_bytes(&mut raw);
    let bits = (u128::from_be_bytes(raw) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let mut id = String::with_capacity(36);
    for (place, digit) in hex.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        id.push(digit);
    }
    id
}

/// Shows what a log may hold: the type and the thread, nothing that was said and nobody's DID.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("type", &self.type_)
            .field("thread", &self.thread())
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}
