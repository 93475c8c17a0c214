//! Several databases that are one mailbox: each has the list of all of them.
//!
//! Who says that a DID is nobody's, or gives it to somebody, does so by the list of the database, and
//! not only by its own. So a node that does not know of a database that was added neither misses what
//! is there nor gives it away a second time: it fails, until it is started again.

use std::{collections::BTreeSet, sync::Arc};

use deadpool_postgres::{GenericClient, Pool};
use signet_didcomm::did::Did;
use signet_protocol::mediator::{MailboxError, Quota};
use tokio::{sync::mpsc::UnboundedSender, task::JoinSet};
use tokio_postgres::Config;

use super::{
    Postgres,
    connection::{self, bounded},
    failure::Failure,
    name::{Name, Names},
    node::Node,
    put, schema,
    waking::Waking,
};

/// The advisory lock of the list: "shrd".
const LOCK: i64 = 0x7368_7264;

/// A database that was found at its address.
pub(crate) struct Found {
    config: Config,
    pool: Pool,
    names: Names,
    shards: Vec<Name>,
    kept: Vec<String>,
}

impl Found {
    /// Connects to it, and makes its tables if there are none.
    pub(crate) async fn at(url: &str) -> Result<Self, MailboxError> {
        let config = connection::config(url)?;
        let pool = connection::pool(config.clone())?;
        let prepare = async {
            let mut client = pool.get().await?;
            schema::migrate(&mut client).await?;
            let names = Names::open(&client).await?;
            let shards = list(&client).await?;
            let kept = client.query("select name from kept", &[]).await?;
            let kept = kept.iter().map(|row| row.try_get(0));
            Ok::<_, Failure>((names, shards, kept.collect::<Result<_, _>>()?))
        };
        let (names, shards, kept) = bounded(prepare).await.map_err(Failure::last)?;
        Ok(Self {
            config,
            pool,
            names,
            shards,
            kept,
        })
    }

    /// What it calls itself.
    pub(crate) fn id(&self) -> Name {
        self.names.of_database()
    }

    /// What the mediator keeps of its own there.
    pub(crate) fn kept(&self) -> &[String] {
        &self.kept
    }

    /// Whether it has just this list.
    pub(crate) fn knows(&self, shards: &[Name]) -> bool {
        self.shards == shards
    }

    /// Refuses to leave out any of its list.
    pub(crate) fn expect_within(&self, given: &[Name]) -> Result<(), MailboxError> {
        let given: BTreeSet<_> = given.iter().collect();
        let missing = self.shards.iter().filter(|id| !given.contains(id)).count();
        if missing == 0 {
            return Ok(());
        }
        Err(MailboxError::Broken(format!(
            "the mediator has {} databases, and {missing} of them {} not given; give all of them, each \
             with a --database of its own",
            self.shards.len(),
            if missing == 1 { "is" } else { "are" }
        )))
    }

    /// Gives it this list, once nobody is giving DIDs away by the one before. Ids of envelopes are its
    /// own from then on.
    pub(crate) async fn join(&mut self, shards: &[Name]) -> Result<(), MailboxError> {
        let is_first_of_several = shards.len() > 1 && self.shards.len() <= 1;
        let write = async {
            let mut client = self.pool.get().await?;
            let tx = client.transaction().await?;
            tx.execute("select pg_advisory_xact_lock($1)", &[&LOCK])
                .await?;
            if is_first_of_several {
                // Whoever acknowledges again what he had from one database means nothing in another.
                let part = i64::from(rand::random::<u32>() >> 2) << 32;
                tx.execute(
                    "select setval('mail_id', $1) from mail_id where last_value < $1 - (1::bigint << 40)",
                    &[&part],
                )
                .await?;
            }
            let ids: Vec<&[u8]> = shards.iter().map(|id| id.as_slice()).collect();
            tx.execute(
                "insert into shard select unnest($1::bytea[]) on conflict do nothing",
                &[&ids],
            )
            .await?;
            tx.commit().await?;
            Ok::<_, Failure>(())
        };
        bounded(write).await.map_err(Failure::last)?;
        self.shards = shards.to_vec();
        Ok(())
    }

    /// Begins to work with it, as one of these.
    pub(crate) async fn start(
        self,
        shards: Vec<Name>,
        quota: Quota,
        woken: UnboundedSender<Did>,
    ) -> Result<Postgres, MailboxError> {
        let Self {
            config,
            pool,
            names,
            ..
        } = self;
        let node = Arc::new(Node::new(woken));
        let waking = Arc::new(Waking::default());
        let ear = bounded(node.connect(&config))
            .await
            .map_err(Failure::last)?;
        let mut tasks = JoinSet::new();
        tasks.spawn({
            let node = node.clone();
            async move { node.listen(&config, ear).await }
        });
        tasks.spawn({
            let (waking, pool, node) = (waking.clone(), pool.clone(), node.id);
            async move { waking.run(&pool, node).await }
        });
        let desk = put::Desk::new(pool.clone(), names.clone(), quota, waking.clone());
        let letters = put::Queue::new(desk, &mut tasks);
        Ok(Postgres {
            pool,
            names,
            quota,
            node,
            waking,
            letters,
            shards,
            _tasks: tasks,
        })
    }
}

async fn list(client: &impl GenericClient) -> Result<Vec<Name>, Failure> {
    let rows = client
        .query("select id from shard order by id", &[])
        .await?;
    rows.iter().map(|row| name(row.try_get(0)?)).collect()
}

/// Lets nobody change the list until the transaction ends, and fails if it is another.
pub(super) async fn expect(client: &impl GenericClient, shards: &[Name]) -> Result<(), Failure> {
    let lock = client
        .prepare_cached("select pg_advisory_xact_lock_shared($1)")
        .await?;
    client.execute(&lock, &[&LOCK]).await?;
    let known = list(client).await?;
    match known == shards {
        true => Ok(()),
        false => Err(outdated()),
    }
}

pub(super) fn outdated() -> Failure {
    Failure::Mailbox(MailboxError::Away(
        "this mediator has more databases by now: start this node again with all of them".into(),
    ))
}

/// A name as it was stored.
pub(super) fn name(bytes: &[u8]) -> Result<Name, Failure> {
    Name::try_from(bytes)
        .map_err(|_| Failure::Mailbox(MailboxError::Broken("a stored name is no hash".into())))
}
