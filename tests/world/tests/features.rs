//! What others learn of what we speak: contacts our protocols, strangers nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_didcomm::{
    Message,
    discover_features::{self, Feature, Query},
    trust_ping,
};
use signet_protocol::{command::Command, contact::ContactState};
use signet_world::{Stranger, Who, World};

fn queries(world: &mut World, asked: &[Query]) -> Message {
    let id = world.basicmessage("").id;
    discover_features::queries(id, asked)
}

fn everything() -> [Query; 4] {
    ["protocol", "goal-code", "header", "constraint"].map(|type_| Query::new(type_, "*"))
}

/// Alice and an agent that answered her invitation.
fn acquainted(world: &mut World) -> (Who, Stranger) {
    let (alice, agent) = (world.person("alice"), world.agent("bob"));
    let invitation = world.invite(alice);
    world.agent_follows(agent, true);
    world.agent_answers(agent, &invitation.url, "hello", true);
    world.settle();
    (alice, agent)
}

fn answers(world: &World, agent: Stranger) -> Vec<(Option<String>, Vec<Feature>)> {
    let received = world.agent_received(agent).iter();
    received
        .filter_map(|received| {
            let told = discover_features::read_disclose(&received.message)?;
            Some((received.message.thid.clone(), told))
        })
        .collect()
}

#[test]
fn a_contact_learns_what_it_asks_for() {
    let mut world = World::seeded(1);
    let (alice, agent) = acquainted(&mut world);
    let contact = world.contacts_that_are(alice, ContactState::Connected)[0];
    let lines = world.history(alice, contact).len();
    let ping = Query::new("protocol", "https://didcomm.org/trust-ping/*");
    let asked = queries(&mut world, &[ping, Query::new("weather", "*")]);

    world.agent_sends(agent, asked.clone());
    world.settle();

    let expected = Feature::protocol(
        "https://didcomm.org/trust-ping/2.0",
        &["sender", "receiver"],
    );
    assert_eq!(answers(&world, agent), [(Some(asked.id), vec![expected])]);
    assert_eq!(world.history(alice, contact).len(), lines, "nothing to see");

    let asked = queries(&mut world, &[Query::new("weather", "*")]);
    world.agent_sends(agent, asked.clone());
    world.settle();
    assert_eq!(answers(&world, agent)[1], (Some(asked.id), Vec::new()));
}

#[test]
fn who_waits_to_be_accepted_learns_nothing_and_later_neither() {
    let mut world = World::seeded(2);
    let (alice, agent) = (world.person("alice"), world.agent("bob"));
    let invitation = world.invite_all(alice);
    world.agent_follows(agent, true);
    world.agent_answers(agent, &invitation.url, "hello", true);
    world.settle();
    let contact = world.contacts_that_are(alice, ContactState::Requested)[0];

    let asked = queries(&mut world, &everything());
    world.agent_sends(agent, asked);
    world.settle();
    assert!(world.agent_received(agent).is_empty());

    let accept = Command::Request {
        contact,
        accept: true,
    };
    world.command(alice, accept).unwrap();
    world.settle();
    assert!(answers(&world, agent).is_empty());

    let asked = queries(&mut world, &everything());
    world.agent_sends(agent, asked);
    world.settle();
    assert_eq!(answers(&world, agent).len(), 1);
    assert!(answers(&world, agent)[0].1.len() > 5);
}

#[test]
fn an_answer_is_never_answered_and_a_repeat_is_not_either() {
    let mut world = World::seeded(3);
    let (alice, agent) = acquainted(&mut world);
    let asked = queries(&mut world, &everything());
    world.agent_sends(agent, asked.clone());
    world.settle();
    let told = answers(&world, agent)[0].1.clone();
    let before = world.agent_received(agent).len();

    world.agent_sends(agent, asked.clone());
    let id = world.basicmessage("").id;
    world.agent_sends(agent, discover_features::announce(id, &told));
    let id = world.basicmessage("").id;
    world.agent_sends(agent, discover_features::answer(id, &asked, &told));
    world.settle();

    assert_eq!(world.agent_received(agent).len(), before);
    assert_eq!(
        world
            .contacts_that_are(alice, ContactState::Connected)
            .len(),
        1
    );
}

#[test]
fn who_asks_without_end_and_does_not_listen_keeps_one_answer_waiting() {
    let mut world = World::seeded(4);
    let (_, agent) = acquainted(&mut world);
    let many = vec![Query::new("protocol", "*"); 5_000];
    let pings = |world: &World| {
        let received = world.agent_received(agent).iter();
        let answers = received.filter(|r| trust_ping::is_response(&r.message));
        answers.count()
    };

    world.agent_online(agent, false);
    for _ in 0..50 {
        let asked = queries(&mut world, &many);
        world.agent_sends(agent, asked);
        let id = world.basicmessage("").id;
        world.agent_sends(agent, trust_ping::ping(id, true));
    }
    world.pass(Duration::from_millis(500));
    world.agent_online(agent, true);
    world.settle();

    let told = answers(&world, agent);
    assert_eq!((told.len(), pings(&world)), (1, 1));
    assert_eq!(told[0].1.len(), 8);
}
