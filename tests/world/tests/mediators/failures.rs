//! Mediators that fail.

use signet_world::{World, with_seeds};

use crate::{DAY, HOUR, Talk, apart, bad, served};

#[test]
fn a_mediator_that_loses_its_disk_is_told_everything_again() {
    with_seeds("a mediator without memory", 40, |seed| {
        let mut world = bad(seed).crashing(0.02);
        let (alice, bob, keeper) = apart(&mut world);
        let mut talk = Talk::between(alice, bob);

        talk.for_a_while(&mut world, 6, 10_000);
        world.mediator_loses_its_disk(keeper);
        talk.for_a_while(&mut world, 6, 60_000);
        world.calm();
        world.pass(HOUR / 4);
        served(&mut world, &[alice, bob]);
        // What it lost is sent again when it has rested for long enough.
        for who in [alice, bob] {
            world.jump(who, 8 * DAY);
        }
        talk.arrives(&mut world);
        world
    });
}

#[test]
fn while_one_mediator_is_dead_the_other_serves() {
    with_seeds("one of two is dead", 40, |seed| {
        let mut world = bad(seed).crashing(0.02);
        let (alice, bob, first) = apart(&mut world);
        let weather = world.shelter();
        let second = world.mediator("second");
        world.join(alice, second);
        world.join(bob, second);
        served(&mut world, &[alice, bob]);
        world.expose(weather);
        let mut talk = Talk::between(alice, bob);

        for dead in [first, second, first] {
            world.mediator_crash(dead);
            talk.for_a_while(&mut world, 5, 10_000);
            world.mediator_restart(dead);
            talk.for_a_while(&mut world, 3, 10_000);
        }
        talk.arrives(&mut world);
        world
    });
}

#[test]
fn a_mediator_dead_for_a_day_is_named_to_nobody_until_it_answers_again() {
    with_seeds("dead for a day", 10, |seed| {
        let mut world = bad(seed).crashing(0.02);
        let (alice, bob, first) = apart(&mut world);
        let weather = world.shelter();
        let second = world.mediator("second");
        world.join(alice, second);
        world.join(bob, second);
        served(&mut world, &[alice, bob]);
        world.expose(weather);
        let mut talk = Talk::between(alice, bob);

        // What the dead one keeps by then is sent again by the other.
        talk.for_a_while(&mut world, 6, 10_000);
        world.mediator_crash(first);
        talk.for_a_while(&mut world, 4, 10_000);
        world.calm();
        let is_away = |world: &World, who| world.mediation(who, first).is_some_and(|m| m.away);
        let away = |world: &World| is_away(world, alice) && is_away(world, bob);
        assert!(world.until(3 * DAY, away), "it is given up for now");
        talk.arrives(&mut world);
        served(&mut world, &[alice, bob]);
        assert_eq!(world.contacts_by(bob, first), 0);
        assert_eq!(world.contacts_by(alice, first), 0);

        world.mediator_restart(first);
        let back = |world: &World| {
            let named = world.contacts_by(alice, first) == 1 && world.contacts_by(bob, first) == 1;
            named && world.is_served(alice) && world.is_served(bob)
        };
        assert!(world.until(HOUR, back), "and is named again");
        talk.for_a_while(&mut world, 4, 10_000);
        talk.arrives(&mut world);
        world
    });
}
