//! DIDComm v1, which we do not speak: it is recognised, so that a person is told what came
//! instead of that something is broken.
//!
//! Source: Aries RFCs 0005, 0019 (the envelope), 0160 and 0434 (invitations).

use std::fmt;

use serde_json::Value;

use super::body;
use crate::base64url;
use crate::envelope::MAX_ENVELOPE;
use crate::message::MessageType;

/// How message types began before they had a web address.
const OLD_PREFIX: &str = "did:sov:BzCbsNYhMrjHiqZDTUASHg;spec/";
const PREFIX: &str = "https://didcomm.org/";
const ENVELOPE_TYPE: &str = "JWM/1.0";

/// A label is cut to so many bytes.
pub const MAX_LABEL: usize = 128;
/// A longer type, in bytes, makes a message unrecognisable.
pub const MAX_TYPE: usize = 256;

/// What came from software that speaks DIDComm v1. Shown, it is a sentence for a person, without
/// full stop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum V1 {
    /// An encrypted message.
    Envelope,
    /// An invitation.
    Invitation {
        /// Who invites, as they call themselves; nothing proves it.
        label: Option<String>,
    },
    /// Another message in the clear.
    Message {
        /// Its type, as a web address also where it was written in the old form.
        type_: String,
    },
}

/// Recognises what a DIDComm v1 agent wrote; `None` for anything else, a DIDComm v2 message and
/// more than [`MAX_ENVELOPE`] bytes among it.
pub fn recognise(bytes: &[u8]) -> Option<V1> {
    if bytes.len() > MAX_ENVELOPE {
        return None;
    }
    let json: Value = serde_json::from_slice(bytes).ok()?;
    let map = json.as_object()?;
    if let Some(protected) = map.get("protected").and_then(Value::as_str) {
        let header = base64url::decode_tolerant(protected)?;
        let header: Value = serde_json::from_slice(&header).ok()?;
        return (header.get("typ")?.as_str()? == ENVELOPE_TYPE).then_some(V1::Envelope);
    }
    // A v2 invitation may carry a v1 one as an attachment, and v2 items may have an `@id`.
    if map.contains_key("type") && map.contains_key("id") {
        return None;
    }
    let type_ = body::text(map, "@type", MAX_TYPE)?;
    let type_ = match type_.strip_prefix(OLD_PREFIX) {
        Some(rest) => format!("{PREFIX}{rest}"),
        None => type_,
    };
    let is_invitation = MessageType::parse(&type_)?
        .name
        .eq_ignore_ascii_case("invitation");
    Some(match is_invitation {
        true => V1::Invitation {
            label: body::words(map, "label", MAX_LABEL),
        },
        false => V1::Message { type_ },
    })
}

impl fmt::Display for V1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Envelope => f.write_str("an encrypted message of DIDComm version 1"),
            Self::Invitation { label: None } => f.write_str("an invitation of DIDComm version 1"),
            Self::Invitation { label: Some(label) } => {
                write!(f, "an invitation of DIDComm version 1 by {label:?}")
            }
            Self::Message { type_ } => {
                let name = MessageType::parse(type_).map_or("", |kind| kind.protocol);
                write!(f, "a message of DIDComm version 1 ({name})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn recognised(json: &Value) -> Option<V1> {
        recognise(json.to_string().as_bytes())
    }

    fn envelope(header: &Value) -> Value {
        let protected = base64url::encode(header.to_string());
        json!({"protected": protected, "iv": "", "ciphertext": "", "tag": ""})
    }

    #[test]
    fn an_envelope_is_recognised_with_and_without_padding() {
        let v1 = json!({"typ": "JWM/1.0", "alg": "Authcrypt", "enc": "xchacha20poly1305_ietf"});
        let mut padded = envelope(&v1);
        let text = padded["protected"].as_str().unwrap().to_owned();
        padded["protected"] = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4)).into();

        assert_eq!(recognised(&envelope(&v1)), Some(V1::Envelope));
        assert_eq!(recognised(&padded), Some(V1::Envelope));
        let v2 = json!({"typ": "application/didcomm-encrypted+json"});
        assert_eq!(recognised(&envelope(&v2)), None);
        assert_eq!(recognised(&json!({"protected": "%%", "@type": "x"})), None);
    }

    #[test]
    fn invitations_of_either_prefix_and_protocol_are_recognised() {
        for type_ in [
            "https://didcomm.org/connections/1.0/invitation",
            "https://didcomm.org/out-of-band/1.1/invitation",
            "did:sov:BzCbsNYhMrjHiqZDTUASHg;spec/connections/1.0/invitation",
        ] {
            let found = recognised(&json!({"@type": type_, "@id": "1", "label": "Faber"}));
            let label = Some("Faber".to_owned());
            assert_eq!(found, Some(V1::Invitation { label }), "{type_}");
        }
    }

    #[test]
    fn a_message_is_recognised_and_named_as_today() {
        let found = recognised(&json!({"content": "hi", "@id": "1",
            "@type": "did:sov:BzCbsNYhMrjHiqZDTUASHg;spec/basicmessage/1.0/message"}));
        let found = found.unwrap();

        let type_ = "https://didcomm.org/basicmessage/1.0/message".to_owned();
        assert_eq!(found, V1::Message { type_ });
        assert_eq!(
            found.to_string(),
            "a message of DIDComm version 1 (basicmessage)"
        );
    }

    #[test]
    fn nothing_else_is_taken_for_version_1() {
        let v2 = json!({"id": "1", "type": "https://didcomm.org/empty/1.0/empty",
            "@type": "https://didcomm.org/connections/1.0/invitation"});
        assert_eq!(recognised(&v2), None);
        for none in [
            json!({}),
            json!([]),
            json!({"@type": 5}),
            json!({"@type": "Person"}),
            json!({"@type": format!("https://x/a/1.0/{}", "b".repeat(MAX_TYPE))}),
        ] {
            assert_eq!(recognised(&none), None, "{none}");
        }
        assert_eq!(recognise(b"{"), None);
        let mut long = br#"{"@type":"https://x/a/1.0/b"}"#.to_vec();
        assert!(recognise(&long).is_some());
        long.resize(MAX_ENVELOPE + 1, b' ');
        assert_eq!(recognise(&long), None);
    }

    #[test]
    fn a_strangers_label_is_short_and_cannot_break_the_sentence() {
        let found = recognised(&json!({"label": "a\n\"b".repeat(100),
            "@type": "https://didcomm.org/connections/1.0/invitation"}));
        let shown = found.as_ref().unwrap().to_string();

        let Some(V1::Invitation { label: Some(label) }) = found else {
            panic!("an invitation with a label");
        };
        assert!(label.len() <= MAX_LABEL);
        assert!(!shown.contains('\n'), "{shown}");
    }
}
