//! Rendezvous: the names under which two look for each other stay common through rotations, and
//! nobody has one who must not learn where we are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_world::{Who, World, with_seeds};

/// Whether one of them finds the other, who is registered wherever he says.
fn finds(world: &World, who: Who, whom: Who) -> bool {
    let names = world.meeting(whom, who).ours(world.now());
    let looked = world.meeting(who, whom).theirs(world.now());
    looked.iter().any(|name| names.contains(name))
}

#[test]
fn two_find_each_other_whatever_they_know_of_each_others_rotations() {
    with_seeds("rotations nobody hears of", 50, |seed| {
        let mut world = World::seeded(seed);
        let (alice, bob) = world.acquainted("alice", "bob");
        assert!(finds(&world, alice, bob) && finds(&world, bob, alice));

        // Neither hears of the other's move.
        world.partition(alice, bob);
        world.rotate(alice, bob);
        world.pass(Duration::from_secs(5));
        assert!(finds(&world, alice, bob) && finds(&world, bob, alice));
        world.rotate(bob, alice);
        world.pass(Duration::from_secs(5));
        assert!(world.meeting(alice, bob).ours(world.now()).len() >= 2);
        assert!(finds(&world, alice, bob) && finds(&world, bob, alice));

        world.heal(alice, bob);
        let deadline = Duration::from_secs(600);
        let held = world.until(deadline, |world| {
            assert!(finds(world, alice, bob) && finds(world, bob, alice));
            let is_rotating = |who, with| world.relation(who, with).is_rotating();
            !is_rotating(alice, bob) && !is_rotating(bob, alice)
        });
        assert!(held, "both moves are confirmed");
        world
    });
}

#[test]
fn a_rotation_that_is_confirmed_leaves_the_names_of_the_did_before() {
    let mut world = World::seeded(2);
    let (alice, bob) = world.acquainted("alice", "bob");
    let before = world.meeting(alice, bob).ours(world.now());

    world.rotate(alice, bob);
    world.settle();

    let after = world.meeting(alice, bob).ours(world.now());
    assert!(!after.is_empty() && after.iter().all(|name| !before.contains(name)));
}

#[test]
fn nobody_is_met_who_may_not_learn_where_we_are() {
    let mut world = World::seeded(3);
    let keeper = world.mediator("keeper");
    let (alice, bob) = world.acquainted("alice", "bob");
    for who in [alice, bob] {
        world.join(who, keeper);
        world.settle();
    }
    assert!(finds(&world, alice, bob));

    world.meet_by_mediators_only(alice, bob, true).unwrap();
    let hidden = world.meeting(alice, bob);
    assert!(hidden.ours(world.now()).is_empty() && hidden.theirs(world.now()).is_empty());
    world.settle();
    assert!(!finds(&world, bob, alice) && !finds(&world, alice, bob));

    world.meet_by_mediators_only(alice, bob, false).unwrap();
    assert!(finds(&world, alice, bob));
}
