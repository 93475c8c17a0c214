//! A person's disk: the journal of committed changes, the records they fold to, and the history.
//!
//! It models what `store` promises and nothing more: one batch is durable whole or not at all,
//! a record replaces the one of the same key, entries are appended, deliveries are merged.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha8Rng;
use signet_protocol::{change::Change, contact::ContactId, entry::Entry, identity::Purpose};

use crate::dice::Dice;

/// What a record of the machine is filed under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Profile,
    Contact(ContactId),
    Progress(ContactId),
    Identity(String),
    Invitation(String),
    Outgoing(ContactId, String),
    Early(ContactId, u64),
    Mediation(String),
    Registered(String, String),
}

/// The records of a machine, by key, with the bytes that a disk would hold.
#[derive(Clone, Default)]
pub(crate) struct Folded(BTreeMap<Key, (Change, Vec<u8>)>);

impl Folded {
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::ContactDeleted(id) => self.delete(*id),
            Change::IdentityDestroyed(did) => self.remove(&Key::Identity(did.short().to_string())),
            Change::OutgoingDone { contact, id } => {
                self.remove(&Key::Outgoing(*contact, id.clone()))
            }
            Change::EarlyPlaced { contact, order } => self.remove(&Key::Early(*contact, *order)),
            Change::MediationRemoved(mediator) => {
                let gone = mediator.short().to_string();
                self.0.retain(|key, _| match key {
                    Key::Mediation(mediator) | Key::Registered(mediator, _) => *mediator != gone,
                    _ => true,
                });
            }
            Change::Unregistered { mediator, did } => {
                let key = Key::Registered(mediator.short().to_string(), did.short().to_string());
                self.remove(&key);
            }
            record => {
                if let Some(key) = key(record) {
                    self.0.insert(key, (record.clone(), encoded(record)));
                }
            }
        }
    }

    fn remove(&mut self, key: &Key) {
        self.0.remove(key);
    }

    fn delete(&mut self, contact: ContactId) {
        self.0.retain(|key, (change, _)| match (key, change) {
            (
                Key::Contact(id) | Key::Progress(id) | Key::Outgoing(id, _) | Key::Early(id, _),
                _,
            ) => *id != contact,
            (Key::Identity(_), Change::Identity(identity)) => {
                identity.purpose != Purpose::Contact(contact)
            }
            (
                Key::Profile
                | Key::Identity(_)
                | Key::Invitation(_)
                | Key::Mediation(_)
                | Key::Registered(..),
                _,
            ) => true,
        });
    }

    /// The records, in the order of their keys.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Change> {
        self.0.values().map(|(change, _)| change)
    }

    /// The records in no order at all, as a disk with hashed keys yields them.
    pub(crate) fn shuffled(&self, rng: &mut ChaCha8Rng) -> Vec<Change> {
        let mut records: Vec<Change> = self.records().cloned().collect();
        rng.shuffle(&mut records);
        records
    }

    /// Says where these records differ from those of a machine; nothing if they are equal.
    pub(crate) fn difference(&self, records: &[Change]) -> Option<String> {
        let mut bytes = Vec::new();
        for record in records {
            let key = key(record)?;
            let ours = self.0.get(&key);
            bytes.clear();
            write(record, &mut bytes);
            if ours.is_none_or(|(_, ours)| *ours != bytes) {
                let theirs = shown(&(record.clone(), Vec::new()));
                return Some(format!(
                    "{key:?}\n    on disk: {:?}\n  in memory: {theirs}",
                    ours.map(shown)
                ));
            }
        }
        (records.len() != self.0.len()).then(|| {
            let held: BTreeSet<Key> = records.iter().filter_map(key).collect();
            let missing: Vec<&Key> = self.0.keys().filter(|key| !held.contains(key)).collect();
            format!("{missing:?} stand on disk only")
        })
    }
}

/// Under which key a record is filed; none for history and for what removes records.
fn key(change: &Change) -> Option<Key> {
    match change {
        Change::Profile(_) => Some(Key::Profile),
        Change::Contact(contact) => Some(Key::Contact(contact.id)),
        Change::Progress { contact, .. } => Some(Key::Progress(*contact)),
        Change::Identity(identity) => Some(Key::Identity(identity.did.short().to_string())),
        Change::Invitation(invitation) => Some(Key::Invitation(invitation.id.clone())),
        Change::Outgoing(outgoing) => {
            Some(Key::Outgoing(outgoing.contact, outgoing.message.id.clone()))
        }
        Change::Early(early) => Some(Key::Early(early.entry.contact, early.order)),
        Change::Mediation(mediation) => {
            Some(Key::Mediation(mediation.mediator.short().to_string()))
        }
        Change::Registered { mediator, did } => Some(Key::Registered(
            mediator.short().to_string(),
            did.short().to_string(),
        )),
        Change::MediationRemoved(_)
        | Change::Unregistered { .. }
        | Change::ContactDeleted(_)
        | Change::IdentityDestroyed(_)
        | Change::OutgoingDone { .. }
        | Change::EarlyPlaced { .. }
        | Change::Entry(_)
        | Change::EntryDelivery { .. }
        | Change::Seen { .. } => None,
    }
}

fn write(change: &Change, bytes: &mut Vec<u8>) {
    ciborium::into_writer(change, bytes).expect("a change can be written");
}

fn encoded(change: &Change) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    write(change, &mut bytes);
    bytes
}

fn shown((record, _): &(Change, Vec<u8>)) -> String {
    serde_json::to_string(record).unwrap_or_else(|e| e.to_string())
}

/// One person's disk.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) durable: Folded,
    journal: Vec<Change>,
    entries: BTreeMap<(ContactId, u64), Entry>,
    places: BTreeMap<(ContactId, String), u64>,
    seen: BTreeSet<(ContactId, String)>,
    /// Every message id that was ever taken, whatever became of its contact.
    taken: BTreeSet<String>,
    pub(crate) commits: u64,
}

impl Ledger {
    /// Commits one batch.
    pub(crate) fn commit(&mut self, changes: &[Change]) {
        self.commits += 1;
        for change in changes {
            // What a disk gives back is what was written, not what was meant.
            let change: Change =
                ciborium::from_reader(&encoded(change)[..]).expect("a change can be read back");
            self.durable.apply(&change);
            match &change {
                Change::Entry(entry) => self.append(entry),
                Change::EntryDelivery {
                    contact,
                    id,
                    delivery,
                } => {
                    if let Some(seq) = self.places.get(&(*contact, id.clone())) {
                        let entry = self
                            .entries
                            .get_mut(&(*contact, *seq))
                            .expect("the index is right");
                        // A contact may acknowledge any id; only what is ours has a delivery.
                        if let Some(known) = entry.delivery.as_mut() {
                            known.merge(delivery);
                        }
                    }
                }
                Change::Seen { contact, id, .. } => {
                    assert_eq!(*id, id.to_lowercase(), "ids are remembered in lower case");
                    self.taken.insert(id.clone());
                    let fresh = self.seen.insert((*contact, id.clone()));
                    assert!(fresh, "{id} was taken twice");
                }
                Change::ContactDeleted(id) => {
                    self.entries.retain(|(contact, _), _| contact != id);
                    self.places.retain(|(contact, _), _| contact != id);
                    self.seen.retain(|(contact, _)| contact != id);
                }
                _ => {}
            }
            if change.is_machine() {
                self.journal.push(change);
            }
        }
    }

    fn append(&mut self, entry: &Entry) {
        let last = self
            .entries
            .range((entry.contact, 0)..=(entry.contact, u64::MAX))
            .next_back();
        let next = last.map_or(1, |((_, seq), _)| seq + 1);
        assert_eq!(entry.seq, next, "entries stand without gaps: {entry:?}");
        let twice = self
            .places
            .insert((entry.contact, entry.id.clone()), entry.seq);
        assert!(twice.is_none(), "the entry {} stands twice", entry.id);
        self.entries
            .insert((entry.contact, entry.seq), entry.clone());
    }

    /// The conversation, oldest first.
    pub(crate) fn history(&self, contact: ContactId) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries
            .range((contact, 0)..=(contact, u64::MAX))
            .map(|(_, entry)| entry)
    }

    pub(crate) fn entry(&self, contact: ContactId, id: &str) -> Option<&Entry> {
        let seq = self.places.get(&(contact, id.to_owned()))?;
        self.entries.get(&(contact, *seq))
    }

    pub(crate) fn was_seen(&self, contact: ContactId, id: &str) -> bool {
        self.seen.contains(&(contact, id.to_owned()))
    }

    /// Whether a message with this id was ever taken from anybody.
    pub(crate) fn holds(&self, id: &str) -> bool {
        self.taken.contains(&id.to_lowercase())
    }

    /// All that the machine needs to live again: the latest records, or the whole journal.
    pub(crate) fn machine(&self, rng: &mut ChaCha8Rng) -> Vec<Change> {
        match self.journal.len() < 2_000 && rng.chance(0.2) {
            true => self.journal.clone(),
            false => self.durable.shuffled(rng),
        }
    }
}
