//! How fast envelopes go in and out. No test: it is measured when asked for, with `-- --speed`.

use std::{sync::Arc, time::Instant};

use signet_didcomm::did::Did;
use signet_protocol::mediator::{Change, Fetch, Mailbox};
use tokio::task::JoinSet;

use crate::stage::*;

/// Callers at once.
const CALLERS: usize = 32;
/// What each of them puts.
const PUTS: usize = 500;
/// Bytes of an envelope.
const BYTES: usize = 2048;
/// Envelopes in one delivery.
const DELIVERY: usize = 10;

pub async fn measure(stage: &impl Stage) {
    let mailbox = Arc::new(stage.open(WIDE).await);
    let many: Vec<(Did, Did)> = (0..CALLERS as u64)
        .map(|n| (long(2 * n), long(2 * n + 1)))
        .collect();
    for (account, recipient) in &many {
        mailbox.settle(account, &[recipient]).await;
    }

    let one = many[0].1.clone();
    for (what, recipients) in [
        ("to as many accounts", many.clone()),
        ("to one recipient", vec![many[0].clone(); CALLERS]),
    ] {
        let begin = Instant::now();
        let mut tasks = JoinSet::new();
        for (_, recipient) in recipients {
            let mailbox = mailbox.clone();
            // Every tenth as much to the one, where each waits for the other.
            let puts = if recipient == one { PUTS / 10 } else { PUTS };
            tasks.spawn(async move {
                for _ in 0..puts {
                    mailbox.make(put(&recipient, vec![7; BYTES])).await;
                }
                puts
            });
        }
        let puts: usize = tasks.join_all().await.iter().sum();
        tell(&format!("{CALLERS} callers put {what}"), puts, begin);
    }

    let begin = Instant::now();
    let puts: Vec<Change> = (0..PUTS)
        .map(|n| put(&many[n % CALLERS].1, vec![7; BYTES]))
        .collect();
    mailbox.all(puts).await;
    tell("one caller puts all in one apply", PUTS, begin);

    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for (account, _) in many {
        let mailbox = mailbox.clone();
        tasks.spawn(async move { drain(&*mailbox, &account).await });
    }
    let gone: usize = tasks.join_all().await.iter().sum();
    let what = format!("{CALLERS} callers fetch and remove, {DELIVERY} at a time");
    tell(&what, gone, begin);
}

async fn drain(mailbox: &impl Mailbox, account: &Did) -> usize {
    let mut gone = 0;
    loop {
        let fetch = Fetch {
            most: DELIVERY,
            ..everything(account)
        };
        let ids: Vec<_> = mailbox.fetch(T, fetch).await;
        if ids.is_empty() {
            return gone;
        }
        gone += ids.len();
        let ids = ids.into_iter().map(|(id, _)| id);
        mailbox.make(remove(account, ids)).await;
    }
}

fn tell(what: &str, envelopes: usize, begin: Instant) {
    let rate = envelopes as f64 / begin.elapsed().as_secs_f64();
    println!("{what}: {envelopes} envelopes, {rate:.0}/s");
}
