//! The test world's mailbox: it keeps what it holds as long as the test.

use std::sync::{Arc, Mutex};

use signet_protocol::{
    mediator::{Change, Facts, Mailbox, MailboxError, Outcome, Question, Quota},
    time::Timestamp,
};
use signet_world::Memory;

use crate::stage::Stage;

/// What stays when the mailbox is dropped.
#[derive(Default)]
pub struct Kept(Mutex<Option<Arc<Memory>>>);

/// The mailbox, once more.
pub struct Shared(Arc<Memory>);

impl Stage for Kept {
    type Mailbox = Shared;

    async fn open(&self, quota: Quota) -> Shared {
        let mut kept = self.0.lock().unwrap();
        Shared(Arc::clone(
            kept.get_or_insert_with(|| Arc::new(Memory::new(quota))),
        ))
    }
}

impl Mailbox for Shared {
    async fn apply(
        &self,
        changes: Vec<Change>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, MailboxError> {
        self.0.apply(changes, now).await
    }

    async fn look(&self, question: Question, now: Timestamp) -> Result<Facts, MailboxError> {
        self.0.look(question, now).await
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, MailboxError> {
        self.0.sweep(now).await
    }
}
