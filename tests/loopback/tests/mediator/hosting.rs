//! Invitations that a mediator hosts, from the short link to its end.

use serde_json::json;
use signet_loopback::{Mediator, Person, Refused};

use crate::mediated;

/// Alice, online, with a mediator that hosts her invitations.
fn hosted(folder: &std::path::Path) -> (Person, Mediator) {
    let mut mediator = Mediator::new(folder, "mediator").unwrap();
    mediator.start().unwrap();
    let mut alice = Person::new(folder, "Alice").unwrap();
    alice.start().unwrap();
    mediated(&alice, &mediator, 0);
    (alice, mediator)
}

/// Waits until the page says that nothing is there; whoever comes before that may still answer.
fn until_gone(person: &Person, link: &str) {
    let is_gone = |refused: &Refused| refused.to_string().contains("does not hold an invitation");
    person
        .until("the page is gone", || {
            person.accepts(link).err().filter(is_gone)
        })
        .unwrap();
}

#[test]
fn two_meet_by_a_short_link_which_leads_nowhere_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, mediator) = hosted(folder.path());
    let [mut bob, mut carol] = ["Bob", "Carol"].map(|name| {
        let mut person = Person::new(folder.path(), name).unwrap();
        person.start().unwrap();
        person
    });

    let link = alice.invites().unwrap();
    assert!(link.starts_with(&mediator.url()), "{link}");
    assert!(link.contains("?_oobid=") && link.len() < 120, "{link}");
    let to_alice = bob.accepts(&link).unwrap();
    let to_bob = alice.only_contact().unwrap();
    alice.until_state(&to_bob, "connected").unwrap();
    bob.until_state(&to_alice, "connected").unwrap();
    bob.writes(&to_alice, "found you").unwrap();
    alice.until_received(&to_bob, &["found you"]).unwrap();
    alice.writes(&to_bob, "so you did").unwrap();
    bob.until_received(&to_alice, &["so you did"]).unwrap();

    until_gone(&carol, &link);
    bob.stop();
    carol.stop();
}

#[test]
fn a_revoked_invitation_is_gone_from_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, mut mediator) = hosted(folder.path());
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    bob.start().unwrap();
    let made = alice.call("invite", json!({"reusable": true})).unwrap();
    let link = made["url"].as_str().unwrap();
    assert!(link.contains("?_oobid="), "{link}");

    alice.call("revoke", json!({"id": made["id"]})).unwrap();

    let shown = alice.call("invitations", json!({})).unwrap();
    let long = shown[0]["url"].as_str().unwrap();
    assert!(long.starts_with("signet://"), "{long}");
    until_gone(&bob, link);
    mediator.kill();
    let refused = bob.accepts(link).unwrap_err().to_string();
    assert!(refused.contains("does not answer"), "{refused}");
}
