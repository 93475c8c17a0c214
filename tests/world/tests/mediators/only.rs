//! Contacts who are met by mediators only.

use signet_world::{World, with_seeds};

use crate::{SECOND, Talk, apart, bad, served, surely};

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
