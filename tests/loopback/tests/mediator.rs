//! Mail that waits at a mediator while its recipient is away, or cannot be reached straight.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

#[path = "mediator/away.rs"]
mod away;
#[path = "mediator/cuts.rs"]
mod cuts;
#[path = "mediator/hosting.rs"]
mod hosting;
#[path = "mediator/kills.rs"]
mod kills;
#[path = "mediator/nodes.rs"]
mod nodes;
#[path = "mediator/swap.rs"]
mod swap;

use serde_json::json;
use signet_loopback::{Mediator, Person, acquainted, is_campaign};

/// How many of something: all in a campaign, else about a twentieth.
fn of(full: usize) -> usize {
    if is_campaign() { full } else { full / 20 }
}

/// Asks a mediator, and waits until so many contacts know that they can write by it.
fn mediated(person: &Person, mediator: &Mediator, contacts: u64) {
    let added = person
        .call("mediator.add", json!({"link": mediator.link}))
        .unwrap();
    assert_eq!(added["state"], "granted", "{added}");
    assert_eq!(added["did"], mediator.did);
    settled(person, |mediators| mediators[0]["contacts"] == contacts);
}

/// Waits until no contact of theirs is being told of anything, and their mediators are like this.
fn settled(person: &Person, are: impl Fn(&serde_json::Value) -> bool) {
    person
        .until("the contacts have followed", || {
            let all = person.call("mediator.list", json!({})).ok()?;
            let contacts = person.call("contacts", json!({})).ok()?;
            let mut contacts = contacts.as_array()?.iter();
            let is_settled = contacts.all(|contact| contact["rotation"] == "settled");
            (is_settled && are(&all)).then_some(())
        })
        .unwrap();
}

/// Alice and Bob, acquainted, with a mediator each, who write to each other by mediators only. What
/// each calls the other.
fn apart(alice: &mut Person, bob: &mut Person, mediators: [&Mediator; 2]) -> (String, String) {
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(alice, bob).unwrap();
    mediated(alice, mediators[0], 1);
    mediated(bob, mediators[1], 1);
    for (person, contact) in [(&*alice, &to_bob), (&*bob, &to_alice)] {
        let only = json!({"contact": contact});
        person.call("mediated-only", only).unwrap();
        settled(person, |_| true);
    }
    (to_bob, to_alice)
}

/// What a conversation came to.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    lost: usize,
    repeated: usize,
    out_of_order: usize,
    not_acknowledged: usize,
}

/// Waits until all of these have come and are acknowledged, and counts what went wrong.
fn outcome(
    (from, to_them): (&Person, &str),
    (to, to_us): (&Person, &str),
    sent: &[String],
) -> Outcome {
    let patience = std::time::Duration::from_secs(600);
    let all = from.until_for(patience, "all of it is confirmed", || {
        let states = from.states(to_them).ok()?;
        let is_there = |state: &String| state == "delivered";
        states.iter().all(is_there).then_some(())
    });
    let states = from.states(to_them).unwrap();
    assert_eq!(states.len(), sent.len());
    let received = to.received(to_us).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let first: Vec<&String> = received.iter().filter(|text| seen.insert(*text)).collect();
    let mut sorted = first.clone();
    let place = |text: &&String| sent.iter().position(|one| one == *text);
    sorted.sort_by_cached_key(place);
    let outcome = Outcome {
        lost: sent.iter().filter(|text| !seen.contains(text)).count(),
        repeated: received.len() - first.len(),
        out_of_order: first.iter().zip(&sorted).filter(|(a, b)| a != b).count(),
        not_acknowledged: states.iter().filter(|state| *state != "delivered").count(),
    };
    assert!(all.is_ok() || outcome.not_acknowledged > 0);
    outcome
}
