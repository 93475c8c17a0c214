//! The outbox at work: what is due for a contact, attempts and their reports, acknowledgements.

use rand_core::CryptoRng;
use signet_didcomm::{
    did::Did,
    envelope::{self, ContentCipher, PackError},
    from_prior,
    message::{Message, new_id},
    protocols::empty,
};

use crate::{
    addresses,
    change::Change,
    contact::{Addresses, Contact, ContactId, ContactState, Rotation},
    entry::{Delivery, DeliveryState, Remark},
    limit,
    outgoing::{Custody, Outgoing, Purpose},
    step::{AttemptId, Outcome, Reach, Report},
    time::Timestamp,
    turn::{Destination, Turn, blank},
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

    /// What the contact should know of us: our current DID, our name, our addresses.
    fn keep_informed(&mut self, contact: &Contact) {
        let id = contact.id;
        if contact.wants_rotation
            && contact.rotation == Rotation::Settled
            && contact.state == ContactState::Connected
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
        if contact.is_signet && told < addresses_revision {
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
    fn do_what_time_brings(&mut self, id: ContactId) {
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

    fn place_what_waited_long_enough(&mut self, id: ContactId) {
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
        if now.since(since) > limit::JUMP {
            self.machine.wires.entry(id).or_default().early_since = Some(now);
        } else if now.since(since) >= limit::EARLY_WAIT {
            self.machine.wires.entry(id).or_default().early_since = Some(now);
            self.place_waiting(id);
        }
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
        let mut room = limit::IN_FLIGHT.saturating_sub(wire.in_flight.len());
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
        let due: Vec<Outgoing> = self
            .machine
            .state
            .outbox(id)
            .take_while(|o| o.place < last_place)
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

    /// Packs one message, or bare acknowledgements, and hands it out.
    fn send(
        &mut self,
        contact: &Contact,
        document: &signet_didcomm::document::Document,
        to: &Destination,
        outgoing: Option<Outgoing>,
        acks: Vec<String>,
    ) {
        let id = contact.id;
        let ending = outgoing
            .as_ref()
            .is_some_and(|o| o.purpose == Purpose::Ending);
        let mut message = match &outgoing {
            Some(outgoing) => outgoing.message.clone(),
            None => blank(new_id(self.rng), empty::EMPTY, self.now),
        };
        if let Some(mut outgoing) = outgoing.clone() {
            if outgoing.purpose == Purpose::Entry {
                outgoing.order = Some(outgoing.order.unwrap_or_else(|| self.next_order(id)));
                message.sender_order = outgoing.order;
                if outgoing
                    != *self
                        .machine
                        .state
                        .outgoing(id, &outgoing.message.id)
                        .unwrap_or(&outgoing)
                {
                    self.remember(Change::Outgoing(Box::new(outgoing.clone())));
                }
            }
            match outgoing.purpose {
                Purpose::Entry | Purpose::Profile | Purpose::Addresses | Purpose::Rotation => {
                    message.please_ack = vec![String::new()];
                }
                Purpose::Reply | Purpose::Ending => {}
            }
        }
        message.ack.clone_from(&acks);
        message.to = vec![contact.their_did.clone()];
        let packed = if ending {
            self.pack_ending(contact, message, document)
        } else {
            self.pack(contact, message, document)
        };
        let name = outgoing.map(|outgoing| outgoing.message.id);
        match packed {
            Ok(envelope) => {
                let attempt = Attempt {
                    contact: Some(id),
                    message: name,
                    acks,
                    between: Some((contact.my_did.clone(), contact.their_did.clone())),
                    begun: self.now,
                    over: self.now.after(limit::ATTEMPT),
                };
                let to = Destination {
                    endpoints: to.endpoints.clone(),
                    addresses: to.addresses.clone(),
                };
                self.perform(attempt, envelope, to, Reach::Anywhere);
            }
            Err(_) => {
                let now = self.now;
                let wire = self.machine.wires.entry(id).or_default();
                match name {
                    Some(name) => wire.refuse(&name, now),
                    None => wire.failed(now, now),
                }
            }
        }
    }

    fn pack(
        &mut self,
        contact: &Contact,
        mut message: Message,
        document: &signet_didcomm::document::Document,
    ) -> Result<Vec<u8>, PackError> {
        let Some(us) = self.machine.state.identities.get(&contact.my_did.short()) else {
            return Err(PackError::NoKey);
        };
        let short = contact.my_did_known && (contact.is_signet || contact.uses_short);
        message.from = Some(if short {
            contact.my_did.short()
        } else {
            contact.my_did.clone()
        });
        if let Rotation::Announcing { from_prior, .. } = &contact.rotation {
            message.from_prior = Some(from_prior.clone());
        }
        envelope::authcrypt(&message, &us.keys, document, self.rng)
    }

    /// Without `from` it cannot be authcrypt; the prior DID's proof says whose end it is.
    fn pack_ending(
        &mut self,
        contact: &Contact,
        mut message: Message,
        document: &signet_didcomm::document::Document,
    ) -> Result<Vec<u8>, PackError> {
        let Some(us) = self
            .machine
            .state
            .identities
            .get(&Did::short(&contact.my_did))
        else {
            return Err(PackError::NoKey);
        };
        let known = match &contact.rotation {
            Rotation::Settled => us,
            Rotation::Announcing { prior, .. } => self
                .machine
                .state
                .identities
                .get(&prior.short())
                .unwrap_or(us),
        };
        let proof = from_prior::sign(&known.keys, &known.did, None, self.now.seconds())
            .map_err(|_| PackError::NoKey)?;
        message.from_prior = Some(proof);
        envelope::anoncrypt(&message, document, ContentCipher::A256CbcHs512, self.rng)
    }

    fn destination(
        &self,
        contact: &Contact,
    ) -> Option<(signet_didcomm::document::Document, Destination)> {
        let document = self.machine.document(&contact.their_did).ok()?;
        let endpoints: Vec<_> = document.endpoints().cloned().collect();
        let addresses = contact
            .addresses
            .as_ref()
            .map(|a| a.multi_addrs.clone())
            .unwrap_or_default();
        if endpoints.is_empty() {
            None
        } else {
            Some((
                document,
                Destination {
                    endpoints,
                    addresses,
                },
            ))
        }
    }

    fn next_order(&mut self, contact: ContactId) -> u64 {
        let order = self.machine.state.progress(contact).last_order + 1;
        self.count(contact, |progress| progress.last_order = order);
        order
    }

    /// Learns what became of an attempt.
    pub(crate) fn learn(&mut self, report: &Report) {
        let Some(attempt) = self.machine.attempts.under_way.remove(&report.attempt) else {
            return;
        };
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
            (Outcome::Stored(_), _) => wire.works(),
            (Outcome::No, Some(message)) => wire.refuse(message, now),
            (Outcome::No, None) | (Outcome::Later | Outcome::Unreachable, _) => {
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
        let Some(mut outgoing) = attempt
            .message
            .as_ref()
            .and_then(|message| self.machine.state.outgoing(id, message))
            .cloned()
        else {
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

    fn end_overdue_attempts(&mut self, id: ContactId) {
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
    fn set_alarm(&mut self, id: ContactId) {
        let now = self.now;
        let later = |time: Timestamp| Some(time).filter(|time| *time > now);
        let mut alarms: Vec<Timestamp> = Vec::new();
        let reachable = self.contact(id).is_some_and(|c| {
            self.machine
                .document(&c.their_did)
                .is_ok_and(|d| d.endpoints().next().is_some())
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
            alarms.extend(wire.early_since.map(|since| since.after(limit::EARLY_WAIT)));
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
                    .my_retired
                    .iter()
                    .filter_map(|retired| later(retired.since.after(limit::GRACE))),
            );
        }
        let first = alarms.into_iter().min();
        self.machine.agenda.at(id, first);
    }

    fn wire(&self, id: ContactId) -> Option<&Wire> {
        self.machine.wires.get(&id)
    }
}
