//! What time brings to one contact: rests that are over, messages that failed, DIDs that die, news
//! of ourselves that it has not heard; and when to look again.

use std::time::Duration;

use rand_core::CryptoRng;
use signet_didcomm::{message::new_id, protocols::empty};

use crate::{
    addresses,
    change::Change,
    contact::{Addresses, Contact, ContactId, ContactState, Rotation},
    entry::{Delivery, DeliveryState, Remark},
    limit,
    outgoing::{Outgoing, Purpose},
    step::{AttemptId, Outcome, Report},
    time::Timestamp,
    turn::{Turn, blank},
};

impl<R: CryptoRng> Turn<'_, R> {
    /// What the contact should know of us: our current DID, our name, our addresses.
    pub(crate) fn keep_informed(&mut self, contact: &Contact) {
        let id = contact.id;
        let mut wants_rotation = contact.wants_rotation;
        if contact.state == ContactState::Connected
            && contact.rotation == Rotation::Settled
            && !wants_rotation
            && self.names_other_ways(contact)
        {
            wants_rotation = true;
            self.edit(id, |contact| contact.wants_rotation = true);
        }
        if wants_rotation
            && contact.rotation == Rotation::Settled
            && contact.state == ContactState::Connected
            && self.machine.may_move(contact, self.now)
        {
            self.rotate(id);
        }
        let profile = &self.machine.state.profile;
        let (revision, addresses_revision) = (profile.revision, profile.addresses_revision);
        if contact.told_profile < revision {
            let mut message = self.profile_message(false);
            message.pthid.clone_from(&contact.profile_asked_by);
            self.withdraw(id, Purpose::Profile);
            self.queue(id, message, Purpose::Profile, 1);
            self.edit(id, |contact| {
                contact.told_profile = revision;
                contact.profile_asked_by = None;
            });
        }
        let told = self
            .contact(id)
            .map_or(addresses_revision, |contact| contact.told_addresses);
        if contact.is_signet && !contact.mediated_only && told < addresses_revision {
            let endpoints = &self.machine.state.profile.endpoints;
            let multi_addrs = endpoints
                .iter()
                .flat_map(|e| &e.multi_addrs)
                .take(limit::ADDRESSES)
                .cloned()
                .collect();
            let mut message = blank(new_id(self.rng), addresses::MESSAGE_TYPE, self.now);
            message.body = addresses::body(&Addresses {
                revision: addresses_revision,
                multi_addrs,
            });
            self.withdraw(id, Purpose::Addresses);
            self.queue(id, message, Purpose::Addresses, 1);
            self.edit(id, |contact| contact.told_addresses = addresses_revision);
        }
        let announcing = self
            .contact(id)
            .and_then(|contact| match &contact.rotation {
                Rotation::Settled => None,
                Rotation::Announcing { since, .. } => Some(*since),
            });
        if let Some(since) = announcing
            && self.machine.state.outbox(id).next().is_none()
            && (self.machine.state.progress(id).ever_acked || self.now.since(since) < limit::REST)
        {
            let message = blank(new_id(self.rng), empty::EMPTY, self.now);
            self.queue(id, message, Purpose::Rotation, 1);
        }
    }

    /// Rests that are over, messages that failed, DIDs that die.
    pub(crate) fn do_what_time_brings(&mut self, id: ContactId) {
        self.take_up_what_was_passed_over(id);
        let ever_acked = self.machine.state.progress(id).ever_acked;
        let rested: Vec<Outgoing> = self
            .machine
            .state
            .outbox(id)
            .filter(|o| {
                o.custody
                    .is_some_and(|custody| self.now.since(custody.at) >= limit::REST)
            })
            .cloned()
            .collect();
        let (lost_there, final_there): (Vec<_>, Vec<_>) =
            rested.into_iter().partition(|_| ever_acked);
        for mut outgoing in lost_there {
            outgoing.custody = None;
            self.remember(Change::Outgoing(Box::new(outgoing)));
        }
        let lost: Vec<Outgoing> = self
            .machine
            .state
            .outbox(id)
            .filter(|o| o.custody.is_none() && self.now.since(o.created) >= limit::NO_CUSTODY)
            .filter(|o| {
                !self
                    .wire(id)
                    .is_some_and(|wire| wire.in_flight.contains(&o.message.id))
            })
            .cloned()
            .collect();
        let Some(contact) = self.contact(id).cloned() else {
            return;
        };
        let now = self.now;
        let settled = self
            .wire(id)
            .and_then(|w| w.irreversible_since)
            .is_some_and(|s| (limit::SETTLE..limit::JUMP).contains(&now.since(s)));
        // A clock that jumps proves nothing of the hour before.
        let jumped = self
            .wire(id)
            .and_then(|w| w.irreversible_since)
            .is_some_and(|s| now.since(s) >= limit::JUMP);
        let given_up = !lost.is_empty() || !final_there.is_empty();
        let waits = self.destroy_retired(&contact, settled) || given_up && !settled;
        if settled {
            final_there
                .iter()
                .for_each(|o| self.give_up(o, DeliveryState::Sent, Remark::Unconfirmed));
            lost.iter()
                .for_each(|outgoing| self.give_up(outgoing, DeliveryState::Failed, Remark::NoWay));
        }
        let wire = self.machine.wires.entry(id).or_default();
        wire.irreversible_since = if waits {
            Some(wire.irreversible_since.filter(|_| !jumped).unwrap_or(now))
        } else {
            None
        };
    }

    fn give_up(&mut self, outgoing: &Outgoing, state: DeliveryState, remark: Remark) {
        let (contact, id) = (outgoing.contact, &outgoing.message.id);
        if outgoing.purpose == Purpose::Entry {
            let route = outgoing.custody.map(|custody| custody.route);
            let news = Delivery {
                attempt: outgoing.attempt,
                state,
                route,
                at: self.now,
                remark: Some(remark),
            };
            self.deliver_news(contact, id, news);
        }
        self.remember(Change::OutgoingDone {
            contact,
            id: id.clone(),
        });
    }

    pub(crate) fn place_what_waited_long_enough(&mut self, id: ContactId) {
        if !self.machine.state.early.contains_key(&id) {
            return;
        }
        let now = self.now;
        let since = *self
            .machine
            .wires
            .entry(id)
            .or_default()
            .early_since
            .get_or_insert(now);
        let waited = now.since(since);
        let goes_on =
            waited < limit::EARLY_WAIT_AT_MOST && self.machine.may_wait_at_a_mediator(since);
        if waited > limit::JUMP {
            self.machine.wires.entry(id).or_default().early_since = Some(now);
            self.machine.visits.fetch_at_once();
        } else if waited >= limit::EARLY_WAIT && !goes_on {
            self.machine.wires.entry(id).or_default().early_since = Some(now);
            self.place_waiting(id);
        }
    }

    pub(crate) fn end_overdue_attempts(&mut self, id: ContactId) {
        let Some(wire) = self.wire(id) else {
            return;
        };
        let is_over = |attempt: &&AttemptId| {
            self.machine
                .attempts
                .under_way
                .get(attempt)
                .is_none_or(|under_way| under_way.over <= self.now)
        };
        let over: Vec<AttemptId> = wire.attempts.iter().filter(is_over).copied().collect();
        for attempt in over {
            self.learn(&Report {
                attempt,
                outcome: Outcome::Unreachable,
            });
        }
    }

    /// When to look after this contact again, if nothing happens before.
    pub(crate) fn set_alarm(&mut self, id: ContactId) {
        let now = self.now;
        let later = |time: Timestamp| Some(time).filter(|time| *time > now);
        let mut alarms: Vec<Timestamp> = Vec::new();
        let reachable = self.contact(id).is_some_and(|c| {
            self.machine
                .document(&c.their_did)
                .is_ok_and(|document| !self.machine.routes(&document).is_empty())
        });
        let waiting = self.machine.state.outbox(id).any(|o| o.custody.is_none())
            || !self.machine.state.progress(id).acks_owed.is_empty();
        if let Some(wire) = self.wire(id) {
            if waiting && reachable {
                alarms.extend(later(wire.wait_until));
                let ids = self
                    .machine
                    .state
                    .outbox(id)
                    .filter_map(|o| wire.refused_until(&o.message.id));
                alarms.extend(ids.filter_map(later));
            }
            alarms.extend(wire.early_since.map(|since| {
                let over = since.after(limit::EARLY_WAIT);
                later(over).unwrap_or(now.after(limit::EARLY_AGAIN))
            }));
            alarms.extend(
                wire.passed_next
                    .map(|at| at.after(Duration::from_millis(1))),
            );
            alarms.extend(
                wire.irreversible_since
                    .map(|since| since.after(limit::SETTLE)),
            );
            let attempts = wire
                .attempts
                .iter()
                .filter_map(|attempt| self.machine.attempts.under_way.get(attempt));
            alarms.extend(attempts.map(|attempt| attempt.over));
        }
        for outgoing in self.machine.state.outbox(id) {
            let due = match outgoing.custody {
                Some(custody) => custody.at.after(limit::REST),
                None => outgoing.created.after(limit::NO_CUSTODY),
            };
            alarms.extend(later(due));
        }
        if let Some(contact) = self.contact(id) {
            alarms.extend(
                contact
                    .waits_to_move()
                    .then(|| now.after(limit::MOVE_AGAIN)),
            );
            alarms.extend(
                contact
                    .my_retired
                    .iter()
                    .filter_map(|retired| later(retired.since.after(limit::GRACE))),
            );
        }
        let first = alarms.into_iter().min();
        self.machine.agenda.at(id, first);
    }
}
