//! What the mediator keeps of its own.

use signet_protocol::mediator::{Change, Facts, Outcome, Question};

use crate::stage::*;

fn keep(value: &[u8]) -> Change {
    Change::Keep {
        name: "identity",
        value: value.to_vec(),
    }
}

pub async fn the_first_who_keeps_something_decides_what_it_is(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let kept = || mailbox.ask(Question::Kept("identity"));
    assert_eq!(kept().await, Facts::Kept(None));

    let outcomes = mailbox.all(vec![keep(b"first"), keep(b"second")]).await;

    assert_eq!(outcomes, [Outcome::Done, Outcome::Unchanged]);
    assert_eq!(kept().await, Facts::Kept(Some(b"first".to_vec())));
    assert_eq!(
        mailbox.ask(Question::Kept("other")).await,
        Facts::Kept(None)
    );
    drop(mailbox);
    let mailbox = stage.open(WIDE).await;
    let kept = mailbox.ask(Question::Kept("identity")).await;
    assert_eq!(kept, Facts::Kept(Some(b"first".to_vec())));
}

pub async fn what_is_kept_is_bounded(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;

    assert_eq!(
        mailbox.make(keep(&vec![0; 64 * 1024 + 1])).await,
        Outcome::Full
    );
    assert_eq!(mailbox.make(keep(&vec![0; 64 * 1024])).await, Outcome::Done);
}
