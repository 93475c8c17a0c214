//! Writing a plaintext: `typ` and `body` always, nothing that is empty.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Attachment, Message, PLAINTEXT};
use crate::did::Did;

/// The headers of [`Message`]'s fields; what `extra` holds under such a name is not written, but
/// for an empty list of attachments.
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
    #[serde(skip_serializing_if = "<[Attachment]>::is_empty")]
    attachments: &'a [Attachment],
    /// `None` where the caller writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a Map<String, Value>>,
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
                .filter(|(name, value)| !KNOWN.contains(name) || message.says_none(name, value))
                .collect(),
            attachments: &message.attachments,
            body: Some(&message.body),
        }
    }
}

impl Message {
    /// Whether it says in so many words that it has no attachments: message-pickup 4.0 wants the
    /// empty list in a delivery of nothing.
    fn says_none(&self, name: &str, value: &Value) -> bool {
        let is_empty = value.as_array().is_some_and(Vec::is_empty);
        name == "attachments" && is_empty && self.attachments.is_empty()
    }
}

pub(super) fn to_vec(message: &Message) -> Vec<u8> {
    let texts = message.body.values().filter_map(Value::as_str);
    let room: usize = texts.map(str::len).sum();
    let mut out = Vec::with_capacity(room + room / 16 + 4096);
    let head = Wire {
        body: None,
        ..Wire::from(message)
    };
    write(&head, &mut out);
    // The object is opened again for the body, which stands last.
    out.pop();
    out.extend_from_slice(b",\"body\":{");
    for (place, (name, value)) in message.body.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(name, &mut out);
        out.push(b':');
        match value {
            Value::String(text) if is_plain(text) => {
                out.push(b'"');
                out.extend_from_slice(text.as_bytes());
                out.push(b'"');
            }
            value => write(value, &mut out),
        }
    }
    out.extend_from_slice(b"}}");
    out
}

fn write(value: &impl Serialize, out: &mut Vec<u8>) {
    #[expect(clippy::expect_used, reason = "JSON with text keys, written to memory")]
    serde_json::to_writer(out, value).expect("JSON in memory");
}

/// Whether a text stands in JSON as it is. A whole block is looked at without a branch, which takes
/// a tenth of the time of looking for the first letter to escape; almost every text is plain.
fn is_plain(text: &str) -> bool {
    let is_escaped = |byte: &u8| (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
    let mut blocks = text.as_bytes().chunks(256);
    !blocks.any(|block| block.iter().fold(false, |any, byte| any | is_escaped(byte)))
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::from(self).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_list_of_attachments_is_written_from_the_extra_headers() {
        let written = |value: Value, attachments| {
            let mut message = Message::new("1", "t");
            message.extra.insert("attachments".into(), value);
            message.attachments = attachments;
            let json: Value = serde_json::from_slice(&to_vec(&message)).unwrap();
            json.get("attachments").cloned()
        };
        let one = Attachment::from_bytes("a", b"");
        let forged = serde_json::to_value([&one]).unwrap();

        assert_eq!(
            written(Value::Array(Vec::new()), Vec::new()),
            Some(Value::Array(Vec::new()))
        );
        assert_eq!(written(forged.clone(), Vec::new()), None);
        assert_eq!(written(Value::Array(Vec::new()), vec![one]), Some(forged));
    }

    #[test]
    fn every_text_is_written_as_json_has_it() {
        let mut message = Message::new("1", "t");
        let plain = "ä€😀 ".repeat(200);
        for (name, text) in [
            ("a", String::new()),
            ("b\"", plain.clone()),
            ("c", format!("{plain}\"")),
            ("d", format!("\\{plain}")),
            ("e", format!("{plain}\n\u{1}\u{7f}\u{2028}")),
        ] {
            message.body.insert(name.to_owned(), text.into());
        }
        message
            .body
            .insert("f".into(), serde_json::json!({"g": ["\n", 1, null]}));

        let written: Value = serde_json::from_slice(&to_vec(&message)).unwrap();
        assert_eq!(written, serde_json::to_value(&message).unwrap());
        assert_eq!(written["body"], Value::Object(message.body));
    }
}
