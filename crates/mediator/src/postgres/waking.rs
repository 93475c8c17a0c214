//! Telling other nodes that something waits for an account they hold a connection for.
//!
//! The database lets one transaction at a time commit with a notification in it, so those that
//! store envelopes carry none: what they would say is gathered and goes out in a small one of its
//! own. What gets lost is found by who waits, because they look from time to time.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use deadpool_postgres::Pool;
use tokio::sync::Notify;

use super::{connection::bounded, failure::Failure, node::NodeId};

/// How long is gathered before it is sent.
const GATHER: Duration = Duration::from_millis(5);
/// Bytes of one notification; the database refuses 8000.
const PAYLOAD: usize = 7900;

/// An envelope waits for the account with this row, and these nodes hold a connection for it.
pub(super) struct Wake {
    pub(super) account: i64,
    pub(super) nodes: Vec<i64>,
}

/// Accounts to be told of, by node.
#[derive(Default)]
pub(super) struct Waking {
    pending: Mutex<BTreeMap<i64, BTreeSet<i64>>>,
    rung: Notify,
}

impl Waking {
    pub(super) fn add(&self, wakes: Vec<Wake>) {
        let mut is_any = false;
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for wake in wakes {
            for node in wake.nodes {
                pending.entry(node).or_default().insert(wake.account);
                is_any = true;
            }
        }
        if is_any {
            self.rung.notify_one();
        }
    }

    /// Sends what is gathered, for ever.
    pub(super) async fn run(&self, pool: &Pool) {
        loop {
            self.rung.notified().await;
            tokio::time::sleep(GATHER).await;
            let pending = {
                let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
                mem::take(&mut *pending)
            };
            if let Err(failure) = bounded(send(pool, &pending)).await {
                tracing::debug!(error = %failure.last(), "other nodes were not woken");
            }
        }
    }
}

async fn send(pool: &Pool, pending: &BTreeMap<i64, BTreeSet<i64>>) -> Result<(), Failure> {
    let (mut channels, mut texts) = (Vec::new(), Vec::new());
    for (node, accounts) in pending {
        for text in payloads(accounts) {
            channels.push(NodeId(*node).channel());
            texts.push(text);
        }
    }
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "select pg_notify(channel, text) from unnest($1::text[], $2::text[]) n (channel, text)",
        )
        .await?;
    client.query(&statement, &[&channels, &texts]).await?;
    Ok(())
}

/// The accounts' rows, with commas between them, in as many texts as it takes.
fn payloads(accounts: &BTreeSet<i64>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for account in accounts {
        let account = account.to_string();
        match texts.last_mut() {
            Some(text) if text.len() + 1 + account.len() <= PAYLOAD => {
                text.push(',');
                text.push_str(&account);
            }
            _ => texts.push(account),
        }
    }
    texts
}

/// Reads what [`payloads`] wrote.
pub(super) fn accounts(payload: &str) -> impl Iterator<Item = i64> {
    payload
        .split(',')
        .filter_map(|account| account.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_accounts_are_told_in_several_notifications_and_none_is_lost() {
        let many: BTreeSet<i64> = (i64::MAX - 5000..i64::MAX).collect();

        let texts = payloads(&many);

        assert!(texts.len() > 1);
        assert!(texts.iter().all(|text| text.len() <= PAYLOAD));
        let read: BTreeSet<i64> = texts.iter().flat_map(|text| accounts(text)).collect();
        assert_eq!(read, many);
        assert_eq!(payloads(&BTreeSet::new()), Vec::<String>::new());
    }
}
