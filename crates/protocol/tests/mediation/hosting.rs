//! What a mediator says, or does not say, to being asked for a page.

use signet_didcomm::{
    coordinate_mediation::Outcome as Became,
    did::Did,
    empty,
    message::Message,
    shorten_url::{self, Request, Shortened},
};
use signet_protocol::{
    command::{Answer, Command},
    entry::Route,
    step::Outcome,
};

use crate::{
    is_fetch,
    mediator::{Asked, Question, Story},
    served,
};

const SHORT: &str = "https://m.example/?_oobid=abc";

/// A story with an invitation, whose mediator is asked to host it.
fn asked() -> (Story, Did, String, Question) {
    let (mut story, mediator, fetch) = served();
    story.delivers(&mediator, &fetch, &[]);
    let id = invite(&mut story);
    let question = story.updates(&mediator, Became::Success);
    let Asked::Page(Request::Shorten { url: Some(url), .. }) = &question.asked else {
        panic!("{question:?}");
    };
    assert_eq!(url, &link(&story, &id));
    (story, mediator, id, question)
}

/// The question for a page is under way: the wire has said nothing of it yet.
fn asking() -> (Story, Did, String, Question) {
    let (mut story, mediator, fetch) = served();
    story.delivers(&mediator, &fetch, &[]);
    let id = invite(&mut story);
    let mut question = story.asked();
    while !matches!(question.asked, Asked::Page(_)) {
        story.report(&question, Outcome::Stored(Route::Http));
        story.answers(&mediator, &question);
        question = story.asked();
    }
    (story, mediator, id, question)
}

fn invite(story: &mut Story) -> String {
    let invite = Command::Invite {
        reusable: false,
        expires: None,
        note: None,
    };
    match story.command(invite) {
        Answer::Invitation(invitation) => invitation.id,
        other => panic!("{other:?}"),
    }
}

fn link(story: &Story, id: &str) -> String {
    let mut invitations = story.machine.invitations();
    let found = invitations.find(|invitation| invitation.id == id);
    found.unwrap().link(story.now).to_owned()
}

fn shortened(url: &str, question: &Question) -> Message {
    let shortened = Shortened {
        shortened_url: url.to_owned(),
        expires_time: None,
    };
    shortened.to_message("s", &question.message)
}

fn invalidated(question: &Question) -> &str {
    match &question.asked {
        Asked::Page(Request::Invalidate(Some(url))) => url,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_short_link_is_shown_once_it_comes_and_given_back_with_the_invitation() {
    let (mut story, mediator, id, question) = asked();
    let long = link(&story, &id);
    assert!(long.starts_with("signet://"));
    assert!(story.machine.awaits_short_link(&id, story.now));

    story.says(&mediator, shortened(SHORT, &question));
    assert_eq!(link(&story, &id), SHORT);
    assert!(!story.machine.awaits_short_link(&id, story.now));
    assert!(story.is_quiet());
    story.is_restored_as_it_is();

    story.command(Command::Revoke(id.clone()));
    assert_eq!(link(&story, &id), long);
    let over = story.next();
    assert_eq!(invalidated(&over), SHORT);
    let ack = empty::ack("e", vec![over.message.id.clone()], Some(&over.message.id));
    story.says(&mediator, ack);
    assert!(story.is_quiet());
    story.pass(3600);
    assert!(is_fetch(&story.next()));
    story.is_restored_as_it_is();
}

#[test]
fn a_page_that_comes_when_the_invitation_is_over_goes_at_once() {
    let (mut story, mediator, id, question) = asked();

    story.command(Command::Revoke(id));
    story.says(&mediator, shortened(SHORT, &question));

    assert_eq!(invalidated(&story.next()), SHORT);
}

#[test]
fn what_is_said_to_nothing_holds_up_no_mail_and_is_no_failure() {
    for outcome in [Outcome::Stored(Route::Http), Outcome::Silent, Outcome::No] {
        let (mut story, mediator, id, question) = asking();
        story.report(&question, outcome.clone());
        story.pass(21);

        assert!(is_fetch(&story.next()), "{outcome:?}");
        assert_eq!(story.machine.mediator_news(&mediator).failures, 0);
        assert!(link(&story, &id).starts_with("signet://"));
        assert!(story.is_quiet(), "{outcome:?}");
    }
}

#[test]
fn a_mediator_that_was_not_reached_is_asked_again() {
    let (mut story, mediator, id, question) = asking();
    story.report(&question, Outcome::Unreachable);
    assert!(!story.machine.awaits_short_link(&id, story.now));
    story.pass(2);

    let again = story.next();
    story.says(&mediator, shortened(SHORT, &again));
    assert_eq!(link(&story, &id), SHORT);
}

#[test]
fn a_link_that_is_not_short_or_leads_to_nobody_s_page_is_not_shown() {
    let long = format!("https://m.example/?_oobid={}", "x".repeat(300));
    for url in [
        "https://m.example/?_oob=abc",
        "https://m.example/",
        "http://elsewhere.example/?_oobid=abc",
        "javascript:alert(1)?_oobid=abc",
        "https://m.example/?_oobid=a b",
        &long,
    ] {
        let (mut story, mediator, id, question) = asked();
        story.says(&mediator, shortened(url, &question));
        assert!(link(&story, &id).starts_with("signet://"), "{url}");
        assert!(!story.machine.awaits_short_link(&id, story.now));
        assert!(story.is_quiet());
    }
}

#[test]
fn a_short_link_that_nobody_asked_for_changes_nothing() {
    let (mut story, mediator, id, question) = asked();
    story.says(&mediator, shortened(SHORT, &question));
    let before = story.changes.len();

    let other = "https://m.example/?_oobid=other";
    story.says(&mediator, shortened(other, &question));

    assert_eq!(story.changes.len(), before);
    assert_eq!(link(&story, &id), SHORT);
}

#[test]
fn who_has_no_room_is_asked_again_once_a_page_was_given_back() {
    let (mut story, mediator, first, question) = asked();
    story.says(&mediator, shortened(SHORT, &question));
    let second = invite(&mut story);
    let question = story.updates(&mediator, Became::Success);
    let full = signet_didcomm::report_problem::message(
        "p",
        &question.message.id,
        &signet_didcomm::report_problem::Problem::new("e.p.me.res.storage"),
        Some(&question.message.id),
    );
    story.says(&mediator, full);
    assert!(story.is_quiet());
    assert!(story.mediation(&mediator).hosts_from.is_some());

    story.command(Command::Revoke(first));
    let over = story.next();
    let gone = shorten_url::Problem::ShortUrlInvalid.to_message("g", &over.message);
    story.says(&mediator, gone);
    let again = story.next();
    story.says(&mediator, shortened(SHORT, &again));

    assert_eq!(link(&story, &second), SHORT);
}
