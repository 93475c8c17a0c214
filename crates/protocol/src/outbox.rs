//! The outbox at work: what is due for a contact, attempts and their reports, acknowledgements.

use rand_core::CryptoRng;

use crate::{
    change::Change,
    contact::{Contact, ContactId, ContactState},
    entry::{Delivery, DeliveryState, Route},
    limit,
    outgoing::{Custody, Outgoing, Purpose},
    step::{Outcome, Report},
    turn::Turn,
    wire::{Attempt, Wire},
};

/// Contacts looked after in one step.
const CONTACTS_PER_STEP: usize = 256;
/// Acknowledgements that one message carries.
const ACKS_PER_MESSAGE: usize = 256;

impl<R: CryptoRng> Turn<'_, R> {
    /// Looks after whoever is due, within the bounds of one step.
    pub(crate) fn look_after_all(&mut self) {
        for _ in 0..CONTACTS_PER_STEP {
            if self.packed >= limit::PACKED_PER_STEP {
                return;
            }
            let Some(contact) = self.machine.agenda.next_due(self.now) else {
                return;
            };
            self.look_after(contact);
        }
    }

    fn look_after(&mut self, id: ContactId) {
        self.end_overdue_attempts(id);
        self.place_what_waited_long_enough(id);
        let Some(contact) = self.contact(id).cloned() else {
            return;
        };
        match contact.state {
            ContactState::Answering | ContactState::Connected | ContactState::NotFollowing => {
                self.keep_informed(&contact)
            }
            ContactState::Requested
            | ContactState::Disputed
            | ContactState::Ended
            | ContactState::Blocked => {}
        }
        self.do_what_time_brings(id);
        let Some(contact) = self.contact(id).cloned() else {
            return;
        };
        match contact.state {
            ContactState::Answering | ContactState::Connected | ContactState::NotFollowing => {
                self.attempt(&contact, false)
            }
            ContactState::Ended => self.attempt(&contact, true),
            ContactState::Requested | ContactState::Disputed | ContactState::Blocked => {}
        }
        self.set_alarm(id);
    }

    /// Packs and hands out what is due, in order, within the bounds of a step and of the wire.
    fn attempt(&mut self, contact: &Contact, ending: bool) {
        let id = contact.id;
        let now = self.now;
        let wire = self.machine.wires.entry(id).or_default();
        if wire.wait_until > now {
            return;
        }
        let probing = wire.failed_at();
        let at_once = if contact.is_signet {
            limit::IN_FLIGHT
        } else {
            limit::IN_FLIGHT_ELSEWHERE
        };
        let mut room = at_once.saturating_sub(wire.in_flight.len());
        if let Some(failed_at) = probing {
            // After a failure one envelope finds out whether the wire works again.
            let mut under_way = wire.attempts.iter();
            let begun = |attempt| {
                self.machine
                    .attempts
                    .under_way
                    .get(attempt)
                    .map(|a| a.begun)
            };
            if under_way.any(|attempt| begun(attempt).is_some_and(|begun| begun > failed_at)) {
                return;
            }
            room = room.min(1);
        }
        let wire = self.machine.wires.entry(id).or_default();
        let acks_due = !wire.acks_in_flight && !ending;
        // Profiles carry no number, so one that was withdrawn while under way must not come last.
        let older_name_under_way = self.wire(id).is_some_and(|wire| {
            let mut under_way = wire.in_flight.iter();
            under_way.any(|message| self.machine.state.outgoing(id, message).is_none())
        });
        // Whoever runs further ahead of a message on its way is not kept in order over there.
        let first = self.machine.state.outbox(id).find(|o| {
            let refused = self
                .wire(id)
                .and_then(|wire| wire.refused_until(&o.message.id));
            o.custody.is_none() && refused.is_none()
        });
        let last_place = first.map_or(u64::MAX, |o| o.place.saturating_add(limit::AHEAD));
        // Our addresses lead, and the rest waits until they are taken: who acknowledges anything that
        // left later then knows where we are, and may be gone from where it is a moment after that.
        let leads = |o: &&Outgoing| o.purpose == Purpose::Addresses;
        let outbox = || self.machine.state.outbox(id);
        let is_told = ending
            || !outbox().any(|o| {
                let is_refused = self
                    .wire(id)
                    .is_some_and(|wire| wire.refused_until(&o.message.id).is_some());
                leads(&o) && o.custody.is_none() && !is_refused
            });
        let follows = outbox()
            .take_while(|o| o.place < last_place)
            .filter(|o| is_told && !leads(o));
        let due: Vec<Outgoing> = outbox()
            .filter(leads)
            .chain(follows)
            .filter(|o| o.custody.is_none() && (o.purpose == Purpose::Ending) == ending)
            .filter(|o| o.purpose != Purpose::Profile || !older_name_under_way)
            .filter(|o| {
                self.wire(id)
                    .is_none_or(|wire| wire.may_try(&o.message.id, now))
            })
            .take(room)
            .cloned()
            .collect();
        let mut acks = self.machine.state.progress(id).acks_owed;
        acks.truncate(if acks_due { ACKS_PER_MESSAGE } else { 0 });
        if due.is_empty() && acks.is_empty() {
            return;
        }
        let Some((document, to)) = self.destination(contact) else {
            return;
        };
        for outgoing in due {
            if self.packed >= limit::PACKED_PER_STEP {
                self.machine.agenda.at_once(id);
                return;
            }
            // An `empty` with acknowledgements is a pure acknowledgement, and those are not acknowledged.
            let carried = match outgoing.purpose {
                Purpose::Rotation => Vec::new(),
                Purpose::Entry
                | Purpose::Profile
                | Purpose::Addresses
                | Purpose::Reply
                | Purpose::Ending => std::mem::take(&mut acks),
            };
            self.send(contact, &document, &to, Some(outgoing), carried);
        }
        if !acks.is_empty() {
            self.send(contact, &document, &to, None, acks);
        }
    }

    /// Learns what became of an attempt.
    pub(crate) fn learn(&mut self, report: &Report) {
        let Some(attempt) = self.machine.attempts.under_way.remove(&report.attempt) else {
            return;
        };
        if let Some(mediator) = &attempt.mediator {
            return self.learn_of_visit(mediator, report);
        }
        let Some(id) = attempt.contact else {
            return;
        };
        let now = self.now;
        let wire = self.machine.wires.entry(id).or_default();
        wire.attempts.remove(&report.attempt);
        if let Some(message) = &attempt.message {
            wire.in_flight.remove(message);
        }
        wire.acks_in_flight &= attempt.acks.is_empty();
        match (&report.outcome, &attempt.message) {
            (Outcome::Stored(route), _) => {
                wire.works();
                if matches!(route, Route::Direct | Route::Relayed) {
                    wire.met = Some(now);
                }
            }
            (Outcome::No, Some(message)) => wire.refuse(message, now),
            (Outcome::No, None) | (Outcome::Later | Outcome::Unreachable | Outcome::Silent, _) => {
                wire.failed(attempt.begun, now);
            }
        }
        if let Outcome::Stored(route) = report.outcome {
            self.count(id, |progress| {
                progress.acks_owed.retain(|ack| !attempt.acks.contains(ack))
            });
            self.rest(id, &attempt, Custody { at: now, route });
        } else if let Some(message) = attempt
            .message
            .as_ref()
            .and_then(|message| self.machine.state.outgoing(id, message))
            && message.purpose == Purpose::Reply
        {
            let message = message.message.id.clone();
            self.remember(Change::OutgoingDone {
                contact: id,
                id: message,
            });
        }
        self.machine.agenda.at_once(id);
    }

    /// A hop took custody: the message rests.
    fn rest(&mut self, id: ContactId, attempt: &Attempt, custody: Custody) {
        let Some(contact) = self.contact(id) else {
            return;
        };
        let between = (contact.my_did.clone(), contact.their_did.clone());
        let moved_meanwhile = attempt.between.as_ref() != Some(&between);
        let Some(message) = &attempt.message else {
            return;
        };
        let Some(mut outgoing) = self.machine.state.outgoing(id, message).cloned() else {
            // Its acknowledgement came first, and only the hop knows the way: for history.
            let news = Delivery {
                attempt: 0,
                state: DeliveryState::Sent,
                route: Some(custody.route),
                at: custody.at,
                remark: None,
            };
            self.deliver_news(id, message, news);
            return;
        };
        self.machine
            .wires
            .entry(id)
            .or_default()
            .forgive(&outgoing.message.id);
        match outgoing.purpose {
            Purpose::Reply | Purpose::Ending => {
                self.remember(Change::OutgoingDone {
                    contact: id,
                    id: outgoing.message.id,
                });
            }
            // It travels under a DID that one of us has left, and may be ignored there.
            _ if moved_meanwhile && self.machine.state.progress(id).ever_acked => {}
            Purpose::Entry | Purpose::Profile | Purpose::Addresses | Purpose::Rotation => {
                if outgoing.purpose == Purpose::Entry {
                    let (attempt, route) = (outgoing.attempt, Some(custody.route));
                    let news = Delivery {
                        attempt,
                        state: DeliveryState::Sent,
                        route,
                        at: custody.at,
                        remark: None,
                    };
                    self.deliver_news(id, &outgoing.message.id, news);
                }
                outgoing.custody = Some(custody);
                self.remember(Change::Outgoing(Box::new(outgoing)));
            }
        }
    }

    pub(crate) fn wire(&self, id: ContactId) -> Option<&Wire> {
        self.machine.wires.get(&id)
    }
}
