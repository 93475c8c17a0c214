//! Envelopes that wait to go in: each caller brings one, and what came together goes in together.

use std::sync::Arc;

use deadpool_postgres::Pool;
use signet_protocol::{
    mediator::{Mail, MailboxError, Outcome, Quota},
    time::Timestamp,
};
use tokio::{
    sync::{
        Mutex,
        mpsc::{self, Receiver, Sender},
        oneshot,
    },
    task::JoinSet,
};

use super::{
    super::{connection::insisting, failure::Failure, name::Names, node::NodeId, waking::Waking},
    many::{self, Put},
    one,
};

/// Envelopes that may wait; who brings more waits for a place.
const PLACES: usize = 1024;
/// Batches on their way to the database at once.
const BATCHES: usize = 2;
/// Envelopes of one batch, and bytes of them before the last.
const MOST: usize = 64;
const BYTES: usize = 1024 * 1024;

/// One that waits, and who waits for it.
pub(super) struct Letter {
    pub(super) mail: Mail,
    pub(super) now: Timestamp,
    done: oneshot::Sender<Result<Outcome, MailboxError>>,
}

/// Where envelopes are brought.
pub(in super::super) struct Queue(Sender<Letter>);

/// What batches need on their way.
pub(in super::super) struct Desk {
    pub(in super::super) pool: Pool,
    pub(in super::super) names: Names,
    pub(in super::super) quota: Quota,
    pub(in super::super) node: NodeId,
    pub(in super::super) waking: Arc<Waking>,
}

impl Queue {
    /// One whose batches go out in tasks of this set.
    pub(in super::super) fn new(desk: Desk, tasks: &mut JoinSet<()>) -> Self {
        let (sender, waiting) = mpsc::channel(PLACES);
        let (desk, waiting) = (Arc::new(desk), Arc::new(Mutex::new(waiting)));
        for _ in 0..BATCHES {
            let (desk, waiting) = (desk.clone(), waiting.clone());
            tasks.spawn(async move {
                loop {
                    let batch = gather(&mut *waiting.lock().await).await;
                    if batch.is_empty() {
                        return;
                    }
                    desk.put(batch).await;
                }
            });
        }
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
        let letter = Letter { mail, now, done };
        self.0.send(letter).await.map_err(|_| ended())?;
        outcome.await.map_err(|_| ended())?
    }
}

impl Desk {
    /// Puts a batch, and tells everybody what became of his.
    async fn put(&self, batch: Vec<Letter>) {
        let alone = match batch.len() {
            1 => batch,
            _ => self.together(batch).await,
        };
        for letter in alone {
            let put = insisting(|| self.alone(&letter)).await;
            letter.tell(put);
        }
    }

    /// Yields those that have to go alone.
    async fn together(&self, batch: Vec<Letter>) -> Vec<Letter> {
        let puts = match insisting(|| self.many(&batch)).await {
            Ok(puts) => puts,
            Err(error @ MailboxError::Away(_)) => {
                for letter in batch {
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
        let mut wakes = Vec::new();
        for (letter, put) in batch.into_iter().zip(puts) {
            match put {
                Put::Made(outcome, wake) => {
                    wakes.extend(wake);
                    letter.tell(Ok(outcome));
                }
                Put::Alone => alone.push(letter),
            }
        }
        self.waking.add(wakes);
        alone
    }

    async fn many(&self, letters: &[Letter]) -> Result<Vec<Put>, Failure> {
        let client = self.pool.get().await?;
        many::put(&client, &self.names, &self.quota, self.node, letters).await
    }

    async fn alone(&self, letter: &Letter) -> Result<Outcome, Failure> {
        let client = self.pool.get().await?;
        let (names, quota) = (&self.names, &self.quota);
        let (outcome, wake) =
            one::put(&client, names, quota, self.node, &letter.mail, letter.now).await?;
        self.waking.add(wake.into_iter().collect());
        Ok(outcome)
    }
}

impl Letter {
    fn bytes(&self) -> usize {
        self.mail.envelope.len()
    }

    fn tell(self, put: Result<Outcome, MailboxError>) {
        // Who brought it may be gone, and then nobody was promised anything.
        drop(self.done.send(put));
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
