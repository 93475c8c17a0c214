//! Two people answer one one-time invitation at the same moment: exactly one wins.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by panicking"
)]

use std::time::Instant;

use serde_json::json;
use signet_loopback::{Person, is_campaign};

#[test]
fn of_two_who_answer_at_once_exactly_one_wins() {
    let races = if is_campaign() { 1000 } else { 50 };
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    let mut clara = Person::new(folder.path(), "Clara").unwrap();
    for person in [&mut alice, &mut bob, &mut clara] {
        person.start().unwrap();
    }
    let begun = Instant::now();
    let mut bobs = 0;

    for race in 0..races {
        // Strangers get a bounded number of reports a minute; a restart begins another.
        if race % 50 == 49 {
            assert_eq!(alice.stop(), Some(0));
            alice.start().unwrap();
        }
        let link = alice.invites().unwrap();
        // The one who is asked first takes turns, so that neither wins them all by it.
        let (first, second) = if race % 2 == 0 {
            (&bob, &clara)
        } else {
            (&clara, &bob)
        };
        let asked = [first, second].map(|who| {
            (
                who,
                who.client()
                    .ask("accept", json!({"invitation": link}))
                    .unwrap(),
            )
        });
        let ends = asked.map(|(who, id)| {
            let made = who.client().answer(id).unwrap();
            let contact = made["contact"].as_str().unwrap().to_owned();
            let settled = who
                .until("the race is decided", || {
                    let contact = who.contact(&contact).ok()?;
                    (contact["state"] != "answering").then_some(contact)
                })
                .unwrap();
            // What is over makes room, so that the last race is as quick as the first.
            who.call("delete", json!({"contact": contact})).unwrap();
            (
                who.name.clone(),
                settled["state"].as_str().unwrap().to_owned(),
            )
        });

        let winners: Vec<&str> = ends
            .iter()
            .filter(|(_, state)| state == "connected")
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(winners.len(), 1, "race {race}: {ends:?}");
        assert!(
            ends.iter().any(|(_, state)| state == "ended"),
            "race {race}: {ends:?}"
        );
        bobs += usize::from(winners == ["Bob"]);
    }
    let seconds = begun.elapsed().as_secs();
    println!("\n| races | won by Bob | won by Clara | won by both | won by nobody | seconds |");
    println!("|---|---|---|---|---|---|");
    println!(
        "| {races} | {bobs} | {} | 0 | 0 | {seconds} |",
        races - bobs
    );
}
