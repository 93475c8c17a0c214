//! Bounds: what a conversation holds at most, and how it says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_protocol::{command::Refused, limit};
use signet_world::World;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn the_outbox_takes_ten_thousand_messages_and_says_so() {
    let mut world = World::seeded(10).checking_every(5_000);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.crash(bob);
    let contact = world.contact(alice, bob);
    let mut taken = 0;
    let refused = loop {
        match world.send_to(alice, contact, &format!("{taken}")) {
            Ok(_) => taken += 1,
            Err(refused) => break refused,
        }
    };

    assert_eq!((refused, taken), (Refused::OutboxFull, limit::OUTBOX));
    let before = world.records(alice);
    assert_eq!(
        world.send_to(alice, contact, "one more").unwrap_err(),
        Refused::OutboxFull
    );
    assert_eq!(world.records(alice), before);
}

#[test]
fn the_outbox_takes_sixty_four_megabytes_and_says_so() {
    let mut world = World::seeded(11).checking_every(u64::MAX);
    let (alice, bob) = world.acquainted("alice", "bob");
    let contact = world.contact(alice, bob);
    let page = "ä".repeat(limit::TEXT / 2);
    let mut bytes = 0;
    while world.send_to(alice, contact, &page).is_ok() {
        bytes += page.len();
    }

    assert!(
        bytes <= limit::OUTBOX_BYTES && bytes > limit::OUTBOX_BYTES * 9 / 10,
        "{bytes} bytes"
    );
}

#[test]
fn a_text_that_is_empty_or_too_long_is_refused_and_the_longest_arrives() {
    let mut world = World::seeded(12);
    let (alice, bob) = world.acquainted("alice", "bob");
    let contact = world.contact(alice, bob);
    let before = world.records(alice);

    let long = "\u{1}".repeat(limit::TEXT);
    assert_eq!(
        world.send_to(alice, contact, "").unwrap_err(),
        Refused::Empty
    );
    assert_eq!(
        world
            .send_to(alice, contact, &format!("{long}x"))
            .unwrap_err(),
        Refused::TooLong { limit: limit::TEXT }
    );
    assert_eq!(world.records(alice), before);
    world.send(alice, bob, &long);
    world.settle();

    assert_eq!(world.read(bob, alice), [long]);
}

#[test]
fn one_contact_cannot_make_us_keep_more_than_a_few_early_messages() {
    let mut world = World::seeded(15).checking_every(50);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.agent_invites(carol);
    let contact = world.accept_read(alice, invitation).unwrap();
    world.settle();

    for i in 0..600_u64 {
        let mut message = world.basicmessage(&format!("{i}"));
        message.sender_order = Some(2 * i + 2);
        world.agent_sends(carol, message);
        if i % 50 == 0 {
            world.pass(Duration::from_millis(500));
        }
    }
    world.pass(SECOND);
    let placed = world.read_from(alice, contact).len();
    assert!(placed >= 600 - limit::EARLY, "{placed} placed");
    world.pass(HOUR);
    world.pass(5 * HOUR);

    assert_eq!(world.read_from(alice, contact).len(), 600);
}

#[test]
fn numbers_from_the_end_of_all_numbers_hurt_nobody() {
    let mut world = World::seeded(16);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.agent_invites(carol);
    let contact = world.accept_read(alice, invitation).unwrap();
    world.settle();

    for order in [u64::MAX, u64::MAX - 1, 0, 1, u64::MAX] {
        let mut message = world.basicmessage(&order.to_string());
        message.sender_order = Some(order);
        world.agent_sends(carol, message);
        world.pass(60 * SECOND);
    }
    world.agent_says(carol, "without a number");
    world.pass(60 * SECOND);

    assert_eq!(world.read_from(alice, contact).len(), 6);
}

#[test]
fn a_poisonous_envelope_holds_nothing_up() {
    let mut world = World::seeded(18);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.send(alice, bob, "before");
    for bytes in [
        &b"{"[..],
        b"",
        b"null",
        b"[]",
        &[0xff; 4096],
        br#"{"protected":"e30","recipients":[{}]}"#,
    ] {
        assert!(world.offer(bob, bytes).is_err());
    }
    world.send(alice, bob, "after");
    world.pass(5 * SECOND);

    assert_eq!(world.read(bob, alice), ["before", "after"]);
}
