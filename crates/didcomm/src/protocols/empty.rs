//! empty 1.0: a message without content, for headers that have something to say.
//!
//! Source: DIDComm Messaging v2.1, "The Empty Message".

use crate::message::Message;

/// The empty message.
pub const EMPTY: &str = "https://didcomm.org/empty/1.0/empty";

/// A message that only carries headers.
pub fn message(id: impl Into<String>) -> Message {
    Message::new(id, EMPTY)
}

/// An acknowledgement of messages by their ids, oldest first, in their thread. It asks for none
/// itself, so two agents never acknowledge each other's acknowledgements.
pub fn ack(id: impl Into<String>, acked: Vec<String>, thid: Option<&str>) -> Message {
    let mut message = message(id);
    message.ack = acked;
    message.thid = thid.map(str::to_owned);
    message
}

/// Whether it is an empty message.
pub fn is(message: &Message) -> bool {
    message.is(EMPTY)
}
