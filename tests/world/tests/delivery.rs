//! Delivery: everything once, in order, and what the screen says of it is true.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use serde_json::json;
use signet_protocol::{
    entry::{DeliveryState, Entry},
    limit,
    step::Outcome,
};
use signet_world::{Seeds, Who, World, with_seeds};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Half the seeds of others in CI, as these stories are long.
const LONG: Seeds = Seeds {
    each_time: 100,
    campaign: 4_000,
};

/// Both write at random moments; yields what each wrote.
fn chatter(
    world: &mut World,
    alice: Who,
    bob: Who,
    messages: usize,
    pause: u64,
) -> (Vec<String>, Vec<String>) {
    let (mut hers, mut his) = (Vec::new(), Vec::new());
    for i in 0..messages {
        if world.any(0, 1) == 0 {
            hers.push(format!("alice {i}"));
            world.send(alice, bob, &hers[hers.len() - 1]);
        } else {
            his.push(format!("bob {i}"));
            world.send(bob, alice, &his[his.len() - 1]);
        }
        let wait = world.any(0, pause);
        world.pass(Duration::from_millis(wait));
    }
    (hers, his)
}

/// All were read once and in order; another order is allowed only where somebody waited half a
/// minute in vain for what is missing.
fn assert_in_order(world: &World, who: Who, from: Who, sent: &[String]) {
    let read = world.read(who, from);
    assert_eq!(sorted(read.clone()), sorted(sent.to_vec()), "each once");
    if read != sent {
        let history = world.history(who, world.contact(who, from));
        let waited = |entry: &Entry| {
            let received = entry.proof.as_ref().map(|proof| proof.received);
            received.is_some_and(|received| entry.time.since(received) >= limit::EARLY_WAIT)
        };
        assert!(
            history.iter().any(|entry| waited(entry)),
            "out of order without a wait: {read:?}"
        );
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

#[test]
fn everything_arrives_once_and_in_order_through_bad_wires() {
    with_seeds("bad wires", LONG, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.3)
            .duplicating(0.3)
            .reordering(0.3);
        let (alice, bob) = world.acquainted("alice", "bob");

        let (hers, his) = chatter(&mut world, alice, bob, 20, 4_000);
        world.settle();

        assert_in_order(&world, bob, alice, &hers);
        assert_in_order(&world, alice, bob, &his);
        assert_eq!(world.undelivered(alice, bob), []);
        assert_eq!(world.undelivered(bob, alice), []);
        assert!(world.outbox(alice, bob).is_empty() && world.outbox(bob, alice).is_empty());
        world
    });
}

#[test]
fn everything_arrives_once_though_both_keep_crashing() {
    let tally = with_seeds("crashes", LONG, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.2)
            .silent(0.2)
            .duplicating(0.2)
            .reordering(0.3)
            .crashing(0.1);
        let (alice, bob) = world.acquainted("alice", "bob");

        let (hers, his) = chatter(&mut world, alice, bob, 20, 15_000);
        world.settle();
        world.calm();
        world.settle();

        assert_eq!(sorted(world.read(bob, alice)), sorted(hers));
        assert_eq!(sorted(world.read(alice, bob)), sorted(his));
        assert_eq!(world.undelivered(alice, bob), []);
        assert_eq!(world.undelivered(bob, alice), []);
        assert!(world.outbox(alice, bob).is_empty() && world.outbox(bob, alice).is_empty());
        world
    });
    assert!(
        std::env::var("SIGNET_SEED").is_ok() || tally.crashes > 1_000,
        "{tally:?}"
    );
}

#[test]
fn crashes_alone_never_disturb_the_order() {
    with_seeds("crashes on good wires", 100, |seed| {
        let mut world = World::seeded(seed).crashing(0.1);
        let (alice, bob) = world.acquainted("alice", "bob");

        let (hers, his) = chatter(&mut world, alice, bob, 20, 10_000);
        world.settle();
        world.calm();
        world.settle();

        assert_eq!(world.read(bob, alice), hers);
        assert_eq!(world.read(alice, bob), his);
        assert_eq!(world.undelivered(alice, bob), []);
        assert_eq!(world.undelivered(bob, alice), []);
        world
    });
}

#[test]
fn what_a_hop_lost_arrives_all_the_same() {
    with_seeds("forgetful hops", 60, |seed| {
        let mut world = World::seeded(seed);
        let (alice, bob) = (
            world.person_behind_a_hop("alice"),
            world.person_behind_a_hop("bob"),
        );
        world.meet(alice, bob);
        let mut world = world
            .losing(0.2)
            .duplicating(0.2)
            .reordering(0.3)
            .forgetting(0.3);

        let (hers, his) = chatter(&mut world, alice, bob, 20, 60_000);
        world.settle();
        world.calm();
        world.pass(9 * DAY);
        world.settle();

        assert_eq!(sorted(world.read(bob, alice)), sorted(hers));
        assert_eq!(sorted(world.read(alice, bob)), sorted(his));
        assert_eq!(world.undelivered(alice, bob), []);
        assert_eq!(world.undelivered(bob, alice), []);
        world
    });
}

#[test]
fn a_thousand_messages_each_way_in_one_afternoon() {
    let mut world = World::seeded(1)
        .losing(0.05)
        .reordering(0.05)
        .checking_every(200);
    let (alice, bob) = world.acquainted("alice", "bob");
    for i in 0..1_000 {
        world.send(alice, bob, &format!("{i}"));
        world.send(bob, alice, &format!("{i}"));
    }

    world.settle();

    let all: Vec<String> = (0..1_000).map(|i| format!("{i}")).collect();
    assert_eq!(world.read(bob, alice), all);
    assert_eq!(world.read(alice, bob), all);
    assert_eq!(world.undelivered(alice, bob), []);
}

#[test]
fn the_states_of_a_message_follow_what_became_of_it() {
    let mut world = World::seeded(2);
    let (alice, bob) = (world.person("alice"), world.person_behind_a_hop("bob"));
    world.meet(alice, bob);
    world.crash(bob);
    world.answer_next(alice, Outcome::Later);

    world.send(alice, bob, "hello");
    let written = world.until(SECOND, |w| w.is_committed(alice));
    assert!(written);
    assert_eq!(world.state(alice, bob, "hello"), DeliveryState::Queued);
    world.pass(SECOND);
    assert_eq!(world.state(alice, bob, "hello"), DeliveryState::Sent);
    world.restart(bob);
    world.settle();
    assert_eq!(world.state(alice, bob, "hello"), DeliveryState::Delivered);
}

#[test]
fn early_messages_wait_for_their_predecessors_and_no_longer_than_thirty_seconds() {
    let mut world = World::seeded(13);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.agent_invites(carol);
    let contact = world.accept_read(alice, invitation).unwrap();
    world.settle();
    let say = |world: &mut World, text: &str, order: u64| {
        let mut message = world.basicmessage(text);
        message.sender_order = Some(order);
        world.agent_sends(carol, message);
        world.pass(SECOND);
    };

    say(&mut world, "two", 2);
    say(&mut world, "three", 3);
    assert!(world.read_from(alice, contact).is_empty());
    say(&mut world, "one", 1);
    assert_eq!(world.read_from(alice, contact), ["one", "two", "three"]);
    say(&mut world, "six", 6);
    say(&mut world, "five", 5);
    world.pass(20 * SECOND);
    assert_eq!(world.read_from(alice, contact).len(), 3);
    world.pass(15 * SECOND);
    assert_eq!(world.read_from(alice, contact)[3..], ["five", "six"]);
    say(&mut world, "four", 4);
    assert_eq!(
        world.read_from(alice, contact)[5..],
        ["four"],
        "late, but not lost"
    );
}

#[test]
fn early_messages_survive_a_crash_and_get_their_places_after_it() {
    let mut world = World::seeded(14);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.agent_invites(carol);
    let contact = world.accept_read(alice, invitation).unwrap();
    world.settle();
    let mut message = world.basicmessage("second");
    message.sender_order = Some(2);
    world.agent_sends(carol, message);
    world.pass(SECOND);

    world.crash(alice);
    world.pass(HOUR);
    world.restart(alice);
    world.pass(5 * SECOND);
    assert!(
        world.read_from(alice, contact).is_empty(),
        "its sender could not be heard meanwhile"
    );
    world.pass(30 * SECOND);

    assert_eq!(world.read_from(alice, contact), ["second"]);
}

#[test]
fn a_repeat_is_recognised_whatever_the_case_of_its_id() {
    let mut world = World::seeded(17);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.agent_invites(carol);
    let contact = world.accept_read(alice, invitation).unwrap();
    world.settle();
    let message = world.basicmessage("once");
    let mut shouted = message.clone();
    shouted.id = message.id.to_uppercase();

    world.agent_sends(carol, message.clone());
    world.agent_sends(carol, message);
    world.agent_sends(carol, shouted);
    world.settle();

    assert_eq!(world.read_from(alice, contact), ["once"]);
    assert!(
        world
            .agent_answered(carol)
            .iter()
            .all(|o| matches!(o, Outcome::Stored(_))),
        "a repeat is stored"
    );
}

#[test]
fn an_agent_that_shows_messages_as_they_arrive_shows_them_in_order() {
    with_seeds("in order of arrival", 20, |seed| {
        let mut world = World::seeded(seed);
        let alice = world.person_on_http("alice");
        let carol = world.agent("carol");
        let invitation = world.agent_invites(carol);
        let contact = world.accept_read(alice, invitation).unwrap();
        world.settle();
        let mut world = world.reordering(0.7);
        let sent: Vec<String> = (0..20).map(|i| format!("{i}")).collect();

        for text in &sent {
            world.send_to(alice, contact, text).unwrap();
        }
        world.settle();

        assert_eq!(world.agent_read(carol), sent);
        world
    });
}

#[test]
fn whoever_comes_back_gets_what_waited_at_once() {
    let mut world = World::seeded(22);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.crash(bob);
    world.send(alice, bob, "while you were out");
    world.pass(5 * HOUR);

    world.restart(bob);
    world.send(bob, alice, "I am back");
    world.pass(5 * SECOND);

    assert_eq!(world.read(bob, alice), ["while you were out"]);
    assert_eq!(world.read(alice, bob), ["I am back"]);
}

#[test]
fn a_contact_who_is_away_holds_up_no_other() {
    let mut world = World::seeded(23);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (_, carol) = world.acquainted("alice", "carol");
    world.crash(bob);
    for i in 0..200 {
        world.send(alice, bob, &format!("{i}"));
    }

    world.send(alice, carol, "quick");
    world.pass(5 * SECOND);

    assert_eq!(world.read(carol, alice), ["quick"]);
}

#[test]
fn a_message_of_an_unknown_type_is_kept_and_acknowledged() {
    let mut world = World::seeded(24);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.agent_invites(carol);
    world.accept_read(alice, invitation).unwrap();
    world.settle();
    let mut message = world.basicmessage("");
    message.type_ = "https://example.com/game/1.0/move".to_owned();
    message.body.insert("square".to_owned(), json!("e4"));
    message.please_ack = vec![String::new()];
    let id = message.id.clone();

    world.agent_sends(carol, message);
    world.settle();

    assert!(
        world
            .agent_received(carol)
            .iter()
            .any(|r| r.message.ack.contains(&id))
    );
}

#[test]
fn two_agents_that_acknowledge_everything_come_to_rest() {
    let mut world = World::seeded(25);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    world.agent_acks(carol, true);
    let invitation = world.agent_invites(carol);
    let contact = world.accept_read(alice, invitation).unwrap();
    world.send_to(alice, contact, "hello").unwrap();
    world.settle();
    let mut ack = world.basicmessage("");
    ack.type_ = "https://didcomm.org/empty/1.0/empty".to_owned();
    ack.ack = vec!["something".to_owned()];
    ack.please_ack = vec![String::new()];

    let before = world.agent_received(carol).len();
    world.agent_sends(carol, ack);
    world.settle();

    assert_eq!(
        world.agent_received(carol).len(),
        before,
        "a pure acknowledgement is not acknowledged"
    );
}
