//! Accounts come, move and go.

use signet_protocol::mediator::{Facts, Outcome, Question, Quota};

use crate::stage::*;

pub async fn mediation_is_granted_once_and_kept_in_the_form_it_came_in(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let alice = long(1);

    assert_eq!(mailbox.make(grant(&alice)).await, Outcome::Done);
    assert_eq!(mailbox.make(grant(&alice)).await, Outcome::Unchanged);
    assert_eq!(
        mailbox.make(grant(&alice.short())).await,
        Outcome::Unchanged
    );

    for form in [alice.clone(), alice.short()] {
        let facts = mailbox.ask(Question::Account(form)).await;
        assert_eq!(facts, Facts::Account(alice.clone()));
    }
}

pub async fn there_are_no_more_accounts_than_allowed(stage: &impl Stage) {
    let quota = Quota {
        accounts: 2,
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(did);

    assert_eq!(mailbox.make(grant(&alice)).await, Outcome::Done);
    assert_eq!(mailbox.make(grant(&bob)).await, Outcome::Done);
    assert_eq!(mailbox.make(grant(&carol)).await, Outcome::Full);
    assert_eq!(mailbox.make(grant(&alice)).await, Outcome::Unchanged);
    let facts = mailbox.ask(Question::Account(carol.clone())).await;
    assert_eq!(facts, Facts::NoAccount);

    assert_eq!(mailbox.make(forget(&bob)).await, Outcome::Done);
    assert_eq!(mailbox.make(grant(&carol)).await, Outcome::Done);
    assert_eq!(mailbox.make(grant(&bob)).await, Outcome::Full);
}

pub async fn who_has_no_account_learns_only_that(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, bob, stranger] = ["alice", "bob", "stranger"].map(did);
    mailbox.settle(&alice, &[&bob]).await;
    mailbox.make(put(&bob, "hello")).await;

    for question in [
        Question::Account(stranger.clone()),
        Question::Recipients {
            account: stranger.clone(),
            page: None,
            most: 10,
        },
        Question::Status {
            account: stranger.clone(),
            recipient: None,
        },
        Question::Status {
            account: stranger.clone(),
            recipient: Some(bob.clone()),
        },
        Question::Mail(everything(&stranger)),
        // To be registered is not to be an account.
        Question::Account(bob.clone()),
        Question::Mail(everything(&bob)),
    ] {
        let facts = mailbox.ask(question.clone()).await;
        assert_eq!(facts, Facts::NoAccount, "{question:?}");
    }
    for change in [register(&stranger, &did("x")), unregister(&stranger, &bob)] {
        assert_eq!(mailbox.make(change).await, Outcome::Refused);
    }
    let ids = mailbox.ids(&alice).await;
    assert_ne!(mailbox.make(remove(&stranger, ids)).await, Outcome::Done);
    assert_ne!(mailbox.make(forget(&stranger)).await, Outcome::Done);
    assert_eq!(mailbox.texts(&alice).await, ["hello"]);
}

pub async fn an_account_moves_with_all_it_has(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let (alice, next, bob) = (long(1), long(2), did("bob"));
    mailbox.settle(&alice, &[&bob]).await;
    mailbox.make(put(&bob, "before")).await;

    assert_eq!(mailbox.make(move_to(&alice, &next)).await, Outcome::Done);

    let facts = mailbox.ask(Question::Account(alice.clone())).await;
    assert_eq!(facts, Facts::NoAccount);
    let facts = mailbox.ask(Question::Account(next.short())).await;
    assert_eq!(facts, Facts::Account(next.clone()));
    assert_eq!(mailbox.registered(&next).await, [bob.as_str()]);
    assert_eq!(mailbox.make(put(&bob, "after")).await, stored(&next));
    assert_eq!(mailbox.texts(&next).await, ["before", "after"]);
    assert_eq!(mailbox.status_of(&next, Some(&bob)).await.room, room(2, 11));
    assert_eq!(mailbox.make(grant(&alice)).await, Outcome::Done);
    assert_eq!(mailbox.texts(&alice).await, [""; 0]);
}

pub async fn a_move_hits_neither_another_account_nor_nobody(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, bob, nobody] = [long(1), long(2), long(3)];
    mailbox.settle(&alice, &[]).await;
    mailbox.settle(&bob, &[&did("b")]).await;

    let to_account = mailbox.make(move_to(&alice, &bob.short())).await;
    let from_nobody = mailbox.make(move_to(&nobody, &did("new"))).await;
    let to_itself = mailbox.make(move_to(&alice, &alice)).await;

    assert_eq!(to_account, Outcome::Refused);
    assert_eq!(from_nobody, Outcome::Refused);
    assert_eq!(to_itself, Outcome::Refused);
    let facts = mailbox.ask(Question::Account(alice.clone())).await;
    assert_eq!(facts, Facts::Account(alice));
    assert_eq!(mailbox.registered(&bob).await, ["did:example:b"]);
}

pub async fn a_forgotten_account_leaves_nothing_and_frees_its_recipients(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, bob, home, work] = ["alice", "bob", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;
    mailbox.settle(&bob, &[]).await;
    mailbox.make(put(&home, "one")).await;
    mailbox.make(put(&work, "two")).await;
    mailbox.make(unregister(&alice, &work)).await;

    assert_eq!(mailbox.make(forget(&alice)).await, Outcome::Done);

    let facts = mailbox.ask(Question::Mail(everything(&alice))).await;
    assert_eq!(facts, Facts::NoAccount);
    assert_eq!(mailbox.make(put(&home, "three")).await, Outcome::Refused);
    assert_eq!(mailbox.make(register(&bob, &home)).await, Outcome::Done);
    assert_eq!(mailbox.make(grant(&alice)).await, Outcome::Done);
    assert_eq!(mailbox.registered(&alice).await, [""; 0]);
    assert_eq!(mailbox.status(&alice).await.room, room(0, 0));
    assert_eq!(mailbox.texts(&bob).await, [""; 0]);
}

pub async fn a_forgotten_account_makes_room(stage: &impl Stage) {
    let quota = Quota { bytes: 10, ..WIDE };
    let mailbox = stage.open(quota).await;
    let [alice, bob, home, work] = ["alice", "bob", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.settle(&bob, &[&work]).await;
    assert_eq!(mailbox.make(put(&home, [0; 8])).await, stored(&alice));
    assert_eq!(mailbox.make(put(&work, [0; 8])).await, Outcome::Full);

    mailbox.make(forget(&alice)).await;

    assert_eq!(mailbox.make(put(&work, [0; 8])).await, stored(&bob));
}

pub async fn everything_is_there_after_a_restart(stage: &impl Stage) {
    let quota = Quota {
        accounts: 2,
        recipients: 2,
        recipient: room(2, 100),
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let (alice, home, work) = (long(1), long(2), did("work"));
    mailbox.settle(&alice, &[&home, &work]).await;
    mailbox.make(put(&home, "one")).await;
    mailbox.make(put(&home.short(), "two")).await;
    mailbox.make(unregister(&alice, &work)).await;
    let ids = mailbox.ids(&alice).await;
    let status = mailbox.status(&alice).await;
    drop(mailbox);

    let mailbox = stage.open(quota).await;

    let facts = mailbox.ask(Question::Account(alice.short())).await;
    assert_eq!(facts, Facts::Account(alice.clone()));
    assert_eq!(mailbox.registered(&alice).await, [home.as_str()]);
    assert_eq!(mailbox.status(&alice).await, status);
    assert_eq!(mailbox.ids(&alice).await, ids);
    assert_eq!(mailbox.texts(&alice).await, ["one", "two"]);
    assert_eq!(mailbox.make(put(&home, "three")).await, Outcome::Full);
    mailbox.make(remove(&alice, [ids[0]])).await;
    assert_eq!(mailbox.make(put(&home, "three")).await, stored(&alice));
    assert!(mailbox.ids(&alice).await[1] > ids[1], "ids go on rising");
    assert_eq!(mailbox.make(grant(&did("bob"))).await, Outcome::Done);
    assert_eq!(mailbox.make(grant(&did("carol"))).await, Outcome::Full);
}
