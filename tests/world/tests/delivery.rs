//! Delivery: everything once, in order, and what the screen says of it is true.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use serde_json::json;
use signet_protocol::{
    command::Refused,
    contact::ContactState,
    entry::{DeliveryState, Entry, Remark},
    limit,
    step::Outcome,
};
use signet_world::{Who, World, with_seeds};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

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
    with_seeds("bad wires", 200, |seed| {
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
    let tally = with_seeds("crashes", 200, |seed| {
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
        std::env::var("SIGNET_SEED").is_ok() || tally.crashes > 2_000,
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
