//! Envelopes that wait to go in: each caller brings one, and what came together goes in together.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::Pool;
use signet_protocol::{
    mediator::{Mail, MailboxError, Outcome, Quota},
    time::Timestamp,
};
use tokio::{
    sync::{
        Semaphore,
        mpsc::{self, Receiver, Sender},
        oneshot,
    },
    task::JoinSet,
    time::Instant,
};

use super::{
    super::{connection::insisting, failure::Failure, name::Names, waking::Waking},
    many::{self, Put},
    one,
};

/// Envelopes that may wait; who brings more waits for a place.
const PLACES: usize = 1024;
/// Envelopes of one batch, and bytes of them before the last.
const MOST: usize = 64;
const BYTES: usize = 1024 * 1024;
/// Envelopes that go alone at once: fewer than there are connections.
const LONE: usize = 8;
/// How long one may wait before it is put at all.
const LATE: Duration = Duration::from_secs(20);

/// One that waits, and who waits for it.
pub(super) struct Letter {
    pub(super) mail: Mail,
    pub(super) now: Timestamp,
    came: Instant,
    /// Nobody, once he was told.
    done: Option<oneshot::Sender<Result<Outcome, MailboxError>>>,
}

/// Where envelopes are brought.
pub(in super::super) struct Queue(Sender<Letter>);

/// What batches need on their way.
pub(in super::super) struct Desk {
    pool: Pool,
    names: Names,
    quota: Quota,
    waking: Arc<Waking>,
    lone: Semaphore,
}

impl Desk {
    pub(in super::super) fn new(
        pool: Pool,
        names: Names,
        quota: Quota,
        waking: Arc<Waking>,
    ) -> Self {
        Self {
            pool,
            names,
            quota,
            waking,
            lone: Semaphore::new(LONE),
        }
    }
}

impl Queue {
    /// One whose batches go out in a task of this set, one after the other: two at once would be in
    /// each other's way wherever somebody has much mail, and are no faster elsewhere.
    pub(in super::super) fn new(desk: Desk, tasks: &mut JoinSet<()>) -> Self {
        let (sender, mut waiting) = mpsc::channel(PLACES);
        let desk = Arc::new(desk);
        tasks.spawn(async move {
            loop {
                let batch = gather(&mut waiting).await;
                if batch.is_empty() {
                    return;
                }
                desk.put(batch).await;
            }
        });
        Self(sender)
    }

    /// What became of an envelope, once that is durable.
    pub(in super::super) async fn put(
        &self,
        mail: Mail,
        now: Timestamp,
    ) -> Result<Outcome, MailboxError> {
        let (done, outcome) = oneshot::channel();
        let ended = || MailboxError::Away("the mailbox has ended".into());
        let letter = Letter {
            mail,
            now,
            came: Instant::now(),
            done: Some(done),
        };
        self.0.send(letter).await.map_err(|_| ended())?;
        outcome.await.map_err(|_| ended())?
    }
}

impl Desk {
    /// Puts a batch, and tells everybody what became of his.
    async fn put(self: &Arc<Self>, mut batch: Vec<Letter>) {
        batch.retain_mut(|letter| !letter.is_late());
        if batch.is_empty() {
            return;
        }
        // Also a single one: while it is on its way, others gather behind it.
        for letter in self.together(batch).await {
            let desk = Arc::clone(self);
            // It may have to wait for somebody, and those who come next need not.
            tokio::spawn(async move {
                let _place = desk.lone.acquire().await;
                desk.put_alone(letter).await;
            });
        }
    }

    async fn put_alone(&self, mut letter: Letter) {
        if !letter.is_late() {
            let put = insisting(|| self.alone(&letter)).await;
            letter.tell(put);
        }
    }

    /// Yields those that have to go alone.
    async fn together(&self, batch: Vec<Letter>) -> Vec<Letter> {
        let puts = match insisting(|| self.many(&batch)).await {
            Ok(puts) => puts,
            Err(error @ MailboxError::Away(_)) => {
                for mut letter in batch {
                    letter.tell(Err(error.clone()));
                }
                return Vec::new();
            }
            // Whatever is wrong may be so with one of them only.
            Err(error @ (MailboxError::Broken(_) | MailboxError::Full)) => {
                tracing::warn!(%error, "envelopes did not go in together");
                return batch;
            }
        };
        let mut alone = Vec::new();
        let mut accounts = Vec::new();
        for (mut letter, put) in batch.into_iter().zip(puts) {
            match put {
                Put::Made(outcome, account) => {
                    accounts.extend(account);
                    letter.tell(outcome);
                }
                Put::Alone => alone.push(letter),
            }
        }
        self.waking.add(accounts);
        alone
    }

    async fn many(&self, letters: &[Letter]) -> Result<Vec<Put>, Failure> {
        let client = self.pool.get().await?;
        many::put(&client, &self.names, &self.quota, letters).await
    }

    async fn alone(&self, letter: &Letter) -> Result<Outcome, Failure> {
        let client = self.pool.get().await?;
        let (names, quota) = (&self.names, &self.quota);
        let (outcome, account) = one::put(&client, names, quota, &letter.mail, letter.now).await?;
        self.waking.add(account);
        Ok(outcome)
    }
}

impl Letter {
    fn bytes(&self) -> usize {
        self.mail.envelope.len()
    }

    /// Whether it has waited for too long, and whoever brought it was told.
    fn is_late(&mut self) -> bool {
        let is_late = self.came.elapsed() > LATE;
        if is_late {
            self.tell(Err(MailboxError::Away("the database is behind".into())));
        }
        is_late
    }

    fn tell(&mut self, put: Result<Outcome, MailboxError>) {
        if let Some(done) = self.done.take() {
            // Who brought it may be gone, and then nobody was promised anything.
            drop(done.send(put));
        }
    }
}

/// The next one, and what came behind it meanwhile; nothing once nobody can bring any more.
async fn gather(waiting: &mut Receiver<Letter>) -> Vec<Letter> {
    let mut batch: Vec<Letter> = waiting.recv().await.into_iter().collect();
    let mut bytes = batch.first().map_or(0, Letter::bytes);
    while batch.len() < MOST && bytes < BYTES {
        let Ok(letter) = waiting.try_recv() else {
            break;
        };
        bytes += letter.bytes();
        batch.push(letter);
    }
    batch
}
