//! Mail that waits at a mediator while its recipient is away.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

use serde_json::json;
use signet_loopback::{Mediator, Person, acquainted};

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
