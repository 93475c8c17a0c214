//! What the mediator answers, in the words of the protocols' pages.
//!
//! Source: didcomm.org, coordinate-mediation 2.0 and 3.0, routing 2.0.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use didcomm::{AttachmentData, Message};
use serde_json::{Value, json};

use super::envelope::Opened;
use super::make::{Coordination, Make};
use super::store::{Store, uuid};

/// How a message is met.
pub struct Reply {
    /// The status of the response.
    pub status: u16,
    /// The message in it.
    pub message: Option<Value>,
}

impl Reply {
    /// It was taken, and there is no more to say.
    const NOTHING: Self = Self {
        status: 202,
        message: None,
    };

    pub(super) fn message(message: Value) -> Self {
        Self {
            status: 200,
            message: Some(message),
        }
    }
}

/// The one that answers, with everything it knows.
pub struct Desk {
    pub make: Make,
    /// The DID that people know it by.
    pub did: String,
    /// What its clients name as their endpoint.
    pub routing: String,
    pub store: Store,
    /// Forwards for nobody it knows.
    pub dropped: usize,
    /// What no client should do.
    pub complaints: Vec<String>,
}

impl Desk {
    /// Meets one message.
    pub fn meet(&mut self, opened: &Opened) -> Reply {
        let asked = &opened.message;
        let name = asked.type_.strip_prefix("https://didcomm.org/");
        let name = name.unwrap_or(&asked.type_).to_owned();
        if name == "routing/2.0/forward" {
            self.expect(opened.sender.is_none(), "a forward names its sender");
            self.expect(opened.us == self.routing, "a forward to another DID");
            return self.forward(asked);
        }
        let Some(client) = opened.sender.as_deref() else {
            self.expect(false, &format!("{name} of nobody"));
            return Reply::NOTHING;
        };
        self.expect(
            asked.from.as_deref() == Some(client),
            "from is not the sender",
        );
        self.expect(opened.us == self.did, "a request to another DID");
        self.expect(
            asked.to.iter().flatten().any(|to| *to == self.did),
            "a request that is not addressed to the mediator",
        );
        let returns = asked.extra_headers.get("return_route");
        self.expect(returns == Some(&json!("all")), "no way back for the answer");

        if let Some(name) = name.strip_prefix("coordinate-mediation/") {
            return self.coordinate(name, client, asked);
        }
        let Some(name) = name.strip_prefix("messagepickup/3.0/") else {
            return self.report(asked, client, "e.p.msg.unsupported");
        };
        if !self.store.serves(client) {
            return self.meet_stranger(asked, client);
        }
        self.pick_up(name, client, asked)
    }

    pub(super) fn expect(&mut self, is_right: bool, complaint: &str) {
        if !is_right {
            self.complaints.push(complaint.to_owned());
        }
    }

    /// Keeps what is for a DID it knows. Nobody is told which those are.
    fn forward(&mut self, asked: &Message) -> Reply {
        let next = asked.body["next"].as_str().unwrap_or_default();
        let next = next.split('#').next().unwrap_or_default().to_owned();
        let mut is_empty = true;
        for attachment in asked.attachments.iter().flatten() {
            let envelope = match &attachment.data {
                AttachmentData::Json { value } => Some(value.json.to_string()),
                AttachmentData::Base64 { value } => {
                    let bytes = BASE64_URL_SAFE_NO_PAD.decode(value.base64.trim_end_matches('='));
                    bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok())
                }
                AttachmentData::Links { .. } => None,
            };
            let Some(envelope) = envelope else {
                continue;
            };
            is_empty = false;
            if !self.store.put(&next, envelope) {
                self.dropped += 1;
            }
        }
        self.expect(!is_empty, "a forward of nothing");
        Reply::NOTHING
    }

    fn coordinate(&mut self, name: &str, client: &str, asked: &Message) -> Reply {
        let Some((version, name)) = name.split_once('/') else {
            return self.report(asked, client, "e.p.msg.unsupported");
        };
        let is_spoken = match self.make.coordination {
            Coordination::V3 => version == "3.0",
            Coordination::V2 | Coordination::V2Silent => version == "2.0",
        };
        if !is_spoken {
            return match self.make.coordination {
                Coordination::V3 | Coordination::V2 => {
                    self.report(asked, client, "e.p.msg.unsupported")
                }
                Coordination::V2Silent => Reply::NOTHING,
            };
        }
        let is_3 = version == "3.0";
        let (answer, body) = match name {
            "mediate-request" => {
                self.store.grant(client);
                let routing = match is_3 {
                    true => json!([self.routing]),
                    false => json!(self.routing),
                };
                ("mediate-grant", json!({"routing_did": routing}))
            }
            _ if !self.store.serves(client) => return self.meet_stranger(asked, client),
            "recipient-update" if is_3 => ("recipient-update-response", self.update(client, asked)),
            "keylist-update" if !is_3 => ("keylist-update-response", self.update(client, asked)),
            "recipient-query" if is_3 => ("recipient", json!({"dids": self.listed(client)})),
            "keylist-query" if !is_3 => ("keylist", json!({"keys": self.listed(client)})),
            _ => return self.report(asked, client, "e.p.msg.unsupported"),
        };
        let kind = format!("coordinate-mediation/{version}/{answer}");
        let mut message = self.message(&kind, client, asked, body);
        if !is_3 && let Some(members) = message.as_object_mut() {
            // The page's examples have no thread either.
            members.remove("thid");
        }
        Reply::message(message)
    }

    /// What became of each wish, the last one first.
    fn update(&mut self, client: &str, asked: &Message) -> Value {
        let updates = asked.body["updates"].as_array();
        let mut updated = Vec::new();
        for update in updates.into_iter().flatten() {
            let did = update["recipient_did"].as_str().unwrap_or_default();
            let action = update["action"].as_str().unwrap_or_default();
            let result = self.store.update(client, did, action);
            updated.push(json!({"recipient_did": did, "action": action, "result": result}));
        }
        self.expect(!updated.is_empty(), "an update of nothing");
        updated.reverse();
        json!({"updated": updated})
    }

    fn listed(&self, client: &str) -> Vec<Value> {
        let dids = self.store.recipients(client).into_iter();
        dids.map(|did| json!({"recipient_did": did})).collect()
    }

    fn meet_stranger(&self, asked: &Message, client: &str) -> Reply {
        let stranger = self.make.stranger;
        let report = stranger.code.map(|code| self.report(asked, client, code));
        Reply {
            status: stranger.status,
            message: report.and_then(|reply| reply.message),
        }
    }

    pub(super) fn report(&self, asked: &Message, client: &str, code: &str) -> Reply {
        let body = json!({"code": code, "comment": "No."});
        let mut report = self.message("report-problem/2.0/problem-report", client, asked, body);
        report["pthid"] = asked.id.as_str().into();
        if let Some(members) = report.as_object_mut() {
            members.remove("thid");
        }
        Reply::message(report)
    }

    pub(super) fn message(&self, kind: &str, client: &str, asked: &Message, body: Value) -> Value {
        json!({
            "id": uuid(),
            "type": format!("https://didcomm.org/{kind}"),
            "from": self.did,
            "to": [client],
            "thid": asked.id,
            "body": body,
        })
    }
}
