//! Where DIDs were found the last time.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use signet_didcomm::did::Did;

use crate::postgres::Role;

/// How many are remembered; then it begins anew. Some 2 MB.
const MOST: usize = 100_000;

/// Places by DIDs. Two that share a hash only send one another to the wrong place now and then.
#[derive(Default)]
pub(super) struct Guesses {
    keys: RandomState,
    places: Mutex<HashMap<u64, usize>>,
}

impl Guesses {
    pub(super) fn get(&self, role: Role, did: &Did) -> Option<usize> {
        let key = self.key(role, did);
        self.places().get(&key).copied()
    }

    pub(super) fn remember(&self, role: Role, did: &Did, place: usize) {
        let key = self.key(role, did);
        let mut places = self.places();
        if places.len() >= MOST && !places.contains_key(&key) {
            places.clear();
        }
        places.insert(key, place);
    }

    fn key(&self, role: Role, did: &Did) -> u64 {
        self.keys.hash_one((role, did.short().as_str()))
    }

    fn places(&self) -> MutexGuard<'_, HashMap<u64, usize>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use super::*;

    fn did(n: usize) -> Did {
        Did::parse(&format!("did:example:{n}")).unwrap()
    }

    #[test]
    fn strangers_do_not_make_it_grow_for_ever() {
        let guesses = Guesses::default();

        for n in 0..MOST + 10 {
            guesses.remember(Role::Recipient, &did(n), n % 3);
        }

        assert!(guesses.places().len() <= MOST);
        assert_eq!(
            guesses.get(Role::Recipient, &did(MOST + 9)),
            Some((MOST + 9) % 3)
        );
        assert_eq!(guesses.get(Role::Account, &did(MOST + 9)), None);
    }
}
