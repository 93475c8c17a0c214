//! An agent that knows only DIDComm v2 over HTTP is invited, invites, and chats both ways.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

mod agent;

use serde_json::{Value, json};
use signet_didcomm::{
    Message, basicmessage, document, out_of_band::Invitation, trust_ping, user_profile,
};
use signet_loopback::Person;

use agent::{Agent, Kind, now, post, request};

/// Alice with an HTTP endpoint on loopback, and where it is.
fn alice(folder: &tempfile::TempDir) -> (Person, String) {
    let mut alice = Person::new(folder.path(), "Alice")
        .unwrap()
        .with(&["--http", "127.0.0.1:0"]);
    alice.start().unwrap();
    let me = alice.call("whoami", json!({})).unwrap();
    let url = me["http"].as_str().expect("an HTTP endpoint").to_owned();
    (alice, url)
}

fn text(agent: &mut Agent, content: &str) -> Message {
    basicmessage::message(agent.id(), content, now(), None)
}

/// Says something from here to there and back.
fn chat(alice: &Person, contact: &str, agent: &mut Agent, acknowledged: bool) {
    let from_alice = alice.writes(contact, "Do you hear me?").unwrap();
    let heard = agent.until(|received| received.message.id == from_alice);
    assert_eq!(
        basicmessage::read(&heard.message).unwrap().content,
        "Do you hear me?"
    );
    let answer = text(agent, "Loud and clear.");
    assert_eq!(agent.send(answer), 202);
    alice
        .until("the agent's answer has come", || {
            alice
                .received(contact)
                .ok()?
                .contains(&"Loud and clear.".to_owned())
                .then_some(())
        })
        .unwrap();
    let state = if acknowledged { "delivered" } else { "sent" };
    alice.until_message(contact, &from_alice, state).unwrap();
    assert_eq!(alice.until_way(contact, &from_alice).unwrap(), "http");
}

/// The agent answers an invitation of Alice's, who answers with a DID made for it alone.
fn is_invited(kind: Kind, acknowledges: bool) -> (tempfile::TempDir, Person, String, Agent) {
    let folder = tempfile::tempdir().unwrap();
    let (alice, _) = alice(&folder);
    let mut agent = Agent::new(kind, acknowledges);
    let invitation = Invitation::from_url(&alice.invites().unwrap()).unwrap();
    let first = document::resolve(&invitation.from).unwrap();
    let first = first.endpoints().next().unwrap();
    assert!(
        first.uri.starts_with("http://"),
        "the endpoint that any agent can use stands first"
    );

    agent.peer = Some(invitation.from.clone());
    let mut hello = text(&mut agent, "Here is your new contact.");
    hello.pthid = Some(invitation.id.clone());
    assert_eq!(agent.send(hello), 202);
    let contact = alice.only_contact().unwrap();
    let answer = agent.until(|received| received.message.is(user_profile::PROFILE));
    let moved = answer
        .from_prior
        .expect("the invitation is answered by a rotation");

    assert!(moved.iss.is_same_as(&invitation.from));
    assert!(
        moved
            .sub
            .unwrap()
            .is_same_as(answer.message.from.as_ref().unwrap())
    );
    (folder, alice, contact, agent)
}

/// The agent invites Alice, and keeps the DID of its invitation.
fn invites(kind: Kind, acknowledges: bool) -> (tempfile::TempDir, Person, String, Agent) {
    let folder = tempfile::tempdir().unwrap();
    let (alice, _) = alice(&folder);
    let mut agent = Agent::new(kind, acknowledges);
    let invitation = Invitation::new("from-elsewhere", agent.did.clone());
    let link = invitation.to_url("https://agent.example/join");

    let contact = alice.accepts(&link).unwrap();
    let answer =
        agent.until(|received| received.message.pthid.as_deref() == Some("from-elsewhere"));
    assert!(answer.message.is(user_profile::PROFILE));
    let hello = text(&mut agent, "Welcome.");
    assert_eq!(agent.send(hello), 202);
    alice.until_state(&contact, "connected").unwrap();
    (folder, alice, contact, agent)
}

#[test]
fn an_agent_with_a_peer_2_is_invited_and_chats() {
    let (_folder, alice, contact, mut agent) = is_invited(Kind::Peer2, true);
    chat(&alice, &contact, &mut agent, true);
    assert_eq!(
        alice.received(&contact).unwrap()[0],
        "Here is your new contact."
    );
}

#[test]
fn an_agent_with_a_peer_4_is_invited_and_chats() {
    let (_folder, alice, contact, mut agent) = is_invited(Kind::Peer4, true);
    chat(&alice, &contact, &mut agent, true);
}

#[test]
fn an_agent_with_a_peer_2_invites_and_chats() {
    let (_folder, alice, contact, mut agent) = invites(Kind::Peer2, true);
    chat(&alice, &contact, &mut agent, true);
}

#[test]
fn an_agent_with_a_peer_4_invites_and_chats() {
    let (_folder, alice, contact, mut agent) = invites(Kind::Peer4, true);
    chat(&alice, &contact, &mut agent, true);
}

#[test]
fn an_agent_that_never_acknowledges_gets_each_message_once() {
    let (_folder, mut alice, contact, mut agent) = is_invited(Kind::Peer2, false);
    chat(&alice, &contact, &mut agent, false);
    let mut ids: Vec<String> = (0..5)
        .map(|number| alice.writes(&contact, &format!("number {number}")).unwrap())
        .collect();
    for id in &ids {
        alice.until_message(&contact, id, "sent").unwrap();
    }

    alice.kill();
    alice.start().unwrap();
    ids.push(alice.writes(&contact, "after a restart").unwrap());
    agent.until(|received| Some(&received.message.id) == ids.last());

    let counts = agent.counts(basicmessage::MESSAGE);
    assert!(counts.values().all(|&count| count == 1), "{counts:?}");
    assert!(ids.iter().all(|id| counts.contains_key(id)));
    let about = alice.contact(&contact).unwrap();
    assert_eq!(
        about["confirms"], false,
        "the contact says that its software does not confirm"
    );
}

#[test]
fn a_ping_is_answered() {
    let (_folder, _alice, _, mut agent) = invites(Kind::Peer2, true);
    let ping = trust_ping::ping(agent.id(), true);
    let thread = ping.id.clone();

    assert_eq!(agent.send(ping), 202);

    let answer = agent.until(|received| trust_ping::is_response(&received.message));
    assert_eq!(answer.message.thid, Some(thread));
}

#[test]
fn who_names_no_endpoint_is_read_and_said_to_be_out_of_reach() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, _) = alice(&folder);
    let mut agent = Agent::new(Kind::Key, false);
    let invitation = Invitation::from_url(&alice.invites().unwrap()).unwrap();

    agent.peer = Some(invitation.from.clone());
    let mut hello = text(&mut agent, "You cannot answer this.");
    hello.pthid = Some(invitation.id.clone());
    assert_eq!(agent.send(hello), 202);
    let contact = alice.only_contact().unwrap();
    alice
        .until_received(&contact, &["You cannot answer this."])
        .unwrap();
    let asked = alice.writes(&contact, "Can you hear me?").unwrap();

    assert_eq!(alice.contact(&contact).unwrap()["reachable"], false);
    let entry = alice
        .until("the message says why it waits", || {
            let history = alice.history(&contact).ok()?;
            history
                .into_iter()
                .find(|entry| entry["id"] == asked.as_str() && entry["reason"].is_string())
        })
        .unwrap();
    assert_ne!(entry["state"], "sent");
}

#[test]
fn an_inviter_without_an_endpoint_is_a_contact_out_of_reach() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, _) = alice(&folder);
    let agent = Agent::new(Kind::Key, false);
    let link = Invitation::new("unreachable", agent.did.clone()).to_url("https://agent.example/");

    let contact = alice.accepts(&link).unwrap();

    let about = alice.contact(&contact).unwrap();
    assert_eq!(
        (&about["reachable"], &about["state"]),
        (&Value::Bool(false), &json!("answering"))
    );
    let told = alice.types(&["contact", &contact]).unwrap();
    assert!(
        told.out.contains("no way that Signet can use"),
        "{}",
        told.out
    );
}

#[test]
fn poison_at_the_http_endpoint_is_refused_and_holds_nothing_up() {
    let (_folder, alice, contact, mut agent) = invites(Kind::Peer2, true);
    let me = alice.call("whoami", json!({})).unwrap();
    let url = me["http"].as_str().unwrap();
    let history = alice.history(&contact).unwrap();
    let encrypted = "application/didcomm-encrypted+json";
    let deep = "[".repeat(200_000);
    let poison: [&[u8]; 7] = [
        b"",
        b"{}",
        b"\0\xff\xfe garbage",
        deep.as_bytes(),
        br#"{"protected":"e30","recipients":[],"iv":"","ciphertext":"","tag":""}"#,
        br#"{"id":"1","type":"https://didcomm.org/basicmessage/2.0/message","body":{"content":"plain"}}"#,
        br#"{"payload":"e30","signatures":[{"protected":"e30","signature":"AA"}]}"#,
    ];

    for bytes in poison {
        let status = post(url, encrypted, bytes);
        assert!(
            (400..500).contains(&status),
            "{status} for {:?}",
            &bytes[..bytes.len().min(20)]
        );
    }
    assert_eq!(post(url, "text/plain", b"hello"), 415);
    assert_eq!(post(url, encrypted, &vec![b'x'; (1 << 20) + 1]), 413);
    assert_eq!(request("GET", url, "", b""), 405);

    assert_eq!(alice.history(&contact).unwrap(), history, "nothing changed");
    chat(&alice, &contact, &mut agent, true);
}
