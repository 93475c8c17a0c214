//! One of the nodes that share a database: for which accounts it holds a connection, and its ear
//! for what others put there.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use deadpool_postgres::Pool;
use signet_didcomm::did::Did;
use signet_protocol::mediator::MailboxError;
use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::JoinSet,
};
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, NoTls, Socket, Statement, tls::NoTlsStream,
};

use super::{connection::bounded, failure::Failure, name::Name, waking};

/// Between two signs of life. A node that gave none for [`DEAD`] is forgotten by the others.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Seconds by the database's clock.
const DEAD: f64 = 60.0;
/// Between two tries to listen again.
const AGAIN: Duration = Duration::from_millis(500);

const TELL: &str = "
    with here as materialized (
        select id, name from account where name = any($2)
    ), told as (
        insert into presence (account, node) select id, $1 from here
        on conflict do nothing
    )
    select id, name from here";

/// Names a node: drawn when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) i64);

impl NodeId {
    /// Its own channel of notifications; one for each account would cost the database too much.
    pub(super) fn channel(self) -> String {
        format!("signet_{:016x}", self.0)
    }
}

/// This node.
pub(super) struct Node {
    pub(super) id: NodeId,
    attended: Mutex<Attended>,
    woken: UnboundedSender<Did>,
}

/// Accounts that connections wait for.
#[derive(Default)]
struct Attended {
    accounts: BTreeMap<Name, Account>,
    /// Their rows, once the database was told.
    rows: BTreeMap<i64, Name>,
}

struct Account {
    did: Did,
    row: Option<i64>,
}

impl Attended {
    /// The row whose presence ends; `None` if the account goes on being attended under another DID.
    fn remove(&mut self, name: &Name) -> Option<i64> {
        let row = self.accounts.remove(name)?.row?;
        if self.rows.get(&row) != Some(name) {
            return None;
        }
        self.rows.remove(&row);
        Some(row)
    }

    /// The database knows of nobody any more.
    fn forget_rows(&mut self) {
        self.rows.clear();
        for account in self.accounts.values_mut() {
            account.row = None;
        }
    }
}

impl Node {
    pub(super) fn new(woken: UnboundedSender<Did>) -> Self {
        Self {
            id: NodeId(rand::random()),
            attended: Mutex::default(),
            woken,
        }
    }

    /// A connection waits for this account's mail.
    pub(super) async fn attend(&self, pool: &Pool, name: Name, did: Did) -> Result<(), Failure> {
        let account = Account { did, row: None };
        self.attended().accounts.insert(name, account);
        let client = pool.get().await?;
        let tell = client.prepare_cached(TELL).await?;
        self.tell(&client, &tell, vec![name.to_vec()]).await
    }

    /// No connection does any more.
    pub(super) async fn leave(&self, pool: &Pool, name: Name) -> Result<(), Failure> {
        let row = self.attended().remove(&name);
        let Some(row) = row else {
            return Ok(());
        };
        let client = pool.get().await?;
        let delete = client
            .prepare_cached("delete from presence where node = $1 and account = $2")
            .await?;
        client.execute(&delete, &[&self.id.0, &row]).await?;
        Ok(())
    }

    /// Listens for ever. The first connection exists already, so whoever is put something after
    /// this node came to be is heard of.
    pub(super) async fn listen(&self, config: &Config, first: Ear) {
        let mut ear = Some(first);
        loop {
            let heard = match ear.take() {
                Some(ear) => Ok(ear),
                None => bounded(self.connect(config)).await,
            };
            let end = match heard {
                Ok(ear) => self.hear(ear).await,
                Err(failure) => Err(failure),
            };
            if let Err(failure) = end {
                tracing::debug!(error = %failure.last(), "not listening");
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Begins to listen, and tells the database again whom this node attends: others may have
    /// taken it for dead.
    pub(super) async fn connect(&self, config: &Config) -> Result<Ear, Failure> {
        let (client, connection) = config.connect(NoTls).await?;
        let (sender, heard) = mpsc::unbounded_channel();
        let mut driver = JoinSet::new();
        driver.spawn(drive(connection, sender));
        // A sign of life or a presence that is lost in a crash comes again.
        client
            .batch_execute(&format!(
                "set synchronous_commit = off; listen {}",
                self.id.channel()
            ))
            .await?;
        self.beat(&client).await?;
        self.attended().forget_rows();
        self.tell_missing(&client).await?;
        Ok(Ear {
            client,
            heard,
            _driver: driver,
        })
    }

    async fn hear(&self, mut ear: Ear) -> Result<(), Failure> {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        loop {
            tokio::select! {
                payload = ear.heard.recv() => match payload {
                    Some(payload) => self.wake(&payload),
                    None => return Ok(()),
                },
                _ = heartbeat.tick() => bounded(self.give_sign(&ear.client)).await?,
            }
        }
    }

    async fn give_sign(&self, client: &Client) -> Result<(), Failure> {
        if self.beat(client).await? {
            self.attended().forget_rows();
        }
        self.tell_missing(client).await
    }

    fn wake(&self, payload: &str) {
        let attended = self.attended();
        for row in waking::accounts(payload) {
            let name = attended.rows.get(&row);
            if let Some(account) = name.and_then(|name| attended.accounts.get(name)) {
                // Nobody is left to be woken while the process ends.
                let _ = self.woken.send(account.did.clone());
            }
        }
    }

    /// Gives a sign of life and clears away who gave none; yields whether this node was unknown.
    async fn beat(&self, client: &Client) -> Result<bool, Failure> {
        let row = client
            .query_one(
                "with dead as (
                    delete from node where id <> $1
                        and heartbeat < now() - make_interval(secs => $2)
                    returning id
                ), cleared as (
                    delete from presence p using dead d where p.node = d.id
                ), own as (
                    insert into node (id, heartbeat) values ($1, now())
                    on conflict (id) do update set heartbeat = excluded.heartbeat
                )
                select not exists (select from node where id = $1)",
                &[&self.id.0, &DEAD],
            )
            .await?;
        Ok(row.try_get(0)?)
    }

    /// Tells of those of whom the database does not know.
    async fn tell_missing(&self, client: &Client) -> Result<(), Failure> {
        let missing: Vec<Vec<u8>> = {
            let attended = self.attended();
            let accounts = attended.accounts.iter();
            let missing = accounts.filter(|(_, account)| account.row.is_none());
            missing.map(|(name, _)| name.to_vec()).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let tell = client.prepare(TELL).await?;
        self.tell(client, &tell, missing).await
    }

    async fn tell(
        &self,
        client: &Client,
        tell: &Statement,
        names: Vec<Vec<u8>>,
    ) -> Result<(), Failure> {
        let rows = client.query(tell, &[&self.id.0, &names]).await?;
        let mut attended = self.attended();
        for row in rows {
            let name: &[u8] = row.try_get(1)?;
            let Ok(name) = Name::try_from(name) else {
                continue;
            };
            // They may have left while the database was told; then it wakes us in vain.
            let row = row.try_get(0)?;
            if let Some(account) = attended.accounts.get_mut(&name) {
                account.row = Some(row);
                attended.rows.insert(row, name);
            }
        }
        Ok(())
    }

    fn attended(&self) -> MutexGuard<'_, Attended> {
        self.attended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that listens.
pub(super) struct Ear {
    client: Client,
    heard: UnboundedReceiver<String>,
    _driver: JoinSet<()>,
}

/// Passes notifications on until the connection ends.
async fn drive(mut connection: Connection<Socket, NoTlsStream>, heard: UnboundedSender<String>) {
    while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
        let is_wanted = match message {
            Ok(AsyncMessage::Notification(notification)) => {
                heard.send(notification.payload().to_owned()).is_ok()
            }
            Ok(_) => true,
            Err(error) => {
                let error: MailboxError = Failure::from(error).last();
                tracing::debug!(%error, "the listening connection ended");
                false
            }
        };
        if !is_wanted {
            return;
        }
    }
}
