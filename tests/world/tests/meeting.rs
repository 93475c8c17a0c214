//! Meeting: an invitation, an answer, a conversation; at once or after a request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_didcomm::{Curve, Did};
use signet_protocol::{
    command::{Command, Refused},
    contact::{ContactState, EndReason, Rotation},
    entry::{DeliveryState, Line},
    invitation::InvitationState,
};
use signet_world::{World, with_seeds};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn an_invitation_is_answered_by_a_rotation_and_the_names_are_exchanged() {
    let mut world = World::seeded(1);
    let (alice, bob) = (world.person("alice"), world.person("bob"));

    let invitation = world.invite(alice);
    world.accept(bob, &invitation.url).unwrap();
    world.settle();

    assert!(
        invitation.url.len() <= 900,
        "{} characters",
        invitation.url.len()
    );
    let (ours, theirs) = (world.relation(alice, bob), world.relation(bob, alice));
    assert_eq!(
        (ours.state, theirs.state),
        (ContactState::Connected, ContactState::Connected)
    );
    assert_eq!((ours.shown_name(), theirs.shown_name()), ("bob", "alice"));
    assert!(
        !ours.my_did.is_same_as(&invitation.did),
        "the public DID is left behind"
    );
    assert!(theirs.their_did.is_same_as(&ours.my_did) && ours.their_did.is_same_as(&theirs.my_did));
    assert_eq!(
        (&ours.rotation, &theirs.rotation),
        (&Rotation::Settled, &Rotation::Settled)
    );
    assert_eq!(world.lines(alice, bob), [Line::Connected]);
    assert_eq!(world.lines(bob, alice), [Line::Connected]);
}

#[test]
fn strangers_meet_over_the_worst_of_wires_whoever_crashes() {
    with_seeds("meeting in a storm", 100, |seed| {
        let mut world = World::seeded(seed)
            .losing(0.3)
            .duplicating(0.3)
            .reordering(0.3)
            .crashing(0.1);
        let (alice, bob) = (world.person("alice"), world.person("bob"));
        world.pass(Duration::from_secs(60));
        let invitation = world.invite(alice);
        // A person who shows a link has it on disk: the window shows only what is committed.
        let calm_begin = world.until(HOUR, |w| w.is_committed(alice));
        assert!(calm_begin);

        let link = invitation.url.clone();
        let mut accepted = false;
        for _ in 0..1000 {
            if world.is_up(bob) && world.contact_count(bob) == 0 {
                accepted |= world.accept(bob, &link).is_ok();
            }
            world.pass(Duration::from_millis(700));
        }
        world.settle();
        world.calm();
        world.settle();

        assert!(accepted);
        assert_eq!(world.standing(alice, bob), ContactState::Connected);
        assert_eq!(world.standing(bob, alice), ContactState::Connected);
        assert_eq!(
            (world.contact_count(alice), world.contact_count(bob)),
            (1, 1)
        );
        assert_eq!(world.relation(alice, bob).shown_name(), "bob");
        assert_eq!(world.relation(bob, alice).shown_name(), "alice");
        world
    });
}

#[test]
fn a_reusable_invitation_leads_to_requests_that_are_accepted_or_refused() {
    let mut world = World::seeded(3);
    let (alice, bob, carol) = (
        world.person("alice"),
        world.person("bob"),
        world.person("carol"),
    );
    let invitation = world.invite_all(alice);

    world.accept(bob, &invitation.url).unwrap();
    world.accept(carol, &invitation.url).unwrap();
    world.settle();

    assert_eq!(world.standing(alice, bob), ContactState::Requested);
    assert_eq!(world.standing(bob, alice), ContactState::Answering);
    assert_eq!(
        world.relation(alice, bob).shown_name(),
        "bob",
        "one sees who asks"
    );
    let (of_bob, of_carol) = (world.contact(alice, bob), world.contact(alice, carol));
    let refused = world.send_to(alice, of_bob, "not yet");
    assert!(
        matches!(refused, Err(Refused::CannotWrite { .. })),
        "{refused:?}"
    );

    world
        .command(
            alice,
            Command::Request {
                contact: of_bob,
                accept: true,
            },
        )
        .unwrap();
    world
        .command(
            alice,
            Command::Request {
                contact: of_carol,
                accept: false,
            },
        )
        .unwrap();
    world.settle();

    assert_eq!(world.standing(alice, bob), ContactState::Connected);
    assert_eq!(world.standing(bob, alice), ContactState::Connected);
    assert_eq!(world.contact_count(alice), 1);
    let carols = world
        .relation_by_id(carol, world.contacts(carol, alice)[0])
        .unwrap();
    assert_eq!(
        (carols.state, carols.ended),
        (ContactState::Ended, Some(EndReason::Refused))
    );
    assert!(
        world
            .invitations(alice)
            .iter()
            .all(|i| i.state == InvitationState::Open),
        "it can be answered again"
    );
}

#[test]
fn those_whom_a_reusable_invitation_led_to_know_different_dids() {
    let mut world = World::seeded(4);
    let (alice, bob, carol) = (
        world.person("alice"),
        world.person("bob"),
        world.person("carol"),
    );
    let invitation = world.invite_all(alice);

    for guest in [bob, carol] {
        world.accept(guest, &invitation.url).unwrap();
        world.settle();
        let contact = world.contact(alice, guest);
        world
            .command(
                alice,
                Command::Request {
                    contact,
                    accept: true,
                },
            )
            .unwrap();
        world.settle();
    }

    assert_ne!(
        world.relation(bob, alice).their_did,
        world.relation(carol, alice).their_did
    );
    world.send(alice, bob, "for bob");
    world.send(alice, carol, "for carol");
    world.settle();
    assert_eq!(world.read(bob, alice), ["for bob"]);
    assert_eq!(world.read(carol, alice), ["for carol"]);
}

#[test]
fn a_request_may_say_a_few_words_before_it_is_accepted_and_no_more() {
    let mut world = World::seeded(5);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let invitation = world.invite_all(alice);
    world.accept(bob, &invitation.url).unwrap();
    for i in 0..50 {
        world.send(bob, alice, &format!("{i}"));
    }
    world.settle();

    let contact = world.contact(alice, bob);
    let heard = world.read_from(alice, contact).len();
    assert!(
        (1..=32).contains(&heard),
        "{heard} entries before acceptance"
    );

    world
        .command(
            alice,
            Command::Request {
                contact,
                accept: true,
            },
        )
        .unwrap();
    world.settle();

    let mut all: Vec<String> = (0..50).map(|i| format!("{i}")).collect();
    let mut read = world.read(alice, bob);
    all.sort();
    read.sort();
    assert_eq!(read, all);
    assert_eq!(world.undelivered(bob, alice), []);
}

#[test]
fn the_accepter_may_write_before_the_inviter_answers() {
    let mut world = World::seeded(12);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let invitation = world.invite(alice);
    world.settle();
    world.crash(alice);

    world.accept(bob, &invitation.url).unwrap();
    world.send(bob, alice, "one");
    world.send(bob, alice, "two");
    world.pass(HOUR);
    assert_eq!(world.state(bob, alice, "one"), DeliveryState::Queued);
    world.restart(alice);
    world.settle();

    assert_eq!(world.read(alice, bob), ["one", "two"]);
    assert_eq!(world.undelivered(bob, alice), []);
    assert_eq!(world.standing(alice, bob), ContactState::Connected);
    assert_eq!(world.relation(alice, bob).shown_name(), "bob");
}

#[test]
fn two_who_accept_each_others_invitations_at_once_have_two_good_conversations() {
    with_seeds("both accept", 50, |seed| {
        let mut world = World::seeded(seed).reordering(0.3).losing(0.2);
        let (alice, bob) = (world.person("alice"), world.person("bob"));
        let (hers, his) = (world.invite(alice), world.invite(bob));

        let to_alice = world.accept(bob, &hers.url).unwrap();
        let to_bob = world.accept(alice, &his.url).unwrap();
        world.settle();
        world.send_to(bob, to_alice, "by hers").unwrap();
        world.send_to(alice, to_bob, "by his").unwrap();
        world.settle();

        assert_eq!(
            (
                world.contacts(alice, bob).len(),
                world.contacts(bob, alice).len()
            ),
            (2, 2)
        );
        assert_eq!(
            world
                .contacts_that_are(alice, ContactState::Connected)
                .len(),
            2
        );
        assert_eq!(
            world.contacts_that_are(bob, ContactState::Connected).len(),
            2
        );
        let all_of = |who, with| {
            world
                .contacts(who, with)
                .into_iter()
                .flat_map(|c| world.read_from(who, c))
                .collect::<Vec<_>>()
        };
        assert_eq!(all_of(alice, bob), ["by hers"]);
        assert_eq!(all_of(bob, alice), ["by his"]);
        world
    });
}

#[test]
fn an_answer_without_pthid_is_recognised_by_the_did_it_went_to() {
    for with_pthid in [true, false] {
        let mut world = World::seeded(13);
        let alice = world.person_on_http("alice");
        let carol = world.agent("carol");
        world.agent_acks(carol, true);
        world.agent_follows(carol, true);
        let invitation = world.invite(alice);
        world.settle();

        world.agent_answers(carol, &invitation.url, "hello, it is carol", with_pthid);
        world.settle();

        let contact = world.contacts_that_are(alice, ContactState::Connected)[0];
        assert_eq!(world.read_from(alice, contact), ["hello, it is carol"]);
        assert!(
            matches!(world.invitations(alice)[0].state, InvitationState::Used(c) if c == contact)
        );
        world.send_to(alice, contact, "hello carol").unwrap();
        world.settle();
        assert_eq!(world.agent_read(carol), ["hello carol"]);
        assert_eq!(
            world.delivery_in(alice, contact, "hello carol").state,
            DeliveryState::Delivered
        );
        world.agent_says(carol, "again");
        world.settle();
        assert_eq!(
            world.read_from(alice, contact),
            ["hello, it is carol", "again"]
        );
    }
}

#[test]
fn an_agent_of_another_make_can_invite_us_whatever_curve_its_key_is_on() {
    let curves = [Curve::X25519, Curve::P256, Curve::P384, Curve::P521];
    for (curve, seed) in curves.into_iter().zip(14..) {
        let mut world = World::seeded(seed);
        let alice = world.person_on_http("alice");
        let carol = world.agent_on("carol", curve);
        world.agent_acks(carol, true);
        world.agent_follows(carol, true);
        let invitation = world.agent_invites(carol);

        let contact = world.accept_read(alice, invitation).unwrap();
        world.send_to(alice, contact, "hello").unwrap();
        world.settle();
        world.agent_says(carol, "hi");
        world.settle();
        world.rotate_all(alice);
        world.settle();
        world.send_to(alice, contact, "from another DID").unwrap();
        world.settle();
        world.agent_says(carol, "to another DID");
        world.settle();

        assert_eq!(world.agent_read(carol), ["hello", "from another DID"]);
        assert_eq!(world.read_from(alice, contact), ["hi", "to another DID"]);
        for text in ["hello", "from another DID"] {
            let state = world.delivery_in(alice, contact, text).state;
            assert_eq!(state, DeliveryState::Delivered, "{curve}");
        }
        let relation = world.relation_by_id(alice, contact).unwrap();
        assert_eq!(relation.state, ContactState::Connected);
        assert_eq!(relation.rotation, Rotation::Settled);
    }
}

#[test]
fn an_invitation_whose_did_has_no_key_to_encrypt_for_is_refused() {
    let mut world = World::seeded(18);
    let alice = world.person("alice");
    let carol = world.agent("carol");
    let mut invitation = world.agent_invites(carol);
    let whole = invitation.from.to_string();
    let signing = whole.find(".V").unwrap();
    let key = whole[signing..].split('.').nth(1).unwrap();
    invitation.from = Did::parse(&format!("did:peer:2.{key}")).unwrap();

    assert_eq!(
        world.accept_read(alice, invitation),
        Err(Refused::NoKey),
        "it can be read, and nobody can write to it"
    );
}
