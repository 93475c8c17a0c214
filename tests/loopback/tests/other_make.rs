//! Mail by a mediator of another make: its envelopes are sealed by the published `didcomm` crate,
//! and nothing of it is ours.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

#[path = "other_make/desk.rs"]
mod desk;
#[path = "other_make/dids.rs"]
mod dids;
#[path = "other_make/envelope.rs"]
mod envelope;
#[path = "other_make/make.rs"]
mod make;
#[path = "other_make/mediator.rs"]
mod mediator;
#[path = "other_make/pickup.rs"]
mod pickup;
#[path = "other_make/store.rs"]
mod store;

use std::time::Duration;

use make::{Coordination, Make, Stranger};
use mediator::Mediator;
use serde_json::json;
use signet_loopback::{Person, acquainted, is_campaign};

/// How long a mediator that answers may take to grant.
const PATIENCE: Duration = Duration::from_secs(60);

/// Two contacts with this mediator and no way to each other but by it: each has listened elsewhere
/// since they met.
struct Two {
    alice: Person,
    bob: Person,
    to_bob: String,
    to_alice: String,
    mediator: Mediator,
    _folder: tempfile::TempDir,
}

impl Two {
    fn by(make: Make, patience: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut alice = Person::new(folder.path(), "Alice").unwrap();
        let mut bob = Person::new(folder.path(), "Bob").unwrap();
        let mediator = Mediator::start(make).unwrap();
        alice.start().unwrap();
        bob.start().unwrap();
        let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
        mediated(&bob, &mediator, patience);
        mediated(&alice, &mediator, patience);
        // Both move at once, so neither can tell the other where to.
        alice.stop();
        bob.stop();
        alice.start_elsewhere().unwrap();
        bob.start_elsewhere().unwrap();
        Self {
            alice,
            bob,
            to_bob,
            to_alice,
            mediator,
            _folder: folder,
        }
    }

    /// Alice writes ten texts to Bob, who is not there; they wait at the mediator.
    fn ten_wait(&self) -> Vec<String> {
        let texts: Vec<String> = (0..10).map(|n| format!("while you are away {n}")).collect();
        let ids: Vec<String> = texts
            .iter()
            .map(|text| self.alice.writes(&self.to_bob, text).unwrap())
            .collect();
        for id in &ids {
            self.alice.until_message(&self.to_bob, id, "sent").unwrap();
            let way = self.alice.until_way(&self.to_bob, id).unwrap();
            assert_eq!(way, "mediator");
        }
        assert!(self.mediator.waiting() >= ids.len());
        texts
    }

    /// Whatever was written arrives, is confirmed, and leaves nothing behind.
    fn all_settles(&self) {
        for (person, contact) in [(&self.alice, &self.to_bob), (&self.bob, &self.to_alice)] {
            let all_there = || {
                let states = person.states(contact).ok()?;
                let is_there = |state: &String| state == "delivered";
                states.iter().all(is_there).then_some(())
            };
            person.until("all is confirmed", all_there).unwrap();
        }
        let empty = || (self.mediator.waiting() == 0).then_some(());
        self.bob.until("nothing waits", empty).unwrap();
        assert_eq!(self.mediator.complaints(), Vec::<String>::new());
    }
}

/// Asks a mediator by its invitation, and waits until the one contact knows that they can write by it.
fn mediated(person: &Person, mediator: &Mediator, patience: Duration) {
    let added = person
        .call("mediator.add", json!({"link": mediator.link}))
        .unwrap();
    assert_eq!(added["did"], mediator.did);
    let granted = || {
        let all = person.call("mediator.list", json!({})).ok()?;
        (all[0]["state"] == "granted").then_some(())
    };
    person.until_for(patience, "granted", granted).unwrap();
    let followed = || {
        let all = person.call("mediator.list", json!({})).ok()?;
        let contacts = person.call("contacts", json!({})).ok()?;
        (all[0]["contacts"] == 1 && contacts[0]["rotation"] == "settled").then_some(())
    };
    person.until("the contact has followed", followed).unwrap();
}

/// Mail both ways, each written while the other is away.
fn mail_waits_both_ways(make: Make, patience: Duration) {
    let mut two = Two::by(make, patience);
    two.bob.stop();
    let texts = two.ten_wait();
    two.alice.stop();

    two.bob.start().unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    two.bob.until_received(&two.to_alice, &texts).unwrap();
    let answers = ["all there", "and you?"];
    for answer in answers {
        let id = two.bob.writes(&two.to_alice, answer).unwrap();
        two.bob.until_message(&two.to_alice, &id, "sent").unwrap();
        assert_eq!(two.bob.until_way(&two.to_alice, &id).unwrap(), "mediator");
    }

    two.alice.start().unwrap();
    two.alice.until_received(&two.to_bob, &answers).unwrap();
    two.all_settles();
    assert_eq!(two.bob.received(&two.to_alice).unwrap(), texts);
    assert_eq!(two.mediator.dropped(), 0);
}

#[test]
fn mail_waits_at_a_mediator_that_speaks_3_0_over_http_only() {
    mail_waits_both_ways(Make::NEW, PATIENCE);
}

#[test]
fn mail_waits_at_a_mediator_that_speaks_2_0_only() {
    mail_waits_both_ways(Make::OLD, PATIENCE);
}

#[test]
fn mail_waits_at_a_mediator_that_says_nothing_to_what_it_does_not_speak() {
    let make = Make {
        coordination: Coordination::V2Silent,
        ..Make::OLD
    };
    mail_waits_both_ways(make, PATIENCE);
}

/// It lost all it knew, and says so to those whom it served in its own way.
fn is_asked_again(make: Make) {
    let mut two = Two::by(make, PATIENCE);
    two.alice.writes(&two.to_bob, "before").unwrap();
    two.bob.until_received(&two.to_alice, &["before"]).unwrap();
    two.all_settles();
    let known = two.mediator.recipients();
    two.bob.stop();

    two.mediator.lose_everything();
    let dropped = two.alice.writes(&two.to_bob, "dropped").unwrap();
    let (alice, to_bob) = (&two.alice, &two.to_bob);
    alice.until_message(to_bob, &dropped, "sent").unwrap();
    assert!(two.mediator.dropped() > 0);
    two.bob.start().unwrap();
    let again = || (two.mediator.recipients() >= known).then_some(());
    let asked = "both have asked again";
    two.bob.until_for(3 * PATIENCE, asked, again).unwrap();
    two.bob.stop();
    let after = alice.writes(to_bob, "after").unwrap();
    assert_eq!(alice.until_way(to_bob, &after).unwrap(), "mediator");
    two.bob.start().unwrap();

    let texts = ["before", "dropped", "after"];
    two.bob.until_received(&two.to_alice, &texts).unwrap();
    two.all_settles();
}

#[test]
fn a_mediator_that_lost_everything_is_asked_again_and_what_it_dropped_arrives() {
    is_asked_again(Make::NEW);
}

// The protocols name no code for who was not granted mediation.
#[test]
fn whatever_it_calls_it_when_it_does_not_know_us_it_is_asked_again() {
    let stranger = Stranger {
        status: 200,
        code: Some("e.p.req.not_enroll"),
    };
    is_asked_again(Make {
        stranger,
        ..Make::NEW
    });
}

// It is asked again after a minute of failures.
#[test]
fn one_that_refuses_by_a_status_of_http_is_asked_again() {
    if !is_campaign() {
        return;
    }
    let stranger = Stranger {
        status: 401,
        code: None,
    };
    is_asked_again(Make {
        stranger,
        ..Make::NEW
    });
}
