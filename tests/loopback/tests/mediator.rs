//! Mail that waits at a mediator while its recipient is away.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

use serde_json::json;
use signet_loopback::{Mediator, Person, acquainted, is_campaign};

/// Asks a mediator, and waits until so many contacts know that they can write by it.
fn mediated(person: &Person, mediator: &Mediator, contacts: u64) {
    let added = person
        .call("mediator.add", json!({"link": mediator.link}))
        .unwrap();
    assert_eq!(added["state"], "granted", "{added}");
    assert_eq!(added["did"], mediator.did);
    person
        .until("the contacts have followed", || {
            let all = person.call("mediator.list", json!({})).ok()?;
            let settled = person.call("contacts", json!({})).ok()?;
            let settled = settled.as_array()?.iter();
            let settled = settled.filter(|c| c["rotation"] == "settled").count() as u64;
            (all[0]["contacts"] == contacts && settled == contacts).then_some(())
        })
        .unwrap();
}

#[test]
fn what_is_written_while_one_is_away_and_then_the_other_arrives_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut mediator = Mediator::new(folder.path(), "mediator").unwrap();
    mediator.start().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    mediated(&bob, &mediator, 1);
    mediated(&alice, &mediator, 1);
    alice
        .until("both have a live connection", || {
            (mediator.count("sockets").ok()? == 2).then_some(())
        })
        .unwrap();

    bob.stop();
    let texts: Vec<String> = (0..20).map(|n| format!("while you are away {n}")).collect();
    let ids: Vec<String> = texts
        .iter()
        .map(|text| alice.writes(&to_bob, text).unwrap())
        .collect();
    for id in &ids {
        alice.until_message(&to_bob, id, "sent").unwrap();
        assert_eq!(alice.until_way(&to_bob, id).unwrap(), "mediator");
    }
    alice.stop();
    bob.start().unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    bob.until_received(&to_alice, &texts).unwrap();
    // The acknowledgements go the same way.
    let answer = bob.writes(&to_alice, "all there").unwrap();
    bob.until_message(&to_alice, &answer, "sent").unwrap();
    bob.stop();
    alice.start().unwrap();
    for id in &ids {
        alice.until_message(&to_bob, id, "delivered").unwrap();
    }
    alice.until_received(&to_bob, &["all there"]).unwrap();
}

/// Alice and Bob, acquainted, with a mediator each knows and no other way to each other: each has
/// listened elsewhere since they met.
fn apart(alice: &mut Person, bob: &mut Person, mediators: [&Mediator; 2]) -> (String, String) {
    alice.start().unwrap();
    bob.start().unwrap();
    let ids = acquainted(alice, bob).unwrap();
    mediated(alice, mediators[0], 1);
    mediated(bob, mediators[1], 1);
    // Both move at once, so neither can tell the other where to.
    alice.stop();
    bob.stop();
    alice.start_elsewhere().unwrap();
    bob.start_elsewhere().unwrap();
    ids
}

#[test]
fn a_mediator_that_is_killed_again_and_again_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut mediator = Mediator::new(folder.path(), "mediator").unwrap();
    mediator.start().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    let (to_bob, to_alice) = apart(&mut alice, &mut bob, [&mediator, &mediator]);
    // Alice finds Bob by his mediator only.
    bob.stop();

    let rounds = if is_campaign() { 200 } else { 5 };
    let mut texts = Vec::new();
    for round in 0..rounds {
        for n in 0..10 {
            let text = format!("round {round}, message {n}");
            alice.writes(&to_bob, &text).unwrap();
            texts.push(text);
        }
        mediator.kill();
        mediator.start().unwrap();
    }
    alice
        .until("the mediator has all of it", || {
            let states = alice.states(&to_bob).ok()?;
            states.iter().all(|state| state == "sent").then_some(())
        })
        .unwrap();
    bob.start().unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    bob.until_received(&to_alice, &texts).unwrap();
    alice
        .until("all of it is confirmed", || {
            let states = alice.states(&to_bob).ok()?;
            let is_there = |state: &String| state == "delivered";
            states.iter().all(is_there).then_some(())
        })
        .unwrap();
}

#[test]
fn bob_moves_from_one_mediator_to_another_and_the_first_ends_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Mediator::new(folder.path(), "first").unwrap();
    let mut second = Mediator::new(folder.path(), "second").unwrap();
    first.start().unwrap();
    second.start().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    let (to_bob, to_alice) = apart(&mut alice, &mut bob, [&first, &first]);

    let mut texts = Vec::new();
    let mut write = |alice: &Person, count: usize| {
        for _ in 0..count {
            texts.push(format!("message {}", texts.len()));
            alice.writes(&to_bob, texts.last().unwrap()).unwrap();
        }
    };
    write(&alice, 5);
    let swap = json!({"old": first.did, "new": second.link});
    let swapped = bob.call("mediator.swap", swap).unwrap();
    assert_eq!(swapped["state"], "granted", "{swapped}");
    write(&alice, 5);
    bob.until("nobody writes by the first any more", || {
        let all = bob.call("mediator.list", json!({})).ok()?;
        let old = all
            .as_array()?
            .iter()
            .find(|m| m["did"] == first.did.as_str())?;
        (old["contacts"] == 0 && old["state"] == "empty").then_some(())
    })
    .unwrap();
    let remove = json!({"did": first.url()});
    bob.call("mediator.remove", remove).unwrap();
    first.kill();
    write(&alice, 5);

    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    bob.until_received(&to_alice, &texts).unwrap();
    let left = bob.call("mediator.list", json!({})).unwrap();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
}
