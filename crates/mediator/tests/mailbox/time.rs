//! What is held back, and what gets too old.

use signet_didcomm::did::Did;
use signet_protocol::{
    mediator::{Change, Mail, Mailbox, Outcome, Quota, Waiting},
    time::Timestamp,
};

use crate::stage::*;

fn held(recipient: &Did, text: &str, from: u64, until: u64) -> Change {
    Change::Put(Mail {
        from: Timestamp(from),
        until: Timestamp(until),
        ..mail(recipient, text)
    })
}

/// Sweeps until nothing is left to be swept.
async fn sweep_all(mailbox: &impl Mailbox, now: u64) -> Vec<u64> {
    let mut swept = Vec::new();
    loop {
        match mailbox.sweep(Timestamp(now)).await.unwrap() {
            0 => return swept,
            some => swept.push(some),
        }
    }
}

pub async fn what_is_held_back_is_not_delivered_before(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    let (due, last) = (T.0 + 5000, LAST.0);
    mailbox.make(held(&home, "later", due, last)).await;
    mailbox.make(held(&home, "now", T.0, last)).await;

    assert_eq!(mailbox.texts(&alice).await, ["now"]);
    assert_eq!(mailbox.status(&alice).await.room, room(2, 8));
    let before = Timestamp(due - 1);
    let texts = mailbox.texts_at(before, everything(&alice)).await;
    assert_eq!(texts, ["now"]);
    let texts = mailbox.texts_at(Timestamp(due), everything(&alice)).await;
    assert_eq!(texts, ["later", "now"]);
    assert_eq!(mailbox.sweep(Timestamp(due)).await, Ok(0));
}

pub async fn what_is_too_old_is_not_delivered_and_is_swept(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;
    let until = T.0 + 5000;
    mailbox.make(held(&home, "short", 0, until)).await;
    mailbox.make(held(&home, "long", 0, LAST.0)).await;
    mailbox.make(held(&work, "short", 0, until)).await;
    mailbox.make(unregister(&alice, &work)).await;

    let at = Timestamp;
    let texts = mailbox.texts_at(at(until), everything(&alice)).await;
    assert_eq!(texts, ["short", "long", "short"]);
    assert_eq!(mailbox.sweep(at(until)).await, Ok(0));
    let texts = mailbox.texts_at(at(until + 1), everything(&alice)).await;
    assert_eq!(texts, ["long"]);
    assert_eq!(mailbox.status(&alice).await.room, room(3, 14));

    assert_eq!(sweep_all(&mailbox, until + 1).await.iter().sum::<u64>(), 2);
    assert_eq!(mailbox.status(&alice).await.room, room(1, 4));
    assert_eq!(mailbox.texts(&alice).await, ["long"]);
    let of_work = mailbox.status_of(&alice, Some(&work)).await;
    assert_eq!(of_work, Waiting::default());

    assert_eq!(sweep_all(&mailbox, u64::MAX).await, [1]);
    assert_eq!(mailbox.status(&alice).await, Waiting::default());
}

pub async fn sweeping_makes_room(stage: &impl Stage) {
    let quota = Quota {
        recipient: room(1, 10),
        account: room(2, 10),
        bytes: 10,
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, bob, home, work] = ["alice", "bob", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.settle(&bob, &[&work]).await;
    mailbox.make(held(&home, "12345678", 0, T.0)).await;
    let full = mailbox.make(put(&work, "12345678")).await;
    assert_eq!(full, Outcome::Full);

    sweep_all(&mailbox, T.0 + 1).await;

    assert_eq!(mailbox.make(put(&home, "12")).await, stored(&alice));
    assert_eq!(mailbox.make(put(&work, "12345678")).await, stored(&bob));
}

pub async fn a_sweep_is_bounded_and_the_next_goes_on(stage: &impl Stage) {
    const MANY: u64 = 5000;
    let mailbox = stage.open(WIDE).await;
    let [alice, bob, home, work] = ["alice", "bob", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.settle(&bob, &[&work]).await;
    let puts = |n: u64| held([&home, &work][n as usize % 2], "x", 0, T.0 + n);
    for first in (0..MANY).step_by(500) {
        mailbox.all((first..first + 500).map(puts).collect()).await;
    }
    mailbox.make(put(&home, "stays")).await;

    let swept = sweep_all(&mailbox, T.0 + MANY).await;

    assert_eq!(swept.iter().sum::<u64>(), MANY);
    assert!(swept.len() > 1, "{MANY} at once");
    assert_eq!(mailbox.status(&alice).await.room, room(1, 5));
    assert_eq!(mailbox.status(&bob).await, Waiting::default());
}
