//! Invitations: who may answer one, and what becomes of those who came too late.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_protocol::{
    command::{Command, Refused},
    contact::{ContactState, EndReason},
    entry::{DeliveryState, Line},
};
use signet_world::{Who, World, with_seeds};

const HOUR: Duration = Duration::from_secs(3600);

fn ended(world: &World, who: Who, with: Who) -> Option<EndReason> {
    let contact = world.relation(who, with);
    assert_eq!(contact.state, ContactState::Ended);
    contact.ended
}

#[test]
fn of_two_who_race_for_a_one_time_invitation_exactly_one_wins() {
    let mut winners = [0, 0];
    let won = std::cell::Cell::new(winners);
    with_seeds("races", 50, |seed| {
        let mut world = World::seeded(seed).reordering(0.5).duplicating(0.2);
        let (alice, bob, carol) = (
            world.person("alice"),
            world.person("bob"),
            world.person("carol"),
        );
        let invitation = world.invite(alice);

        world.accept(bob, &invitation.url).unwrap();
        world.accept(carol, &invitation.url).unwrap();
        world.settle();

        let won_by = |who| {
            world
                .relation_by_id(who, world.contacts(who, alice)[0])
                .unwrap()
                .state
                == ContactState::Connected
        };
        let (bob_won, carol_won) = (won_by(bob), won_by(carol));
        assert!(bob_won ^ carol_won, "exactly one");
        let (winner, loser) = if bob_won { (bob, carol) } else { (carol, bob) };
        assert_eq!(world.contact_count(alice), 1);
        assert_eq!(world.standing(alice, winner), ContactState::Connected);
        assert_eq!(ended(&world, loser, alice), Some(EndReason::InvitationUsed));
        assert_eq!(
            world.lines(loser, alice),
            [Line::Ended(EndReason::InvitationUsed)]
        );
        let mut counts = won.get();
        counts[usize::from(carol_won)] += 1;
        won.set(counts);
        world
    });
    winners = won.get();
    assert!(
        std::env::var("SIGNET_SEED").is_ok() || winners[0] > 5 && winners[1] > 5,
        "both win at times: {winners:?}"
    );
}

#[test]
fn an_expired_invitation_is_refused_at_once_by_a_right_clock() {
    let mut world = World::seeded(6);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let invitation = world.invite_for(alice, false, Some(HOUR));
    world.pass(2 * HOUR);

    assert_eq!(
        world.accept(bob, &invitation.url),
        Err(Refused::ExpiredInvitation)
    );
    assert_eq!(world.contact_count(bob), 0);
}

#[test]
fn whoever_answers_an_expired_invitation_by_a_slow_clock_is_told_so() {
    let mut world = World::seeded(7);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let invitation = world.invite_for(alice, false, Some(HOUR));
    world.crash(bob);
    world.jump_back(bob, 24 * HOUR);
    world.restart(bob);
    world.pass(2 * HOUR);

    world.accept(bob, &invitation.url).unwrap();
    world.pass(Duration::from_secs(10));

    assert_eq!(world.contact_count(alice), 0);
    assert_eq!(
        ended(&world, bob, alice),
        Some(EndReason::InvitationExpired)
    );
}

#[test]
fn whoever_answers_a_revoked_invitation_is_told_so_within_a_round_trip() {
    let mut world = World::seeded(8);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let invitation = world.invite(alice);
    world
        .command(alice, Command::Revoke(invitation.id.clone()))
        .unwrap();
    world.settle();

    world.accept(bob, &invitation.url).unwrap();
    world.pass(Duration::from_secs(1));

    assert_eq!(world.contact_count(alice), 0);
    assert_eq!(
        ended(&world, bob, alice),
        Some(EndReason::InvitationRevoked)
    );
    let again = world.command(alice, Command::Revoke(invitation.id));
    assert_eq!(again, Err(Refused::NotOpen));
}

#[test]
fn whoever_answers_a_used_invitation_is_told_so_within_a_round_trip() {
    let mut world = World::seeded(9);
    let (alice, bob, carol) = (
        world.person("alice"),
        world.person("bob"),
        world.person("carol"),
    );
    let invitation = world.invite(alice);
    world.accept(bob, &invitation.url).unwrap();
    world.settle();

    world.accept(carol, &invitation.url).unwrap();
    let contact = world.contacts(carol, alice)[0];
    world.send_to(carol, contact, "hello?").unwrap();
    world.pass(Duration::from_secs(1));

    assert_eq!(ended(&world, carol, alice), Some(EndReason::InvitationUsed));
    assert_eq!(world.contact_count(alice), 1);
    assert_eq!(world.standing(alice, bob), ContactState::Connected);
    assert!(world.delivery_in(carol, contact, "hello?").state < DeliveryState::Delivered);
    assert!(matches!(
        world.send_to(carol, contact, "why?"),
        Err(Refused::CannotWrite { .. })
    ));
}

#[test]
fn whoever_missed_the_news_of_a_used_invitation_hears_it_by_writing() {
    with_seeds("told in spite of the wire", 50, |seed| {
        let mut world = World::seeded(seed);
        let (alice, bob, carol) = (
            world.person("alice"),
            world.person("bob"),
            world.person("carol"),
        );
        let invitation = world.invite(alice);
        world.accept(bob, &invitation.url).unwrap();
        world.settle();

        let mut world = world.losing(0.4);
        let contact = world.accept(carol, &invitation.url).unwrap();
        world.settle();
        for i in 0..100 {
            if world
                .send_to(carol, contact, &format!("hello? {i}"))
                .is_err()
            {
                break;
            }
            world.settle();
        }

        assert_eq!(ended(&world, carol, alice), Some(EndReason::InvitationUsed));
        assert_eq!(world.contact_count(alice), 1);
        world
    });
}

#[test]
fn ones_own_invitation_is_refused() {
    let mut world = World::seeded(10);
    let alice = world.person("alice");
    let invitation = world.invite(alice);

    assert_eq!(
        world.accept(alice, &invitation.url),
        Err(Refused::OwnInvitation)
    );
}

#[test]
fn an_invitation_that_one_has_answered_leads_to_the_contact_one_has() {
    let mut world = World::seeded(11);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let invitation = world.invite(alice);
    let contact = world.accept(bob, &invitation.url).unwrap();

    for _ in 0..2 {
        match world.accept(bob, &invitation.url) {
            Err(Refused::KnownInvitation { contact: known, .. }) => assert_eq!(known, contact),
            other => panic!("{other:?}"),
        }
        world.settle();
    }
}
