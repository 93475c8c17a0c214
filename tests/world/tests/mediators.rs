//! Mail that waits at mediators: whatever fails, everything arrives once and in order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_protocol::{contact::ContactState, entry::Route, mediation::MediationState};
use signet_world::{Keeper, Who, World, with_seeds};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Waits until these have nothing left to do about their mediators.
fn served(world: &mut World, people: &[Who]) {
    let all = |world: &World| people.iter().all(|who| world.is_served(*who));
    let is_done = world.until(12 * HOUR, all);
    let services: Vec<String> = people.iter().map(|who| world.service(*who)).collect();
    assert!(is_done, "all are served: {services:#?}");
}

/// Alice and Bob, with a mediator that each knows and no way to each other but that.
fn apart(world: &mut World) -> (Who, Who, Keeper) {
    let weather = world.shelter();
    let (alice, bob) = world.acquainted("alice", "bob");
    let keeper = world.mediator("m");
    world.join(alice, keeper);
    world.join(bob, keeper);
    served(world, &[alice, bob]);
    world.partition(alice, bob);
    world.expose(weather);
    (alice, bob, keeper)
}

/// Does what somebody wishes for, when they are there, and nobody falls before it is on disk.
fn surely(world: &mut World, who: Who, wish: impl FnOnce(&mut World)) {
    let weather = world.shelter();
    assert!(world.until(HOUR, |world| world.is_up(who)));
    wish(world);
    assert!(world.until(HOUR, |world| world.is_committed(who)));
    world.expose(weather);
}

/// Two who write to each other, and what each wrote.
struct Talk {
    alice: Who,
    bob: Who,
    hers: Vec<String>,
    his: Vec<String>,
}

impl Talk {
    fn between(alice: Who, bob: Who) -> Self {
        let (hers, his) = (Vec::new(), Vec::new());
        Self {
            alice,
            bob,
            hers,
            his,
        }
    }

    /// One of them writes.
    fn go_on(&mut self, world: &mut World) {
        let text = format!("{:03}", self.hers.len() + self.his.len());
        let (who, with, sent) = match world.any(0, 1) {
            0 => (self.alice, self.bob, &mut self.hers),
            _ => (self.bob, self.alice, &mut self.his),
        };
        world.send(who, with, &text);
        sent.push(text);
    }

    /// They write so often, with so many milliseconds between at most.
    fn for_a_while(&mut self, world: &mut World, times: usize, pause: u64) {
        for _ in 0..times {
            self.go_on(world);
            let wait = world.any(0, pause);
            world.pass(Duration::from_millis(wait));
        }
    }

    /// In calm, all of it arrives, each once.
    fn arrives(&self, world: &mut World) {
        self.arrives_within(world, DAY);
    }

    fn arrives_within(&self, world: &mut World, longest: Duration) {
        world.calm();
        let (alice, bob) = (self.alice, self.bob);
        let all = |world: &World| {
            world.is_committed(alice)
                && world.is_committed(bob)
                && world.undelivered(alice, bob).is_empty()
                && world.undelivered(bob, alice).is_empty()
        };
        let is_done = world.until(longest, all);
        let (hers, his) = (world.undelivered(alice, bob), world.undelivered(bob, alice));
        assert!(is_done, "alice: {hers:?}, bob: {his:?}");
        assert_eq!(sorted(world.read(bob, alice)), self.hers);
        assert_eq!(sorted(world.read(alice, bob)), self.his);
        assert_eq!(
            (world.contact_count(alice), world.contact_count(bob)),
            (1, 1)
        );
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

fn bad(seed: u64) -> World {
    World::seeded(seed)
        .losing(0.2)
        .duplicating(0.2)
        .reordering(0.3)
        .silent(0.3)
}

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

#[test]
fn one_who_is_met_by_mediators_only_learns_no_address_and_gets_nothing_straight() {
    with_seeds("by mediators only", 30, |seed| {
        let mut world = bad(seed).crashing(0.02);
        let (alice, bob, _) = apart(&mut world);
        world.heal(alice, bob);
        let mut talk = Talk::between(alice, bob);

        talk.for_a_while(&mut world, 4, 10_000);
        surely(&mut world, alice, |world| {
            world.meet_by_mediators_only(alice, bob, true).unwrap();
        });
        talk.for_a_while(&mut world, 6, 10_000);
        talk.arrives(&mut world);
        served(&mut world, &[alice, bob]);

        assert!(!world.names_an_address(bob, alice), "her DID tells none");
        assert!(world.names_an_address(alice, bob), "his does");
        world.restart_elsewhere(alice);
        let before = world.met_straight(alice, bob);
        talk.for_a_while(&mut world, 6, 10_000);
        talk.arrives(&mut world);
        assert_eq!(world.met_straight(alice, bob), before);
        assert!(
            !world.was_told_where(bob, alice),
            "nor is he told of a new one"
        );

        world.meet_by_mediators_only(alice, bob, false).unwrap();
        world.pass(SECOND);
        served(&mut world, &[alice, bob]);
        assert!(world.names_an_address(bob, alice));
        talk.for_a_while(&mut world, 4, 10_000);
        talk.arrives(&mut world);
        assert!(world.met_straight(alice, bob) > before);
        world
    });
}

#[test]
fn mediators_only_needs_mediators_on_both_sides() {
    let mut world = World::seeded(1);
    let (alice, bob) = world.acquainted("alice", "bob");
    let keeper = world.mediator("m");

    let refused = world.meet_by_mediators_only(alice, bob, true).unwrap_err();
    let sentence = "no mediator serves you yet, so bob could not reach you at all";
    assert_eq!(refused.to_string(), sentence);

    world.join(alice, keeper);
    served(&mut world, &[alice]);
    let refused = world.meet_by_mediators_only(alice, bob, true).unwrap_err();
    let sentence = "bob has no mediator, so nothing could be sent to them";
    assert_eq!(refused.to_string(), sentence);
}
