//! Reading what the other role wrote.

use serde_json::Value;

use super::super::body;
use super::{Answer, Delivery, Held, MAX_MESSAGES, MAX_RECEIVED, Request, Status, Version};
use crate::message::{MAX_ID, Message};

const VERSIONS: [Version; 2] = [Version::V3, Version::V4];

/// Reads what a recipient asks, and in which version to answer; `None` for another message, one
/// that lacks what it needs, or one about a `recipient_did` that is none. At most
/// [`MAX_RECEIVED`] ids of at most [`MAX_ID`] bytes are read.
pub fn read_request(message: &Message) -> Option<(Version, Request)> {
    let content = &message.body;
    for version in VERSIONS {
        let types = version.types();
        let request = if message.is(types.status_request) {
            Request::Status {
                recipient_did: body::did(content, "recipient_did")?,
            }
        } else if message.is(types.delivery_request) {
            let limit = body::whole(content, "message_count_limit");
            Request::Delivery {
                limit: limit.or_else(|| body::whole(content, "limit"))?,
                recipient_did: body::did(content, "recipient_did")?,
            }
        } else if message.is(types.messages_received) {
            content.get("message_id_list")?.as_array()?;
            let ids = body::texts(content, "message_id_list", MAX_RECEIVED, MAX_ID);
            Request::Received(ids)
        } else if message.is(types.live_delivery_change) {
            Request::Live(content.get("live_delivery").and_then(Value::as_bool)?)
        } else {
            continue;
        };
        return Some((version, request));
    }
    None
}

/// Reads what a mediator answers or sends live; `None` for another message, or a status without
/// its count. At most [`MAX_MESSAGES`] envelopes are read; the others, never acknowledged, come
/// again. An id beyond [`MAX_ID`] bytes is none.
pub fn read_answer(message: &Message) -> Option<(Version, Answer)> {
    for version in VERSIONS {
        let types = version.types();
        if message.is(types.status) {
            let status = Status::read(&message.body)?;
            return Some((version, Answer::Status(status)));
        }
        if message.is(types.delivery) {
            let held = message.attachments.iter().take(MAX_MESSAGES);
            let delivery = Delivery {
                // It only repeats what we asked; the envelopes say for whom they are.
                recipient_did: body::did(&message.body, "recipient_did").flatten(),
                messages: held
                    .map(|attachment| Held {
                        id: attachment.id.clone().filter(|id| id.len() <= MAX_ID),
                        envelope: attachment.bytes(),
                    })
                    .collect(),
            };
            return Some((version, Answer::Delivery(delivery)));
        }
    }
    None
}
