//! Strangers: whatever they send, nothing changes and nothing is sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use signet_didcomm::{ContentCipher, SecretKeys, anoncrypt, did::Did, document, from_prior, sign};
use signet_protocol::{
    command::Command,
    contact::{ContactState, EndReason},
    limit,
};
use signet_world::{Who, World};

/// Offers an envelope that must be turned away, and asserts that nothing came of it.
fn refused(world: &mut World, who: Who, envelope: &[u8]) -> String {
    world.settle();
    world.listen();
    let before = world.records(who);
    let why = world
        .offer(who, envelope)
        .expect_err("it is turned away")
        .to_string();
    assert_eq!(world.records(who), before, "nothing changed");
    world.settle();
    assert_eq!(world.heard(), 0, "nothing is sent");
    assert_eq!(world.records(who), before, "nothing changed later");
    why
}

fn told(
    world: &mut World,
    text: &str,
    from: &Did,
    keys: &SecretKeys,
    to: &Did,
    proof: Option<String>,
) -> Vec<u8> {
    let mut message = world.basicmessage(text);
    message.from = Some(from.clone());
    message.to = vec![to.clone()];
    message.from_prior = proof;
    world.pack(&message, keys, &document::resolve(to).unwrap())
}

#[test]
fn garbage_is_refused() {
    let mut world = World::seeded(1);
    let (alice, bob) = world.acquainted("alice", "bob");
    world.listen();
    world.send(bob, alice, "a good one");
    world.settle();
    let good = world.envelopes(alice).remove(0);

    refused(&mut world, alice, b"");
    refused(&mut world, alice, b"{}");
    refused(&mut world, alice, &vec![b'['; 2 << 20]);
    for _ in 0..200 {
        let mut bad = good.clone();
        let at = world.any(0, bad.len() as u64 - 1) as usize;
        match world.any(0, 2) {
            0 => bad.truncate(at),
            1 => bad[at] ^= 1 << world.any(0, 6),
            _ => {
                bad.remove(at);
            }
        }
        let before = world.records(alice);
        if world.offer(alice, &bad).is_err() {
            assert_eq!(world.records(alice), before);
        } else {
            // White space outside the protected parts may change; then it is a repeat, no more.
            assert_eq!(world.read(alice, bob), ["a good one"]);
        }
    }
    world.settle();
    assert_eq!(world.read(alice, bob), ["a good one"]);
}

#[test]
fn one_whom_nobody_invited_is_refused() {
    let mut world = World::seeded(2);
    let (alice, bob) = world.acquainted("alice", "bob");
    let to = world.relation(bob, alice).their_did.clone();
    let mallory = world.agent("mallory");
    let (keys, did) = world.agent_keys(mallory);

    let envelope = told(&mut world, "hello", &did, &keys, &to, None);

    assert_eq!(
        refused(&mut world, alice, &envelope),
        "the sender is unknown"
    );
}

#[test]
fn a_contact_of_one_did_cannot_write_to_another_of_ours() {
    let mut world = World::seeded(3);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (_, carol) = world.acquainted("alice", "carol");
    let his = world.relation(bob, alice).my_did.clone();
    let for_carol = world.relation(carol, alice).their_did.clone();
    let keys = world.keys(bob, &his);

    let envelope = told(&mut world, "psst", &his, &keys, &for_carol, None);

    assert_eq!(
        refused(&mut world, alice, &envelope),
        "the message went to a DID of another relationship"
    );
    assert!(world.read(alice, bob).is_empty() && world.read(alice, carol).is_empty());
}

#[test]
fn an_envelope_for_somebody_else_is_refused() {
    let mut world = World::seeded(4);
    let (alice, bob) = world.acquainted("alice", "bob");
    let carol = world.person("carol");
    world.listen();
    world.send(bob, alice, "for alice");
    world.settle();
    let envelope = world.envelopes(alice).remove(0);

    refused(&mut world, carol, &envelope);
}

#[test]
fn a_message_addressed_to_another_than_it_was_packed_for_is_refused() {
    let mut world = World::seeded(5);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (_, carol) = world.acquainted("alice", "carol");
    let (his, to) = (
        world.relation(bob, alice).my_did.clone(),
        world.relation(bob, alice).their_did.clone(),
    );
    let for_carol = world.relation(carol, alice).their_did.clone();
    let keys = world.keys(bob, &his);
    let mut message = world.basicmessage("wrong to");
    message.from = Some(his);
    message.to = vec![for_carol];

    let Some(envelope) = world.try_pack(&message, &keys, &document::resolve(&to).unwrap()) else {
        return; // It cannot even be packed by our own hand.
    };
    refused(&mut world, alice, &envelope);
}

#[test]
fn nobody_moves_a_contact_without_its_own_proof() {
    let mut world = World::seeded(6);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (his, to) = (
        world.relation(bob, alice).my_did.clone(),
        world.relation(bob, alice).their_did.clone(),
    );
    let mallory = world.agent("mallory");
    let (keys, did) = world.agent_keys(mallory);

    // Signed by mallory in bob's name.
    if let Ok(proof) = from_prior::sign(&keys, &his, Some(&did), world.now().seconds()) {
        let envelope = told(&mut world, "I am bob", &did, &keys, &to, Some(proof));
        refused(&mut world, alice, &envelope);
    }
    // Mallory's own past proves nothing about bob.
    let other = world.agent("mallory2");
    let (other_keys, other_did) = world.agent_keys(other);
    let proof =
        from_prior::sign(&other_keys, &other_did, Some(&did), world.now().seconds()).unwrap();
    let envelope = told(&mut world, "I am bob", &did, &keys, &to, Some(proof));
    assert_eq!(
        refused(&mut world, alice, &envelope),
        "the sender is unknown"
    );
    // Nonsense.
    let envelope = told(
        &mut world,
        "I am bob",
        &did,
        &keys,
        &to,
        Some("e30.e30.e30".to_owned()),
    );
    refused(&mut world, alice, &envelope);
}

#[test]
fn a_contact_cannot_move_into_the_place_of_another() {
    let mut world = World::seeded(7);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (_, carol) = world.acquainted("alice", "carol");
    let his = world.relation(bob, alice).my_did.clone();
    let hers = world.relation(carol, alice).my_did.clone();
    let for_carol = world.relation(carol, alice).their_did.clone();
    let for_bob = world.relation(bob, alice).their_did.clone();
    let (his_keys, her_keys) = (world.keys(bob, &his), world.keys(carol, &hers));

    // Bob says he is now carol, and carol's DID is used with bob's proof.
    let proof = from_prior::sign(&his_keys, &his, Some(&hers), world.now().seconds()).unwrap();
    for to in [for_bob, for_carol] {
        world.settle();
        let envelope = told(
            &mut world,
            "both",
            &hers,
            &her_keys,
            &to,
            Some(proof.clone()),
        );
        let _ = world.offer(alice, &envelope);
        world.settle();
        assert!(
            world.relation(alice, bob).their_did.is_same_as(&his),
            "bob stays bob"
        );
        assert!(
            world.relation(alice, carol).their_did.is_same_as(&hers),
            "carol stays carol"
        );
        assert_eq!(world.contact_count(alice), 2);
    }
    assert!(world.read(alice, bob).is_empty());
}

#[test]
fn what_nobody_vouches_for_is_refused() {
    let mut world = World::seeded(8);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (his, to) = (
        world.relation(bob, alice).my_did.clone(),
        world.relation(bob, alice).their_did.clone(),
    );
    let mut message = world.basicmessage("anonymous");
    message.to = vec![to.clone()];
    let document = document::resolve(&to).unwrap();

    let envelope = anoncrypt(&message, &document, ContentCipher::A256Gcm, world.dice()).unwrap();
    assert_eq!(
        refused(&mut world, alice, &envelope),
        "nothing proves who wrote this message"
    );
    message.from = Some(his.clone());
    if let Ok(envelope) = anoncrypt(&message, &document, ContentCipher::A256Gcm, world.dice()) {
        refused(&mut world, alice, &envelope);
    }
    refused(&mut world, alice, &message.to_vec());
    // Signed by bob, but to nobody in particular: anybody could have passed it on.
    let keys = world.keys(bob, &his);
    let envelope = sign(&message, &keys).unwrap();
    refused(&mut world, alice, &envelope);
}

#[test]
fn an_end_that_the_contact_did_not_sign_ends_nothing() {
    let mut world = World::seeded(9);
    let (alice, bob) = world.acquainted("alice", "bob");
    let to = world.relation(bob, alice).their_did.clone();
    let mallory = world.agent("mallory");
    let (keys, did) = world.agent_keys(mallory);
    let mut message = world.basicmessage("");
    message.type_ = "https://didcomm.org/empty/1.0/empty".to_owned();
    message.to = vec![to.clone()];
    message.from_prior = Some(from_prior::sign(&keys, &did, None, world.now().seconds()).unwrap());

    let document = document::resolve(&to).unwrap();
    let envelope = anoncrypt(
        &message,
        &document,
        ContentCipher::A256CbcHs512,
        world.dice(),
    )
    .unwrap();

    refused(&mut world, alice, &envelope);
    assert_eq!(world.standing(alice, bob), ContactState::Connected);
}

#[test]
fn an_end_reaches_the_other_and_nothing_is_taken_after_it() {
    let mut world = World::seeded(10);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (his, to) = (
        world.relation(bob, alice).my_did.clone(),
        world.relation(bob, alice).their_did.clone(),
    );
    let contact = world.contact(alice, bob);

    world.command(alice, Command::End(contact)).unwrap();
    world.settle();

    assert_eq!(world.relation(bob, alice).ended, Some(EndReason::ByThem));
    assert_eq!(world.relation(alice, bob).ended, Some(EndReason::ByUs));
    let of_alice = world.contact(bob, alice);
    assert!(world.send_to(bob, of_alice, "wait!").is_err());
    let keys = world.keys(bob, &his);
    let envelope = told(&mut world, "wait!", &his, &keys, &to, None);
    refused(&mut world, alice, &envelope);
}

#[test]
fn one_who_is_blocked_is_not_heard() {
    let mut world = World::seeded(11).checking_every(20);
    let (alice, bob) = world.acquainted("alice", "bob");
    let contact = world.contact(alice, bob);

    world
        .command(
            alice,
            Command::Block {
                contact,
                blocked: true,
            },
        )
        .unwrap();
    world.send(bob, alice, "can you hear me?");
    world.pass(Duration::from_secs(3600));
    assert!(world.read(alice, bob).is_empty());

    world
        .command(
            alice,
            Command::Block {
                contact,
                blocked: false,
            },
        )
        .unwrap();
    world.settle();
    assert_eq!(world.read(alice, bob), ["can you hear me?"]);
}

#[test]
fn one_who_is_deleted_is_a_stranger() {
    let mut world = World::seeded(12);
    let (alice, bob) = world.acquainted("alice", "bob");
    let (his, to) = (
        world.relation(bob, alice).my_did.clone(),
        world.relation(bob, alice).their_did.clone(),
    );
    world.send(bob, alice, "hello");
    world.settle();
    let contact = world.contact(alice, bob);

    world.command(alice, Command::Delete(contact)).unwrap();
    world.settle();

    assert_eq!(world.contact_count(alice), 0);
    assert!(world.history(alice, contact).is_empty());
    let keys = world.keys(bob, &his);
    let envelope = told(&mut world, "hello?", &his, &keys, &to, None);
    refused(&mut world, alice, &envelope);
}

#[test]
fn a_thousand_requests_may_wait_and_no_more() {
    let mut world = World::seeded(13).checking_every(500);
    let alice = world.person_on_http("alice");
    let invitation = world.invite_all(alice);
    world.settle();
    for i in 0..limit::REQUESTS {
        let asker = world.agent(&format!("asker{i}"));
        world.agent_answers(asker, &invitation.url, "let me in", true);
        if i % 50 == 0 {
            world.pass(Duration::from_secs(1));
        }
    }
    world.pass(Duration::from_secs(1));
    assert_eq!(
        world
            .contacts_that_are(alice, ContactState::Requested)
            .len(),
        limit::REQUESTS
    );
    let before = world.records(alice);

    let last = world.agent("one too many");
    world.agent_answers(last, &invitation.url, "me too", true);
    world.pass(Duration::from_secs(1));

    assert_eq!(world.records(alice), before);
    assert_eq!(world.contact_count(alice), limit::REQUESTS);
    let first = world.contacts_that_are(alice, ContactState::Requested)[0];
    world
        .command(
            alice,
            Command::Request {
                contact: first,
                accept: false,
            },
        )
        .unwrap();
    world.agent_says(last, "now?");
    world.pass(Duration::from_secs(1));
    assert_eq!(world.contact_count(alice), limit::REQUESTS);
}

#[test]
fn a_stranger_who_keeps_asking_for_a_used_invitation_gets_few_answers() {
    let mut world = World::seeded(14).checking_every(200);
    let alice = world.person_on_http("alice");
    let bob = world.person("bob");
    let invitation = world.invite(alice);
    world.accept(bob, &invitation.url).unwrap();
    world.settle();
    let mallory = world.agent("mallory");
    let before = world.records(alice);

    world.agent_answers(mallory, &invitation.url, "open up", true);
    for _ in 0..500 {
        world.agent_says(mallory, "open up");
    }
    world.pass(Duration::from_secs(30));

    let answers = world.agent_received(mallory).len();
    assert!(
        (1..=64).contains(&answers),
        "{answers} answers to 501 knocks"
    );
    assert_eq!(world.records(alice), before);
}
