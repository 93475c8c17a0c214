//! The mailbox in PostgreSQL (15 or later), which any number of nodes may share.
//!
//! A [`Mailbox::apply`] is one transaction, and durable when it returns. What bounds it is counted
//! in the rows of the recipient and the account, and changed under their locks, so the quotas of
//! both are exact however many nodes write. The total of all bytes is a sum of parts that are not
//! locked together: writers that commit at the same moment do not see one another, so it may be
//! exceeded by what is under way just then, at most one envelope for each connection.
//!
//! DIDs are looked up by a keyed hash; their text is kept only where it has to be told. The key
//! lies in the same database, so this hides nothing from who holds all of it.
//!
//! Connections to the database are not encrypted (no TLS): reach it by a Unix socket, or by a
//! network that is trusted. A pooler in between must pool sessions, not transactions.

mod account;
mod apply;
mod claim;
mod connection;
mod failure;
mod hosted;
mod kept;
mod look;
mod mail;
mod name;
mod node;
mod put;
mod recipient;
mod schema;
mod shard;
mod waking;

use std::{fmt, sync::Arc};

use deadpool_postgres::Pool;
use signet_didcomm::did::Did;
use signet_protocol::{
    mediator::{Change, Facts, Mailbox, MailboxError, Outcome, Question, Quota},
    time::Timestamp,
};
use tokio::{sync::mpsc::UnboundedSender, task::JoinSet};

use apply::Apply;
use connection::{bounded, insisting};
use failure::Failure;
use name::Names;
use node::Node;
use waking::Waking;

pub(crate) use claim::{Claims, Role};
pub(crate) use name::Name;
pub(crate) use shard::Found;

/// A [`Mailbox`] in a PostgreSQL database.
///
/// Calls fail with [`MailboxError::Away`] while the database cannot be reached, and succeed again
/// when it can; what was [applied](Mailbox::apply) when a call failed like that is not known.
pub struct Postgres {
    pool: Pool,
    names: Names,
    quota: Quota,
    node: Arc<Node>,
    waking: Arc<Waking>,
    letters: put::Queue,
    /// All databases of its mailbox, in order.
    shards: Vec<Name>,
    /// Listens, wakes and puts; ends with this value.
    _tasks: JoinSet<()>,
}

impl Postgres {
    /// Opens the database at `url` (`postgresql://user@host/name`, or `host=/run/postgresql
    /// dbname=name`), and makes its tables if there are none. Must be called within a Tokio
    /// runtime.
    ///
    /// `woken` is told the DIDs of accounts that are [attended](Mailbox::attend) here when another
    /// node puts something there; in the form in which they were attended.
    ///
    /// # Errors
    /// [`MailboxError::Away`] if the database cannot be reached; [`MailboxError::Broken`] if the
    /// address is not understood, the database refuses us, a newer program was there, or it is one
    /// of several that are a mailbox together.
    pub async fn open(
        url: &str,
        quota: Quota,
        woken: UnboundedSender<Did>,
    ) -> Result<Self, MailboxError> {
        let found = Found::at(url).await?;
        let alone = vec![found.id()];
        found.expect_within(&alone)?;
        found.start(alone, quota, woken).await
    }

    /// Where changes are made at this moment.
    fn applying(&self, now: Timestamp) -> Apply<'_> {
        Apply {
            pool: &self.pool,
            names: &self.names,
            quota: &self.quota,
            now,
        }
    }
}

impl Mailbox for Postgres {
    async fn apply(
        &self,
        mut changes: Vec<Change>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, MailboxError> {
        // Others put at the same time, and what they share is paid once.
        if let [Change::Put(_)] = changes.as_slice()
            && let Some(Change::Put(mail)) = changes.pop()
        {
            return Ok(vec![self.letters.put(mail, now).await?]);
        }
        let apply = self.applying(now);
        let (outcomes, got) = insisting(|| apply.once(&changes)).await?;
        self.waking.add(got);
        Ok(outcomes)
    }

    async fn look(&self, question: Question, now: Timestamp) -> Result<Facts, MailboxError> {
        let look = async {
            let client = self.pool.get().await?;
            look::look(&client, &self.names, &question, now).await
        };
        bounded(look).await.map_err(Failure::last)
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, MailboxError> {
        let sweep = async {
            let mut client = self.pool.get().await?;
            let tx = client.transaction().await?;
            let swept = mail::sweep(&tx, now).await? + hosted::sweep(&tx, now).await?;
            tx.commit().await?;
            Ok::<_, Failure>(swept)
        };
        // After a conflict nothing is lost: the next call sweeps the same.
        bounded(sweep).await.map_err(Failure::last)
    }

    async fn attend(&self, account: &Did, here: bool) {
        let name = self.names.of(account);
        let told = match here {
            true => bounded(self.node.attend(&self.pool, name, account.clone())).await,
            false => bounded(self.node.leave(&self.pool, name)).await,
        };
        if let Err(failure) = told {
            tracing::debug!(error = %failure.last(), here, "the presence was not recorded");
        }
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

/// The database knows no unsigned numbers; what is too large for it is as good as endless.
fn number(count: u64) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}
