//! Connections that wait for mail: who is to be told when something is put into the mailbox.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use signet_didcomm::did::Did;
use signet_protocol::mediator::Mailbox;
use tokio::sync::Notify;

/// The connections of this node that wait, by account.
#[derive(Debug, Default)]
pub struct Live {
    waiting: Mutex<BTreeMap<Did, Vec<Arc<Notify>>>>,
}

impl Live {
    /// Wakes the connections that wait for this account's mail.
    pub fn wake(&self, account: &Did) {
        if let Some(waiting) = self.lock().get(&account.short()) {
            waiting.iter().for_each(|bell| bell.notify_one());
        }
    }

    /// Lets this connection wait for the account's mail.
    pub(crate) async fn join(&self, account: &Did, bell: &Arc<Notify>, mailbox: &impl Mailbox) {
        let is_first = {
            let mut waiting = self.lock();
            let bells = waiting.entry(account.short()).or_default();
            if !bells.iter().any(|known| Arc::ptr_eq(known, bell)) {
                bells.push(Arc::clone(bell));
            }
            bells.len() == 1
        };
        if is_first {
            self.tell(account, mailbox).await;
        }
    }

    /// Lets it wait no more.
    pub(crate) async fn leave(&self, account: &Did, bell: &Arc<Notify>, mailbox: &impl Mailbox) {
        let is_last = {
            let mut waiting = self.lock();
            let bells = waiting.entry(account.short()).or_default();
            bells.retain(|known| !Arc::ptr_eq(known, bell));
            let is_last = bells.is_empty();
            if is_last {
                waiting.remove(&account.short());
            }
            is_last
        };
        if is_last {
            self.tell(account, mailbox).await;
        }
    }

    /// Tells the mailbox whether anybody waits. One may come while another leaves, so it is told
    /// until what it heard last is so.
    async fn tell(&self, account: &Did, mailbox: &impl Mailbox) {
        loop {
            let waits = self.waits(account);
            mailbox.attend(account, waits).await;
            if self.waits(account) == waits {
                return;
            }
        }
    }

    fn waits(&self, account: &Did) -> bool {
        self.lock().contains_key(&account.short())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Did, Vec<Arc<Notify>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signet_protocol::{
        mediator::{Change, Facts, MailboxError, Outcome, Question},
        time::Timestamp,
    };
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Takes its time to hear that nobody waits any more.
    #[derive(Default)]
    struct Slow {
        heard: AtomicBool,
        hearing: Notify,
        go_on: Notify,
    }

    impl Mailbox for Slow {
        async fn apply(
            &self,
            _changes: Vec<Change>,
            _now: Timestamp,
        ) -> Result<Vec<Outcome>, MailboxError> {
            Ok(Vec::new())
        }

        async fn look(&self, _: Question, _: Timestamp) -> Result<Facts, MailboxError> {
            Err(MailboxError::Full)
        }

        async fn sweep(&self, _now: Timestamp) -> Result<u64, MailboxError> {
            Ok(0)
        }

        async fn attend(&self, _account: &Did, here: bool) {
            if !here {
                self.hearing.notify_one();
                self.go_on.notified().await;
            }
            self.heard.store(here, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn the_mailbox_knows_of_who_comes_as_another_leaves() {
        let (live, mailbox) = (Live::default(), Slow::default());
        let account = Did::parse("did:example:alice").unwrap();
        let [one, other] = [(); 2].map(|()| Arc::new(Notify::new()));
        live.join(&account, &one, &mailbox).await;

        tokio::join!(live.leave(&account, &one, &mailbox), async {
            mailbox.hearing.notified().await;
            live.join(&account, &other, &mailbox).await;
            mailbox.go_on.notify_one();
        });
        assert!(mailbox.heard.load(Ordering::Relaxed));

        mailbox.go_on.notify_one();
        live.leave(&account, &other, &mailbox).await;
        assert!(!mailbox.heard.load(Ordering::Relaxed));
    }
}
