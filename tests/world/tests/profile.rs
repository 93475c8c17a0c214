//! Names: whoever changes theirs is known by the newest, everywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_protocol::command::{Command, Refused};
use signet_world::{World, with_seeds};

#[test]
fn another_name_reaches_every_contact_also_one_who_was_away() {
    let mut world = World::seeded(1);
    let alice = world.person("alice");
    let friends: Vec<_> = (0..20)
        .map(|i| world.acquainted("alice", &format!("friend{i}")).1)
        .collect();
    world.crash(friends[3]);

    world.rename(alice, "Alice of the hill");
    world.pass(Duration::from_secs(3600));
    world.restart(friends[3]);
    world.settle();

    for friend in friends {
        assert_eq!(
            world.relation(friend, alice).shown_name(),
            "Alice of the hill"
        );
    }
}

#[test]
fn of_many_names_the_newest_stays() {
    with_seeds("names", 100, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.3)
            .duplicating(0.3)
            .reordering(0.5);
        let (alice, bob) = world.acquainted("alice", "bob");

        for i in 0..8 {
            world.rename(alice, &format!("alice {i}"));
            let pause = world.any(0, 3_000);
            world.pass(Duration::from_millis(pause));
        }
        world.settle();

        assert_eq!(world.relation(bob, alice).shown_name(), "alice 7");
        world
    });
}

#[test]
fn a_name_that_crashed_away_is_no_name() {
    let mut world = World::seeded(3);
    let (alice, bob) = world.acquainted("alice", "bob");

    world.rename(alice, "nobody");
    world.crash(alice);
    world.restart(alice);
    world.settle();

    assert_eq!(world.relation(bob, alice).shown_name(), "alice");
}

#[test]
fn the_name_that_a_person_gave_outranks_the_one_that_was_told() {
    let mut world = World::seeded(4);
    let (alice, bob) = world.acquainted("alice", "bob");
    let contact = world.contact(bob, alice);

    world
        .command(
            bob,
            Command::Rename {
                contact,
                name: Some("my neighbour".to_owned()),
            },
        )
        .unwrap();
    world.rename(alice, "Alice B.");
    world.settle();

    assert_eq!(world.relation(bob, alice).shown_name(), "my neighbour");
    assert_eq!(world.relation(bob, alice).told_name, "Alice B.");
    world
        .command(
            bob,
            Command::Rename {
                contact,
                name: None,
            },
        )
        .unwrap();
    assert_eq!(world.relation(bob, alice).shown_name(), "Alice B.");
}

#[test]
fn a_name_that_is_empty_or_too_long_is_refused() {
    let mut world = World::seeded(5);
    let alice = world.person("alice");
    let before = world.records(alice);

    let long = "a".repeat(257);
    assert_eq!(
        world.command(alice, Command::SetName(long)),
        Err(Refused::TooLong { limit: 256 })
    );
    assert!(
        world
            .command(alice, Command::SetName(String::new()))
            .is_err()
    );
    assert_eq!(world.records(alice), before);
}
