//! Mail is picked up.
//!
//! Source: didcomm.org, messagepickup 3.0.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use didcomm::Message;
use serde_json::{Value, json};

use super::desk::{Desk, Reply};
use super::make::Coordination;

/// Envelopes in one delivery, whatever is asked for.
const DELIVERED: usize = 4;

impl Desk {
    /// Meets a client that it serves.
    pub(super) fn pick_up(&mut self, name: &str, client: &str, asked: &Message) -> Reply {
        let recipient = asked.body["recipient_did"].as_str();
        match name {
            "status-request" => {}
            "delivery-request" => {
                let Some(limit) = asked.body["limit"].as_u64() else {
                    self.expect(false, "a delivery without a limit");
                    return self.report(asked, client, "e.p.msg.bad-limit");
                };
                let limit = usize::try_from(limit).unwrap_or(DELIVERED).min(DELIVERED);
                let waiting = self.store.waiting(client, recipient).take(limit);
                let attachments: Vec<Value> = waiting
                    .map(|held| json!({"id": held.id, "data": {"base64": self.encoded(&held.envelope)}}))
                    .collect();
                if !attachments.is_empty() {
                    let body = recipient.map_or(json!({}), |did| json!({"recipient_did": did}));
                    let kind = "messagepickup/3.0/delivery";
                    let mut delivery = self.message(kind, client, asked, body);
                    delivery["attachments"] = attachments.into();
                    return Reply::message(delivery);
                }
            }
            "messages-received" => {
                let ids = asked.body["message_id_list"].as_array();
                let ids = ids.into_iter().flatten().filter_map(Value::as_str);
                let ids: Vec<String> = ids.map(str::to_owned).collect();
                self.expect(!ids.is_empty(), "an acknowledgement of nothing");
                self.store.delete(client, &ids);
            }
            "live-delivery-change" => {
                return self.report(asked, client, "e.m.live-mode-not-supported");
            }
            _ => return self.report(asked, client, "e.p.msg.unsupported"),
        }
        let count = self.store.waiting(client, recipient).count();
        let mut body = json!({"message_count": count});
        if let Some(did) = recipient {
            body["recipient_did"] = did.into();
        }
        Reply::message(self.message("messagepickup/3.0/status", client, asked, body))
    }

    fn encoded(&self, envelope: &str) -> String {
        match self.make.coordination {
            Coordination::V3 => BASE64_URL_SAFE_NO_PAD.encode(envelope),
            Coordination::V2 | Coordination::V2Silent => BASE64_STANDARD.encode(envelope),
        }
    }
}
