//! Whom to look after next: contacts with something to do at once, and alarms for later.

use std::collections::{BTreeMap, BTreeSet};

use crate::{contact::ContactId, time::Timestamp};

/// A restart forgets it; every contact is looked after once and sets its alarm again.
#[derive(Default)]
pub(crate) struct Agenda {
    at_once: BTreeSet<ContactId>,
    alarms: BTreeSet<(Timestamp, ContactId)>,
    alarm_of: BTreeMap<ContactId, Timestamp>,
}

impl Agenda {
    /// Looks after this contact at the next wake-up.
    pub(crate) fn at_once(&mut self, contact: ContactId) {
        self.at_once.insert(contact);
    }

    /// Replaces the alarm of a contact.
    pub(crate) fn at(&mut self, contact: ContactId, time: Option<Timestamp>) {
        if let Some(before) = self.alarm_of.remove(&contact) {
            self.alarms.remove(&(before, contact));
        }
        if let Some(time) = time {
            self.alarm_of.insert(contact, time);
            self.alarms.insert((time, contact));
        }
    }

    /// Takes the next contact that is due, and its alarm.
    pub(crate) fn next_due(&mut self, now: Timestamp) -> Option<ContactId> {
        if let Some(contact) = self.at_once.pop_first() {
            self.at(contact, None);
            return Some(contact);
        }
        let (_, contact) = *self.alarms.first().filter(|(time, _)| *time <= now)?;
        self.at(contact, None);
        Some(contact)
    }

    /// When to wake up next; the beginning of time when something is due at once.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        if self.at_once.is_empty() {
            self.alarms.first().map(|(time, _)| *time)
        } else {
            Some(Timestamp(0))
        }
    }

    /// Forgets a contact.
    pub(crate) fn forget(&mut self, contact: ContactId) {
        self.at_once.remove(&contact);
        self.at(contact, None);
    }
}
