//! Custody: what becomes of a message that somebody took, refused or never answered, and how often
//! it goes again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_protocol::{
    contact::ContactState,
    entry::{DeliveryState, Remark},
    step::Outcome,
};
use signet_world::World;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

#[test]
fn one_who_never_acknowledges_gets_each_message_exactly_once() {
    let mut world = World::seeded(3);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.agent_invites(carol);
    let contact = world.accept_read(alice, invitation).unwrap();
    let mut sent = Vec::new();

    for i in 0..20 {
        sent.push(format!("{i}"));
        world.send_to(alice, contact, &sent[i]).unwrap();
        world.pass(HOUR);
        if i == 5 {
            world.agent_says(carol, "nice");
        }
        if i == 10 {
            world.crash(alice);
            world.restart(alice);
        }
    }
    world.pass(30 * DAY);
    world.crash(alice);
    world.restart(alice);
    world.pass(60 * DAY);

    assert_eq!(world.agent_read(carol), sent);
    for text in &sent {
        let delivery = world.delivery_in(alice, contact, text);
        assert_eq!(
            (delivery.state, delivery.remark),
            (DeliveryState::Sent, Some(Remark::Unconfirmed)),
            "{text}"
        );
    }
    assert_eq!(world.read_from(alice, contact), ["nice"]);
}

#[test]
fn a_rotation_repeats_nothing_to_one_who_never_acknowledges() {
    let mut world = World::seeded(4);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    world.agent_follows(carol, true);
    let invitation = world.invite(alice);
    world.settle();
    world.agent_answers(carol, &invitation.url, "hello", true);
    world.settle();
    let contact = world.contacts_that_are(alice, ContactState::Connected)[0];

    for text in ["one", "two", "three"] {
        world.send_to(alice, contact, text).unwrap();
    }
    world.settle();
    world.agent_says(carol, "so you moved");
    world.settle();
    world.rotate_all(alice);
    world.settle();
    world.send_to(alice, contact, "four").unwrap();
    world.pass(60 * DAY);

    let mut once = world.agent_read(carol);
    once.sort();
    assert_eq!(once, ["four", "one", "three", "two"]);
}

#[test]
fn a_message_whose_custody_was_never_heard_of_goes_again() {
    let mut world = World::seeded(5);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.answer_next(bob, Outcome::Unreachable);
    world.answer_next(bob, Outcome::Later);

    world.send(alice, bob, "third time lucky");
    world.settle();

    assert_eq!(world.read(bob, alice), ["third time lucky"]);
    assert_eq!(world.undelivered(alice, bob), []);
}

#[test]
fn a_later_message_that_was_acknowledged_shows_that_an_earlier_one_is_lost() {
    let mut world = World::seeded(6);
    let (alice, bob) = (world.person("alice"), world.person_behind_a_hop("bob"));
    world.meet(alice, bob);
    let mut world = world.forgetting(1.0);
    world.send(alice, bob, "lost at first");
    world.settle();
    assert_eq!(
        world.state(alice, bob, "lost at first"),
        DeliveryState::Sent
    );
    assert!(world.read(bob, alice).is_empty());

    let mut world = world.forgetting(0.0);
    world.pass(HOUR);
    world.send(alice, bob, "later");
    world.settle();

    assert_eq!(sorted(world.read(bob, alice)), ["later", "lost at first"]);
    assert_eq!(world.undelivered(alice, bob), []);
}

#[test]
fn what_rests_with_a_hop_goes_again_after_seven_days_and_then_weekly() {
    let mut world = World::seeded(7);
    let (alice, bob) = (world.person("alice"), world.person_behind_a_hop("bob"));
    world.meet(alice, bob);
    let mut world = world.forgetting(1.0);
    world.listen();

    world.send(alice, bob, "anybody there?");
    world.pass(6 * DAY);
    let copies = |w: &World| {
        w.overheard(bob)
            .iter()
            .filter(|m| m.body.contains_key("content"))
            .count()
    };
    assert_eq!(copies(&world), 1);
    world.pass(2 * DAY);
    assert_eq!(copies(&world), 2);
    world.pass(5 * DAY);
    assert_eq!(copies(&world), 2);
    world.pass(2 * DAY);
    assert_eq!(copies(&world), 3);
    assert_eq!(
        world.state(alice, bob, "anybody there?"),
        DeliveryState::Sent
    );

    let mut world = world.forgetting(0.0);
    world.pass(7 * DAY);
    assert_eq!(world.read(bob, alice), ["anybody there?"]);
    assert_eq!(
        world.state(alice, bob, "anybody there?"),
        DeliveryState::Delivered
    );
}

#[test]
fn without_custody_a_message_fails_after_thirty_days_and_may_be_sent_again() {
    let mut world = World::seeded(8).checking_every(100);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.crash(bob);
    world.send(alice, bob, "are you there?");
    world.pass(29 * DAY);
    assert_eq!(
        world.state(alice, bob, "are you there?"),
        DeliveryState::Queued
    );
    world.pass(DAY + 3 * HOUR);

    let failed = world.delivery(alice, bob, "are you there?");
    assert_eq!(
        (failed.state, failed.remark, failed.attempt),
        (DeliveryState::Failed, Some(Remark::NoWay), 1)
    );
    assert!(
        world
            .outbox(alice, bob)
            .iter()
            .all(|o| !o.message.body.contains_key("content"))
    );

    world.restart(bob);
    world.settle();
    assert!(world.read(bob, alice).is_empty());
    world.resend(alice, bob, "are you there?").unwrap();
    world.settle();

    let delivered = world.delivery(alice, bob, "are you there?");
    assert_eq!(
        (delivered.state, delivered.attempt),
        (DeliveryState::Delivered, 2)
    );
    assert_eq!(world.read(bob, alice), ["are you there?"]);
}

#[test]
fn what_is_written_after_a_failure_is_read_without_delay() {
    let mut world = World::seeded(9).checking_every(100);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.crash(bob);
    world.send(alice, bob, "lost for good");
    world.pass(31 * DAY);
    assert_eq!(
        world.state(alice, bob, "lost for good"),
        DeliveryState::Failed
    );
    world.restart(bob);
    world.settle();

    world.send(alice, bob, "new");
    world.pass(40 * SECOND);

    assert_eq!(world.read(bob, alice), ["new"]);
}

#[test]
fn a_no_to_one_message_holds_up_no_other() {
    let mut world = World::seeded(19);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.answer_next(bob, Outcome::No);

    world.send(alice, bob, "refused at first");
    world.pass(Duration::from_millis(200));
    world.send(alice, bob, "second");
    world.send(alice, bob, "third");
    world.pass(SECOND);

    let taken = world.outbox(alice, bob);
    assert_eq!(taken.len(), 1, "only the refused one waits");
    world.settle();
    assert_eq!(
        sorted(world.read(bob, alice)),
        ["refused at first", "second", "third"]
    );
    assert_eq!(world.undelivered(alice, bob), []);
}

#[test]
fn a_peer_who_says_no_to_all_is_not_pestered() {
    let mut world = World::seeded(20).checking_every(20);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.answer_all(bob, Some(Outcome::No));
    world.listen();

    world.send(alice, bob, "hello");
    world.pass(10 * DAY);

    assert!(
        world.heard() < 10 * 24 * 5,
        "{} attempts in ten days",
        world.heard()
    );
    world.answer_all(bob, None);
    world.settle();
    assert_eq!(world.read(bob, alice), ["hello"]);
}

#[test]
fn a_peer_who_says_later_is_asked_again_less_and_less_often() {
    let mut world = World::seeded(21).checking_every(20);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.answer_all(bob, Some(Outcome::Later));
    world.listen();

    for i in 0..100 {
        world.send(alice, bob, &format!("{i}"));
    }
    world.pass(DAY);

    assert!(
        world.heard() < 100 * 64,
        "{} attempts in a day",
        world.heard()
    );
    world.answer_all(bob, None);
    world.settle();
    assert_eq!(world.read(bob, alice).len(), 100);
    assert_eq!(world.undelivered(alice, bob), []);
}
