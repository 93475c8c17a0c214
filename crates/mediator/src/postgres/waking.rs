//! Telling other nodes that something waits for an account they hold a connection for.
//!
//! The database lets one transaction at a time commit with a notification in it, so those that
//! store envelopes carry none: what they would say is gathered and goes out in a small one of its
//! own. Who waits is looked up after the envelope was committed: whoever tells the database later
//! that he waits looks for mail after that, and finds it. What gets lost is found as well, because
//! they look from time to time.

use std::{
    collections::BTreeSet,
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

const WHO_WAITS: &str = "
    select node, array_agg(account) from presence
    where account = any($1) and node <> $2
    group by node";

/// The rows of accounts that got mail.
#[derive(Default)]
pub(super) struct Waking {
    pending: Mutex<BTreeSet<i64>>,
    rung: Notify,
}

impl Waking {
    pub(super) fn add(&self, accounts: impl IntoIterator<Item = i64>) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.extend(accounts);
        if !pending.is_empty() {
            self.rung.notify_one();
        }
    }

    /// Tells the other nodes of what is gathered, for ever.
    pub(super) async fn run(&self, pool: &Pool, node: NodeId) {
        loop {
            self.rung.notified().await;
            tokio::time::sleep(GATHER).await;
            let accounts = {
                let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
                mem::take(&mut *pending)
            };
            if let Err(failure) = bounded(tell(pool, node, accounts)).await {
                tracing::debug!(error = %failure.last(), "other nodes were not woken");
            }
        }
    }
}

async fn tell(pool: &Pool, node: NodeId, accounts: BTreeSet<i64>) -> Result<(), Failure> {
    let client = pool.get().await?;
    let who_waits = client.prepare_cached(WHO_WAITS).await?;
    let accounts: Vec<i64> = accounts.into_iter().collect();
    let (mut channels, mut texts) = (Vec::new(), Vec::new());
    for row in client.query(&who_waits, &[&accounts, &node.0]).await? {
        let channel = NodeId(row.try_get(0)?).channel();
        for text in payloads(&row.try_get::<_, Vec<i64>>(1)?) {
            channels.push(channel.clone());
            texts.push(text);
        }
    }
    if channels.is_empty() {
        return Ok(());
    }
    let notify = client
        .prepare_cached(
            "select pg_notify(channel, text) from unnest($1::text[], $2::text[]) n (channel, text)",
        )
        .await?;
    client.query(&notify, &[&channels, &texts]).await?;
    Ok(())
}

/// The accounts' rows, with commas between them, in as many texts as it takes.
fn payloads(accounts: &[i64]) -> Vec<String> {
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
        let many: Vec<i64> = (i64::MAX - 5000..i64::MAX).collect();

        let texts = payloads(&many);

        assert!(texts.len() > 1);
        assert!(texts.iter().all(|text| text.len() <= PAYLOAD));
        let read: Vec<i64> = texts.iter().flat_map(|text| accounts(text)).collect();
        assert_eq!(read, many);
        assert_eq!(payloads(&[]), Vec::<String>::new());
    }
}
