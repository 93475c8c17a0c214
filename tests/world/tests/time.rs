//! Time: clocks that jump, stand still and run ahead, and nothing that cannot be undone because of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_protocol::entry::DeliveryState;
use signet_world::{World, with_seeds};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

#[test]
fn a_jump_of_a_year_fails_nothing_at_once() {
    let mut world = World::seeded(1).checking_every(20);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.crash(bob);
    world.send(alice, bob, "patience");
    world.pass(MINUTE);

    world.jump(alice, YEAR);
    world.pass(30 * MINUTE);
    assert_eq!(world.state(alice, bob, "patience"), DeliveryState::Queued);
    world.restart(bob);
    world.settle();

    assert_eq!(world.read(bob, alice), ["patience"]);
    assert_eq!(
        world.state(alice, bob, "patience"),
        DeliveryState::Delivered
    );
}

#[test]
fn a_clock_that_stays_a_year_ahead_is_believed_after_an_hour() {
    let mut world = World::seeded(2).checking_every(20);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.crash(bob);
    world.send(alice, bob, "too late");
    world.pass(MINUTE);

    world.jump(alice, YEAR);
    world.pass(3 * HOUR);

    assert_eq!(world.state(alice, bob, "too late"), DeliveryState::Failed);
}

#[test]
fn a_second_jump_does_not_count_as_the_hour_that_proves_the_first() {
    let mut world = World::seeded(9).checking_every(20);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.crash(bob);
    world.send(alice, bob, "patience");
    world.pass(MINUTE);

    world.jump(alice, YEAR);
    world.pass(MINUTE);
    world.jump(alice, YEAR);
    world.pass(MINUTE);

    assert_eq!(world.state(alice, bob, "patience"), DeliveryState::Queued);
}

#[test]
fn a_message_that_failed_and_arrived_all_the_same_is_shown_as_delivered() {
    let mut world = World::seeded(10).checking_every(20);
    let (alice, bob) = (world.person("alice"), world.person_behind_a_hop("bob"));
    world.meet(alice, bob);
    // The hop takes the message, but its answer is lost again and again.
    let mut world = world.losing(1.0);
    world.send(alice, bob, "did it arrive?");
    world.pass(31 * DAY);
    assert_eq!(
        world.state(alice, bob, "did it arrive?"),
        DeliveryState::Failed
    );

    let mut world = world.losing(0.0);
    let text = world.give_lost_mail(alice, bob, "did it arrive?");
    world.settle();

    assert_eq!(world.read(bob, alice), [text]);
    assert_eq!(
        world.state(alice, bob, "did it arrive?"),
        DeliveryState::Delivered
    );
}

#[test]
fn a_jump_of_a_year_destroys_no_key_at_once() {
    let mut world = World::seeded(3);
    let (alice, bob) = world.acquainted("alice", "bob");
    let left = world.relation(alice, bob).my_did.clone();
    world.rotate(alice, bob);
    world.settle();

    world.jump(alice, YEAR);
    world.pass(30 * MINUTE);
    assert!(world.held(alice).contains(&left.short()));
    world.pass(3 * HOUR);
    assert!(!world.held(alice).contains(&left.short()));
}

#[test]
fn a_restart_after_a_jump_destroys_and_fails_nothing_at_once_either() {
    let mut world = World::seeded(4).checking_every(20);
    let (alice, bob) = world.acquainted("alice", "bob");
    let left = world.relation(alice, bob).my_did.clone();
    world.rotate(alice, bob);
    world.settle();
    world.crash(bob);
    world.send(alice, bob, "patience");
    world.pass(MINUTE);

    world.crash(alice);
    world.jump(alice, YEAR);
    world.restart(alice);
    world.pass(30 * MINUTE);

    assert!(world.held(alice).contains(&left.short()));
    assert_eq!(world.state(alice, bob, "patience"), DeliveryState::Queued);
}

#[test]
fn a_clock_that_ran_ahead_and_was_set_right_loses_nothing() {
    let mut world = World::seeded(5);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.jump(alice, YEAR);
    world.send(alice, bob, "from the future");
    world.settle();
    world.jump_back(alice, YEAR);
    world.crash(alice);
    world.restart(alice);

    world.send(alice, bob, "from today");
    world.send(bob, alice, "hello");
    world.settle();

    assert_eq!(world.read(bob, alice), ["from the future", "from today"]);
    assert_eq!(world.read(alice, bob), ["hello"]);
    assert_eq!(world.undelivered(alice, bob), []);
    assert_eq!(world.undelivered(bob, alice), []);
}

#[test]
fn while_time_stands_messages_still_go() {
    let mut world = World::seeded(6);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.jump_back(alice, DAY);
    let stands = world.time_of(alice);

    world.send(alice, bob, "one");
    world.pass(MINUTE);
    world.send(bob, alice, "two");
    world.send(alice, bob, "three");
    world.pass(MINUTE);

    assert_eq!(world.time_of(alice), stands);
    assert_eq!(world.read(bob, alice), ["one", "three"]);
    assert_eq!(world.read(alice, bob), ["two"]);
    assert_eq!(world.undelivered(alice, bob), []);
}

#[test]
fn a_long_wait_is_cut_when_the_contact_shows_itself() {
    let mut world = World::seeded(7).checking_every(20);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.crash(bob);
    world.send(alice, bob, "hello");
    world.pass(12 * HOUR);
    // Alice waits a quarter of an hour by a clock that then stands for a day.
    world.jump_back(alice, DAY);

    world.restart(bob);
    world.send(bob, alice, "I am back");
    world.pass(MINUTE);

    assert_eq!(world.read(alice, bob), ["I am back"]);
    assert_eq!(world.read(bob, alice), ["hello"]);
}

#[test]
fn early_messages_are_not_placed_by_a_jump_alone() {
    let mut world = World::seeded(8);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.agent_invites(carol);
    let contact = world.accept_read(alice, invitation).unwrap();
    world.settle();
    let mut message = world.basicmessage("second");
    message.sender_order = Some(2);
    world.agent_sends(carol, message);
    world.pass(SECOND);

    // The computer slept for two days: the first is perhaps about to arrive.
    world.jump(alice, 2 * DAY);
    world.pass(SECOND);
    assert!(world.read_from(alice, contact).is_empty());
    let mut message = world.basicmessage("first");
    message.sender_order = Some(1);
    world.agent_sends(carol, message);
    world.pass(SECOND);

    assert_eq!(world.read_from(alice, contact), ["first", "second"]);
}

#[test]
fn clocks_that_jump_all_the_time_strand_nothing() {
    with_seeds("jumping clocks", 200, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.2)
            .duplicating(0.2)
            .reordering(0.2)
            .crashing(0.03);
        let (alice, bob) = world.acquainted("alice", "bob");
        let (mut hers, mut his) = (Vec::new(), Vec::new());

        for i in 0..16 {
            let who = if world.any(0, 1) == 0 { alice } else { bob };
            let leap = [SECOND, HOUR, DAY, YEAR][world.any(0, 3) as usize];
            match world.any(0, 4) {
                0 => world.jump(who, leap),
                1 => world.jump_back(who, leap.min(DAY)),
                2 if world.is_up(who) => world.rotate(who, if who == alice { bob } else { alice }),
                _ if who == alice => {
                    hers.push(format!("{i:02}"));
                    world.send(alice, bob, &hers[hers.len() - 1]);
                }
                _ => {
                    his.push(format!("{i:02}"));
                    world.send(bob, alice, &his[his.len() - 1]);
                }
            }
            let wait = world.any(0, 10_000);
            world.pass(Duration::from_millis(wait));
        }
        world.settle();
        world.calm();
        // Whoever's clock was set back stands until it has caught up.
        world.pass(20 * DAY);
        world.settle();
        // A jump of a year and one of an hour prove each other; what failed so is told, and sent again.
        for (from, to) in [(alice, bob), (bob, alice)] {
            for (text, state) in world.undelivered(from, to) {
                if state == DeliveryState::Failed {
                    world.resend(from, to, &text).unwrap();
                }
            }
        }
        world.settle();

        let sorted = |mut texts: Vec<String>| {
            texts.sort();
            texts
        };
        assert_eq!(sorted(world.read(bob, alice)), hers);
        assert_eq!(sorted(world.read(alice, bob)), his);
        assert_eq!(world.undelivered(alice, bob), []);
        assert_eq!(world.undelivered(bob, alice), []);
        world
    });
}
