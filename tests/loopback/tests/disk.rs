//! A disk that fills up: the person is told, and nothing that was acknowledged is lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by panicking"
)]

use serde_json::json;
use signet_loopback::{Person, Refused, acquainted};

#[test]
fn a_full_disk_is_told_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    alice.stop();

    // No file may grow beyond 8 MiB: to a program that is a disk without room.
    alice.start_under("trap '' XFSZ; ulimit -f 16384").unwrap();
    let mut acknowledged = Vec::new();
    let told = loop {
        let text = format!("{} {}", acknowledged.len(), "x".repeat(30_000));
        match alice.call("send", json!({"contact": to_bob, "text": text})) {
            Ok(_) => acknowledged.push(text),
            Err(refused) => break refused,
        }
        assert!(acknowledged.len() < 1000, "the disk never filled up");
    };
    let status = alice.client().wait();
    let stopped = alice
        .client()
        .events()
        .into_iter()
        .find(|event| event["kind"] == "node.stopped");
    let log = std::fs::read_to_string(alice.home().join("log")).unwrap();

    assert!(!acknowledged.is_empty());
    assert_eq!(status, Some(1));
    let sentence = stopped.expect("an event says so")["sentence"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(sentence.contains("disk is full"), "{sentence}");
    assert!(log.contains("disk is full"), "{log}");
    assert!(matches!(told, Refused::Said { .. } | Refused::Gone));
    alice.kill();
    alice.start().unwrap();
    let history = alice.history(&to_bob).unwrap();
    let kept = signet_loopback::in_history(&history, "out", "text");
    assert_eq!(
        kept, acknowledged,
        "every message that was answered for, and no other"
    );
    let last = alice.writes(&to_bob, "room again").unwrap();
    alice.until_message(&to_bob, &last, "delivered").unwrap();
    acknowledged.push("room again".to_owned());
    bob.until("everything has come", || {
        bob.received(&to_alice)
            .ok()
            .filter(|have| *have == acknowledged)
    })
    .unwrap();
}
