//! Connections that wait for mail: who is to be told when something is put into the mailbox.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use signet_didcomm::did::Did;
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

    /// Lets this connection wait; whether it is the account's first one here.
    pub(crate) fn join(&self, account: &Did, bell: &Arc<Notify>) -> bool {
        let mut waiting = self.lock();
        let bells = waiting.entry(account.short()).or_default();
        if !bells.iter().any(|known| Arc::ptr_eq(known, bell)) {
            bells.push(Arc::clone(bell));
        }
        bells.len() == 1
    }

    /// Lets it wait no more; whether none of the account's waits here any more.
    pub(crate) fn leave(&self, account: &Did, bell: &Arc<Notify>) -> bool {
        let mut waiting = self.lock();
        let Some(bells) = waiting.get_mut(&account.short()) else {
            return true;
        };
        bells.retain(|known| !Arc::ptr_eq(known, bell));
        let is_last = bells.is_empty();
        if is_last {
            waiting.remove(&account.short());
        }
        is_last
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Did, Vec<Arc<Notify>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
