//! Writing a plaintext: `typ` and `body` always, nothing that is empty.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Attachment, Message, PLAINTEXT};
use crate::did::Did;

/// The headers of [`Message`]'s fields; what `extra` holds under such a name is not written.
const KNOWN: [&str; 16] = [
    "id",
    "typ",
    "type",
    "from",
    "to",
    "thid",
    "pthid",
    "created_time",
    "expires_time",
    "body",
    "attachments",
    "please_ack",
    "ack",
    "from_prior",
    "sender_order",
    "lang",
];

#[derive(Serialize)]
struct Wire<'a> {
    id: &'a str,
    typ: &'static str,
    #[serde(rename = "type")]
    type_: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a Did>,
    #[serde(skip_serializing_if = "<[Did]>::is_empty")]
    to: &'a [Did],
    #[serde(skip_serializing_if = "Option::is_none")]
    thid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pthid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    please_ack: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    ack: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_order: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_prior: Option<&'a str>,
    #[serde(flatten)]
    extra: BTreeMap<&'a str, &'a Value>,
    body: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "<[Attachment]>::is_empty")]
    attachments: &'a [Attachment],
}

impl<'a> From<&'a Message> for Wire<'a> {
    fn from(message: &'a Message) -> Self {
        let extra = message.extra.iter();
        Self {
            id: &message.id,
            typ: PLAINTEXT,
            type_: &message.type_,
            from: message.from.as_ref(),
            to: &message.to,
            thid: message.thid.as_deref(),
            pthid: message.pthid.as_deref(),
            created_time: message.created_time,
            expires_time: message.expires_time,
            lang: message.lang.as_deref(),
            please_ack: &message.please_ack,
            ack: &message.ack,
            sender_order: message.sender_order,
            from_prior: message.from_prior.as_deref(),
            extra: extra
                .map(|(name, value)| (name.as_str(), value))
                .filter(|(name, _)| !KNOWN.contains(name))
                .collect(),
            body: &message.body,
            attachments: &message.attachments,
        }
    }
}

pub(super) fn to_vec(message: &Message) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    #[expect(clippy::expect_used, reason = "JSON with text keys, written to memory")]
    serde_json::to_writer(&mut out, &Wire::from(message)).expect("JSON in memory");
    out
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::from(self).serialize(serializer)
    }
}
