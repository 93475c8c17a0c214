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
        let mut person = Self {
            events: node.events(),
            node,
            folder,
        };
        // A slow machine may not listen yet, and an invitation from nowhere leads nowhere.
        while person.node.network().await.unwrap().listen.is_empty() {
            person.hears(|event| event.kind == "network.state").await;
        }
        person
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

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_twice_under_one_id_is_one_message_and_another_text_is_refused() {
    let alice = Person::new("Alice").await;
    let mut bob = Person::new("Bob").await;
    let invitation = alice.node.invite(false, None, None).await.unwrap();
    bob.node.accept(&invitation.url, None).await.unwrap();
    let of_alice = bob.only_contact().await;
    let send = |text| bob.node.send(Some("An-Id".into()), of_alice, text, None);

    // At once, so that they share a commit; then again, when history knows it.
    let (first, second, other) = tokio::join!(send("Once."), send("Once."), send("Else."));
    assert_eq!(
        (first.unwrap(), second.unwrap()),
        ("an-id".into(), "an-id".into())
    );
    other.unwrap_err();
    send("Once.").await.unwrap();
    send("Else.").await.unwrap_err();
    assert_eq!(bob.texts(of_alice).await, ["Once."]);

    // One that was refused was not sent, however soon it is tried again.
    let empty = || bob.node.send(Some("another".into()), of_alice, "", None);
    let (first, second) = tokio::join!(empty(), empty());
    first.unwrap_err();
    second.unwrap_err();
    bob.hears(|e| e.state == Some(State::Delivered)).await;
}
