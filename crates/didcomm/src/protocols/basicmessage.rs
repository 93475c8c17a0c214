//! basicmessage 2.0: a text from one person to another. Version 1.0 is read too.
//!
//! Source: didcomm.org, "basicmessage/2.0".

use crate::message::Message;

/// The text message.
pub const MESSAGE: &str = "https://didcomm.org/basicmessage/2.0/message";
const MESSAGE_1: &str = "https://didcomm.org/basicmessage/1.0/message";

/// A text as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicMessage {
    /// What was said.
    pub content: String,
    /// When it was written, by the sender's clock, in seconds since the Unix epoch.
    pub created_time: Option<u64>,
    /// In which language, if it says so.
    pub lang: Option<String>,
}

/// Writes a text. The protocol demands `created_time`, in seconds since the Unix epoch.
pub fn message(
    id: impl Into<String>,
    content: &str,
    created_time: u64,
    lang: Option<&str>,
) -> Message {
    let mut message = Message::new(id, MESSAGE);
    message.created_time = Some(created_time);
    message.lang = lang.map(str::to_owned);
    message.body.insert("content".into(), content.into());
    message
}

/// Reads a text; `None` for a message of another kind, or without content.
pub fn read(message: &Message) -> Option<BasicMessage> {
    if !message.is(MESSAGE) && !message.is(MESSAGE_1) {
        return None;
    }
    Some(BasicMessage {
        content: message.text("content")?.to_owned(),
        created_time: message.created_time,
        lang: message.lang.clone(),
    })
}

impl std::fmt::Debug for BasicMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BasicMessage(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_back_and_carries_its_time() {
        let sent = message("1", "grüezi 👋", 1_700_000_000, Some("de"));
        let read = read(&Message::from_slice(&sent.to_vec()).unwrap()).unwrap();

        assert_eq!(read.content, "grüezi 👋");
        assert_eq!(read.created_time, Some(1_700_000_000));
        assert_eq!(read.lang.as_deref(), Some("de"));
    }

    #[test]
    fn versions_1_0_and_2_1_are_read_and_3_0_is_not() {
        for (version, is_read) in [("1.0", true), ("2.1", true), ("3.0", false)] {
            let mut message = message("1", "hi", 0, None);
            message.type_ = format!("https://didcomm.org/basicmessage/{version}/message");
            assert_eq!(read(&message).is_some(), is_read, "{version}");
        }
    }
}
