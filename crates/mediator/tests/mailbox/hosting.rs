//! Invitations that have a page.

use std::sync::Arc;

use signet_didcomm::did::Did;
use signet_protocol::{
    mediator::{Change, Facts, Hosted, HostedId, Mailbox, Outcome, Question, Quota, limit},
    time::Timestamp,
};
use tokio::task::JoinSet;

use crate::stage::*;

fn id(number: u8) -> HostedId {
    HostedId([number; 16])
}

fn host_until(account: &Did, number: u8, invitation: &str, until: Timestamp) -> Change {
    Change::Host(Hosted {
        account: account.clone(),
        id: id(number),
        invitation: invitation.as_bytes().to_vec(),
        until,
    })
}

fn host(account: &Did, number: u8, invitation: &str) -> Change {
    host_until(account, number, invitation, LAST)
}

fn unhost(account: &Did, number: u8) -> Change {
    let (account, id) = (account.clone(), id(number));
    Change::Unhost { account, id }
}

fn hosted(number: u8) -> Outcome {
    let (id, until) = (id(number), LAST);
    Outcome::Hosted { id, until }
}

async fn page_at(mailbox: &impl Mailbox, number: u8, now: Timestamp) -> Option<String> {
    let facts = mailbox.look(Question::Hosted(id(number)), now).await;
    let Ok(Facts::Hosted(found)) = facts else {
        panic!("{facts:?}");
    };
    found.map(|bytes| String::from_utf8(bytes).unwrap())
}

async fn page(mailbox: &impl Mailbox, number: u8) -> Option<String> {
    page_at(mailbox, number, T).await
}

pub async fn who_has_an_account_has_invitations_hosted(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, nobody] = ["alice", "nobody"].map(did);
    mailbox.settle(&alice, &[]).await;

    assert_eq!(mailbox.make(host(&alice, 1, "one")).await, hosted(1));
    assert_eq!(
        mailbox.make(host(&nobody, 2, "two")).await,
        Outcome::Refused
    );

    assert_eq!(page(&mailbox, 1).await.as_deref(), Some("one"));
    assert_eq!(page(&mailbox, 2).await, None);
    assert_eq!(mailbox.make(unhost(&alice, 1)).await, Outcome::Done);
    assert_eq!(mailbox.make(unhost(&alice, 1)).await, Outcome::Unchanged);
    assert_eq!(page(&mailbox, 1).await, None);
}

pub async fn an_invitation_hosted_again_keeps_its_page_for_longer(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, bob] = ["alice", "bob"].map(did);
    mailbox.settle(&alice, &[]).await;
    mailbox.settle(&bob, &[]).await;
    let until = |number, until| Outcome::Hosted {
        id: id(number),
        until: Timestamp(until),
    };
    let (short, long) = (T.0 + 1000, T.0 + 2000);
    let ask = |number, until| host_until(&alice, number, "one", Timestamp(until));

    assert_eq!(mailbox.make(ask(1, short)).await, until(1, short));
    assert_eq!(mailbox.make(ask(2, long)).await, until(1, long));
    assert_eq!(mailbox.make(ask(3, short)).await, until(1, long));
    // It says nothing of others' to who has the same.
    assert_eq!(mailbox.make(host(&bob, 4, "one")).await, hosted(4));

    let at = |time| page_at(&mailbox, 1, Timestamp(time));
    assert_eq!(at(long).await.as_deref(), Some("one"));
    assert_eq!(at(long + 1).await, None);
    assert_eq!(page(&mailbox, 2).await, None);
    assert_eq!(mailbox.make(unhost(&alice, 4)).await, Outcome::Unchanged);
    assert_eq!(page(&mailbox, 4).await.as_deref(), Some("one"));
}

pub async fn an_account_hosts_so_many_invitations(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, bob] = ["alice", "bob"].map(did);
    mailbox.settle(&alice, &[]).await;
    mailbox.settle(&bob, &[]).await;
    let most = u8::try_from(limit::HOSTED).unwrap();
    for number in 0..most {
        let outcome = mailbox.make(host(&alice, number, &number.to_string()));
        assert_eq!(outcome.await, hosted(number));
    }

    assert_eq!(mailbox.make(host(&alice, 250, "x")).await, Outcome::Full);
    assert_eq!(mailbox.make(host(&alice, 250, "7")).await, hosted(7));
    assert_eq!(mailbox.make(host(&bob, 251, "x")).await, hosted(251));
    assert_eq!(mailbox.make(unhost(&alice, 3)).await, Outcome::Done);
    assert_eq!(mailbox.make(host(&alice, 250, "x")).await, hosted(250));
}

pub async fn many_at_once_are_no_more_than_allowed(stage: &impl Stage) {
    let mailbox = Arc::new(stage.open(WIDE).await);
    let alice = did("alice");
    mailbox.settle(&alice, &[]).await;
    let mut tasks = JoinSet::new();
    for number in 0..130 {
        let (mailbox, alice) = (Arc::clone(&mailbox), alice.clone());
        tasks.spawn(async move {
            let change = host(&alice, number, &number.to_string());
            mailbox.make(change).await
        });
    }

    let outcomes = tasks.join_all().await;

    let full = outcomes.iter().filter(|o| **o == Outcome::Full).count();
    assert_eq!(outcomes.len() - full, limit::HOSTED);
}

pub async fn hosted_invitations_take_room_and_give_it_back(stage: &impl Stage) {
    let quota = Quota { bytes: 100, ..WIDE };
    let mailbox = stage.open(quota).await;
    let [alice, bob, home] = ["alice", "bob", "home"].map(did);
    mailbox.settle(&alice, &[]).await;
    mailbox.settle(&bob, &[&home]).await;
    let over = Timestamp(T.0 + 1000);

    // Whoever goes, takes back or comes to an end gives back all of it.
    assert_eq!(
        mailbox.make(host(&alice, 1, &"a".repeat(40))).await,
        hosted(1)
    );
    assert_eq!(
        mailbox.make(host(&alice, 2, &"b".repeat(30))).await,
        hosted(2)
    );
    let short = host_until(&bob, 3, &"c".repeat(30), over);
    assert!(matches!(mailbox.make(short).await, Outcome::Hosted { .. }));
    assert_eq!(mailbox.make(put(&home, "x")).await, Outcome::Full);
    assert_eq!(mailbox.make(host(&bob, 4, "x")).await, Outcome::Full);
    assert_eq!(mailbox.make(unhost(&alice, 2)).await, Outcome::Done);
    assert_eq!(mailbox.make(forget(&alice)).await, Outcome::Done);
    assert_eq!(mailbox.sweep(Timestamp(over.0 + 1)).await, Ok(1));
    assert_eq!(mailbox.sweep(Timestamp(over.0 + 1)).await, Ok(0));

    assert_eq!(mailbox.make(put(&home, [0; 100])).await, stored(&bob));
    for number in 1..=3 {
        assert_eq!(page(&mailbox, number).await, None);
    }
}

pub async fn hosted_invitations_follow_their_account_and_outlast_a_restart(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, next_alice] = ["alice", "next-alice"].map(did);
    mailbox.settle(&alice, &[]).await;
    mailbox.make(host(&alice, 1, "one")).await;
    mailbox.make(host(&alice, 2, "two")).await;
    assert_eq!(
        mailbox.make(move_to(&alice, &next_alice)).await,
        Outcome::Done
    );
    drop(mailbox);

    let mailbox = stage.open(WIDE).await;

    assert_eq!(page(&mailbox, 1).await.as_deref(), Some("one"));
    assert_eq!(mailbox.make(unhost(&alice, 1)).await, Outcome::Refused);
    assert_eq!(mailbox.make(unhost(&next_alice, 1)).await, Outcome::Done);
    assert_eq!(mailbox.make(forget(&next_alice)).await, Outcome::Done);
    assert_eq!(page(&mailbox, 2).await, None);
}
