//! receipts 1.0: what became of a message on the other side.
//!
//! Nobody gets receipts who did not ask for them, and whoever is asked may still decline.
//! Source: didcomm.org, "receipts/1.0"; `created` and `submitted` are 2060's.

use serde_json::{Map, Value};

use super::{body, wildcard};
use crate::message::{MAX_ID, Message, MessageType};

/// Asks for receipts; replaces what was asked before.
pub const REQUEST_RECEIPTS: &str = "https://didcomm.org/receipts/1.0/request-receipts";
/// The receipts.
pub const MESSAGE_RECEIPTS: &str = "https://didcomm.org/receipts/1.0/message-receipts";

/// More receipts than this in one message are not read.
pub const MAX_RECEIPTS: usize = 1024;
/// More message types than this in one request are not read.
pub const MAX_REQUESTED: usize = 64;
/// Longer message types, in bytes, are not read.
pub const MAX_TYPE: usize = 256;
const MAX_STATES: usize = 16;

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It was written; 2060's.
    Created,
    /// It was handed to a mediator; 2060's.
    Submitted,
    /// The other agent has it and shows it.
    Received,
    /// The person saw it.
    Viewed,
    /// The person deleted it, seen or unseen.
    Deleted,
}

/// One receipt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The message it is about.
    pub message_id: String,
    /// What became of it.
    pub state: State,
    /// When, by the other's clock, in seconds since the Unix epoch.
    pub timestamp: Option<u64>,
}

/// Which receipts somebody wishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requested {
    /// For which message type; `*` stands for any run of characters.
    pub message_type: String,
    /// For which states; `None` for any.
    pub states: Option<Vec<State>>,
}

impl State {
    const ALL: [Self; 5] = [
        Self::Created,
        Self::Submitted,
        Self::Received,
        Self::Viewed,
        Self::Deleted,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Submitted => "submitted",
            Self::Received => "received",
            Self::Viewed => "viewed",
            Self::Deleted => "deleted",
        }
    }

    /// The published request writes `Received`, the published receipt `received`.
    fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|state| name.eq_ignore_ascii_case(state.name()))
    }

    /// Whether a message in this state has been in the state `earlier`: viewed and deleted ones
    /// were received, deleted ones not necessarily viewed.
    pub fn implies(self, earlier: Self) -> bool {
        let is_before = (earlier as u8) < (self as u8);
        self == earlier || (is_before && earlier != Self::Viewed)
    }
}

impl Requested {
    /// Whether it wishes a receipt of this state for a message of this type. Receipts, and
    /// requests for them, never get one.
    pub fn wants(&self, message_type: &str, state: State) -> bool {
        let Some(kind) = MessageType::parse(message_type) else {
            return false;
        };
        let own = MessageType::parse(MESSAGE_RECEIPTS);
        let is_own = own.is_some_and(|own| kind.is_of(&own));
        let is_type = wildcard::fits(&self.message_type, message_type);
        let states = self.states.as_ref();
        !is_own
            && (is_type || kind.is(&self.message_type))
            && states.is_none_or(|states| states.contains(&state))
    }
}

/// Asks for these receipts and no others; an empty list asks for none from here on.
pub fn request(id: impl Into<String>, requested: &[Requested]) -> Message {
    let mut message = Message::new(id, REQUEST_RECEIPTS);
    let requested = requested.iter().map(|requested| {
        let mut map = Map::new();
        let message_type = requested.message_type.clone();
        map.insert("message_type".into(), message_type.into());
        let states = requested.states.as_ref();
        let names =
            states.map(|states| states.iter().map(|state| state.name()).collect::<Vec<_>>());
        body::put(&mut map, "states", names);
        Value::from(map)
    });
    let list = requested.collect();
    message.body.insert("requested_receipts".into(), list);
    message
}

/// Sends receipts.
pub fn receipts(id: impl Into<String>, receipts: &[Receipt]) -> Message {
    let mut message = Message::new(id, MESSAGE_RECEIPTS);
    let receipts = receipts.iter().map(|receipt| {
        let mut map = Map::new();
        map.insert("message_id".into(), receipt.message_id.clone().into());
        map.insert("state".into(), receipt.state.name().into());
        body::put(&mut map, "timestamp", receipt.timestamp);
        Value::from(map)
    });
    message.body.insert("receipts".into(), receipts.collect());
    message
}

/// Reads a request; `None` for another message, or one without the list, which is no wish to end
/// them all. Types beyond [`MAX_TYPE`] bytes and those after the first [`MAX_REQUESTED`] are left
/// out, as are states we do not know: where only such are asked for, none is.
pub fn read_request(message: &Message) -> Option<Vec<Requested>> {
    if !message.is(REQUEST_RECEIPTS) {
        return None;
    }
    message.body.get("requested_receipts")?.as_array()?;
    let requested = body::objects(&message.body, "requested_receipts", MAX_REQUESTED);
    let read = requested.filter_map(|requested| {
        let states = requested.get("states").and_then(Value::as_array);
        Some(Requested {
            message_type: body::text(requested, "message_type", MAX_TYPE)?,
            states: states.map(|states| {
                let names = states.iter().take(MAX_STATES).filter_map(Value::as_str);
                names.filter_map(State::from_name).collect()
            }),
        })
    });
    Some(read.collect())
}

/// Reads receipts; `None` for another message. Those without an id of at most
/// [`MAX_ID`] bytes or a state we know, and those after the first [`MAX_RECEIPTS`], are left out.
pub fn read(message: &Message) -> Option<Vec<Receipt>> {
    if !message.is(MESSAGE_RECEIPTS) {
        return None;
    }
    let receipts = body::objects(&message.body, "receipts", MAX_RECEIPTS);
    let read = receipts.filter_map(|receipt| {
        Some(Receipt {
            message_id: body::text(receipt, "message_id", MAX_ID)?,
            state: State::from_name(receipt.get("state")?.as_str()?)?,
            timestamp: body::whole(receipt, "timestamp"),
        })
    });
    Some(read.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "https://didcomm.org/basicmessage/2.0/message";

    fn read_json(json: &Value) -> Message {
        Message::from_slice(json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn receipts_are_written_as_specified_and_read_back() {
        let sent = [
            Receipt {
                message_id: "3c68cad6-00bd-496d-8cc6-4a188cb086b0".into(),
                state: State::Viewed,
                timestamp: Some(1_687_215_606),
            },
            Receipt {
                message_id: "7f960bac-42f4-4a95-9997-752f2e0ed65d".into(),
                state: State::Received,
                timestamp: None,
            },
        ];
        let message = receipts("8ba049e6-cc46-48fb-bfe0-463084d66324", &sent);

        let wire: Value = serde_json::from_slice(&message.to_vec()).unwrap();
        assert_eq!(
            wire,
            json!({"id": "8ba049e6-cc46-48fb-bfe0-463084d66324",
                "typ": "application/didcomm-plain+json",
                "type": "https://didcomm.org/receipts/1.0/message-receipts",
                "body": {"receipts": [
                    {"message_id": "3c68cad6-00bd-496d-8cc6-4a188cb086b0", "state": "viewed",
                        "timestamp": 1_687_215_606},
                    {"message_id": "7f960bac-42f4-4a95-9997-752f2e0ed65d", "state": "received"}]}})
        );
        assert_eq!(read(&message), Some(sent.to_vec()));
    }

    #[test]
    fn a_request_reads_back_and_an_empty_one_is_not_no_request() {
        let wish = [
            Requested {
                message_type: TEXT.into(),
                states: Some(vec![State::Received, State::Deleted]),
            },
            Requested {
                message_type: "https://didcomm.org/*".into(),
                states: None,
            },
        ];
        let wire = request("1", &wish).to_vec();
        assert_eq!(
            read_request(&Message::from_slice(&wire).unwrap()),
            Some(wish.to_vec())
        );

        assert_eq!(read_request(&request("1", &[])), Some(Vec::new()));
        let without = read_json(&json!({"id": "1", "type": REQUEST_RECEIPTS}));
        assert_eq!(read_request(&without), None);
        assert_eq!(read_request(&receipts("1", &[])), None);
        assert_eq!(read(&request("1", &[])), None);
    }

    #[test]
    fn the_published_spellings_are_read() {
        let message = read_json(&json!({"id": "1", "zzz": 1,
            "type": "https://didcomm.org/Receipts/1.3/message_receipts",
            "body": {"zzz": 1, "receipts": [
                {"message_id": "a", "state": "Viewed", "timestamp": "1687215606", "zzz": 1},
                {"message_id": "b", "state": "submitted", "timestamp": "soon"},
                {"message_id": "c", "state": "burnt"},
                {"message_id": "", "state": "viewed"},
                {"state": "viewed"}, "viewed"]}}));
        let read_ = read(&message).unwrap();

        assert_eq!(read_.len(), 2);
        assert_eq!(read_[0].state, State::Viewed);
        assert_eq!(read_[0].timestamp, Some(1_687_215_606));
        assert_eq!(read_[1].state, State::Submitted);
        assert_eq!(read_[1].timestamp, None);

        let request = read_json(&json!({"id": "1", "type": REQUEST_RECEIPTS,
            "body": {"requested_receipts": [{"message_type": "a", "states": ["Received"]},
                {"message_type": "b", "states": ["burnt"]}, {"states": []}]}}));
        let requested = read_request(&request).unwrap();
        assert_eq!(requested.len(), 2);
        assert_eq!(requested[0].states, Some(vec![State::Received]));
        assert_eq!(requested[1].states, Some(Vec::new()));
    }

    #[test]
    fn a_wish_counts_for_its_types_and_states() {
        let wish = |message_type: &str, states| Requested {
            message_type: message_type.into(),
            states,
        };

        let any = wish(TEXT, None);
        assert!(any.wants(TEXT, State::Deleted));
        assert!(any.wants(
            "https://didcomm.org/BasicMessage/2.1/message",
            State::Viewed
        ));
        assert!(!any.wants(
            "https://didcomm.org/basicmessage/3.0/message",
            State::Viewed
        ));
        let some = wish("https://didcomm.org/*", Some(vec![State::Received]));
        assert!(some.wants(TEXT, State::Received));
        assert!(!some.wants(TEXT, State::Viewed));
        assert!(!wish("*", Some(Vec::new())).wants(TEXT, State::Received));
    }

    #[test]
    fn receipts_never_get_receipts() {
        let all = Requested {
            message_type: "*".into(),
            states: None,
        };

        assert!(all.wants(TEXT, State::Received));
        for own in [
            MESSAGE_RECEIPTS,
            REQUEST_RECEIPTS,
            "https://didcomm.org/Receipts/1.7/message-receipts",
        ] {
            assert!(!all.wants(own, State::Received), "{own}");
        }
    }

    #[test]
    fn what_was_viewed_or_deleted_was_received() {
        assert!(State::Viewed.implies(State::Received));
        assert!(State::Deleted.implies(State::Received));
        assert!(State::Viewed.implies(State::Viewed));
        assert!(!State::Deleted.implies(State::Viewed));
        assert!(!State::Received.implies(State::Viewed));
    }

    #[test]
    fn no_list_and_no_text_grows_without_bound() {
        let receipt = Receipt {
            message_id: "a".into(),
            state: State::Viewed,
            timestamp: None,
        };
        let long = Receipt {
            message_id: "a".repeat(MAX_ID + 1),
            ..receipt.clone()
        };
        let wish = |bytes| Requested {
            message_type: "a".repeat(bytes),
            states: Some(vec![State::Viewed; MAX_STATES + 1]),
        };

        let many = vec![receipt; MAX_RECEIPTS + 1];
        assert_eq!(read(&receipts("1", &many)).unwrap().len(), MAX_RECEIPTS);
        assert_eq!(read(&receipts("1", &[long])), Some(Vec::new()));
        let many = vec![wish(1); MAX_REQUESTED + 1];
        let requested = read_request(&request("1", &many)).unwrap();
        assert_eq!(requested.len(), MAX_REQUESTED);
        assert_eq!(requested[0].states.as_ref().unwrap().len(), MAX_STATES);
        let long = request("1", &[wish(MAX_TYPE + 1)]);
        assert_eq!(read_request(&long), Some(Vec::new()));
    }
}
