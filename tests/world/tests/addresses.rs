//! Addresses: whoever moves to another port is found there, and the newest news wins.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_world::{World, with_seeds};

#[test]
fn after_a_restart_on_another_port_one_is_still_found() {
    let mut world = World::seeded(1);
    let (alice, bob) = world.acquainted("alice", "bob");

    world.restart_elsewhere(bob);
    world.settle();
    // The connection that bob opened is gone too: only what he told leads to him.
    world.crash(alice);
    world.restart(alice);
    world.send(alice, bob, "found you");
    world.pass(Duration::from_secs(5));

    assert_eq!(world.read(bob, alice), ["found you"]);
}

#[test]
fn of_many_addresses_the_newest_stays() {
    with_seeds("ports", 100, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.3)
            .duplicating(0.3)
            .reordering(0.5);
        let (alice, bob) = world.acquainted("alice", "bob");

        for _ in 0..6 {
            world.restart_elsewhere(bob);
            let pause = world.any(0, 5_000);
            world.pass(Duration::from_millis(pause));
        }
        world.settle();
        world.calm();
        world.crash(alice);
        world.restart(alice);
        world.send(alice, bob, "found you");
        world.pass(Duration::from_secs(5));

        assert_eq!(world.read(bob, alice), ["found you"]);
        world
    });
}

#[test]
fn addresses_told_before_a_rotation_do_not_outlive_it() {
    let mut world = World::seeded(3);
    let (alice, bob) = world.acquainted("alice", "bob");

    world.restart_elsewhere(bob);
    world.settle();
    world.rotate(bob, alice);
    world.settle();
    world.restart_elsewhere(bob);
    world.settle();
    world.crash(alice);
    world.restart(alice);
    world.send(alice, bob, "found you");
    world.pass(Duration::from_secs(5));

    assert_eq!(world.read(bob, alice), ["found you"]);
}

#[test]
fn those_who_moved_while_the_other_was_away_meet_again() {
    with_seeds("moved while away", 50, |seed| {
        let mut world = World::seeded(seed);
        let (alice, bob) = world.acquainted("alice", "bob");
        world.crash(bob);
        world.send(alice, bob, "while you were out");
        world.pass(Duration::from_secs(1800));

        world.moves(bob);
        world.restart(bob);
        world.settle();

        assert_eq!(world.read(bob, alice), ["while you were out"]);
        world
    });
}

#[test]
fn who_moves_while_the_answer_to_an_invitation_waits_is_met_all_the_same() {
    let mut world = World::seeded(6);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let invitation = world.invite(alice);
    world.settle();
    world.crash(alice);
    world.accept(bob, &invitation.url).unwrap();
    world.pass(Duration::from_secs(60));

    world.restart_elsewhere(bob);
    world.restart(alice);
    world.settle();
    world.send(alice, bob, "found you");
    world.settle();

    world.assert_agreed(alice, bob);
    assert_eq!(world.read(bob, alice), ["found you"]);
}

#[test]
fn where_one_is_now_is_told_before_anything_else() {
    let mut world = World::seeded(4);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.crash(alice);
    for number in 0..30 {
        world.send(bob, alice, &number.to_string());
    }
    world.pass(Duration::from_secs(60));

    world.listen();
    world.restart_elsewhere(bob);
    world.restart(alice);
    world.settle();

    let told = world.overheard(alice);
    let types: Vec<&str> = told.iter().map(|message| message.type_.as_str()).collect();
    assert!(types[0].ends_with("/addresses"), "{types:?}");
    assert_eq!(world.read(alice, bob).len(), 30);
}

#[test]
fn whoever_reads_what_was_written_after_a_move_knows_of_the_move() {
    with_seeds("moves", 200, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.3)
            .duplicating(0.3)
            .reordering(0.5);
        let (alice, bob) = world.acquainted("alice", "bob");
        let before = world.relation(alice, bob).addresses.clone();

        world.restart_elsewhere(bob);
        world.send(bob, alice, "after");
        let is_read = world.until(Duration::from_secs(3600), |world| {
            !world.read(alice, bob).is_empty()
        });

        assert!(is_read);
        assert_ne!(world.relation(alice, bob).addresses, before);
        world
    });
}
