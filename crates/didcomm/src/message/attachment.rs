//! Attachments: content that travels with a message or is linked from it.
//!
//! Source: DIDComm Messaging v2.1, "Attachments".

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::MessageError;
use crate::base64url;

/// Content that travels along.
#[derive(Clone, PartialEq, Default, Serialize)]
pub struct Attachment {
    /// Its name within the message; others refer to it as `#id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it is, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A hint how to name the file; never to be trusted as a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// What kind of bytes it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The format of the content, where the media type is too coarse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// When it was last changed, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lastmod_time: Option<u64>,
    /// How large the content is, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte_count: Option<u64>,
    /// The content, or how to get it.
    pub data: AttachmentData,
}

/// The content of an attachment; at least one of these is there.
#[derive(Clone, PartialEq, Default, Serialize)]
pub struct AttachmentData {
    /// Any JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Bytes, as base64 in the sender's spelling; [`Attachment::bytes`] decodes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// Where to fetch it; always with [`AttachmentData::hash`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// The multihash of the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// A detached signature of the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jws: Option<Value>,
}

impl Attachment {
    /// An attachment that carries `bytes`.
    pub fn from_bytes(id: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            id: Some(id.into()),
            byte_count: Some(bytes.len() as u64),
            data: AttachmentData {
                base64: Some(base64url::encode(bytes)),
                ..AttachmentData::default()
            },
            ..Self::default()
        }
    }

    /// An attachment that carries JSON.
    pub fn from_json(json: Value) -> Self {
        Self {
            data: AttachmentData {
                json: Some(json),
                ..AttachmentData::default()
            },
            ..Self::default()
        }
    }

    /// The content that travelled along: the decoded bytes, or the JSON text. `None` if it must
    /// be fetched, or is not base64.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match (&self.data.base64, &self.data.json) {
            (Some(text), _) => base64url::decode_tolerant(text),
            (None, Some(json)) => serde_json::to_vec(json).ok(),
            (None, None) => None,
        }
    }

    pub(super) fn read(json: Value) -> Result<Self, MessageError> {
        let Value::Object(mut map) = json else {
            return Err(MessageError::Attachment);
        };
        let Some(Value::Object(mut data)) = map.remove("data") else {
            return Err(MessageError::Attachment);
        };
        let data = AttachmentData {
            json: data.remove("json").filter(|json| !json.is_null()),
            base64: text(&mut data, "base64")?,
            links: links(&mut data)?,
            hash: text(&mut data, "hash")?,
            jws: data.remove("jws").filter(|jws| !jws.is_null()),
        };
        let is_empty = data == AttachmentData::default();
        if is_empty || (!data.links.is_empty() && data.hash.is_none()) {
            return Err(MessageError::Attachment);
        }
        Ok(Self {
            id: text(&mut map, "id")?.or(text(&mut map, "@id")?),
            description: text(&mut map, "description")?,
            filename: text(&mut map, "filename")?,
            media_type: text(&mut map, "media_type")?.or(text(&mut map, "mime-type")?),
            format: text(&mut map, "format")?,
            lastmod_time: map.get("lastmod_time").and_then(super::read::whole),
            byte_count: map.get("byte_count").and_then(super::read::whole),
            data,
        })
    }
}

fn text(map: &mut Map<String, Value>, name: &str) -> Result<Option<String>, MessageError> {
    match map.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(MessageError::Attachment),
    }
}

fn links(map: &mut Map<String, Value>) -> Result<Vec<String>, MessageError> {
    match map.remove("links") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(links) => serde_json::from_value(links).map_err(|_| MessageError::Attachment),
    }
}

impl<'de> Deserialize<'de> for Attachment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({:?}, {:?} bytes)", self.id, self.byte_count)
    }
}

impl fmt::Debug for AttachmentData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AttachmentData(…)")
    }
}
