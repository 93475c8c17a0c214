//! trust-ping 2.0: is anybody there, and do our keys work?
//!
//! Source: DIDComm Messaging v2.1, "Trust Ping Protocol 2.0".

use crate::message::Message;

/// The question.
pub const PING: &str = "https://didcomm.org/trust-ping/2.0/ping";
/// The answer.
pub const PING_RESPONSE: &str = "https://didcomm.org/trust-ping/2.0/ping-response";

/// A ping. Without `response_requested` it only announces.
pub fn ping(id: impl Into<String>, response_requested: bool) -> Message {
    let mut message = Message::new(id, PING);
    message
        .body
        .insert("response_requested".into(), response_requested.into());
    message
}

/// The answer to `ping`, in its thread.
pub fn response(id: impl Into<String>, ping: &Message) -> Message {
    let mut message = Message::new(id, PING_RESPONSE);
    message.thid = Some(ping.thread().to_owned());
    message
}

/// Whether a ping wants an answer; unsaid means yes. `None` for another message.
pub fn wants_response(message: &Message) -> Option<bool> {
    let said = message.body.get("response_requested");
    message
        .is(PING)
        .then(|| said.and_then(|said| said.as_bool()).unwrap_or(true))
}

/// Whether it is an answer.
pub fn is_response(message: &Message) -> bool {
    message.is(PING_RESPONSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_wants_an_answer_unless_it_says_no() {
        assert_eq!(wants_response(&Message::new("1", PING)), Some(true));
        assert_eq!(wants_response(&ping("1", true)), Some(true));
        assert_eq!(wants_response(&ping("1", false)), Some(false));
        assert_eq!(wants_response(&Message::new("1", PING_RESPONSE)), None);
    }

    #[test]
    fn the_answer_stays_in_the_thread() {
        let mut first = ping("1", true);
        assert_eq!(response("2", &first).thread(), "1");

        first.thid = Some("0".into());
        assert_eq!(response("2", &first).thread(), "0");
    }
}
