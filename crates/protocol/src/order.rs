//! Order: a contact's messages get their places by `sender_order`.
//!
//! An early message is committed and acknowledged, but gets its place when its predecessors have
//! theirs, or after a wait. A number at or below the last placed one gets its place at once, as
//! does a message without a number.

use rand_core::CryptoRng;

use crate::{
    change::{Change, Early},
    contact::ContactId,
    entry::Entry,
    limit,
    turn::Turn,
};

impl<R: CryptoRng> Turn<'_, R> {
    /// Gives an entry its place, or keeps it until its predecessors came.
    pub(crate) fn place(&mut self, entry: Entry, order: Option<u64>) {
        let contact = entry.contact;
        let placed = self.machine.state.progress(contact).placed_order;
        match order {
            Some(order) if order > placed.saturating_add(1) => {
                if self.early(contact).any(|early| early == order) {
                    // Two messages of one number: the sender miscounts, and neither may be lost.
                    self.put(entry);
                    return;
                }
                self.remember(Change::Early(Box::new(Early { order, entry })));
                let now = self.now;
                let wire = self.machine.wires.entry(contact).or_default();
                if wire.early_since.is_none() {
                    wire.early_since = Some(now);
                    self.machine.visits.fetch_at_once();
                }
                if self.early(contact).count() > limit::EARLY {
                    self.place_waiting(contact);
                }
                self.machine.agenda.at_once(contact);
            }
            Some(order) if Some(order) == placed.checked_add(1) => {
                self.put(entry);
                self.count_placed(contact, order);
            }
            Some(_) | None => self.put(entry),
        }
    }

    /// A repeat of a message with this number came: the number is no gap.
    pub(crate) fn count_repeat(&mut self, contact: ContactId, order: Option<u64>) {
        let placed = self.machine.state.progress(contact).placed_order;
        let Some(next) = placed.checked_add(1).filter(|next| order == Some(*next)) else {
            return;
        };
        if !self.early(contact).any(|early| early == next) {
            self.count_placed(contact, next);
        }
    }

    /// The wait is over: the first early message, and all that follow it without a gap, get their places.
    pub(crate) fn place_waiting(&mut self, contact: ContactId) {
        let first = self.early(contact).next();
        if let Some(first) = first {
            self.count_placed(contact, first - 1);
        }
    }

    fn early(&self, contact: ContactId) -> impl Iterator<Item = u64> + '_ {
        self.machine
            .state
            .early
            .get(&contact)
            .into_iter()
            .flat_map(|early| early.keys().copied())
    }

    /// Everything up to `order` has its place; early messages that follow without a gap get theirs.
    fn count_placed(&mut self, contact: ContactId, mut order: u64) {
        while let Some(early) = self
            .machine
            .state
            .early
            .get(&contact)
            .and_then(|early| early.get(&order.checked_add(1)?))
            .cloned()
        {
            order = early.order;
            self.remember(Change::EarlyPlaced { contact, order });
            self.put(early.entry);
        }
        self.count(contact, |progress| progress.placed_order = order);
        // Another gap, if there is one, gets a wait of its own.
        let more = self.machine.state.early.contains_key(&contact);
        let now = self.now;
        self.machine.wires.entry(contact).or_default().early_since = more.then_some(now);
        if more {
            self.machine.visits.fetch_at_once();
        }
    }

    fn put(&mut self, mut entry: Entry) {
        entry.time = self.now;
        self.append(entry);
    }
}
