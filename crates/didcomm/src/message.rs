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

/// The objects and lists that a message we read may have in all. An object of one member is eight
/// letters and takes 640 bytes of memory, so without a bound a mebibyte would become eighty.
pub const MAX_PARTS: usize = 8192;

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
    /// More than [`MAX_PARTS`].
    #[error("the message has too many parts")]
    Parts,
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

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;
    use serde_json::json;

    use super::*;

    fn read(json: &Value) -> Result<Message, MessageError> {
        Message::from_slice(json.to_string().as_bytes())
    }

    #[test]
    fn typ_and_body_are_always_written_and_nothing_empty() {
        let json: Value = serde_json::from_slice(&Message::new("1", "t").to_vec()).unwrap();

        assert_eq!(
            json,
            json!({"id": "1", "typ": "application/didcomm-plain+json", "type": "t", "body": {}})
        );
    }

    #[test]
    fn an_absent_body_and_null_headers_are_read() {
        let message = read(&json!({"id": "1", "type": "t", "thid": null, "to": null,
            "from": null, "created_time": null, "attachments": null}))
        .unwrap();

        assert_eq!(message, Message::new("1", "t"));
    }

    #[test]
    fn the_short_media_type_is_read() {
        assert!(read(&json!({"id": "1", "type": "t", "typ": "didcomm-plain+json"})).is_ok());
    }

    #[test]
    fn times_are_whole_numbers_even_where_they_came_as_text_or_fraction() {
        for (came, is_read) in [
            (json!(5), Some(5)),
            (json!("5"), Some(5)),
            (json!(5.9), Some(5)),
            (json!(-5), None),
            (json!("soon"), None),
            (json!(1e300), None),
        ] {
            let read = read(&json!({"id": "1", "type": "t", "created_time": came}));
            assert_eq!(read.ok().and_then(|m| m.created_time), is_read, "{came}");
        }
    }

    #[test]
    fn unknown_headers_are_kept_and_written_again() {
        let json = json!({"id": "1", "typ": PLAINTEXT, "type": "t", "body": {},
            "zzz": {"a": [1]}, "accept-lang": ["de"]});
        let message = read(&json).unwrap();

        assert_eq!(message.extra["zzz"], json!({"a": [1]}));
        let again: Value = serde_json::from_slice(&message.to_vec()).unwrap();
        assert_eq!(again, json);
    }

    #[test]
    fn an_extra_header_cannot_pose_as_a_known_one() {
        let mut message = Message::new("1", "t");
        message
            .extra
            .insert("from".into(), "did:example:mallory".into());

        let again = Message::from_slice(&message.to_vec()).unwrap();
        assert_eq!(again.from, None);
    }

    #[test]
    fn an_odd_request_for_acknowledgement_costs_no_message() {
        for (came, is_read) in [
            (json!([""]), vec![""]),
            (json!(true), vec![""]),
            (json!("1"), vec!["1"]),
            (json!({"on": "receipt"}), vec![]),
            (json!(["1", 2]), vec!["1"]),
            (json!("x".repeat(MAX_ID + 1)), vec![]),
            (json!(["x".repeat(MAX_ID + 1)]), vec![]),
        ] {
            let message = read(&json!({"id": "1", "type": "t", "please_ack": came})).unwrap();
            assert_eq!(message.please_ack, is_read, "{came}");
        }
    }

    #[test]
    fn a_did_url_without_fragment_stands_for_its_did() {
        let message = read(&json!({"id": "1", "type": "t", "from": "did:example:a?v=1"})).unwrap();

        assert_eq!(message.from.unwrap().as_str(), "did:example:a");
    }

    #[test]
    fn a_message_of_more_parts_than_memory_likes_is_refused_and_braces_in_texts_are_none() {
        let parts = |count: usize| {
            // The message, its body and the list are three.
            let list = vec![json!({"a": 0}); count - 3];
            let quoted = r#"{[\"{[\\"#.repeat(MAX_PARTS);
            json!({"id": "1", "type": "t", "body": {"text": quoted, "list": list}}).to_string()
        };

        assert!(Message::from_slice(parts(MAX_PARTS).as_bytes()).is_ok());
        assert_eq!(
            Message::from_slice(parts(MAX_PARTS + 1).as_bytes()),
            Err(MessageError::Parts)
        );
    }

    #[test]
    fn debug_hides_what_was_said_and_by_whom() {
        let mut message = Message::new("1", "t");
        message.from = Some(Did::parse("did:example:alice").unwrap());
        message.body.insert("content".into(), "secret".into());
        message.attachments = vec![Attachment::from_bytes("a", b"secret")];
        let shown = format!("{message:?} {:?}", message.attachments);

        assert!(
            !shown.contains("secret") && !shown.contains("alice"),
            "{shown}"
        );
    }

    #[test]
    fn ids_are_lower_case_uuids_and_never_repeat() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let ids: std::collections::BTreeSet<String> =
            (0..10_000).map(|_| new_id(&mut rng)).collect();

        assert_eq!(ids.len(), 10_000);
        for id in ids {
            assert_eq!(id.len(), 36);
            assert_eq!(id.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
            assert!(id.bytes().all(|b| b"0123456789abcdef-".contains(&b)));
        }
    }

    #[test]
    fn the_older_spellings_of_attachments_are_read() {
        let message = read(&json!({"id": "1", "type": "t", "attachments": [
            {"@id": "a", "mime-type": "text/plain", "byte_count": "5", "data": {"base64": "aGVsbG8="}},
            {"data": {"json": "a bare string"}},
        ]}))
        .unwrap();

        let [first, second] = &message.attachments[..] else {
            panic!("two attachments");
        };
        assert_eq!(first.id.as_deref(), Some("a"));
        assert_eq!(first.media_type.as_deref(), Some("text/plain"));
        assert_eq!(first.byte_count, Some(5));
        assert_eq!(first.bytes().as_deref(), Some(&b"hello"[..]));
        assert_eq!(second.bytes().as_deref(), Some(&b"\"a bare string\""[..]));
    }
}
