//! A messenger and its mediators, question by question.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

#[path = "mediation/hosting.rs"]
mod hosting;
#[path = "mediation/mediator.rs"]
mod mediator;

use signet_didcomm::{
    coordinate_mediation::{self as coordinate, Outcome as Became},
    did::Did,
    document::Endpoint,
    message::Message,
    message_pickup as pickup,
    out_of_band::Invitation,
    report_problem::{self, Problem},
};
use signet_protocol::{
    Change, command::Command, entry::Route, identity::Purpose, mediation::MediationState,
    step::Outcome,
};

use mediator::{Asked, Question, Story};

fn is_fetch(question: &Question) -> bool {
    matches!(
        question.asked,
        Asked::Pickup(pickup::Request::Delivery { .. })
    )
}

fn received(question: &Question) -> &[String] {
    match &question.asked {
        Asked::Pickup(pickup::Request::Received(ids)) => ids,
        other => panic!("{other:?}"),
    }
}

/// A story with one mediator that serves and knows all spares, and its first question for mail.
fn served() -> (Story, Did, Question) {
    let mut story = Story::new();
    let mediator = story.mediator("m.example");
    story.add(&mediator);
    story.granted(&mediator);
    let fetch = story.updates(&mediator, Became::Success);
    assert!(is_fetch(&fetch));
    (story, mediator, fetch)
}

fn spares(story: &Story) -> usize {
    let records = story.machine.records();
    let is_spare = |change: &&Change| matches!(change, Change::Identity(identity) if identity.purpose == Purpose::Spare);
    records.iter().filter(is_spare).count()
}

#[test]
fn what_is_granted_is_registered_ahead_and_then_mail_is_fetched() {
    let (story, mediator, _) = served();

    assert_eq!(story.state(&mediator), Some(MediationState::Granted));
    assert_eq!(
        story.machine.mediator_news(&mediator).registered,
        spares(&story)
    );
    assert!(spares(&story) >= 8);
    assert_eq!(story.live, [(mediator, true)]);
    story.is_restored_as_it_is();
}

#[test]
fn mail_is_acknowledged_once_it_is_safe_and_fetched_until_nothing_is_left() {
    let (mut story, mediator, fetch) = served();

    story.delivers(&mediator, &fetch, &["1", "2"]);
    assert!(story.is_quiet(), "nothing is promised before it is safe");
    assert_eq!(story.opened, ["1", "2"]);
    story.all_safe(&mediator);
    let acknowledged = story.next();
    assert_eq!(received(&acknowledged), ["1", "2"]);
    let again = story.next();
    assert!(is_fetch(&again));
    story.delivers(&mediator, &again, &[]);
    assert!(story.is_quiet());
    story.pass(21);
    assert!(is_fetch(&story.next()));
}

#[test]
fn a_mediator_that_does_not_delete_is_not_asked_without_pause() {
    let (mut story, mediator, fetch) = served();
    story.delivers(&mediator, &fetch, &["1"]);
    story.all_safe(&mediator);
    received(&story.next());

    let again = story.next();
    story.delivers(&mediator, &again, &["1"]);

    assert_eq!(
        story.opened,
        ["1"],
        "its id may stand for something else by now"
    );
    story.all_safe(&mediator);
    assert_eq!(received(&story.next()), ["1"]);
    assert!(story.is_quiet());
}

#[test]
fn nor_is_it_when_its_answer_comes_before_the_word_that_it_was_reached() {
    let (mut story, mediator, mut fetch) = served();

    for _ in 0..2 {
        story.delivers(&mediator, &fetch, &["1"]);
        story.all_safe(&mediator);
        let acknowledged = story.asked();
        assert_eq!(received(&acknowledged), ["1"]);
        let status = pickup::Answer::Status(pickup::Status {
            message_count: 1,
            ..pickup::Status::default()
        });
        let status = status.to_message("s", pickup::Version::V3, Some(&acknowledged.message));
        story.says(&mediator, status);
        story.report(&acknowledged, Outcome::Stored(Route::Http));
        if story.is_quiet() {
            return;
        }
        fetch = story.next();
    }
    panic!("it is fetched from without pause");
}

#[test]
fn a_grant_that_nobody_asked_for_changes_nothing() {
    let (mut story, mediator, fetch) = served();
    let before = story.changes.len();

    let grant = coordinate::Answer::Grant(vec![mediator.clone()]);
    let grant = grant.to_message("grant", coordinate::Version::V3, &fetch.message);
    story.says(&mediator, grant);

    assert_eq!(story.changes.len(), before);
    assert!(story.is_quiet(), "it still owes the mail");
}

#[test]
fn what_does_not_answer_while_the_computer_sleeps_is_not_given_up() {
    let (mut story, first, fetch) = served();
    story.delivers(&first, &fetch, &[]);
    let second = story.mediator("second.example");
    story.add(&second);
    story.granted(&second);
    let fetch = story.updates(&second, Became::Success);
    story.delivers(&second, &fetch, &[]);
    // The first one fails for some minutes; then it is night.
    for _ in 0..40 {
        story.pass(20);
        while !story.is_quiet() {
            let question = story.asked();
            if question.message.to.contains(&first) {
                story.report(&question, Outcome::Unreachable);
            } else {
                story.report(&question, Outcome::Stored(Route::Http));
                story.answers(&second, &question);
            }
        }
    }
    let is_silent = |story: &Story| story.mediation(&first).silent_since.is_some();
    assert!(is_silent(&story));
    story.pass(30 * 3600);

    assert!(!story.mediation(&first).away);
    let question = story.asked();
    assert_eq!(question.message.to, std::slice::from_ref(&first));
    story.report(&question, Outcome::Stored(Route::Http));
    story.answers(&first, &question);
    assert!(!is_silent(&story));
}

#[test]
fn who_was_denied_shows_the_invitation_that_the_person_got_since() {
    let mut story = Story::new();
    let mediator = story.mediator("club.example");
    story.add(&mediator);
    let question = story.next();
    assert_eq!(question.message.pthid, None);
    let deny = coordinate::Answer::Deny;
    let deny = deny.to_message("n", coordinate::Version::V3, &question.message);
    story.says(&mediator, deny);

    story.command(Command::AddMediator {
        invitation: Box::new(Invitation::new("shown", mediator.clone())),
        replaces: None,
    });

    assert_eq!(story.next().message.pthid.as_deref(), Some("shown"));
}

#[test]
fn what_cannot_be_registered_stops_no_mail() {
    let mut story = Story::new();
    let mediator = story.mediator("full.example");
    story.add(&mediator);
    story.granted(&mediator);

    let fetch = story.updates(&mediator, Became::ServerError);
    assert!(is_fetch(&fetch));
    story.delivers(&mediator, &fetch, &["1"]);
    story.all_safe(&mediator);

    assert_eq!(received(&story.next()), ["1"]);
    story.is_restored_as_it_is();
}

#[test]
fn an_acknowledgement_that_is_refused_is_not_repeated_for_ever() {
    let (mut story, mediator, fetch) = served();
    story.delivers(&mediator, &fetch, &["1"]);
    story.all_safe(&mediator);
    let refused = story.next();
    let problem = Problem::new("e.m.msg.bad");
    let report = report_problem::message("r", refused.message.thread(), &problem, None);
    story.says(&mediator, report);
    for _ in 0..5 {
        story.pass(600);
        let question = story.next();
        if is_fetch(&question) {
            return;
        }
    }
    panic!("mail is not fetched any more");
}

#[test]
fn a_mediator_that_lost_its_memory_is_asked_again_and_told_of_everything() {
    let (mut story, mediator, fetch) = served();
    let before = story.machine.mediator_news(&mediator).registered;
    let problem = Problem::new("e.p.req.mediation-not-granted");
    let report = report_problem::message("r", fetch.message.thread(), &problem, None);
    story.says(&mediator, report);
    assert_eq!(story.machine.mediator_news(&mediator).registered, 0);

    story.pass(5);
    story.granted(&mediator);
    let next = story.updates(&mediator, Became::Success);

    assert!(is_fetch(&next));
    assert_eq!(story.machine.mediator_news(&mediator).registered, before);
    assert_eq!(story.state(&mediator), Some(MediationState::Granted));
    story.is_restored_as_it_is();
}

#[test]
fn who_is_denied_asks_no_more_until_the_person_does() {
    let mut story = Story::new();
    let mediator = story.mediator("closed.example");
    story.add(&mediator);
    let question = story.next();
    let deny = coordinate::Answer::Deny;
    story.says(
        &mediator,
        deny.to_message("n", coordinate::Version::V3, &question.message),
    );
    assert_eq!(story.state(&mediator), Some(MediationState::Refused));
    story.pass(24 * 3600);
    assert!(story.is_quiet());

    story.add(&mediator);
    story.granted(&mediator);
    assert_eq!(story.state(&mediator), Some(MediationState::Granted));
}

#[test]
fn one_that_does_not_answer_is_asked_in_the_version_before_too() {
    let mut story = Story::new();
    let mediator = story.mediator("old.example");
    story.add(&mediator);
    let mut versions = std::collections::BTreeSet::new();
    for _ in 0..4 {
        versions.insert(story.next().message.type_);
        while story.is_quiet() {
            story.pass(60);
        }
    }

    assert_eq!(versions.len(), 2, "{versions:?}");
}

#[test]
fn who_leaves_and_comes_back_is_served_all_the_while() {
    let (mut story, mediator, fetch) = served();
    story.delivers(&mediator, &fetch, &[]);
    story.command(Command::RemoveMediator(mediator.clone()));
    assert_eq!(story.state(&mediator), Some(MediationState::Leaving));

    story.add(&mediator);

    assert_eq!(story.state(&mediator), Some(MediationState::Granted));
    story.is_restored_as_it_is();
}

#[test]
fn a_mediator_that_nobody_writes_by_is_told_to_forget_us_and_goes() {
    let (mut story, mediator, fetch) = served();
    story.delivers(&mediator, &fetch, &[]);
    let mut mediations = story.machine.mediations();
    let us = mediations.next().unwrap().my_did.clone();
    drop(mediations);
    story.command(Command::RemoveMediator(mediator.clone()));

    let question = story.next();
    let Asked::Coordinate(coordinate::Request::Update(updates)) = &question.asked else {
        panic!("{question:?}");
    };
    let removed = updates
        .iter()
        .all(|u| u.action == coordinate::Action::Remove);
    assert!(removed, "the spares are of no use any more");
    let updated = updates.iter().map(|update| coordinate::Updated {
        update: update.clone(),
        result: Became::Success,
    });
    let answer = coordinate::Answer::Updated(updated.collect());
    let answer = answer.to_message("u", coordinate::Version::V3, &question.message);
    story.says(&mediator, answer);
    story.pass(0);

    assert_eq!(story.state(&mediator), None);
    assert_eq!(story.live.last(), Some(&(mediator, false)));
    assert_eq!(story.goodbyes, [us]);
    assert_eq!(spares(&story), 0);
    story.is_restored_as_it_is();
}

#[test]
fn another_mediator_takes_the_place_of_one_that_serves() {
    let (mut story, first, fetch) = served();
    story.delivers(&first, &fetch, &[]);
    let second = story.mediator("second.example");
    story.add(&second);
    story.granted(&second);
    story.command(Command::AddMediator {
        invitation: Box::new(Invitation::new("", second.clone())),
        replaces: Some(first.clone()),
    });

    assert_eq!(story.state(&first), Some(MediationState::Leaving));
    assert_eq!(story.state(&second), Some(MediationState::Granted));
    let itself = Command::AddMediator {
        invitation: Box::new(Invitation::new("", second.clone())),
        replaces: Some(second.clone()),
    };
    story.command(itself);
    assert_eq!(story.state(&second), Some(MediationState::Granted));
}

#[test]
fn live_mail_is_believed_once_the_mediator_says_so() {
    let (mut story, mediator, fetch) = served();
    story.delivers(&mediator, &fetch, &[]);
    let live = |is_open| Command::Live {
        mediator: mediator.clone(),
        is_open,
    };
    story.command(live(true));
    let fetch = story.next();
    story.delivers(&mediator, &fetch, &[]);
    story.pass(21);
    let fetch = story.next();
    assert!(is_fetch(&fetch), "a socket alone proves nothing");

    let mut status = Message::new("s", "https://didcomm.org/messagepickup/3.0/status");
    status.body.insert("message_count".into(), 0.into());
    status.body.insert("live_delivery".into(), true.into());
    status.thid = Some("another".into());
    story.says(&mediator, status);
    story.delivers(&mediator, &fetch, &[]);
    story.pass(21);
    assert!(story.is_quiet());

    story.command(live(false));
    assert!(is_fetch(&story.next()), "something may wait by now");
    story.pass(2);
    assert_eq!(story.live.last(), Some(&(mediator.clone(), true)));
}

#[test]
fn a_delivery_of_more_than_can_be_opened_is_taken_in_part() {
    let (mut story, mediator, fetch) = served();
    let ids: Vec<String> = (0..1024).map(|n| n.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    story.delivers(&mediator, &fetch, &ids);
    let more: Vec<String> = (2000..2100).map(|n| n.to_string()).collect();
    let held = more
        .iter()
        .map(|id| pickup::Held::new(id.as_str(), b"{}".to_vec()));
    let delivery = pickup::Answer::Delivery(pickup::Delivery {
        recipient_did: None,
        messages: held.collect(),
    });
    story.says(
        &mediator,
        delivery.to_message("x", pickup::Version::V3, None),
    );

    assert_eq!(story.opened.len(), 1024);
}

#[test]
fn the_relay_that_a_mediator_offers_is_used_as_long_as_it_offers_it() {
    let (mut story, mediator, _) = served();
    let relay = Endpoint {
        uri: "libp2p-peerId:12D3".into(),
        multi_addrs: vec!["/ip4/9.9.9.9/tcp/4001".into()],
        ..Endpoint::default()
    };
    let status = |relay: Option<&Endpoint>| {
        let status = pickup::Status {
            relay: relay.cloned(),
            ..pickup::Status::default()
        };
        pickup::Answer::Status(status).to_message("s", pickup::Version::V3, None)
    };

    story.says(&mediator, status(Some(&relay)));
    assert_eq!(story.relays, std::slice::from_ref(&relay));
    story.says(&mediator, status(None));
    assert!(story.relays.is_empty());

    story.says(&mediator, status(Some(&relay)));
    for _ in 0..2 {
        story.command(Command::RemoveMediator(mediator.clone()));
    }
    assert!(story.relays.is_empty());
}
