//! Invitations that a mediator hosts: the short link is shown while there is one, and dropped with the
//! invitation.

use std::time::Duration;

use signet_protocol::command::Command;
use signet_world::{Keeper, Who, World, with_seeds};

use crate::{DAY, HOUR, SECOND, bad, served, surely};

fn invited(world: &mut World, alice: Who) -> String {
    let mut id = String::new();
    surely(world, alice, |world| id = world.invite(alice).id);
    id
}

fn is_short(world: &World, who: Who, id: &str) -> bool {
    world.is_up(who) && world.link(who, id).contains("_oobid=")
}

/// Alice with a mediator that hosts invitations, and one of hers.
fn hosted(world: &mut World) -> (Who, Keeper, String) {
    let weather = world.shelter();
    let alice = world.person("alice");
    let keeper = world.mediator("m");
    world.join(alice, keeper);
    served(world, &[alice]);
    world.expose(weather);
    let id = invited(world, alice);
    (alice, keeper, id)
}

#[test]
fn an_invitation_gets_a_short_link_which_leads_nowhere_once_it_was_used() {
    with_seeds("a hosted invitation", 40, |seed| {
        let mut world = bad(seed).crashing(0.02);
        let (alice, keeper, id) = hosted(&mut world);
        let weather = world.shelter();
        assert!(world.until(3 * DAY, |world| is_short(world, alice, &id)));
        assert_eq!(world.hosted_at(keeper), 1);
        let bob = world.person("bob");
        let short = world.link(alice, &id);
        assert!(short.len() < 60, "{short}");
        let invitation = world.behind(&short).unwrap();

        world.expose(weather);
        surely(&mut world, bob, |world| {
            world.accept_read(bob, invitation.clone()).unwrap();
        });
        world.calm();

        let is_dropped = |world: &World| world.hosted_at(keeper) == 0;
        assert!(world.until(3 * DAY, is_dropped));
        assert_eq!(world.behind(&short), None);
        assert!(!is_short(&world, alice, &id));
        world
    });
}

#[test]
fn an_invitation_that_is_taken_back_is_dropped_also_by_who_was_away_meanwhile() {
    let mut world = World::seeded(3);
    let (alice, keeper, id) = hosted(&mut world);
    assert!(world.until(HOUR, |world| is_short(world, alice, &id)));
    world.mediator_crash(keeper);

    world.command(alice, Command::Revoke(id.clone())).unwrap();
    assert!(world.until(HOUR, |world| world.is_committed(alice)));
    assert!(!is_short(&world, alice, &id));
    world.crash(alice);
    world.restart(alice);
    world.mediator_restart(keeper);

    assert!(world.until(HOUR, |world| world.hosted_at(keeper) == 0));
}

#[test]
fn a_mediator_that_hosts_none_is_asked_once_and_the_long_link_stays() {
    let mut world = World::seeded(4);
    let alice = world.person("alice");
    let keeper = world.mediator_without_page("m");
    world.join(alice, keeper);
    served(&mut world, &[alice]);

    let id = invited(&mut world, alice);
    let declined = |world: &World| {
        let mediation = world.mediation(alice, keeper);
        mediation.is_some_and(|mediation| mediation.hosts_from.is_some())
    };
    assert!(world.until(HOUR, declined));
    let before = world.mediation(alice, keeper).cloned();
    invited(&mut world, alice);
    world.pass(HOUR);

    assert_eq!(world.mediation(alice, keeper).cloned(), before);
    assert!(world.link(alice, &id).starts_with("signet://"));
    served(&mut world, &[alice]);
}

#[test]
fn one_that_ends_too_soon_to_be_hosted_keeps_no_other_from_it() {
    let mut world = World::seeded(9);
    let alice = world.person("alice");
    let keeper = world.mediator("m");
    world.join(alice, keeper);
    served(&mut world, &[alice]);

    // It is over in whole seconds before the mediator hears of it.
    let brief = Duration::from_millis(900);
    world.invite_for(alice, false, Some(brief));
    world.pass(60 * SECOND);
    let id = invited(&mut world, alice);

    assert!(world.until(HOUR, |world| is_short(world, alice, &id)));
    assert_eq!(world.hosted_at(keeper), 1);
}

#[test]
fn of_two_mediators_the_next_hosts_what_the_first_does_not() {
    let mut world = World::seeded(5);
    let alice = world.person("alice");
    let first = world.mediator_without_page("first");
    let second = world.mediator("second");
    world.join(alice, first);
    served(&mut world, &[alice]);
    world.join(alice, second);
    served(&mut world, &[alice]);

    let id = invited(&mut world, alice);

    assert!(world.until(HOUR, |world| is_short(world, alice, &id)));
    assert_eq!((world.hosted_at(first), world.hosted_at(second)), (0, 1));
}

#[test]
fn an_invitation_without_end_keeps_its_link_for_as_long_as_it_is_open() {
    let mut world = World::seeded(6);
    let (alice, keeper, id) = hosted(&mut world);
    assert!(world.until(HOUR, |world| is_short(world, alice, &id)));
    let short = world.link(alice, &id);

    for _ in 0..13 {
        world.pass(10 * DAY);
    }

    assert_eq!(world.link(alice, &id), short);
    assert!(world.behind(&short).is_some());
    assert_eq!(world.hosted_at(keeper), 1);
}

#[test]
fn who_leaves_a_mediator_shows_the_long_link_again() {
    let mut world = World::seeded(7);
    let (alice, keeper, id) = hosted(&mut world);
    assert!(world.until(HOUR, |world| is_short(world, alice, &id)));

    world.leave(alice, keeper);
    world.leave(alice, keeper);
    world.pass(60 * SECOND);

    assert!(world.link(alice, &id).starts_with("signet://"));
}

#[test]
fn what_a_mediator_lost_with_its_disk_is_hosted_again() {
    let mut world = World::seeded(8);
    let (alice, keeper, id) = hosted(&mut world);
    assert!(world.until(HOUR, |world| is_short(world, alice, &id)));
    let before = world.link(alice, &id);

    world.mediator_loses_its_disk(keeper);
    let again = |world: &World| world.hosted_at(keeper) == 1 && is_short(world, alice, &id);
    assert!(world.until(DAY, again));

    assert!(world.until(HOUR, |world| world.link(alice, &id) != before));
    assert!(world.behind(&world.link(alice, &id)).is_some());
}
