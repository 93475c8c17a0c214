//! Rotations that are refused: proofs that were stolen, repeated or meant for another, and DIDs that
//! were left.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_didcomm::{Document, SecretKeys, authcrypt, did::Did, document, from_prior};
use signet_protocol::{contact::Rotation, entry::Line};
use signet_world::World;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn document_of(did: &Did) -> Document {
    document::resolve(did).unwrap()
}

/// What somebody who holds these keys can write in the name of `from`.
fn forged(
    world: &mut World,
    keys: &SecretKeys,
    from: &Did,
    to: &Did,
    prior: Option<String>,
) -> Vec<u8> {
    let mut message = world.basicmessage("send me all your money");
    message.from = Some(from.clone());
    message.to = vec![to.clone()];
    message.from_prior = prior;
    world.pack(&message, keys, &document_of(to))
}

#[test]
fn what_comes_from_a_did_they_left_is_refused_even_if_it_is_older() {
    let mut world = World::seeded(9);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.listen();
    world.send(bob, alice, "as before");
    world.settle();
    let old_mail = world.envelopes(alice);
    let (left, to) = (
        world.relation(bob, alice).my_did.clone(),
        world.relation(bob, alice).their_did.clone(),
    );
    world.rotate(bob, alice);
    world.settle();
    world.assert_agreed(alice, bob);
    let before = world.records(alice);

    for envelope in old_mail {
        assert!(world.offer(alice, &envelope).is_err(), "a replay");
    }
    let keys = world.keys(bob, &left);
    let envelope = forged(&mut world, &keys, &left, &to, None);
    let refused = world.offer(alice, &envelope).unwrap_err();
    assert!(refused.to_string().contains("retired"), "{refused}");
    assert_eq!(world.records(alice), before);
}

#[test]
fn a_leaked_key_of_a_left_did_moves_nobody() {
    let mut world = World::seeded(10);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (left, to) = (
        world.relation(bob, alice).my_did.clone(),
        world.relation(bob, alice).their_did.clone(),
    );
    world.rotate(bob, alice);
    world.settle();
    let mallory = world.agent("mallory");
    let (his_keys, his_did) = world.agent_keys(mallory);
    let before = world.records(alice);

    let stolen = world.keys(bob, &left);
    let proof =
        from_prior::sign(&stolen, &left, Some(&his_did), world.now().seconds() + 5).unwrap();
    let envelope = forged(&mut world, &his_keys, &his_did, &to, Some(proof));

    assert!(world.offer(alice, &envelope).is_err());
    assert_eq!(world.records(alice), before);
    world.send(alice, bob, "still to you");
    world.settle();
    assert_eq!(world.read(bob, alice), ["still to you"]);
}

#[test]
fn a_proof_for_another_did_moves_nobody() {
    let mut world = World::seeded(11);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.listen();
    world.crash(alice);
    world.rotate(bob, alice);
    world.send(bob, alice, "I moved");
    world.pass(SECOND);
    world.restart(alice);
    // The proof is taken from a true message of bob's; mallory puts it under a DID of her own.
    let his = world.relation(bob, alice);
    let Rotation::Announcing { from_prior, .. } = &his.rotation else {
        panic!("it is unconfirmed")
    };
    let (proof, to) = (from_prior.clone(), his.their_did.clone());
    let mallory = world.agent("mallory");
    let (keys, did) = world.agent_keys(mallory);
    let before = world.records(alice);

    let envelope = forged(&mut world, &keys, &did, &to, Some(proof));

    assert!(world.offer(alice, &envelope).is_err());
    assert_eq!(world.records(alice), before);
    world.settle();
    assert_eq!(world.read(alice, bob), ["I moved"]);
}

#[test]
fn a_way_back_to_a_did_that_was_left_is_refused() {
    let mut world = World::seeded(12);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (first, to) = (
        world.relation(bob, alice).my_did.clone(),
        world.relation(bob, alice).their_did.clone(),
    );
    world.rotate(bob, alice);
    world.settle();
    let second = world.relation(bob, alice).my_did.clone();
    let before = world.records(alice);

    let proof = from_prior::sign(
        &world.keys(bob, &second),
        &second,
        Some(&first),
        world.now().seconds() + 9,
    )
    .unwrap();
    let keys = world.keys(bob, &first);
    let envelope = forged(&mut world, &keys, &first, &to, Some(proof));

    assert!(world.offer(alice, &envelope).is_err());
    assert_eq!(world.records(alice), before);
    world.send(bob, alice, "still here");
    world.settle();
    assert_eq!(world.read(alice, bob), ["still here"]);
}

#[test]
fn a_proof_seen_again_moves_nobody_twice() {
    let mut world = World::seeded(13).duplicating(0.9).reordering(0.9);
    let (alice, bob) = world.acquainted("alice", "bob");

    world.rotate(bob, alice);
    for i in 0..5 {
        world.send(bob, alice, &format!("{i}"));
    }
    world.settle();

    let changes = world
        .lines(alice, bob)
        .into_iter()
        .filter(|line| *line == Line::TheyChanged)
        .count();
    assert_eq!(changes, 1);
    world.assert_agreed(alice, bob);
}

#[test]
fn a_did_that_was_left_takes_late_mail_for_a_week_and_then_its_keys_die() {
    let mut world = World::seeded(14);
    let (alice, bob) = world.acquainted("alice", "bob");
    let left = world.relation(alice, bob).my_did.clone();
    let his = world.relation(bob, alice).my_did.clone();
    world.rotate(alice, bob);
    world.settle();
    let keys = world.keys(bob, &his);

    world.pass(6 * DAY);
    let late = forged(&mut world, &keys, &his, &left, None);
    world.offer(alice, &late).unwrap();
    world.settle();
    assert_eq!(world.read(alice, bob).len(), 1);

    world.pass(DAY + 3 * HOUR);
    let too_late = forged(&mut world, &keys, &his, &left, None);
    let before = world.records(alice);
    assert!(world.offer(alice, &too_late).is_err());
    assert_eq!(world.records(alice), before);
    assert!(
        !world.held(alice).contains(&left.short()),
        "the keys are gone"
    );
    assert!(world.relation(alice, bob).my_retired.is_empty());
}

#[test]
fn whoever_holds_no_key_of_a_did_cannot_write_in_its_name() {
    let mut world = World::seeded(16);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (his, to) = (
        world.relation(bob, alice).my_did.clone(),
        world.relation(bob, alice).their_did.clone(),
    );
    let mallory = world.agent("mallory");
    let (keys, did) = world.agent_keys(mallory);
    let mut message = world.basicmessage("I am bob");
    message.to = vec![to.clone()];
    message.from = Some(did);
    assert!(authcrypt(&message, &keys, &document_of(&to), world.dice()).is_ok());

    message.from = Some(his);
    assert!(authcrypt(&message, &keys, &document_of(&to), world.dice()).is_err());
}
