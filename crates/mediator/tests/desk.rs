//! The role of a mediator, from envelope to envelope, with a mailbox on disk.
//!
//! Source: DIDComm Messaging v2.1, "Routing Protocol 2.0", "DID Rotation"; didcomm.org,
//! coordinate-mediation 2.0 and 3.0, messagepickup 3.0, message-pickup 4.0.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "desk/agent.rs"]
mod agent;
#[path = "desk/forwarding.rs"]
mod forwarding;
#[path = "desk/granting.rs"]
mod granting;
#[path = "desk/hosting.rs"]
mod hosting;
#[path = "desk/pickup.rs"]
mod pickup;
#[path = "desk/refusals.rs"]
mod refusals;
#[path = "desk/rotation.rs"]
mod rotation;
#[path = "desk/talk.rs"]
mod talk;

use std::{collections::BTreeSet, sync::Arc};

use agent::{Agent, MEDIATION_3, PICKUP_3, forward, ids, letters, request};
use serde_json::{Value, json};
use signet_didcomm::{Did, Document, document, peer2};
use signet_mediator::desk::{Desk, Handled};
use signet_protocol::{
    Mediator, Verdict,
    mediator::{Admission, Facts, Fetch, Mailbox, Question, Quota, Room, Way},
    time::Timestamp,
};
use signet_store::SledMailbox;
use tempfile::TempDir;

const QUOTA: Quota = Quota {
    accounts: 100,
    recipients: 1000,
    recipient: Room {
        messages: 1000,
        bytes: 1 << 30,
    },
    account: Room {
        messages: 1000,
        bytes: 1 << 30,
    },
    bytes: 1 << 30,
};

/// Where it hosts invitations.
const PAGE: &str = "https://mail.example.org/";

/// A mediator with an empty mailbox.
struct World {
    desk: Arc<Desk<SledMailbox>>,
    mediator: Document,
    _dir: TempDir,
}

impl World {
    fn new() -> Self {
        Self::with(Admission::Open, QUOTA)
    }

    fn with(admission: Admission, quota: Quota) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mailbox = SledMailbox::open(&dir.path().join("mailbox"), quota).unwrap();
        let (did, keys) = peer2::create(&[], &mut rand::rng());
        let mediator = document::resolve(&did).unwrap();
        Self {
            desk: Desk::new(
                Mediator::new(did, keys, admission).with_page(Some(PAGE.to_owned())),
                None,
                mailbox,
            ),
            mediator,
            _dir: dir,
        }
    }

    fn did(&self) -> &Did {
        &self.mediator.id
    }

    /// Hands in an envelope as a POST does.
    async fn post(&self, envelope: &[u8]) -> Handled {
        self.desk.handle(envelope, &mut Way::default()).await
    }

    /// What comes back to the agent, if anything does.
    async fn ask(&self, agent: &Agent, message: Value) -> Option<Value> {
        let handled = self.post(&agent.seal(&self.mediator, message)).await;
        assert_eq!(handled.response.refused, None);
        let envelope = handled.response.envelope?;
        Some(agent.open(self.did(), &envelope))
    }

    /// Asks, and something has to come back.
    async fn answer(&self, agent: &Agent, protocol: &str, name: &str, body: Value) -> Value {
        self.ask(agent, request(protocol, name, body))
            .await
            .unwrap()
    }

    async fn grant(&self, agent: &Agent) {
        let granted = self
            .answer(agent, MEDIATION_3, "mediate-request", json!({}))
            .await;
        assert_eq!(granted["type"], format!("{MEDIATION_3}/mediate-grant"));
    }

    /// Adds or removes DIDs; yields the results.
    async fn update(&self, agent: &Agent, updates: &[(&str, &str)]) -> Vec<Value> {
        let updates: Vec<Value> = updates
            .iter()
            .map(|(action, did)| json!({"recipient_did": did, "action": action}))
            .collect();
        let body = json!({"updates": updates});
        let answer = self
            .answer(agent, MEDIATION_3, "recipient-update", body)
            .await;
        assert_eq!(
            answer["type"],
            format!("{MEDIATION_3}/recipient-update-response")
        );
        let updated = answer["body"]["updated"].as_array().unwrap();
        for (asked, told) in updates.iter().zip(updated) {
            assert_eq!(asked["recipient_did"], told["recipient_did"]);
            assert_eq!(asked["action"], told["action"]);
        }
        updated.iter().map(|one| one["result"].clone()).collect()
    }

    /// An account that registered this DID.
    async fn account(&self, recipient: &str) -> Agent {
        let agent = Agent::peer2();
        self.grant(&agent).await;
        assert_eq!(
            self.update(&agent, &[("add", recipient)]).await,
            ["success"]
        );
        agent
    }

    async fn forward(&self, next: &str, letter: &[u8]) -> Option<Verdict> {
        let handled = self.post(&forward(&self.mediator, next, letter)).await;
        assert_eq!(handled.response.envelope, None);
        handled.response.refused
    }

    async fn deliver(&self, agent: &Agent) -> Value {
        let body = json!({"limit": 100});
        self.answer(agent, PICKUP_3, "delivery-request", body).await
    }

    /// Fetches what waits, without saying that it came.
    async fn fetch(&self, agent: &Agent) -> Vec<Vec<u8>> {
        let answer = self.deliver(agent).await;
        match answer["type"].as_str() {
            Some("https://didcomm.org/messagepickup/3.0/delivery") => letters(&answer),
            Some("https://didcomm.org/messagepickup/3.0/status") => Vec::new(),
            _ => panic!("{answer}"),
        }
    }

    /// Fetches what waits, and says so.
    async fn take(&self, agent: &Agent) -> Vec<Vec<u8>> {
        let answer = self.deliver(agent).await;
        let body = json!({"message_id_list": ids(&answer)});
        self.answer(agent, PICKUP_3, "messages-received", body)
            .await;
        letters(&answer)
    }

    /// What could be delivered to the account at this time.
    async fn due(&self, agent: &Agent, at: Timestamp) -> Vec<Vec<u8>> {
        let fetch = Fetch {
            account: agent.did.clone(),
            recipient: None,
            most: usize::MAX,
            bytes: usize::MAX,
            except: BTreeSet::new(),
        };
        let facts = self.desk.mailbox().look(Question::Mail(fetch), at).await;
        let Facts::Mail { mail, .. } = facts.unwrap() else {
            panic!("no account");
        };
        mail.into_iter().map(|(_, letter)| letter).collect()
    }

    async fn recipients(&self, agent: &Agent) -> Vec<String> {
        let answer = self
            .answer(agent, MEDIATION_3, "recipient-query", json!({}))
            .await;
        let dids = answer["body"]["dids"].as_array().unwrap();
        let mut dids: Vec<String> = dids
            .iter()
            .map(|did| did["recipient_did"].as_str().unwrap().to_owned())
            .collect();
        dids.sort();
        dids
    }
}

/// The code of a problem report in the thread of what was asked.
fn code(report: &Value, asked: &str) -> String {
    assert_eq!(report["type"], agent::PROBLEM);
    assert_eq!(report["pthid"], asked);
    report["body"]["code"].as_str().unwrap().to_owned()
}
