//! Two nodes in one process, on loopback: the whole line from a wish to a tick.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use signet_node::{ContactId, Event, Format, Node, Options, Secrets, Unlock, view::State};
use tempfile::TempDir;
use tokio::{sync::broadcast::Receiver, time::timeout};

const PATIENCE: Duration = Duration::from_secs(30);

struct Person {
    node: Node,
    events: Receiver<Event>,
    folder: TempDir,
}

impl Person {
    async fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets {
            plain: true,
            ..Secrets::default()
        };
        Node::create(&folder.path().join("profile"), name, &secrets).unwrap();
        Self::open(folder).await
    }

    async fn open(folder: TempDir) -> Self {
        let options = Options {
            profile: folder.path().join("profile"),
            listen: vec!["/ip4/127.0.0.1/tcp/0".into()],
            mdns: Some(false),
            loopback: true,
            ..Options::default()
        };
        let node = Node::start(options, Unlock::Plain).await.unwrap();
        Self {
            events: node.events(),
            node,
            folder,
        }
    }

    async fn hears(&mut self, what: impl Fn(&Event) -> bool) -> Event {
        timeout(PATIENCE, async {
            loop {
                let event = self.events.recv().await.unwrap();
                if what(&event) {
                    return event;
                }
            }
        })
        .await
        .unwrap()
    }

    async fn only_contact(&self) -> ContactId {
        let contacts = self.node.contacts().await.unwrap();
        assert_eq!(contacts.len(), 1);
        self.node.find(&contacts[0].contact).await.unwrap()
    }

    async fn texts(&self, contact: ContactId) -> Vec<String> {
        let entries = self.node.history(contact, None, 100).await.unwrap();
        entries
            .into_iter()
            .filter(|e| e.kind == "message")
            .map(|e| e.text)
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_meet_write_rotate_and_find_their_history_again() {
    let mut alice = Person::new("Alice").await;
    let mut bob = Person::new("Bob").await;

    let invitation = alice.node.invite(false, None, None).await.unwrap();
    assert!(
        invitation.url.len() <= 900,
        "{} characters",
        invitation.url.len()
    );
    bob.node.accept(&invitation.url, None).await.unwrap();
    bob.hears(|e| e.kind == "contact.changed" && e.name.as_deref() == Some("Alice"))
        .await;
    let (of_bob, of_alice) = (alice.only_contact().await, bob.only_contact().await);
    assert_eq!(alice.node.contact(of_bob).await.unwrap().name, "Bob");

    let id = bob
        .node
        .send(None, of_alice, "Is anybody there?", None)
        .await
        .unwrap();
    let delivered =
        |e: &Event| e.id.as_deref() == Some(id.as_str()) && e.state == Some(State::Delivered);
    bob.hears(delivered).await;
    assert_eq!(alice.texts(of_bob).await, ["Is anybody there?"]);

    alice.node.rotate(None).await.unwrap();
    bob.hears(|e| e.kind == "contact.rotated").await;
    let id = alice
        .node
        .send(None, of_bob, "Yes, under another name.", None)
        .await
        .unwrap();
    alice
        .hears(|e| e.id.as_deref() == Some(id.as_str()) && e.state == Some(State::Delivered))
        .await;
    assert_eq!(alice.node.rotation().await.unwrap().confirmed, 1);

    let export = alice.folder.path().join("talk.txt");
    assert!(
        alice
            .node
            .export(None, Format::Text, &export)
            .await
            .unwrap()
            .entries
            >= 3
    );
    assert!(
        std::fs::read_to_string(&export)
            .unwrap()
            .contains("Is anybody there?")
    );

    bob.node.stop().await;
    let bob = Person::open(bob.folder).await;
    assert_eq!(
        bob.texts(of_alice).await,
        ["Is anybody there?", "Yes, under another name."]
    );
}
