//! Many at once.

use std::sync::Arc;

use signet_didcomm::did::Did;
use signet_protocol::mediator::{Change, Facts, Mailbox, Outcome, Question, Quota, Waiting};
use tokio::task::JoinSet;

use crate::stage::*;

/// Makes the changes at once, each in a task of its own.
async fn at_once<M: Mailbox>(mailbox: &Arc<M>, changes: Vec<Change>) -> Vec<Outcome> {
    let mut tasks = JoinSet::new();
    for change in changes {
        let mailbox = mailbox.clone();
        tasks.spawn(async move { mailbox.make(change).await });
    }
    tasks.join_all().await
}

fn count(outcomes: &[Outcome], which: &Outcome) -> u64 {
    outcomes.iter().filter(|outcome| *outcome == which).count() as u64
}

pub async fn as_many_are_stored_as_fit(stage: &impl Stage) {
    let quota = Quota {
        recipient: room(25, 1000),
        ..WIDE
    };
    let mailbox = Arc::new(stage.open(quota).await);
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;

    let outcomes = at_once(&mailbox, vec![put(&home, "xx"); 100]).await;

    assert_eq!(count(&outcomes, &stored(&alice)), 25);
    assert_eq!(count(&outcomes, &Outcome::Full), 75);
    assert_eq!(mailbox.status(&alice).await.room, room(25, 50));
    assert_eq!(mailbox.ids(&alice).await.len(), 25);
}

pub async fn an_account_takes_no_more_from_many_recipients(stage: &impl Stage) {
    let quota = Quota {
        account: room(1000, 50),
        ..WIDE
    };
    let mailbox = Arc::new(stage.open(quota).await);
    let alice = did("alice");
    let recipients: Vec<Did> = (0..10).map(|n| did(&format!("r{n}"))).collect();
    mailbox
        .settle(&alice, &recipients.iter().collect::<Vec<_>>())
        .await;

    let puts = (0..100).map(|n| put(&recipients[n % 10], "xx")).collect();
    let outcomes = at_once(&mailbox, puts).await;

    assert_eq!(count(&outcomes, &stored(&alice)), 25);
    assert_eq!(count(&outcomes, &Outcome::Full), 75);
    let mut messages = 0;
    for recipient in &recipients {
        let status = mailbox.status_of(&alice, Some(recipient)).await;
        messages += status.room.messages;
    }
    assert_eq!(messages, 25);
}

pub async fn who_has_no_room_takes_none_from_those_beside_him(stage: &impl Stage) {
    let quota = Quota {
        recipient: room(3, 1000),
        ..WIDE
    };
    let mailbox = Arc::new(stage.open(quota).await);
    let names = ["alice", "flooded", "bob", "home", "carol", "work", "nobody"];
    let [alice, flooded, bob, home, carol, work, nobody] = names.map(did);
    mailbox.settle(&alice, &[&flooded]).await;
    mailbox.settle(&bob, &[&home]).await;
    mailbox.settle(&carol, &[&work]).await;

    let mut puts = vec![put(&flooded, "xx"); 60];
    puts.splice(30..30, vec![put(&home, "xx"); 3]);
    puts.splice(20..20, vec![put(&nobody, "xx"); 5]);
    puts.splice(10..10, vec![put(&work, "xx"); 2]);
    let outcomes = at_once(&mailbox, puts).await;

    assert_eq!(count(&outcomes, &stored(&alice)), 3);
    assert_eq!(count(&outcomes, &stored(&bob)), 3);
    assert_eq!(count(&outcomes, &stored(&carol)), 2);
    assert_eq!(count(&outcomes, &Outcome::Full), 57);
    assert_eq!(count(&outcomes, &Outcome::Refused), 5);
    assert_eq!(mailbox.status(&bob).await.room, room(3, 6));
    assert_eq!(mailbox.ids(&carol).await.len(), 2);
}

pub async fn one_of_two_who_register_a_did_gets_it(stage: &impl Stage) {
    let mailbox = Arc::new(stage.open(WIDE).await);
    let [alice, bob] = ["alice", "bob"].map(did);
    mailbox.settle(&alice, &[]).await;
    mailbox.settle(&bob, &[]).await;

    for n in 0..20 {
        let home = did(&format!("home{n}"));
        let asked = vec![register(&alice, &home), register(&bob, &home)];
        let outcomes = at_once(&mailbox, asked).await;

        assert_eq!(count(&outcomes, &Outcome::Done), 1, "{outcomes:?}");
        assert_eq!(count(&outcomes, &Outcome::Refused), 1, "{outcomes:?}");
    }
    let registered = mailbox.registered(&alice).await.len() + mailbox.registered(&bob).await.len();
    assert_eq!(registered, 20);
}

pub async fn one_of_many_gets_the_last_account(stage: &impl Stage) {
    let quota = Quota {
        accounts: 3,
        ..WIDE
    };
    let mailbox = Arc::new(stage.open(quota).await);
    let dids = (0..20).map(|n| did(&format!("a{n}")));
    // Each asks twice at once.
    let asked = dids.flat_map(|did| [grant(&did), grant(&did)]).collect();

    let outcomes = at_once(&mailbox, asked).await;

    assert_eq!(count(&outcomes, &Outcome::Done), 3);
    let mut accounts = 0;
    for n in 0..20 {
        let question = Question::Account(did(&format!("a{n}")));
        accounts += usize::from(mailbox.ask(question).await != Facts::NoAccount);
    }
    assert_eq!(accounts, 3);
}

pub async fn what_many_remove_at_once_is_counted_once(stage: &impl Stage) {
    let mailbox = Arc::new(stage.open(WIDE).await);
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;
    let puts = |n: usize| put([&home, &work][n % 2], "x");
    mailbox.all((0..40).map(puts).collect()).await;
    let ids = mailbox.ids(&alice).await;

    let removes = (0..10).map(|n| remove(&alice, ids[n..n + 30].to_vec()));
    at_once(&mailbox, removes.collect()).await;

    assert_eq!(mailbox.ids(&alice).await, ids[39..]);
    assert_eq!(mailbox.status(&alice).await.room, room(1, 1));
    let of_home = mailbox.status_of(&alice, Some(&home)).await;
    assert_eq!(of_home.room, room(0, 0));
}

pub async fn put_and_remove_at_once_leave_true_counts(stage: &impl Stage) {
    let mailbox = Arc::new(stage.open(WIDE).await);
    let accounts: Vec<Did> = (0..4).map(|n| did(&format!("a{n}"))).collect();
    let recipients: Vec<Did> = (0..8).map(|n| did(&format!("r{n}"))).collect();
    for (n, account) in accounts.iter().enumerate() {
        let own = [&recipients[n], &recipients[n + 4]];
        mailbox.settle(account, &own).await;
    }

    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let (mailbox, recipients) = (mailbox.clone(), recipients.clone());
        tasks.spawn(async move {
            for round in 0..15 {
                // Several recipients, in another order with each writer.
                let puts = (0..4).map(|m| {
                    let turn = if n % 2 == 0 { m } else { 7 - m };
                    put(&recipients[(turn + round) % 8], "xyz")
                });
                mailbox.all(puts.collect()).await;
            }
        });
    }
    for account in accounts.clone() {
        let mailbox = mailbox.clone();
        tasks.spawn(async move {
            for _ in 0..15 {
                let ids = mailbox.ids(&account).await;
                mailbox.make(remove(&account, ids)).await;
                mailbox.sweep(T).await.unwrap();
            }
        });
    }
    tasks.join_all().await;

    for account in &accounts {
        let left = mailbox.ids(account).await;
        let status = mailbox.status(account).await;
        assert_eq!(status.room, room(left.len() as u64, 3 * left.len() as u64));
        mailbox.make(remove(account, left)).await;
        assert_eq!(mailbox.status(account).await, Waiting::default());
    }
    for (n, recipient) in recipients.iter().enumerate() {
        let status = mailbox.status_of(&accounts[n % 4], Some(recipient)).await;
        assert_eq!(status, Waiting::default());
    }
}

pub async fn changes_that_get_in_each_others_way_are_all_made(stage: &impl Stage) {
    let mailbox = Arc::new(stage.open(WIDE).await);
    let [alice, bob, home, work] = ["alice", "bob", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.settle(&bob, &[&work]).await;

    for _ in 0..20 {
        mailbox.all(vec![put(&home, "x"), put(&work, "x")]).await;
        let of_alice = remove(&alice, mailbox.ids(&alice).await);
        let of_bob = remove(&bob, mailbox.ids(&bob).await);
        let mut tasks = JoinSet::new();
        for changes in [[&of_alice, &of_bob], [&of_bob, &of_alice]] {
            let changes = changes.map(Change::clone).to_vec();
            let mailbox = mailbox.clone();
            tasks.spawn(async move { mailbox.all(changes).await });
        }
        let outcomes = tasks.join_all().await.concat();

        assert_eq!(count(&outcomes, &Outcome::Done), 2, "{outcomes:?}");
        for account in [&alice, &bob] {
            assert_eq!(mailbox.status(account).await, Waiting::default());
        }
    }
}

pub async fn accounts_are_forgotten_while_others_write_to_them(stage: &impl Stage) {
    let quota = Quota { bytes: 100, ..WIDE };
    let mailbox = Arc::new(stage.open(quota).await);
    let [alice, bob, home, work] = ["alice", "bob", "home", "work"].map(did);
    mailbox.settle(&bob, &[&work]).await;

    for _ in 0..10 {
        mailbox.settle(&alice, &[&home]).await;
        let mut changes = vec![put(&home, "x"); 8];
        changes.push(forget(&alice));
        changes.push(register(&alice, &did("other")));
        let outcomes = at_once(&mailbox, changes).await;

        assert!(!outcomes.contains(&Outcome::Full), "{outcomes:?}");
        let after = mailbox.make(put(&home, "x")).await;
        assert_eq!(after, Outcome::Refused);
    }

    // All of the room came back.
    assert_eq!(mailbox.make(put(&work, [0; 100])).await, stored(&bob));
}
