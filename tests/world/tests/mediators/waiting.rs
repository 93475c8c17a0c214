//! Mail that waits for those who are away.

use signet_protocol::{contact::ContactState, entry::Route};
use signet_world::{World, with_seeds};

use crate::{DAY, HOUR, SECOND, Talk, apart, bad, served};

#[test]
fn what_is_written_while_one_is_away_and_then_the_other_arrives_once_and_in_order() {
    with_seeds("one is away and then the other", 60, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.2)
            .duplicating(0.2)
            .reordering(0.3);
        let (alice, bob, _) = apart(&mut world);

        world.crash(bob);
        let texts: Vec<String> = (0..20).map(|i| format!("{i:02}")).collect();
        for text in &texts {
            world.send(alice, bob, text);
        }
        world.pass(SECOND);
        let sent = |world: &World| texts.iter().all(|t| world.route(alice, bob, t).is_some());
        assert!(world.until(DAY, sent), "the mediator has all");
        world.crash(alice);
        world.restart(bob);
        let read = |world: &World| world.read(bob, alice).len() == texts.len();
        assert!(world.until(HOUR, read), "bob has all");
        assert_eq!(world.read(bob, alice), texts);
        world.restart(alice);
        world.calm();
        let all = |world: &World| world.undelivered(alice, bob).is_empty();
        assert!(world.until(HOUR, all), "alice knows");

        assert_eq!(world.read(bob, alice), texts);
        assert_eq!(world.route(alice, bob, "00"), Some(Route::Mediator));
        world
    });
}

#[test]
fn traffic_through_a_mediator_survives_crashes_of_all_three() {
    with_seeds("crashes of all three", 60, |seed| {
        let mut world = bad(seed).crashing(0.05);
        let (alice, bob, keeper) = apart(&mut world);
        let mut talk = Talk::between(alice, bob);

        talk.for_a_while(&mut world, 24, 20_000);
        talk.arrives(&mut world);

        world.pass(HOUR);
        assert_eq!(world.waiting_at(keeper), 0, "all of it is acknowledged");
        world
    });
}

#[test]
fn people_whom_only_mediators_reach_meet_though_never_online_together() {
    with_seeds("never online together", 60, |seed| {
        let mut world = bad(seed);
        let (hers, his) = (world.mediator("hers"), world.mediator("his"));
        let alice = world.person_behind_mediators("alice");
        let bob = world.person_behind_mediators("bob");
        let weather = world.shelter();
        world.join(alice, hers);
        world.join(bob, his);
        served(&mut world, &[alice, bob]);
        world.expose(weather);

        let invitation = world.invite(alice);
        world.pass(SECOND);
        world.crash(alice);
        world.accept(bob, &invitation.url).unwrap();
        let mut talk = Talk::between(alice, bob);
        // Each has the mediator to themselves for a quarter of an hour.
        for i in 0..8 {
            world.pass(HOUR / 4);
            let (comes, goes) = match i % 2 {
                0 => (alice, bob),
                _ => (bob, alice),
            };
            world.crash(goes);
            world.restart(comes);
            if i >= 4 {
                let with = match comes == alice {
                    true => bob,
                    false => alice,
                };
                assert_eq!(world.standing(comes, with), ContactState::Connected);
                let text = format!("{i:03}");
                world.send(comes, with, &text);
                match comes == alice {
                    true => talk.hers.push(text),
                    false => talk.his.push(text),
                }
            }
        }
        world.restart(alice);
        world.restart(bob);
        talk.arrives(&mut world);
        served(&mut world, &[alice, bob]);
        world.assert_agreed(alice, bob);
        world
    });
}
