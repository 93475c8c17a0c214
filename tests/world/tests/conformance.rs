//! What the specification asks of the machine and no other story happens to tell. Which row is held
//! by which test stands in the library's CONFORMANCE.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use signet_didcomm::{FromPrior, Message, document, from_prior};
use signet_forger::unb64;
use signet_protocol::{
    command::{Command, Refused},
    contact::{ContactId, ContactState},
};
use signet_world::{Stranger, Who, World};

const EMPTY: &str = "https://didcomm.org/empty/1.0/empty";
const SECOND: Duration = Duration::from_secs(1);

/// A person, and an agent of another make whom she knows.
fn with_an_agent(seed: u64) -> (World, Who, Stranger) {
    let mut world = World::seeded(seed);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.agent_invites(carol);
    world.accept_read(alice, invitation).unwrap();
    world.settle();
    world.agent_follows(carol, true);
    (world, alice, carol)
}

/// The one contact that somebody has.
fn only_contact(world: &World, who: Who) -> ContactId {
    let connected = world.contacts_that_are(who, ContactState::Connected);
    assert_eq!(connected.len(), 1);
    connected[0]
}

fn protected(envelope: &[u8]) -> Value {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    serde_json::from_slice(&unb64(envelope["protected"].as_str().unwrap())).unwrap()
}

/// The messages that the agent got since it had so many.
fn since(world: &World, agent: Stranger, count: usize) -> Vec<Message> {
    let received = &world.agent_received(agent)[count..];
    received.iter().map(|r| r.message.clone()).collect()
}

#[test]
fn everything_that_we_say_is_authcrypt_with_all_its_headers_and_an_id_of_its_own() {
    let mut world = World::seeded(1);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.listen();
    let invitation = world.invite(alice);
    world.accept(bob, &invitation.url).unwrap();
    world.settle();
    for words in ["one", "two", "three"] {
        world.send(alice, bob, words);
        world.send(bob, alice, words);
    }
    world.settle();

    for who in [alice, bob] {
        let (envelopes, messages) = (world.envelopes(who), world.overheard(who));
        assert!(envelopes.len() >= 5 && envelopes.len() == messages.len());
        let ids: BTreeSet<&str> = messages.iter().map(|m| &*m.id).collect();
        assert_eq!(ids.len(), messages.len(), "no id is used twice");
        for (envelope, message) in envelopes.iter().zip(&messages) {
            assert_eq!(protected(envelope)["alg"], "ECDH-1PU+A256KW");
            assert_eq!(message.to.len(), 1);
            assert!(message.from.is_some() && message.created_time.is_some());
        }
    }
}

#[test]
fn the_answer_to_an_invitation_names_it_as_the_thread_it_came_from() {
    let mut world = World::seeded(2);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let invitation = world.invite(alice);
    world.listen();

    world.accept(bob, &invitation.url).unwrap();
    world.settle();

    let first = &world.overheard(alice)[0];
    assert_eq!(first.pthid.as_ref(), Some(&invitation.id));
    assert_ne!(first.thid.as_ref(), Some(&invitation.id));
}

#[test]
fn the_end_of_a_relationship_is_anonymous_from_nobody_and_leads_nowhere() {
    let mut world = World::seeded(3);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (left, to) = {
        let relation = world.relation(alice, bob);
        (relation.my_did.clone(), relation.their_did.clone())
    };
    world.listen();

    let contact = world.contact(alice, bob);
    world.command(alice, Command::End(contact)).unwrap();
    world.settle();

    let (envelope, end) = (&world.envelopes(bob)[0], &world.overheard(bob)[0]);
    let proof = from_prior::verify(end.from_prior.as_ref().unwrap(), &document::resolve, 0);
    let FromPrior { iss, sub, .. } = proof.unwrap();
    assert_eq!(protected(envelope)["alg"], "ECDH-ES+A256KW");
    assert_eq!(end.from, None);
    assert!(end.to.iter().any(|did| did.is_same_as(&to)));
    assert!(iss.is_same_as(&left) && sub.is_none());
}

#[test]
fn a_rotation_is_said_in_an_encrypted_message_from_the_new_did_and_the_next_goes_there() {
    let (mut world, alice, carol) = with_an_agent(4);
    world.agent_says(carol, "before");
    world.pass(SECOND);
    let old = world.agent_did(carol).clone();

    world.agent_rotates(carol, "after");
    world.pass(SECOND);
    let count = world.agent_received(carol).len();
    let id = only_contact(&world, alice);
    world.send_to(alice, id, "to the new one").unwrap();
    world.settle();

    let got = since(&world, carol, count);
    assert!(!got.is_empty());
    let moved = world.agent_did(carol);
    assert!(!moved.is_same_as(&old));
    for message in &got {
        assert!(message.to.iter().all(|did| did.is_same_as(moved)));
    }
}

#[test]
fn acknowledgements_name_what_came_in_the_order_in_which_it_came() {
    let (mut world, alice, carol) = with_an_agent(5);
    world.agent_says(carol, "we know each other");
    world.settle();
    let count = world.agent_received(carol).len();
    // All at once, so that one answer is owed for several.
    for n in 0..8 {
        let mut message = world.basicmessage(&n.to_string());
        message.please_ack = vec![String::new()];
        world.agent_sends(carol, message);
    }
    world.settle();

    let history = world.history(alice, only_contact(&world, alice));
    let came: Vec<String> = history[history.len() - 8..]
        .iter()
        .map(|entry| entry.id.clone())
        .collect();
    let got = since(&world, carol, count);
    let acked: Vec<String> = got.iter().flat_map(|m| m.ack.clone()).collect();
    assert_eq!(acked, came);
    assert!(got.iter().any(|m| m.ack.len() > 1), "several in one");
    // There is nothing else to say, and nobody acknowledges an acknowledgement.
    assert!(got.iter().all(|m| m.is(EMPTY) && m.please_ack.is_empty()));
}

#[test]
fn what_does_not_ask_for_an_acknowledgement_gets_none() {
    let (mut world, _alice, carol) = with_an_agent(6);
    world.agent_says(carol, "we know each other");
    world.settle();
    let count = world.agent_received(carol).len();

    world.agent_says(carol, "no need");
    world.settle();

    assert!(since(&world, carol, count).iter().all(|m| m.ack.is_empty()));
}

#[test]
fn a_report_is_answered_by_nothing_and_a_trace_is_not_followed() {
    let (mut world, alice, carol) = with_an_agent(7);
    world.agent_says(carol, "we know each other");
    world.settle();
    let count = world.agent_received(carol).len();
    let attempts = world.tally().attempts;

    let mut report = world.basicmessage("");
    report.type_ = "https://didcomm.org/report-problem/2.0/problem-report".to_owned();
    report.body.insert("code".into(), "e.m.xfer".into());
    report.pthid = Some("something".to_owned());
    world.agent_sends(carol, report);
    let mut traced = world.basicmessage("who sees this?");
    traced
        .extra
        .insert("trace".into(), json!("https://trace.example/"));
    world.agent_sends(carol, traced);
    world.settle();

    assert!(since(&world, carol, count).is_empty());
    assert_eq!(world.tally().attempts, attempts, "nothing left, to anybody");
    let id = only_contact(&world, alice);
    assert_eq!(world.read_from(alice, id).last().unwrap(), "who sees this?");
}

#[test]
fn a_report_of_ours_names_the_thread_and_the_message_by_a_code_of_the_grammar() {
    let mut world = World::seeded(8);
    let alice = world.person_on_http("alice");
    let bob = world.person("bob");
    let invitation = world.invite(alice);
    world.accept(bob, &invitation.url).unwrap();
    world.settle();
    let mallory = world.agent("mallory");

    world.agent_answers(mallory, &invitation.url, "me too", true);
    world.pass(30 * SECOND);

    let report = &world.agent_received(mallory)[0].message;
    assert!(report.is("https://didcomm.org/report-problem/2.0/problem-report"));
    assert_eq!(report.pthid.as_ref(), Some(&invitation.id));
    assert_eq!(report.ack.len(), 1, "what caused it");
    let code = report.text("code").unwrap();
    let tokens: Vec<&str> = code.split('.').collect();
    let is_token = |token: &&str| {
        let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !token.is_empty() && token.bytes().all(is_letter) && !token.starts_with('-')
    };
    assert!(
        ["e", "w"].contains(&tokens[0]) && ["p", "m"].contains(&tokens[1]),
        "{code}"
    );
    assert!(tokens.len() >= 3 && tokens.iter().all(is_token), "{code}");
}

#[test]
fn an_invitation_of_ours_names_our_profile_and_a_goal_under_our_own_name() {
    let mut world = World::seeded(9);
    let alice = world.person("alice");

    let url = world.invite(alice).url;

    let read = signet_didcomm::out_of_band::Invitation::from_url(&url).unwrap();
    assert_eq!(read.accept, ["didcomm/v2"]);
    assert_eq!(read.goal_code.as_deref(), Some("chat.signet.talk"));
}

#[test]
fn an_invitation_to_another_version_alone_is_refused_and_one_to_both_is_not() {
    let mut world = World::seeded(10);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let mut invitation = world.agent_invites(carol);
    let before = world.records(alice);

    invitation.accept = vec![
        "didcomm/aip1".to_owned(),
        "didcomm/aip2;env=rfc19".to_owned(),
    ];
    let refused = world.accept_read(alice, invitation.clone());
    assert_eq!(refused, Err(Refused::Incompatible));
    assert_eq!(world.records(alice), before);

    invitation.accept.push("didcomm/v2".to_owned());
    assert!(world.accept_read(alice, invitation).is_ok());
}

#[test]
fn a_rotation_counts_before_what_its_message_says_whatever_that_is() {
    for kind in [
        "https://didcomm.org/empty/1.0/empty",
        "https://didcomm.org/trust-ping/2.0/ping",
        "https://example.com/never-heard-of/1.0/thing",
    ] {
        let (mut world, alice, carol) = with_an_agent(11);
        world.agent_says(carol, "before");
        world.settle();
        let old = world.agent_did(carol).clone();
        let mut message = world.basicmessage("");
        message.type_ = kind.to_owned();
        world.agent_rotates_with(carol, message);
        world.settle();

        let new = world.agent_did(carol);
        let id = only_contact(&world, alice);
        let contact = world.relation_by_id(alice, id).unwrap();
        assert!(contact.their_did.is_same_as(new), "{kind}");
        assert!(!new.is_same_as(&old));
    }
}
