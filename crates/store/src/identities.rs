//! Which identities live, and under which epochs: the small index that says what to destroy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use signet_protocol::{contact::ContactId, identity::Purpose};

use crate::{record::SealedIdentity, sealed::Name};

/// The living identities, by their names in the view.
#[derive(Default)]
pub(crate) struct Identities {
    living: BTreeMap<Name, Holding>,
    /// What the view remembers beside them.
    pub(crate) tally: Tally,
}

/// What the view remembers of epochs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// The highest epoch that ever sealed anything; those above it are spare.
    pub(crate) used: u64,
    /// Epochs whose identities are destroyed, but whose keys may still lie in the file.
    pub(crate) owed: Vec<u64>,
}

struct Holding {
    epoch: u64,
    contact: Option<ContactId>,
}

impl Identities {
    /// None yet, at a place where the view remembers `tally`.
    pub(crate) fn new(tally: Tally) -> Self {
        Self {
            living: BTreeMap::new(),
            tally,
        }
    }

    pub(crate) fn insert(&mut self, name: Name, identity: &SealedIdentity) {
        let contact = match &identity.purpose {
            Purpose::Contact(contact) => Some(*contact),
            Purpose::Invitation(_) | Purpose::Mediator(_) | Purpose::Spare => None,
        };
        self.tally.used = self.tally.used.max(identity.epoch);
        self.living.insert(
            name,
            Holding {
                epoch: identity.epoch,
                contact,
            },
        );
    }

    /// The identity is destroyed: its epoch is owed to destruction.
    pub(crate) fn remove(&mut self, name: &Name) {
        if let Some(holding) = self.living.remove(name) {
            self.tally.owed.push(holding.epoch);
        }
    }

    pub(crate) fn epoch(&self, name: &Name) -> Option<u64> {
        self.living.get(name).map(|holding| holding.epoch)
    }

    pub(crate) fn of(&self, contact: ContactId) -> Vec<Name> {
        self.living
            .iter()
            .filter(|(_, h)| h.contact == Some(contact))
            .map(|(name, _)| *name)
            .collect()
    }

    pub(crate) fn epochs(&self) -> impl Iterator<Item = u64> {
        self.living.values().map(|holding| holding.epoch)
    }
}
