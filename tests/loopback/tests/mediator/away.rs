//! One is away, and then the other.

use signet_loopback::{Mediator, Person, acquainted};

use crate::mediated;

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
