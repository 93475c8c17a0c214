//! DIDs are registered, unregistered and told.

use signet_didcomm::{coordinate_mediation::Paginate, did::Did};
use signet_protocol::mediator::{Facts, Mailbox, Outcome, Question, Quota};

use crate::stage::*;

pub async fn a_did_is_registered_once_and_by_one(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, bob, home] = ["alice", "bob", "home"].map(did);
    mailbox.settle(&alice, &[]).await;
    mailbox.settle(&bob, &[]).await;

    let first = mailbox.make(register(&alice, &home)).await;
    let again = mailbox.make(register(&alice, &home)).await;
    let foreign = mailbox.make(register(&bob, &home)).await;

    assert_eq!(first, Outcome::Done);
    assert_eq!(again, Outcome::Unchanged);
    assert_eq!(foreign, Outcome::Refused);
    assert_eq!(mailbox.registered(&alice).await, [home.as_str()]);
    assert_eq!(mailbox.registered(&bob).await, [""; 0]);
}

pub async fn both_forms_of_a_did_are_the_same(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let (alice, home, work) = (long(1), long(2), long(3));
    mailbox.settle(&alice, &[&home]).await;

    assert_eq!(
        mailbox.make(register(&alice.short(), &work.short())).await,
        Outcome::Done
    );
    for (recipient, other) in [(&home, home.short()), (&work.short(), work.clone())] {
        let again = mailbox.make(register(&alice, &other)).await;
        assert_eq!(again, Outcome::Unchanged);
        assert_eq!(mailbox.make(put(&other, "x")).await, stored(&alice));
        let waiting = mailbox.status_of(&alice.short(), Some(recipient)).await;
        assert_eq!(waiting.room, room(1, 1));
    }
    // As they were written.
    let registered = mailbox.registered(&alice.short()).await;
    assert_eq!(registered.len(), 2);
    assert!(registered.contains(&home.to_string()));
    assert!(registered.contains(&work.short().to_string()));
    assert_eq!(
        mailbox.make(unregister(&alice, &home.short())).await,
        Outcome::Done
    );
    assert_eq!(mailbox.make(put(&home, "x")).await, Outcome::Refused);
}

pub async fn there_are_no_more_recipients_than_allowed(stage: &impl Stage) {
    let quota = Quota {
        recipients: 2,
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, bob, one, two, three] = ["alice", "bob", "1", "2", "3"].map(did);
    mailbox.settle(&alice, &[&one, &two]).await;
    mailbox.settle(&bob, &[]).await;

    let full = mailbox.make(register(&alice, &three)).await;
    assert_eq!(full, Outcome::Full);
    let again = mailbox.make(register(&alice, &two)).await;
    assert_eq!(again, Outcome::Unchanged);
    let other = mailbox.make(register(&bob, &three)).await;
    assert_eq!(other, Outcome::Done);

    mailbox.make(unregister(&alice, &one)).await;
    let after = mailbox.make(register(&alice, &did("4"))).await;
    assert_eq!(after, Outcome::Done);
}

pub async fn unregistering_keeps_what_waits_and_refuses_what_comes(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.make(put(&home, "one")).await;

    let done = mailbox.make(unregister(&alice, &home)).await;

    assert_eq!(done, Outcome::Done);
    assert_eq!(mailbox.registered(&alice).await, [""; 0]);
    assert_eq!(mailbox.make(put(&home, "two")).await, Outcome::Refused);
    assert_eq!(mailbox.texts(&alice).await, ["one"]);
    assert_eq!(mailbox.status(&alice).await.room, room(1, 3));
    let waiting = mailbox.status_of(&alice, Some(&home)).await;
    assert_eq!(waiting.room, room(1, 3));
    let again = mailbox.make(unregister(&alice, &home)).await;
    assert_eq!(again, Outcome::Unchanged);

    let ids = mailbox.ids(&alice).await;
    assert_eq!(mailbox.make(remove(&alice, ids)).await, Outcome::Done);
    assert_eq!(mailbox.status(&alice).await.room, room(0, 0));
}

pub async fn what_was_never_registered_is_not_unregistered(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, bob, home] = ["alice", "bob", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.settle(&bob, &[]).await;

    let unknown = mailbox.make(unregister(&alice, &did("unknown"))).await;
    let foreign = mailbox.make(unregister(&bob, &home)).await;

    assert_eq!(unknown, Outcome::Unchanged);
    // Whether somebody else registered it is told to nobody.
    assert_eq!(foreign, Outcome::Unchanged);
    assert_eq!(mailbox.make(put(&home, "x")).await, stored(&alice));
}

pub async fn what_one_unregistered_another_may_register(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, bob, home] = ["alice", "bob", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.settle(&bob, &[]).await;
    mailbox.make(put(&home, "for alice")).await;
    mailbox.make(unregister(&alice, &home)).await;

    let done = mailbox.make(register(&bob, &home)).await;

    assert_eq!(done, Outcome::Done);
    assert_eq!(mailbox.make(put(&home, "for bob")).await, stored(&bob));
    assert_eq!(mailbox.texts(&alice).await, ["for alice"]);
    assert_eq!(mailbox.texts(&bob).await, ["for bob"]);
    assert_eq!(
        mailbox.status_of(&alice, Some(&home)).await.room,
        room(1, 9)
    );
    assert_eq!(mailbox.status_of(&bob, Some(&home)).await.room, room(1, 7));
    let back = mailbox.make(register(&alice, &home)).await;
    assert_eq!(back, Outcome::Refused);
}

pub async fn what_is_registered_again_counts_what_still_waits(stage: &impl Stage) {
    let quota = Quota {
        recipient: room(2, 100),
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.make(put(&home, "one")).await;
    mailbox.make(unregister(&alice, &home)).await;

    let again = mailbox.make(register(&alice, &home)).await;

    assert_eq!(again, Outcome::Done);
    assert_eq!(mailbox.make(put(&home, "two")).await, stored(&alice));
    assert_eq!(mailbox.make(put(&home, "three")).await, Outcome::Full);
    assert_eq!(mailbox.texts(&alice).await, ["one", "two"]);
}

async fn page(
    mailbox: &impl Mailbox,
    account: &Did,
    page: Option<(u64, u64)>,
    most: usize,
) -> (Vec<String>, usize) {
    let question = Question::Recipients {
        account: account.clone(),
        page: page.map(|(limit, offset)| Paginate { limit, offset }),
        most,
    };
    match mailbox.ask(question).await {
        Facts::Recipients { dids, total } => (dids, total),
        other => panic!("{other:?}"),
    }
}

pub async fn recipients_are_told_by_the_page(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let alice = did("alice");
    let written: Vec<Did> = (0..7).map(|n| did(&format!("r{}", n * 5 % 7))).collect();
    mailbox
        .settle(&alice, &written.iter().collect::<Vec<_>>())
        .await;

    let (all, total) = page(&mailbox, &alice, None, 100).await;
    let mut sorted = all.clone();
    sorted.sort();
    let mut expected: Vec<String> = written.iter().map(Did::to_string).collect();
    expected.sort();
    assert_eq!(sorted, expected);
    assert_eq!(total, 7);

    let (first, _) = page(&mailbox, &alice, Some((3, 0)), 100).await;
    let (second, _) = page(&mailbox, &alice, Some((3, 3)), 100).await;
    let (third, total) = page(&mailbox, &alice, Some((3, 6)), 100).await;
    assert_eq!([first, second, third].concat(), all);
    assert_eq!(total, 7);
    let beyond = page(&mailbox, &alice, Some((3, 7)), 100).await;
    assert_eq!(beyond, (vec![], 7));
    let far_beyond = page(&mailbox, &alice, Some((u64::MAX, u64::MAX)), 100).await;
    assert_eq!(far_beyond, (vec![], 7));
    let nothing = page(&mailbox, &alice, Some((0, 0)), 100).await;
    assert_eq!(nothing, (vec![], 7));
    let bounded = page(&mailbox, &alice, None, 4).await;
    assert_eq!(bounded, (all[..4].to_vec(), 7));
    let bounded = page(&mailbox, &alice, Some((u64::MAX, 2)), 4).await;
    assert_eq!(bounded, (all[2..6].to_vec(), 7));
}
