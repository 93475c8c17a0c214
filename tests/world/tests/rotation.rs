//! Rotation in its plain form: fresh DIDs during traffic, and nothing is stranded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{collections::BTreeSet, time::Duration};

use signet_didcomm::did::Did;
use signet_protocol::{contact::ContactState, entry::Line};
use signet_world::{Seeds, Who, World, with_seeds};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Half the seeds of others in CI, as this story is long.
const LONG: Seeds = Seeds {
    each_time: 100,
    campaign: 4_000,
};

#[test]
fn a_rotation_between_two_attempts_strands_nothing() {
    with_seeds("between two attempts", 100, |seed| {
        let mut world = World::seeded(seed).losing(0.15).duplicating(0.3);
        let (alice, bob) = world.acquainted("alice", "bob");

        world.send(alice, bob, "before");
        world.rotate(alice, bob);
        world.send(alice, bob, "after");
        world.settle();

        assert_eq!(world.read(bob, alice), ["before", "after"]);
        world.assert_agreed(alice, bob);
        world
    });
}

#[test]
fn rotations_amid_traffic_and_crashes_strand_nothing() {
    with_seeds("rotations amid traffic", LONG, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.25)
            .duplicating(0.2)
            .reordering(0.3)
            .crashing(0.05);
        let (alice, bob) = world.acquainted("alice", "bob");
        let chats = (world.contact(alice, bob), world.contact(bob, alice));
        let (mut hers, mut his) = (BTreeSet::new(), BTreeSet::new());

        for i in 0..24 {
            let (who, with, sent) = if world.any(0, 1) == 0 {
                (alice, bob, &mut hers)
            } else {
                (bob, alice, &mut his)
            };
            if world.any(0, 3) == 0 && world.is_up(who) {
                world.rotate(who, with);
            } else {
                sent.insert(format!("{i:02}"));
                world.send(who, with, &format!("{i:02}"));
            }
            let wait = world.any(0, 6_000);
            world.pass(Duration::from_millis(wait));
        }
        world.settle();
        world.calm();
        world.settle();

        assert_eq!(
            (world.contact(alice, bob), world.contact(bob, alice)),
            chats,
            "the chat stays the same"
        );
        assert_eq!(
            (world.contact_count(alice), world.contact_count(bob)),
            (1, 1)
        );
        let (her_reading, his_reading) = (world.read(alice, bob), world.read(bob, alice));
        assert_eq!(
            (her_reading.len(), his_reading.len()),
            (his.len(), hers.len()),
            "each once"
        );
        assert_eq!(his_reading.into_iter().collect::<BTreeSet<_>>(), hers);
        assert_eq!(her_reading.into_iter().collect::<BTreeSet<_>>(), his);
        assert_eq!(world.undelivered(alice, bob), []);
        assert_eq!(world.undelivered(bob, alice), []);
        world.assert_agreed(alice, bob);
        world
    });
}

#[test]
fn both_may_rotate_at_once() {
    with_seeds("both at once", 200, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.2)
            .reordering(0.4)
            .duplicating(0.2);
        let (alice, bob) = world.acquainted("alice", "bob");
        let before = (
            world.relation(alice, bob).my_did.clone(),
            world.relation(bob, alice).my_did.clone(),
        );

        for round in 0..3 {
            world.rotate(alice, bob);
            world.rotate(bob, alice);
            world.send(alice, bob, &format!("a{round}"));
            world.send(bob, alice, &format!("b{round}"));
            world.settle();
        }

        assert_eq!(world.read(bob, alice), ["a0", "a1", "a2"]);
        assert_eq!(world.read(alice, bob), ["b0", "b1", "b2"]);
        assert_eq!(world.undelivered(alice, bob), []);
        assert_eq!(world.undelivered(bob, alice), []);
        world.assert_agreed(alice, bob);
        assert!(!world.relation(alice, bob).my_did.is_same_as(&before.0));
        assert!(!world.relation(bob, alice).my_did.is_same_as(&before.1));
        world
    });
}

#[test]
fn rotations_behind_hops_strand_nothing() {
    with_seeds("rotations behind hops", 60, |seed| {
        let mut world = World::seeded(seed);
        let (alice, bob) = (
            world.person_behind_a_hop("alice"),
            world.person_behind_a_hop("bob"),
        );
        world.meet(alice, bob);
        let mut world = world
            .losing(0.2)
            .duplicating(0.2)
            .reordering(0.4)
            .forgetting(0.1);
        let (mut hers, mut his) = (BTreeSet::new(), BTreeSet::new());

        for i in 0..16 {
            let (who, with, sent) = if world.any(0, 1) == 0 {
                (alice, bob, &mut hers)
            } else {
                (bob, alice, &mut his)
            };
            if world.any(0, 3) == 0 {
                world.rotate(who, with);
            }
            sent.insert(format!("{i:02}"));
            world.send(who, with, &format!("{i:02}"));
            let wait = world.any(0, 10_000);
            world.pass(Duration::from_millis(wait));
        }
        world.settle();
        world.calm();
        world.pass(16 * DAY);
        world.settle();

        assert_eq!(world.read(bob, alice).len(), hers.len());
        assert_eq!(
            world.read(bob, alice).into_iter().collect::<BTreeSet<_>>(),
            hers
        );
        assert_eq!(
            world.read(alice, bob).into_iter().collect::<BTreeSet<_>>(),
            his
        );
        assert_eq!(world.undelivered(alice, bob), []);
        assert_eq!(world.undelivered(bob, alice), []);
        world.assert_agreed(alice, bob);
        world
    });
}

#[test]
fn five_wishes_while_the_contact_is_away_merge_into_one_more_rotation() {
    let mut world = World::seeded(4);
    let (alice, bob) = world.acquainted("alice", "bob");
    let held = world.held(alice).len();
    world.crash(bob);

    for i in 0..5 {
        world.rotate(alice, bob);
        world.send(alice, bob, &format!("{i}"));
        world.pass(HOUR);
    }
    assert_eq!(
        world.held(alice).len(),
        held + 1,
        "one unconfirmed at a time"
    );
    world.restart(bob);
    world.settle();

    assert_eq!(world.held(alice).len(), held + 2);
    assert_eq!(
        world.relation(bob, alice).their_retired.len(),
        3,
        "the invitation's, the first, and one between"
    );
    assert_eq!(world.read(bob, alice), ["0", "1", "2", "3", "4"]);
    world.assert_agreed(alice, bob);
}

#[test]
fn all_fifty_contacts_follow_in_bounded_steps() {
    let mut world = World::seeded(5).checking_every(10);
    let alice = world.person("alice");
    let friends: Vec<Who> = (0..50)
        .map(|i| world.acquainted("alice", &format!("friend{i}")).1)
        .collect();
    let before: Vec<Did> = friends
        .iter()
        .map(|f| world.relation(alice, *f).my_did.clone())
        .collect();
    let mut world = world.losing(0.2).reordering(0.2);
    world.crash(friends[7]);

    world.rotate_all(alice);
    for friend in &friends {
        world.send(alice, *friend, "my ring is another");
    }
    world.settle();
    world.restart(friends[7]);
    world.settle();

    for (friend, before) in friends.iter().zip(before) {
        world.assert_agreed(alice, *friend);
        assert!(!world.relation(alice, *friend).my_did.is_same_as(&before));
        assert_eq!(world.read(*friend, alice), ["my ring is another"]);
        assert_eq!(
            world.lines(*friend, alice),
            [Line::Connected, Line::TheyChanged]
        );
    }
}

#[test]
fn a_wish_that_was_committed_is_worked_off_after_a_crash() {
    let mut world = World::seeded(6).checking_every(10);
    let alice = world.person("alice");
    let friends: Vec<Who> = (0..40)
        .map(|i| world.acquainted("alice", &format!("friend{i}")).1)
        .collect();
    let before: Vec<Did> = friends
        .iter()
        .map(|f| world.relation(alice, *f).my_did.clone())
        .collect();

    world.rotate_all(alice);
    let committed = world.until(SECOND, |w| w.is_committed(alice));
    assert!(committed);
    world.crash(alice);
    world.restart(alice);
    world.settle();

    for (friend, before) in friends.iter().zip(before) {
        world.assert_agreed(alice, *friend);
        assert!(!world.relation(alice, *friend).my_did.is_same_as(&before));
    }
}

#[test]
fn an_unconfirmed_rotation_is_said_in_every_message_with_one_time_and_no_longer_than_needed() {
    let mut world = World::seeded(7);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    let invitation = world.invite(alice);
    world.settle();
    world.agent_answers(carol, &invitation.url, "hello", true);
    world.settle();
    let contact = world.contacts_that_are(alice, ContactState::Connected)[0];

    for text in ["one", "two", "three"] {
        world.send_to(alice, contact, text).unwrap();
        world.pass(HOUR);
    }
    let said: Vec<_> = world
        .agent_received(carol)
        .iter()
        .map(|r| r.from_prior.clone().expect("each says it"))
        .collect();
    assert!(said.len() >= 4, "the profile and three messages");
    assert!(
        said.iter().all(|prior| *prior == said[0]),
        "the same proof in each"
    );
    assert!(said[0].iss.is_same_as(&invitation.did));

    // An answer to the DID that was left is late mail: taken, but no confirmation.
    world.agent_says(carol, "to the old one");
    world.settle();
    assert_eq!(world.read_from(alice, contact), ["hello", "to the old one"]);
    let before = world.agent_received(carol).len();
    world.send_to(alice, contact, "four").unwrap();
    world.settle();
    assert!(
        world.agent_received(carol)[before..]
            .iter()
            .all(|r| r.from_prior.as_ref() == Some(&said[0]))
    );

    // From here on it writes to the current one.
    world.agent_follows(carol, true);
    world.send_to(alice, contact, "five").unwrap();
    world.settle();
    world.agent_says(carol, "to the new one");
    world.settle();
    let before = world.agent_received(carol).len();
    world.send_to(alice, contact, "six").unwrap();
    world.settle();
    let after = &world.agent_received(carol)[before..];
    assert!(!after.is_empty() && after.iter().all(|r| r.from_prior.is_none()));
}

#[test]
fn an_agent_that_moves_to_another_did_stays_in_its_chat() {
    let mut world = World::seeded(8);
    let alice = world.person_on_http("alice");
    let carol = world.agent("carol");
    world.agent_acks(carol, true);
    world.agent_follows(carol, true);
    let invitation = world.agent_invites(carol);
    let contact = world.accept_read(alice, invitation).unwrap();
    world.settle();

    world.agent_says(carol, "one");
    world.settle();
    world.agent_rotates(carol, "two");
    world.settle();
    world.agent_says(carol, "three");
    world.settle();
    world.send_to(alice, contact, "hello").unwrap();
    world.settle();

    assert_eq!(world.read_from(alice, contact), ["one", "two", "three"]);
    assert_eq!(world.contact_count(alice), 1);
    assert!(
        world
            .relation_by_id(alice, contact)
            .unwrap()
            .their_did
            .is_same_as(world.agent_did(carol))
    );
    assert_eq!(world.agent_read(carol), ["hello"]);
}

#[test]
fn a_contact_who_slept_for_months_follows_all_the_same() {
    let mut world = World::seeded(15).checking_every(50);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.send(alice, bob, "good night");
    world.settle();
    world.crash(bob);

    world.rotate(alice, bob);
    world.pass(20 * DAY);
    world.rotate(alice, bob);
    world.pass(40 * DAY);
    world.send(alice, bob, "good morning");
    world.restart(bob);
    world.settle();

    assert_eq!(world.read(bob, alice), ["good night", "good morning"]);
    world.assert_agreed(alice, bob);
}

#[test]
fn a_rotation_by_both_while_neither_hears_the_other_ends_well() {
    with_seeds("both in the dark", 50, |seed| {
        let mut world = World::seeded(seed).losing(0.1).reordering(0.3);
        let (alice, bob) = world.acquainted("alice", "bob");
        world.partition(alice, bob);
        world.rotate(alice, bob);
        world.rotate(bob, alice);
        world.send(alice, bob, "a");
        world.send(bob, alice, "b");
        world.rotate(alice, bob);
        world.rotate(bob, alice);
        world.pass(3 * HOUR);

        world.heal(alice, bob);
        world.settle();

        assert_eq!(
            (world.read(bob, alice), world.read(alice, bob)),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
        world.assert_agreed(alice, bob);
        world
    });
}

#[test]
fn both_rotate_behind_hops_at_once_and_find_each_other() {
    with_seeds("both at once behind hops", 60, |seed| {
        let mut world = World::seeded(seed);
        let (alice, bob) = (
            world.person_behind_a_hop("alice"),
            world.person_behind_a_hop("bob"),
        );
        world.meet(alice, bob);
        let mut world = world.reordering(0.5).delaying(Duration::from_secs(20));

        world.rotate(alice, bob);
        world.rotate(bob, alice);
        world.send(alice, bob, "a");
        world.send(bob, alice, "b");
        world.settle();
        world.pass(8 * DAY);
        world.settle();

        assert_eq!(
            (world.read(bob, alice), world.read(alice, bob)),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
        world.assert_agreed(alice, bob);
        world
    });
}
