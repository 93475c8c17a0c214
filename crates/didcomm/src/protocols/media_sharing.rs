//! media-sharing 1.0: files, carried along or linked, in the clear or enciphered.
//!
//! An item says what an attachment is and how to decipher it; the attachment holds the content or
//! the links to it. Source: didcomm.org, "media-sharing/1.0".

use std::fmt;

use serde_json::{Map, Number, Value};

use super::body;
use crate::message::{Attachment, MAX_ID, Message};

/// The files.
pub const SHARE_MEDIA: &str = "https://didcomm.org/media-sharing/1.0/share-media";
/// Asks for files that were shared before.
pub const REQUEST_MEDIA: &str = "https://didcomm.org/media-sharing/1.0/request-media";

/// More items than this in one message are not read.
pub const MAX_ITEMS: usize = 64;
/// A description is cut to so many bytes.
pub const MAX_DESCRIPTION: usize = 4096;
/// A longer preview or icon, in bytes of text, is not read.
pub const MAX_PREVIEW: usize = 64 * 1024;
/// A title is cut to so many bytes; a longer blurhash or name of an algorithm is not read.
pub const MAX_TEXT: usize = 256;
/// A longer key, iv or tag, in bytes, makes the item unreadable.
pub const MAX_KEY: usize = 64;

/// Several files as they are shared.
#[derive(Clone, PartialEq, Default)]
pub struct Share {
    /// What they are together, for a person.
    pub description: Option<String>,
    /// The files.
    pub items: Vec<Item>,
}

/// One file.
#[derive(Clone, PartialEq)]
pub struct Item {
    /// Its name in other messages, as in a request for it.
    pub id: String,
    /// Its attachment; see [`Item::attachment`].
    pub attachment_id: String,
    /// Set if the content is enciphered.
    pub ciphering: Option<Ciphering>,
    /// What helps to show it.
    pub metadata: Metadata,
}

/// How to decipher a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Ciphering {
    /// Algorithm, bits and mode in lower case, as in `aes-256-gcm`.
    pub algorithm: String,
    /// The key.
    pub key: Vec<u8>,
    /// The initialization vector.
    pub iv: Option<Vec<u8>>,
    /// The authentication tag; the content was not authenticated without it.
    pub tag: Option<Vec<u8>>,
}

/// What helps to show a file. Nothing in it is proved.
#[derive(Clone, PartialEq, Default)]
pub struct Metadata {
    /// A thumbnail, as base64.
    pub preview: Option<String>,
    /// A placeholder for a picture.
    pub blurhash: Option<String>,
    /// How long it plays, in seconds.
    pub duration: Option<f64>,
    /// Its title.
    pub title: Option<String>,
    /// An icon, as a URL; only a `data:` one may be shown without asking anybody.
    pub icon: Option<String>,
}

/// A request for files.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Why, for a person.
    pub description: Option<String>,
    /// Which items, by their ids.
    pub item_ids: Vec<String>,
}

impl Item {
    /// The file carried by the attachment of this id.
    pub fn new(id: impl Into<String>, attachment_id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            attachment_id: attachment_id.into(),
            ciphering: None,
            metadata: Metadata::default(),
        }
    }

    /// Its attachment in `message`.
    pub fn attachment<'a>(&self, message: &'a Message) -> Option<&'a Attachment> {
        let mut attachments = message.attachments.iter();
        attachments.find(|attachment| attachment.id.as_ref() == Some(&self.attachment_id))
    }

    fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("@id".into(), self.id.clone().into());
        map.insert("attachment_id".into(), self.attachment_id.clone().into());
        let ciphering = self.ciphering.as_ref().map(Ciphering::to_json);
        body::put(&mut map, "ciphering", ciphering);
        let metadata = self.metadata.to_json();
        body::put(
            &mut map,
            "metadata",
            (!metadata.is_empty()).then_some(metadata),
        );
        map.into()
    }

    /// `None` if it lacks a part, or says that it is enciphered and not how.
    fn read(map: &Map<String, Value>) -> Option<Self> {
        let id = body::text(map, "@id", MAX_ID).or_else(|| body::text(map, "id", MAX_ID));
        let ciphering = match map.get("ciphering") {
            None | Some(Value::Null) => None,
            Some(ciphering) => Some(Ciphering::read(ciphering.as_object()?)?),
        };
        let metadata = map.get("metadata").and_then(Value::as_object);
        Some(Self {
            id: id?,
            attachment_id: body::text(map, "attachment_id", MAX_ID)?,
            ciphering,
            metadata: metadata.map(Metadata::read).unwrap_or_default(),
        })
    }
}

impl Ciphering {
    fn to_json(&self) -> Value {
        let mut parameters = Map::new();
        parameters.insert("key".into(), hex(&self.key).into());
        body::put(&mut parameters, "iv", self.iv.as_deref().map(hex));
        body::put(&mut parameters, "tag", self.tag.as_deref().map(hex));
        let mut map = Map::new();
        map.insert("algorithm".into(), self.algorithm.clone().into());
        map.insert("parameters".into(), parameters.into());
        map.into()
    }

    fn read(map: &Map<String, Value>) -> Option<Self> {
        let parameters = map.get("parameters")?.as_object()?;
        let optional = |name: &str| match parameters.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => from_hex(value.as_str()?).map(Some),
        };
        Some(Self {
            algorithm: body::text(map, "algorithm", MAX_TEXT)?.to_ascii_lowercase(),
            key: optional("key")??,
            iv: optional("iv")?,
            tag: optional("tag")?,
        })
    }
}

impl Metadata {
    fn to_json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        body::put(&mut map, "preview", self.preview.clone());
        body::put(&mut map, "blurhash", self.blurhash.clone());
        let duration = self.duration.and_then(Number::from_f64);
        body::put(&mut map, "duration", duration);
        body::put(&mut map, "title", self.title.clone());
        body::put(&mut map, "icon", self.icon.clone());
        map
    }

    fn read(map: &Map<String, Value>) -> Self {
        let duration = match map.get("duration") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_f64(),
            None => None,
        };
        Self {
            preview: body::text(map, "preview", MAX_PREVIEW),
            blurhash: body::text(map, "blurhash", MAX_TEXT),
            duration: duration.filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0),
            title: body::words(map, "title", MAX_TEXT),
            icon: body::text(map, "icon", MAX_PREVIEW),
        }
    }
}

/// Shares files; each item has its attachment. The protocol demands `created_time`, in seconds
/// since the Unix epoch.
pub fn share(
    id: impl Into<String>,
    share: &Share,
    attachments: Vec<Attachment>,
    created_time: u64,
) -> Message {
    let mut message = Message::new(id, SHARE_MEDIA);
    message.created_time = Some(created_time);
    message.attachments = attachments;
    body::put(&mut message.body, "description", share.description.clone());
    let items = share.items.iter().map(Item::to_json);
    message.body.insert("items".into(), items.collect());
    message
}

/// Asks again for files shared in the thread `shared`, at `created_time` in seconds since the
/// Unix epoch.
pub fn request(
    id: impl Into<String>,
    shared: &str,
    request: &Request,
    created_time: u64,
) -> Message {
    let mut message = Message::new(id, REQUEST_MEDIA);
    message.pthid = Some(shared.to_owned());
    message.created_time = Some(created_time);
    let description = request.description.clone();
    body::put(&mut message.body, "description", description);
    let ids = request.item_ids.clone();
    message.body.insert("item_ids".into(), ids.into());
    message
}

/// Reads what is shared; `None` for another message. Items without id, with an id twice, without
/// their attachment, or enciphered in a way that cannot be read are left out, and those after the
/// first [`MAX_ITEMS`].
pub fn read(message: &Message) -> Option<Share> {
    if !message.is(SHARE_MEDIA) {
        return None;
    }
    let mut items: Vec<Item> = Vec::new();
    for item in body::objects(&message.body, "items", MAX_ITEMS).filter_map(Item::read) {
        let is_known = items.iter().any(|other| other.id == item.id);
        if !is_known && item.attachment(message).is_some() {
            items.push(item);
        }
    }
    Some(Share {
        description: body::words(&message.body, "description", MAX_DESCRIPTION),
        items,
    })
}

/// Reads a request; `None` for another message. At most [`MAX_ITEMS`] ids of at most [`MAX_ID`]
/// bytes are read.
pub fn read_request(message: &Message) -> Option<Request> {
    message.is(REQUEST_MEDIA).then(|| Request {
        description: body::words(&message.body, "description", MAX_DESCRIPTION),
        item_ids: body::texts(&message.body, "item_ids", MAX_ITEMS, MAX_ID),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hex of 1 to [`MAX_KEY`] bytes.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.is_empty() || !text.len().is_multiple_of(2) || text.len() > 2 * MAX_KEY || !is_hex {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({} items)", self.items.len())
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Item(…)")
    }
}

impl fmt::Debug for Ciphering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ciphering({:?}, …)", self.algorithm)
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metadata(…)")
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} items)", self.item_ids.len())
    }
}

#[cfg(test)]
mod tests;
