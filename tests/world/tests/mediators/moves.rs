//! Joined, swapped, left, and identities rotated meanwhile.

use std::time::Duration;

use signet_protocol::{entry::Route, mediation::MediationState};
use signet_world::{Who, World, with_seeds};

use crate::{DAY, HOUR, SECOND, Talk, apart, bad, served, surely};

#[test]
fn those_who_met_before_the_first_mediator_reach_each_other_by_it_afterwards() {
    with_seeds("contacts made before", 60, |seed| {
        let mut world = bad(seed);
        let (alice, bob) = world.acquainted("alice", "bob");
        let mut world = world.crashing(0.03);
        let (first, second) = (world.mediator("first"), world.mediator("second"));
        let mut talk = Talk::between(alice, bob);

        // Each chooses one of their own, while they write.
        for (who, keeper) in [(bob, first), (alice, second)] {
            talk.for_a_while(&mut world, 4, 5_000);
            surely(&mut world, who, |world| world.join(who, keeper));
        }
        talk.for_a_while(&mut world, 4, 5_000);
        let weather = world.shelter();
        served(&mut world, &[alice, bob]);
        world.partition(alice, bob);
        world.expose(weather);
        talk.for_a_while(&mut world, 8, 20_000);
        talk.arrives(&mut world);

        world.send(alice, bob, "by the mediator");
        world.pass(SECOND);
        let sent = |world: &World| world.undelivered(alice, bob).is_empty();
        assert!(world.until(HOUR, sent));
        let route = world.route(alice, bob, "by the mediator");
        assert_eq!(route, Some(Route::Mediator));
        world
    });
}

#[test]
fn one_who_moves_from_a_mediator_to_another_amid_traffic_loses_nothing() {
    with_seeds("a swap amid traffic", 60, |seed| {
        let mut world = bad(seed).crashing(0.03);
        let (alice, bob, old) = apart(&mut world);
        let new = world.mediator("new");
        let mut talk = Talk::between(alice, bob);

        talk.for_a_while(&mut world, 6, 10_000);
        surely(&mut world, bob, |world| world.swap(bob, old, new));
        talk.for_a_while(&mut world, 12, 10_000);
        talk.arrives(&mut world);

        let moved = |world: &World| world.contacts_by(bob, old) == 0;
        assert!(
            world.until(HOUR, moved),
            "nobody writes by the first any more"
        );
        served(&mut world, &[alice, bob]);
        // The retired DIDs go after their grace time, and with them the mediator.
        world.jump(bob, 10 * DAY);
        let gone = |world: &World| world.mediation(bob, old).is_none();
        assert!(world.until(DAY, gone), "the first is left");
        world.pass(SECOND);
        assert_eq!((world.waiting_at(old), world.accounts_at(old)), (0, 1));
        world.leave(alice, old);
        world.join(alice, new);
        served(&mut world, &[alice, bob]);
        world.mediator_crash(old);
        talk.for_a_while(&mut world, 6, 10_000);
        talk.arrives(&mut world);
        world
    });
}

#[test]
fn rotations_amid_traffic_through_a_mediator_strand_nothing() {
    with_seeds("rotations through a mediator", 60, |seed| {
        let mut world = bad(seed).crashing(0.03);
        let (alice, bob, keeper) = apart(&mut world);
        let mut talk = Talk::between(alice, bob);

        for _ in 0..20 {
            match world.any(0, 4) {
                0 => surely(&mut world, alice, |world| world.rotate(alice, bob)),
                1 => surely(&mut world, bob, |world| world.rotate(bob, alice)),
                _ => talk.go_on(&mut world),
            }
            let wait = world.any(0, 10_000);
            world.pass(Duration::from_millis(wait));
        }
        talk.arrives(&mut world);

        served(&mut world, &[alice, bob]);
        world.assert_agreed(alice, bob);
        world.pass(HOUR);
        assert_eq!(world.waiting_at(keeper), 0);
        world
    });
}

#[test]
fn five_wishes_to_rotate_while_the_other_is_away_are_one_move() {
    with_seeds("five wishes by mediator", 40, |seed| {
        let mut world = bad(seed);
        let (alice, bob, _) = apart(&mut world);
        let before = world.relation(alice, bob).my_retired.len();
        let mut talk = Talk::between(alice, bob);

        world.crash(bob);
        for _ in 0..5 {
            talk.hers.push(format!("{:03}", talk.hers.len()));
            world.send(alice, bob, talk.hers.last().unwrap());
            world.rotate(alice, bob);
            world.pass(HOUR);
        }
        world.restart(bob);
        talk.arrives(&mut world);

        served(&mut world, &[alice, bob]);
        world.assert_agreed(alice, bob);
        // The one under way, and one for all wishes since.
        let moves = world.relation(alice, bob).my_retired.len() - before;
        assert!(moves <= 2, "{moves} moves");
        world
    });
}

#[test]
fn everybody_is_told_of_a_new_mediator_and_of_a_new_identity() {
    with_seeds("many contacts", 6, |seed| {
        let mut world = World::seeded(seed).checking_every(8);
        let bob = world.person("bob");
        let first = world.mediator("first");
        let friends: Vec<Who> = (0..20)
            .map(|i| world.acquainted(&format!("friend{i}"), "bob").0)
            .collect();
        let mut world = world.losing(0.1).duplicating(0.1).reordering(0.2);

        world.join(bob, first);
        served(&mut world, &[bob]);
        world.rotate_all(bob);
        let rotated = |world: &World| {
            let old = |friend: &Who| world.relation(bob, *friend).my_retired.len() < 2;
            !friends.iter().any(old)
        };
        assert!(world.until(HOUR, rotated), "all have moved twice");
        served(&mut world, &[bob]);

        for friend in &friends {
            world.partition(*friend, bob);
            world.send(*friend, bob, "by the mediator");
        }
        world.pass(SECOND);
        let all = |world: &World| friends.iter().all(|f| !world.read(bob, *f).is_empty());
        assert!(world.until(HOUR, all), "all reach bob");
        world
    });
}

#[test]
fn one_who_leaves_the_only_mediator_is_reached_straight_again() {
    with_seeds("the only mediator left", 30, |seed| {
        let mut world = bad(seed);
        let (alice, bob, keeper) = apart(&mut world);
        world.heal(alice, bob);
        let mut talk = Talk::between(alice, bob);

        world.leave(bob, keeper);
        talk.for_a_while(&mut world, 6, 10_000);
        let told = |world: &World| world.contacts_by(bob, keeper) == 0;
        assert!(world.until(HOUR, told), "alice knows");
        let state = world.mediation(bob, keeper).map(|m| m.state);
        assert_eq!(state, Some(MediationState::Leaving));
        world.jump(bob, 10 * DAY);
        world.calm();
        let gone = |world: &World| world.mediation(bob, keeper).is_none();
        assert!(world.until(DAY, gone), "the mediator is left");
        world.pass(SECOND);
        assert_eq!(world.accounts_at(keeper), 1, "and forgot him");
        world.mediator_crash(keeper);
        talk.for_a_while(&mut world, 6, 10_000);
        talk.arrives(&mut world);
        world
    });
}
