//! The header `return_route`: may answers come back by the connection that a message came by?
//!
//! It holds between two agents that speak to each other directly, not through a mediator; it is
//! set on each HTTP POST and on the first message of a WebSocket.
//!
//! Source: DIDComm Messaging v2.1, "Return Route Extension".

use crate::message::{MAX_ID, Message};

const HEADER: &str = "return_route";
const THREAD_HEADER: &str = "return_route_thread";

/// What may come back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ReturnRoute {
    /// Nothing; unsaid means the same.
    #[default]
    None,
    /// Messages of one thread.
    Thread(String),
    /// Whatever is for the sender's DID.
    All,
}

impl ReturnRoute {
    /// What `message` allows. A word we do not know allows nothing, nor does `thread` without a
    /// thread of at most [`MAX_ID`] bytes.
    pub fn of(message: &Message) -> Self {
        let header = |name| message.extra.get(name).and_then(|value| value.as_str());
        match header(HEADER) {
            Some("all") => Self::All,
            Some("thread") => match header(THREAD_HEADER) {
                Some(thread) if thread.len() <= MAX_ID => Self::Thread(thread.to_owned()),
                Some(_) | None => Self::None,
            },
            Some(_) | None => Self::None,
        }
    }

    /// Whether `answer` may come back.
    pub fn allows(&self, answer: &Message) -> bool {
        match self {
            Self::None => false,
            Self::Thread(thread) => answer.thread().eq_ignore_ascii_case(thread),
            Self::All => true,
        }
    }

    /// Writes the header.
    pub fn set(&self, message: &mut Message) {
        message.extra.remove(THREAD_HEADER);
        let word = match self {
            Self::None => {
                message.extra.remove(HEADER);
                return;
            }
            Self::Thread(thread) => {
                let thread = thread.clone().into();
                message.extra.insert(THREAD_HEADER.into(), thread);
                "thread"
            }
            Self::All => "all",
        };
        message.extra.insert(HEADER.into(), word.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_set_reads_back_and_is_a_header() {
        for route in [
            ReturnRoute::None,
            ReturnRoute::Thread("t".into()),
            ReturnRoute::All,
        ] {
            let mut message = Message::new("1", "t");
            ReturnRoute::Thread("before".into()).set(&mut message);
            route.set(&mut message);
            let wire = message.to_vec();
            let json: Value = serde_json::from_slice(&wire).unwrap();

            assert_eq!(ReturnRoute::of(&Message::from_slice(&wire).unwrap()), route);
            let (word, thread) = match route {
                ReturnRoute::None => (json!(null), json!(null)),
                ReturnRoute::Thread(_) => (json!("thread"), json!("t")),
                ReturnRoute::All => (json!("all"), json!(null)),
            };
            assert_eq!(json["return_route"], word);
            assert_eq!(json["return_route_thread"], thread);
        }
    }

    #[test]
    fn what_is_unclear_allows_nothing() {
        for (word, thread) in [
            (json!("none"), json!("t")),
            (json!("everything"), json!("t")),
            (json!(true), json!("t")),
            (json!("thread"), json!(null)),
            (json!("thread"), json!("t".repeat(MAX_ID + 1))),
        ] {
            let mut message = Message::new("1", "t");
            message.extra.insert(HEADER.into(), word.clone());
            message.extra.insert(THREAD_HEADER.into(), thread);
            assert_eq!(ReturnRoute::of(&message), ReturnRoute::None, "{word}");
        }
    }

    #[test]
    fn a_thread_allows_its_own_answers_only() {
        let route = ReturnRoute::Thread("A".into());
        let mut answer = Message::new("2", "t");
        assert!(!route.allows(&answer));

        answer.thid = Some("a".into());
        assert!(route.allows(&answer));
        assert!(ReturnRoute::All.allows(&answer));
        assert!(!ReturnRoute::None.allows(&answer));
    }
}
