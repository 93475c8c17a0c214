//! The network changes under people who write to each other: a relay goes and comes back, and somebody
//! comes into another network.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use signet_loopback::{Nat, is_campaign};

use crate::{Online, Resident};

/// How soon somebody who came into another network is to be reached again, of 95 in 100.
const SOON: Duration = Duration::from_secs(5);

/// How long somebody stays in one network at least.
const STAY: Duration = Duration::from_secs(3);

/// Bob writes; how long it takes until he knows that it arrived, and how it went.
fn written(bob: &Resident, to_alice: &str, text: &str) -> (Duration, String) {
    let begun = Instant::now();
    let id = bob.person.writes(to_alice, text).unwrap();
    bob.person
        .until_message(to_alice, &id, "delivered")
        .unwrap();
    let took = begun.elapsed();
    (took, bob.person.until_way(to_alice, &id).unwrap())
}

#[test]
fn when_a_relay_is_lost_and_back_it_leads_people_to_each_other_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut online = match Online::new(folder.path()) {
        Ok(online) => online,
        Err(why) => return println!("SKIPPED, because no network can be made here: {why:#}"),
    };
    let alice = online.resident(folder.path(), "Alice", Nat::Symmetric);
    let bob = online.resident(folder.path(), "Bob", Nat::Restricted);
    let (alice, bob) = (alice.unwrap(), bob.unwrap());
    let (to_bob, to_alice) = signet_loopback::acquainted(&alice.person, &bob.person).unwrap();
    let (_, before) = written(&bob, &to_alice, "before");
    assert!(before == "relayed" || before == "mediator", "{before}");

    online.mediator.kill();
    let id = bob.person.writes(&to_alice, "meanwhile").unwrap();
    online.mediator.start().unwrap();
    let back = Instant::now();
    bob.person
        .until_message(&to_alice, &id, "delivered")
        .unwrap();
    let mut after = 0;
    let again = bob.person.until("a relay leads to Alice again", || {
        after += 1;
        let (_, route) = written(&bob, &to_alice, &format!("after {after}"));
        (route == "relayed").then(|| back.elapsed())
    });
    let again = again.unwrap();
    println!("\n| a relay is lost, and back | leads people to each other again after |\n|---|---|");
    println!(
        "| symmetric with restricted | {:.1} s |\n",
        again.as_secs_f64()
    );
    let mut texts = vec!["before".to_owned(), "meanwhile".to_owned()];
    texts.extend((1..=after).map(|n| format!("after {n}")));
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    alice.person.until_received(&to_bob, &texts).unwrap();
}

#[test]
fn whoever_comes_into_another_network_is_soon_reached_again() {
    let folder = tempfile::tempdir().unwrap();
    let online = match Online::new(folder.path()) {
        Ok(online) => online,
        Err(why) => return println!("SKIPPED, because no network can be made here: {why:#}"),
    };
    let alice = online.resident(folder.path(), "Alice", Nat::Restricted);
    let bob = online.resident(folder.path(), "Bob", Nat::Restricted);
    let (mut alice, bob) = (alice.unwrap(), bob.unwrap());
    let (to_bob, to_alice) = signet_loopback::acquainted(&alice.person, &bob.person).unwrap();
    let kinds = [
        Nat::Restricted,
        Nat::Symmetric,
        Nat::UdpBlocked,
        Nat::FullCone,
        Nat::Open,
    ];
    let mut texts = Vec::new();
    let mut took = Vec::new();
    let mut lines = Vec::new();
    for change in 0..if is_campaign() { 60 } else { 3 } {
        let kind = kinds[change % kinds.len()];
        sleep(STAY);
        alice.host.moves(kind).unwrap();
        let moved = Instant::now();
        // Each way, as soon as it can be said.
        let hers = format!("from Alice {change}");
        let his = format!("to Alice {change}");
        let from_alice = alice.person.writes(&to_bob, &hers).unwrap();
        let from_bob = bob.person.writes(&to_alice, &his).unwrap();
        alice
            .person
            .until_message(&to_bob, &from_alice, "delivered")
            .unwrap();
        let hers_took = moved.elapsed();
        bob.person
            .until_message(&to_alice, &from_bob, "delivered")
            .unwrap();
        let his_took = moved.elapsed();
        let (hers_went, his_went) = (
            alice.person.until_way(&to_bob, &from_alice).unwrap(),
            bob.person.until_way(&to_alice, &from_bob).unwrap(),
        );
        lines.push(format!(
            "| {} | {kind} | {:.1} s | {hers_went} | {:.1} s | {his_went} |",
            change + 1,
            hers_took.as_secs_f64(),
            his_took.as_secs_f64()
        ));
        took.push(hers_took.max(his_took));
        texts.push(his);
    }
    println!(
        "\n| change | came to | from there | route | to there | route |\n|---|---|---|---|---|---|"
    );
    println!("{}", lines.join("\n"));
    took.sort_unstable();
    let p95 = took[(took.len() * 95).div_ceil(100) - 1];
    println!("\n| changes | both reached again, p95 |\n|---|---|");
    println!("| {} | {:.1} s |\n", took.len(), p95.as_secs_f64());
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    alice.person.until_received(&to_bob, &texts).unwrap();
    assert!(!is_campaign() || p95 <= SOON, "{p95:?}");
}
