//! Two processes meet by a link and chat.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

use serde_json::json;
use signet_loopback::{Person, acquainted, in_history};

#[test]
fn two_people_meet_by_a_link_chat_and_find_it_all_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();

    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    assert_eq!(alice.contact(&to_bob).unwrap()["name"], "Bob");
    assert_eq!(bob.contact(&to_alice).unwrap()["name"], "Alice");
    let hello = alice.writes("Bob", "Hello Bob, here I am.").unwrap();
    bob.until_received(&to_alice, &["Hello Bob, here I am."])
        .unwrap();
    alice.until_message(&to_bob, &hello, "delivered").unwrap();
    assert_eq!(alice.until_way(&to_bob, &hello).unwrap(), "direct");
    bob.writes("Alice", "Hello\nAlice! 👋").unwrap();
    alice
        .until_received(&to_bob, &["Hello\nAlice! 👋"])
        .unwrap();
    let unread = bob.contact(&to_alice).unwrap()["unread"].clone();
    bob.call("read", json!({"contact": "Alice"})).unwrap();
    assert_eq!(unread, 1);
    assert_eq!(bob.contact(&to_alice).unwrap()["unread"], 0);

    let before = (
        alice.history(&to_bob).unwrap(),
        bob.history(&to_alice).unwrap(),
    );
    assert_eq!(alice.stop(), Some(0));
    bob.kill();
    alice.start().unwrap();
    bob.start().unwrap();
    assert_eq!(
        (
            alice.history(&to_bob).unwrap(),
            bob.history(&to_alice).unwrap()
        ),
        before
    );
    let again = bob.writes(&to_alice, "and once more").unwrap();
    bob.until_message(&to_alice, &again, "delivered").unwrap();
}

#[test]
fn a_message_waits_for_somebody_who_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();

    bob.stop();
    let first = alice.writes(&to_bob, "first").unwrap();
    alice.writes(&to_bob, "second").unwrap();
    let states = alice.states(&to_bob).unwrap();
    bob.start().unwrap();

    assert_eq!(states, ["queued", "queued"]);
    bob.until_received(&to_alice, &["first", "second"]).unwrap();
    alice.until_message(&to_bob, &first, "delivered").unwrap();
}

#[test]
fn a_rotation_and_an_end_reach_the_other_side() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    let before = bob.contact(&to_alice).unwrap()["their_did"].clone();

    let started = alice.call("rotate", json!({"all": true})).unwrap();
    alice
        .until("the rotation is confirmed", || {
            let rotation = alice.call("rotation", json!({})).ok()?;
            rotation["waiting"].as_array()?.is_empty().then_some(())
        })
        .unwrap();
    let after = bob
        .until("Bob knows the other DID", || {
            let contact = bob.contact(&to_alice).ok()?;
            (contact["their_did"] != before).then_some(contact)
        })
        .unwrap();
    bob.writes(&to_alice, "still you").unwrap();
    alice.until_received(&to_bob, &["still you"]).unwrap();
    alice.call("end", json!({"contact": "Bob"})).unwrap();

    assert_eq!(started["started"], json!([to_bob]));
    let left: Vec<_> = after["chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| link["did"].clone())
        .collect();
    assert!(
        left.contains(&before),
        "the chain names the DID left behind"
    );
    let ended = bob.until_state(&to_alice, "ended").unwrap();
    assert!(ended["reason"].as_str().unwrap().ends_with('.'));
}

#[test]
fn who_answers_a_reusable_invitation_waits_for_a_yes() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    let mut clara = Person::new(folder.path(), "Clara").unwrap();
    for person in [&mut alice, &mut bob, &mut clara] {
        person.start().unwrap();
    }
    let made = alice
        .call("invite", json!({"reusable": true, "expires": "7d"}))
        .unwrap();
    let link = made["url"].as_str().unwrap();

    let bobs = bob.accepts(link).unwrap();
    let claras = clara.accepts(link).unwrap();
    for name in ["Bob", "Clara"] {
        alice
            .until("the request is there", || {
                alice.call("contact", json!({"contact": name})).ok()
            })
            .unwrap();
    }
    alice
        .call("request", json!({"contact": "Bob", "answer": "accept"}))
        .unwrap();
    alice
        .call("request", json!({"contact": "Clara", "answer": "refuse"}))
        .unwrap();

    bob.until_state(&bobs, "connected").unwrap();
    let refused = clara.until_state(&claras, "ended").unwrap();
    assert!(refused["reason"].as_str().unwrap().ends_with('.'));
}

#[test]
fn the_rpc_names_what_is_wrong_with_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    alice.start().unwrap();
    let told = |method: &str, params| match alice.call(method, params).unwrap_err() {
        signet_loopback::Refused::Said { code, sentence } => {
            assert!(
                sentence.ends_with('.') && !sentence.contains('\n'),
                "{sentence}"
            );
            code
        }
        signet_loopback::Refused::Gone => panic!("the process is gone"),
    };

    assert_eq!(told("dance", json!({})), -32601);
    assert_eq!(told("history", json!({})), -32602);
    assert_eq!(told("whoami", json!({"surplus": 1})), -32602);
    assert_eq!(told("whoami", json!([1])), -32602);
    assert_eq!(
        told("send", json!({"contact": "Nobody", "text": "x"})),
        -32000
    );
    assert_eq!(told("invite", json!({"expires": "soon"})), -32602);
    alice.client().write("this is not JSON").unwrap();
    alice.client().write(&"x".repeat(3 << 20)).unwrap();
    assert_eq!(alice.call("whoami", json!({})).unwrap()["name"], "Alice");
}

#[test]
fn what_is_written_at_once_arrives_in_that_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    let texts: Vec<String> = (1..=200).map(|number| format!("number {number}")).collect();

    let asked: Vec<u64> = texts
        .iter()
        .map(|text| {
            alice
                .client()
                .ask("send", json!({"contact": to_bob, "text": text}))
                .unwrap()
        })
        .collect();
    for id in asked {
        alice.client().answer(id).unwrap();
    }

    let expected: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(
        in_history(&alice.history(&to_bob).unwrap(), "out", "text"),
        texts
    );
    bob.until_received(&to_alice, &expected).unwrap();
    alice
        .until("all are delivered", || {
            let states = alice.states(&to_bob).ok()?;
            states
                .iter()
                .all(|state| state == "delivered")
                .then_some(())
        })
        .unwrap();
}
