//! One turn of the machine: changes are applied as they are noted, effects are collected.

use rand_core::CryptoRng;
use signet_didcomm::{
    did::Did,
    message::{Message, new_id},
};

use crate::{
    Messenger,
    change::Change,
    contact::{Contact, ContactId, Progress},
    entry::{Delivery, Direction, Entry, Kind, Line},
    outgoing::{Outgoing, Purpose},
    route::Routes,
    step::{AttemptId, Deliver, Effect, Reach, Step},
    time::Timestamp,
    wire::Attempt,
};

/// Begun by each input. Whoever may refuse does so before the first [`Turn::remember`].
pub(crate) struct Turn<'a, R> {
    pub(crate) machine: &'a mut Messenger,
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a mut R,
    pub(crate) step: Step,
    /// Envelopes packed in this step.
    pub(crate) packed: usize,
}

impl<'a, R: CryptoRng> Turn<'a, R> {
    pub(crate) fn begin(machine: &'a mut Messenger, now: Timestamp, rng: &'a mut R) -> Self {
        Self {
            machine,
            now,
            rng,
            step: Step::default(),
            packed: 0,
        }
    }

    /// Applies a change and notes it for commit.
    pub(crate) fn remember(&mut self, change: Change) {
        self.machine.state.apply(&change);
        match &change {
            Change::Identity(identity) if identity.via.is_empty() => {}
            // What mediators know of our DIDs is not what they should know.
            Change::Identity(_) | Change::IdentityDestroyed(_) | Change::ContactDeleted(_) => {
                self.machine.visits.at_once();
            }
            // One may be hosted, or no longer.
            Change::Invitation(_) => self.machine.visits.at_once(),
            _ => {}
        }
        self.step.changes.push(change);
    }

    pub(crate) fn contact(&self, id: ContactId) -> Option<&Contact> {
        self.machine.state.contacts.get(&id)
    }

    /// Changes a contact, if there is one, and looks after it at the next wake-up.
    pub(crate) fn edit(&mut self, id: ContactId, edit: impl FnOnce(&mut Contact)) {
        if let Some(before) = self.contact(id) {
            let mut contact = before.clone();
            edit(&mut contact);
            if contact != *before {
                self.remember(Change::Contact(Box::new(contact)));
            }
            self.machine.agenda.at_once(id);
        }
    }

    /// Changes the counters of a contact.
    pub(crate) fn count(&mut self, contact: ContactId, edit: impl FnOnce(&mut Progress)) {
        let before = self.machine.state.progress(contact);
        let mut progress = before.clone();
        edit(&mut progress);
        if progress != before {
            self.remember(Change::Progress { contact, progress });
        }
    }

    /// Appends an entry and gives it its place.
    pub(crate) fn append(&mut self, mut entry: Entry) {
        let contact = entry.contact;
        let seq = self.machine.state.progress(contact).last_seq + 1;
        entry.seq = seq;
        self.count(contact, |progress| progress.last_seq = seq);
        self.remember(Change::Entry(Box::new(entry)));
    }

    /// Appends a line of the house.
    pub(crate) fn say(&mut self, contact: ContactId, line: Line) {
        let Some((my_did, their_did)) = self
            .contact(contact)
            .map(|c| (c.my_did.clone(), c.their_did.clone()))
        else {
            return;
        };
        let id = new_id(self.rng);
        self.append(Entry {
            contact,
            seq: 0,
            id,
            direction: Direction::None,
            kind: Kind::Line(line),
            time: self.now,
            claimed_time: None,
            my_did,
            their_did,
            delivery: None,
            proof: None,
        });
    }

    /// News of an own entry.
    pub(crate) fn deliver_news(&mut self, contact: ContactId, id: &str, delivery: Delivery) {
        self.remember(Change::EntryDelivery {
            contact,
            id: id.to_owned(),
            delivery,
        });
    }

    /// Puts a message into the outbox, behind all others of this contact.
    pub(crate) fn queue(
        &mut self,
        contact: ContactId,
        message: Message,
        purpose: Purpose,
        attempt: u32,
    ) {
        let place = self.machine.state.next_place(contact);
        self.remember(Change::Outgoing(Box::new(Outgoing {
            contact,
            message,
            purpose,
            place,
            order: None,
            created: self.now,
            attempt,
            custody: None,
        })));
        self.machine.agenda.at_once(contact);
    }

    /// Removes what is under way to a contact for this purpose, because something newer replaces it.
    pub(crate) fn withdraw(&mut self, contact: ContactId, purpose: Purpose) {
        let ids: Vec<String> = self
            .machine
            .state
            .outbox(contact)
            .filter(|o| o.purpose == purpose)
            .map(|o| o.message.id.clone())
            .collect();
        for id in ids {
            self.remember(Change::OutgoingDone { contact, id });
        }
    }

    /// Hands an envelope to the world.
    pub(crate) fn perform(
        &mut self,
        attempt: Attempt,
        envelope: Vec<u8>,
        next: &Did,
        to: &Destination,
        reach: Reach,
    ) -> AttemptId {
        let contact = attempt.contact;
        let wants_answer = attempt.mediator.is_some();
        let carried = attempt.message.clone();
        let acks = !attempt.acks.is_empty();
        let attempt = self.machine.attempts.begin(attempt);
        if let Some(contact) = contact {
            let wire = self.machine.wires.entry(contact).or_default();
            wire.attempts.insert(attempt);
            wire.in_flight.extend(carried);
            wire.acks_in_flight |= acks;
        }
        let forwards = to.routes.forwards(&envelope, next, None, self.rng);
        self.packed += to.routes.packings();
        self.step.effects.push(Effect::Deliver(Deliver {
            attempt,
            contact,
            envelope,
            endpoints: to.routes.straight.clone(),
            forwards,
            addresses: to.addresses.clone(),
            reach,
            wants_answer,
        }));
        attempt
    }
}

/// Where an envelope may go.
pub(crate) struct Destination {
    pub(crate) routes: Routes,
    pub(crate) addresses: Vec<String>,
}

/// A message that says nothing yet but whose it is.
pub(crate) fn blank(id: String, message_type: &str, now: Timestamp) -> Message {
    let mut message = Message::new(id, message_type);
    message.created_time = Some(now.seconds());
    message
}

/// A random contact id.
pub(crate) fn fresh_contact(rng: &mut impl CryptoRng) -> ContactId {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    ContactId(bytes)
}

/// Two forms of one DID are one DID.
pub(crate) fn same(a: &Did, b: &Did) -> bool {
    a.is_same_as(b)
}
