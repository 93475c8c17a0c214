//! reactions 1.0: an emoji put to somebody's message, or taken back.
//!
//! Not on didcomm.org, though its type URI says so: it is 2060's extension to Credo, and what
//! others that know reactions speak.

use serde_json::{Map, Value};

use super::body;
use crate::message::{MAX_ID, Message};

/// The reactions.
pub const MESSAGE_REACTIONS: &str = "https://didcomm.org/reactions/1.0/message-reactions";

/// More reactions than this in one message are not read.
pub const MAX_REACTIONS: usize = 256;
/// A longer emoji, in bytes, is none; the longest sequences in use have 35.
pub const MAX_EMOJI: usize = 64;

/// What is done with the emoji.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It is put to the message.
    React,
    /// It is taken back.
    Unreact,
}

/// One reaction.
#[derive(Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The message it is put to.
    pub message_id: String,
    /// The emoji; a stranger may write any text here.
    pub emoji: String,
    /// Put or taken back.
    pub action: Action,
    /// When, by the sender's clock, in seconds since the Unix epoch.
    pub timestamp: Option<u64>,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::React => "react",
            Self::Unreact => "unreact",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let mut all = [Self::React, Self::Unreact].into_iter();
        all.find(|action| name.eq_ignore_ascii_case(action.name()))
    }
}

/// Writes reactions. 2060's agents need each `timestamp`.
pub fn reactions(id: impl Into<String>, reactions: &[Reaction]) -> Message {
    let mut message = Message::new(id, MESSAGE_REACTIONS);
    let reactions = reactions.iter().map(|reaction| {
        let mut map = Map::new();
        map.insert("message_id".into(), reaction.message_id.clone().into());
        map.insert("emoji".into(), reaction.emoji.clone().into());
        map.insert("action".into(), reaction.action.name().into());
        body::put(&mut map, "timestamp", reaction.timestamp);
        Value::from(map)
    });
    message.body.insert("reactions".into(), reactions.collect());
    message
}

/// Reads reactions; `None` for another message. Those that lack a part, with an id beyond
/// [`MAX_ID`] or an emoji beyond [`MAX_EMOJI`] bytes, with an action we do not know, and those
/// after the first [`MAX_REACTIONS`] are left out.
pub fn read(message: &Message) -> Option<Vec<Reaction>> {
    if !message.is(MESSAGE_REACTIONS) {
        return None;
    }
    let reactions = body::objects(&message.body, "reactions", MAX_REACTIONS);
    let read = reactions.filter_map(|reaction| {
        Some(Reaction {
            message_id: body::text(reaction, "message_id", MAX_ID)?,
            emoji: body::text(reaction, "emoji", MAX_EMOJI)?,
            action: Action::from_name(reaction.get("action")?.as_str()?)?,
            timestamp: body::whole(reaction, "timestamp"),
        })
    });
    Some(read.collect())
}

/// Shows what a log may hold.
impl std::fmt::Debug for Reaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reaction({:?})", self.action)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reaction(emoji: &str, action: Action) -> Reaction {
        Reaction {
            message_id: "a".into(),
            emoji: emoji.into(),
            action,
            timestamp: Some(1_700_000_000),
        }
    }

    #[test]
    fn reactions_are_written_as_2060_reads_them_and_read_back() {
        let sent = [
            reaction("👍🏽", Action::React),
            reaction("❤️", Action::Unreact),
        ];
        let message = reactions("1", &sent);

        let wire: Value = serde_json::from_slice(&message.to_vec()).unwrap();
        assert_eq!(
            wire,
            json!({"id": "1", "typ": "application/didcomm-plain+json",
                "type": "https://didcomm.org/reactions/1.0/message-reactions",
                "body": {"reactions": [
                    {"message_id": "a", "emoji": "👍🏽", "action": "react",
                        "timestamp": 1_700_000_000},
                    {"message_id": "a", "emoji": "❤️", "action": "unreact",
                        "timestamp": 1_700_000_000}]}})
        );
        assert_eq!(read(&message), Some(sent.to_vec()));
    }

    #[test]
    fn odd_ones_are_left_out_and_the_others_read() {
        let json = json!({"id": "1", "type": "https://didcomm.org/reactions/1.2/MessageReactions",
            "zzz": 1, "body": {"reactions": [
                {"message_id": "a", "emoji": "x", "action": "React", "zzz": 1},
                {"message_id": "b", "emoji": "x", "action": "react", "timestamp": "7"},
                {"message_id": "c", "emoji": "x", "action": "shout"},
                {"message_id": "d", "emoji": "", "action": "react"},
                {"message_id": "e", "action": "react"},
                {"emoji": "x", "action": "react"}, 1]}});
        let message = Message::from_slice(json.to_string().as_bytes()).unwrap();
        let read_ = read(&message).unwrap();

        assert_eq!(read_.len(), 2);
        assert_eq!(read_[0].timestamp, None);
        assert_eq!(read_[1].timestamp, Some(7));
        assert_eq!(
            read(&Message::new("1", MESSAGE_REACTIONS)),
            Some(Vec::new())
        );
        assert_eq!(read(&Message::new("1", "https://x/reactions/2.0/x")), None);
    }

    #[test]
    fn neither_the_list_nor_an_emoji_grows_without_bound() {
        let many = vec![reaction("x", Action::React); MAX_REACTIONS + 1];
        let longest = reaction(&"x".repeat(MAX_EMOJI), Action::React);
        let long = reaction(&"x".repeat(MAX_EMOJI + 1), Action::React);

        assert_eq!(read(&reactions("1", &many)).unwrap().len(), MAX_REACTIONS);
        let read = read(&reactions("1", &[long, longest.clone()]));
        assert_eq!(read, Some(vec![longest]));
    }

    #[test]
    fn debug_hides_the_emoji() {
        let shown = format!("{:?}", reaction("❤️", Action::React));

        assert!(!shown.contains('❤'), "{shown}");
    }
}
