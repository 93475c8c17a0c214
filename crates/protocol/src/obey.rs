//! What the person asks for, one arm per wish.

use rand_core::CryptoRng;
use signet_didcomm::{
    document::Endpoint,
    message::new_id,
    protocols::{basicmessage, empty},
};

use crate::{
    change::Change,
    command::{Answer, Command, Refused},
    contact::{Contact, ContactId, ContactState, EndReason},
    entry::{Delivery, DeliveryState, Direction, Entry, Kind},
    limit,
    outgoing::Purpose,
    profile::Profile,
    turn::{Turn, blank},
    wire::Wire,
};

impl<R: CryptoRng> Turn<'_, R> {
    pub(crate) fn obey(&mut self, command: Command) -> Result<Answer, Refused> {
        match command {
            Command::SetName(name) => self.set_name(name),
            Command::Reachable(endpoints) => Ok(self.reachable(endpoints)),
            Command::Opened { peer_id, stands } => Ok(self.opened(&peer_id, stands)),
            Command::Invite {
                reusable,
                expires,
                note,
            } => self.invite(reusable, expires, note),
            Command::Revoke(id) => self.revoke(&id),
            Command::Accept { invitation, note } => self.accept(&invitation, note),
            Command::Request { contact, accept } => self.answer_request(contact, accept),
            Command::Send {
                id,
                contact,
                text,
                reply_to,
            } => self.write(id, contact, text, reply_to),
            Command::Resend {
                contact,
                id,
                text,
                attempt,
            } => self.resend(contact, id, text, attempt),
            Command::Read { contact, up_to } => self.read(contact, up_to),
            Command::Rename { contact, name } => self.rename(contact, name),
            Command::MediatedOnly { contact, on } => self.use_mediators_only(contact, on),
            Command::Mute { contact, muted } => {
                self.change(contact, |contact| contact.muted = muted)
            }
            Command::Block { contact, blocked } => self.block(contact, blocked),
            Command::Rotate(contacts) => self.wish_rotation(contacts),
            Command::End(contact) => self.end(contact),
            Command::Delete(contact) => self.delete(contact),
            Command::AddMediator {
                invitation,
                replaces,
            } => self.add_mediator(&invitation, replaces),
            Command::RemoveMediator(mediator) => self.remove_mediator(&mediator),
            Command::Received { mediator, ids } => Ok(self.received(&mediator, ids)),
            Command::Live { mediator, is_open } => Ok(self.learn_of_live(&mediator, is_open)),
        }
    }

    fn known(&self, id: ContactId) -> Result<&Contact, Refused> {
        self.contact(id).ok_or(Refused::NoContact)
    }

    fn change(
        &mut self,
        id: ContactId,
        edit: impl FnOnce(&mut Contact),
    ) -> Result<Answer, Refused> {
        self.known(id)?;
        self.edit(id, edit);
        Ok(Answer::Done)
    }

    fn set_name(&mut self, name: String) -> Result<Answer, Refused> {
        check_name(&name)?;
        let before = &self.machine.state.profile;
        if before.name != name {
            let profile = Profile {
                name,
                revision: before.revision + 1,
                ..before.clone()
            };
            self.remember(Change::Profile(profile));
            self.look_after_everybody();
        }
        Ok(Answer::Done)
    }

    /// Other addresses are told by `addresses`; another endpoint that any agent can use is a rotation.
    fn reachable(&mut self, endpoints: Vec<Endpoint>) -> Answer {
        let before = &self.machine.state.profile;
        if before.endpoints == endpoints {
            return Answer::Done;
        }
        let public = |endpoints: &[Endpoint]| -> Vec<String> {
            endpoints
                .iter()
                .map(|e| e.uri.clone())
                .filter(|uri| uri.starts_with("http"))
                .collect()
        };
        let other_agents_must_know =
            !public(&endpoints).is_empty() && public(&endpoints) != public(&before.endpoints);
        let profile = Profile {
            endpoints,
            addresses_revision: before.addresses_revision + 1,
            ..before.clone()
        };
        self.remember(Change::Profile(profile));
        if other_agents_must_know {
            self.drop_spares();
            let _ = self.wish_rotation(None);
        }
        self.machine.wires.values_mut().for_each(Wire::hurry);
        let now = self.now;
        let visits = self.machine.visits.0.values_mut();
        visits.for_each(|visit| visit.hurry(now));
        self.look_after_everybody();
        Answer::Done
    }

    fn opened(&mut self, peer_id: &str, stands: bool) -> Answer {
        let waiting: Vec<ContactId> = self
            .machine
            .state
            .contacts
            .keys()
            .copied()
            .filter(|id| self.waits_to_meet(*id))
            .collect();
        for id in waiting {
            let Some(contact) = self.contact(id) else {
                continue;
            };
            let theirs = self
                .machine
                .document(&contact.their_did)
                .is_ok_and(|document| {
                    document
                        .endpoints()
                        .any(|e| e.uri.strip_prefix("libp2p-peerId:") == Some(peer_id))
                });
            if theirs {
                let now = self.now;
                let wire = self.machine.wires.entry(id).or_default();
                wire.works();
                if stands {
                    wire.met = Some(now);
                }
                self.machine.agenda.at_once(id);
            }
        }
        Answer::Done
    }

    /// Whether a connection to this contact brings anything on.
    fn waits_to_meet(&self, id: ContactId) -> bool {
        self.contact(id).is_some_and(Contact::waits_to_move)
            || self.machine.state.outbox(id).next().is_some()
            || !self.machine.state.progress(id).acks_owed.is_empty()
    }

    pub(crate) fn look_after_everybody(&mut self) {
        let everybody: Vec<ContactId> = self.machine.state.contacts.keys().copied().collect();
        everybody
            .into_iter()
            .for_each(|id| self.machine.agenda.at_once(id));
    }

    fn write(
        &mut self,
        id: String,
        contact: ContactId,
        text: String,
        reply_to: Option<String>,
    ) -> Result<Answer, Refused> {
        let to = self.known(contact)?.clone();
        check_may_write(&to)?;
        if text.trim().is_empty() {
            return Err(Refused::Empty);
        }
        if text.len() > limit::TEXT {
            return Err(Refused::TooLong { limit: limit::TEXT });
        }
        if let Some(waiting) = self.machine.state.outgoing(contact, &id) {
            let same =
                basicmessage::read(&waiting.message).is_some_and(|waiting| waiting.content == text);
            return if same {
                Ok(Answer::Done)
            } else {
                Err(Refused::IdTaken)
            };
        }
        self.check_outbox(&text)?;
        let mut message = basicmessage::message(id.as_str(), &text, self.now.seconds(), None);
        message.thid.clone_from(&reply_to);
        self.append(Entry {
            contact,
            seq: 0,
            id,
            direction: Direction::Out,
            kind: Kind::Message { text, reply_to },
            time: self.now,
            claimed_time: None,
            my_did: to.my_did,
            their_did: to.their_did,
            delivery: Some(Delivery {
                attempt: 1,
                state: DeliveryState::Queued,
                route: None,
                at: self.now,
                remark: None,
            }),
            proof: None,
        });
        self.queue(contact, message, Purpose::Entry, 1);
        Ok(Answer::Done)
    }

    fn resend(
        &mut self,
        contact: ContactId,
        id: String,
        text: String,
        attempt: u32,
    ) -> Result<Answer, Refused> {
        check_may_write(self.known(contact)?)?;
        if self.machine.state.outgoing(contact, &id).is_some() {
            return Ok(Answer::Done);
        }
        self.check_outbox(&text)?;
        let attempt = attempt.saturating_add(1);
        let message = basicmessage::message(id.as_str(), &text, self.now.seconds(), None);
        let news = Delivery {
            attempt,
            state: DeliveryState::Queued,
            route: None,
            at: self.now,
            remark: None,
        };
        self.deliver_news(contact, &id, news);
        self.queue(contact, message, Purpose::Entry, attempt);
        Ok(Answer::Done)
    }

    fn check_outbox(&self, text: &str) -> Result<(), Refused> {
        let state = &self.machine.state;
        if state.outbox_len >= limit::OUTBOX
            || state.outbox_bytes + text.len() > limit::OUTBOX_BYTES
        {
            return Err(Refused::OutboxFull);
        }
        Ok(())
    }

    fn read(&mut self, contact: ContactId, up_to: u64) -> Result<Answer, Refused> {
        self.known(contact)?;
        self.count(contact, |progress| {
            progress.read_up_to = progress.read_up_to.max(up_to.min(progress.last_seq));
        });
        Ok(Answer::Done)
    }

    fn rename(&mut self, contact: ContactId, name: Option<String>) -> Result<Answer, Refused> {
        if let Some(name) = &name {
            check_name(name)?;
        }
        self.change(contact, |contact| contact.name = name)
    }

    fn block(&mut self, id: ContactId, blocked: bool) -> Result<Answer, Refused> {
        let contact = self.known(id)?;
        let state = match (contact.state, blocked) {
            (ContactState::Blocked, false) if contact.ended.is_some() => ContactState::Ended,
            (ContactState::Blocked, false) => ContactState::Connected,
            (state, false) => state,
            (_, true) => ContactState::Blocked,
        };
        self.change(id, |contact| contact.state = state)
    }

    /// Records the wishes; each is worked off when its contact's turn comes.
    fn wish_rotation(&mut self, contacts: Option<Vec<ContactId>>) -> Result<Answer, Refused> {
        let possible = |contact: &Contact| contact.state == ContactState::Connected;
        let named = contacts.is_some();
        let ids = contacts.unwrap_or_else(|| {
            self.machine
                .state
                .contacts
                .values()
                .filter(|c| possible(c))
                .map(|c| c.id)
                .collect()
        });
        for id in &ids {
            let contact = self.known(*id)?;
            if named && !possible(contact) {
                let name = contact.shown_name().to_owned();
                return Err(Refused::NotPossible {
                    name,
                    why: "does not stand",
                });
            }
        }
        for id in &ids {
            self.edit(*id, |contact| contact.wants_rotation = true);
        }
        Ok(Answer::Started(ids))
    }

    fn end(&mut self, id: ContactId) -> Result<Answer, Refused> {
        let contact = self.known(id)?;
        let name = contact.shown_name().to_owned();
        if !contact.may_write() {
            return Err(Refused::NotPossible {
                name,
                why: "does not stand",
            });
        }
        self.finish(id, EndReason::ByUs);
        let message = blank(new_id(self.rng), empty::EMPTY, self.now);
        self.queue(id, message, Purpose::Ending, 1);
        Ok(Answer::Done)
    }

    fn delete(&mut self, id: ContactId) -> Result<Answer, Refused> {
        self.known(id)?;
        self.remember(Change::ContactDeleted(id));
        self.machine.forget(id);
        Ok(Answer::Done)
    }
}

fn check_name(name: &str) -> Result<(), Refused> {
    if name.trim().is_empty() {
        return Err(Refused::NoName);
    }
    if name.len() > limit::NAME {
        return Err(Refused::TooLong { limit: limit::NAME });
    }
    Ok(())
}

fn check_may_write(contact: &Contact) -> Result<(), Refused> {
    let name = || contact.shown_name().to_owned();
    match contact.state {
        ContactState::Answering
        | ContactState::Connected
        | ContactState::NotFollowing
        | ContactState::Disputed => Ok(()),
        ContactState::Requested => Err(Refused::CannotWrite {
            name: name(),
            why: "accept the request first",
        }),
        ContactState::Ended => Err(Refused::CannotWrite {
            name: name(),
            why: "the relationship has ended",
        }),
        ContactState::Blocked => Err(Refused::CannotWrite {
            name: name(),
            why: "you blocked this contact",
        }),
    }
}
