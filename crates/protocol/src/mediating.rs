//! Living with mediators: asking for mediation, registering our DIDs, fetching what waits.
//!
//! One question at a time for each mediator, posted with `return_route`, answered in the response.
//! What is fetched is opened like anything that comes in, and acknowledged once that is committed; a
//! mediator that we must not believe can at worst hand us nothing. Invitations are hosted by one that
//! does that. Source: didcomm.org, coordinate-mediation 3.0 (and 2.0), messagepickup 3.0, shorten-url
//! 1.0.

mod ask;
mod hear;
mod live;
mod page;
mod silence;

use rand_core::CryptoRng;
use signet_didcomm::{
    did::{Did, peer2},
    document::{self, Endpoint},
    out_of_band,
};

use crate::{
    Messenger,
    change::Change,
    command::{Answer, Refused},
    contact::{Contact, ContactId, Need},
    identity::{Identity, Purpose},
    limit,
    mediation::{Mediation, MediationState},
    outgoing,
    step::Effect,
    time::Timestamp,
    turn::Turn,
    visit::Visit,
};

/// How the endpoint of our DID towards a mediator says that it has none.
const QUEUE: &str = "didcomm:transport/queue";

impl Messenger {
    /// Whether what was sent before this may still wait at a mediator of ours.
    pub(crate) fn may_wait_at_a_mediator(&self, then: Timestamp) -> bool {
        let serving = self
            .state
            .mediations()
            .filter(|mediation| mediation.serves());
        let mut visits = serving.filter_map(|m| self.visits.0.get(&m.mediator.short()));
        visits.any(|visit| visit.may_keep_what_came_before(then))
    }
}

impl<R: CryptoRng> Turn<'_, R> {
    /// Asks a mediator to keep what others send us.
    pub(crate) fn add_mediator(
        &mut self,
        invitation: &out_of_band::Invitation,
        replaces: Option<Did>,
    ) -> Result<Answer, Refused> {
        let mediator = &invitation.from;
        let document = document::resolve(mediator)
            .map_err(|error| Refused::UnreadableMediator(error.to_string()))?;
        if self.machine.routes(&document).posts().is_empty() {
            return Err(Refused::UnreachableMediator);
        }
        let replaces = replaces.filter(|old| !old.is_same_as(mediator));
        let known = self.machine.state.mediation(mediator).cloned();
        if let Some(known) = &known
            && known.routing.is_some()
            && known.state != MediationState::Refused
        {
            self.serves_again(known, replaces);
            return Ok(Answer::Mediator(known.mediator.clone()));
        }
        let count = self.machine.state.mediations().count();
        if known.is_none() && count >= limit::MEDIATORS {
            return Err(Refused::TooMany { what: "mediators" });
        }
        let last = self.machine.state.mediations().map(|m| m.place).max();
        let shown = Some(invitation.id.clone()).filter(|id| !id.is_empty());
        let mediation = match known {
            Some(known) => Mediation {
                state: MediationState::Asking,
                invitation: shown.or(known.invitation),
                replaces,
                ..known
            },
            None => Mediation {
                mediator: mediator.clone(),
                my_did: self.did_for_mediator(mediator),
                place: last.map_or(1, |last| last + 1),
                state: MediationState::Asking,
                routing: None,
                invitation: shown,
                created: self.now,
                version: 3,
                replaces,
                silent_since: None,
                away: false,
                hosts_from: None,
            },
        };
        let mediator = mediation.mediator.clone();
        self.remember(Change::Mediation(Box::new(mediation)));
        self.machine
            .visits
            .0
            .insert(mediator.short(), Visit::default());
        Ok(Answer::Mediator(mediator))
    }

    /// One that serves us, perhaps in spite of a wish to leave it, goes on.
    fn serves_again(&mut self, known: &Mediation, replaces: Option<Did>) {
        if known.state == MediationState::Leaving {
            self.remember(Change::Mediation(Box::new(Mediation {
                state: MediationState::Granted,
                ..known.clone()
            })));
        }
        self.leave_for_another(replaces);
        self.mediators_changed();
    }

    /// Another mediator serves us instead of this one.
    pub(crate) fn leave_for_another(&mut self, old: Option<Did>) {
        let Some(old) = old.and_then(|old| self.machine.state.mediation(&old).cloned()) else {
            return;
        };
        match old.state {
            MediationState::Granted => self.remember(Change::Mediation(Box::new(Mediation {
                state: MediationState::Leaving,
                ..old
            }))),
            MediationState::Asking | MediationState::Refused => self.forget_mediator(&old),
            MediationState::Leaving => {}
        }
    }

    fn did_for_mediator(&mut self, mediator: &Did) -> Did {
        let (did, keys) = peer2::create(&[Endpoint::v2(QUEUE)], self.rng);
        self.remember(Change::Identity(Box::new(Identity {
            did: did.clone(),
            keys,
            purpose: Purpose::Mediator(mediator.clone()),
            created: self.now,
            via: Vec::new(),
        })));
        did
    }

    /// Leaves a mediator; one that is being left, or never served us, goes at once.
    pub(crate) fn remove_mediator(&mut self, mediator: &Did) -> Result<Answer, Refused> {
        let Some(mut mediation) = self.machine.state.mediation(mediator).cloned() else {
            return Err(Refused::NoMediator);
        };
        match mediation.state {
            MediationState::Granted => {
                mediation.state = MediationState::Leaving;
                self.remember(Change::Mediation(Box::new(mediation)));
                self.mediators_changed();
            }
            MediationState::Asking | MediationState::Refused | MediationState::Leaving => {
                self.forget_mediator(&mediation);
            }
        }
        Ok(Answer::Done)
    }

    fn forget_mediator(&mut self, mediation: &Mediation) {
        self.take_leave(mediation);
        self.forget_pages(mediation, |_| true);
        self.remember(Change::MediationRemoved(mediation.mediator.clone()));
        self.remember(Change::IdentityDestroyed(mediation.my_did.clone()));
        let visit = self.machine.visits.0.remove(&mediation.mediator.short());
        if visit.is_some_and(|visit| visit.relay.is_some()) {
            self.use_relays();
        }
        self.step.effects.push(Effect::Unlisten {
            mediator: mediation.mediator.clone(),
        });
        self.mediators_changed();
    }

    /// Our DIDs are to name other mediators than before: every contact is looked after, and told by a
    /// rotation.
    fn mediators_changed(&mut self) {
        self.look_after_everybody();
        self.machine.visits.at_once();
    }

    /// Goes through mediators only to a contact, or straight again; either is told by a rotation.
    pub(crate) fn use_mediators_only(
        &mut self,
        id: ContactId,
        on: bool,
    ) -> Result<Answer, Refused> {
        let contact = self.contact(id).ok_or(Refused::NoContact)?;
        if on && !contact.mediated_only {
            let name = contact.shown_name().to_owned();
            if self.machine.state.via().is_empty() {
                return Err(Refused::NoMediatorOfOurs { name });
            }
            let document = self.machine.document(&contact.their_did);
            if !document.is_ok_and(|document| self.machine.routes(&document).goes_through()) {
                return Err(Refused::NoMediatorOfTheirs { name });
            }
        }
        if on {
            self.withdraw(id, outgoing::Purpose::Addresses);
        }
        self.edit(id, |contact| {
            contact.wants_rotation |= contact.mediated_only != on;
            contact.mediated_only = on;
        });
        self.machine.visits.at_once();
        Ok(Answer::Done)
    }

    /// A mediator that serves us says at which relay we may be found, or that there is none.
    fn offers_a_relay(&mut self, mediation: &Mediation, relay: Option<Endpoint>) {
        let now = self.now;
        let visit = self.machine.visits.0.get_mut(&mediation.mediator.short());
        if let Some(visit) = visit
            && mediation.serves()
            && visit.relay != relay
        {
            // Behind one address several nodes may answer by turns, each with a relay of its own.
            let is_another = visit.relay.is_some() && relay.is_some();
            if is_another && now.since(visit.relay_since) < limit::RELAY {
                return;
            }
            visit.relay = relay;
            visit.relay_since = now;
            self.use_relays();
        }
    }

    /// The relays of all of them, in the person's order.
    fn use_relays(&mut self) {
        let mut mediations: Vec<_> = self.machine.state.mediations().collect();
        mediations.sort_by_key(|mediation| mediation.place);
        let visits = &self.machine.visits.0;
        let visits = mediations
            .iter()
            .filter_map(|m| visits.get(&m.mediator.short()));
        let relays = visits.filter_map(|visit| visit.relay.clone()).collect();
        self.step.effects.push(Effect::UseRelays(relays));
    }

    /// Whether our DID for this contact names other mediators than we have now, or our own addresses
    /// to one who is to learn of none.
    pub(crate) fn names_other_ways(&self, contact: &Contact) -> bool {
        let state = &self.machine.state;
        let Some(identity) = state.identities.get(&contact.my_did.short()) else {
            return false;
        };
        identity.via != state.via()
            || (contact.mediated_only && !self.machine.is_hidden(&identity.did))
    }

    /// These envelopes, handed out of a delivery, are safe here or of no use.
    pub(crate) fn received(&mut self, mediator: &Did, ids: Vec<String>) -> Answer {
        if let Some(visit) = self.machine.visits.0.get_mut(&mediator.short()) {
            for id in ids.into_iter().filter(|id| !id.is_empty()) {
                visit.opening.remove(&id);
                visit.received.insert(id);
            }
            visit.at = Timestamp(0);
        }
        Answer::Done
    }

    /// Nobody can write to us by this mediator any more.
    fn is_left(&self, mediation: &Mediation) -> bool {
        let state = &self.machine.state;
        let short = mediation.mediator.short();
        !state
            .identities
            .values()
            .any(|identity| identity.via.contains(&short))
            && state.registered(&short).is_none_or(|dids| dids.is_empty())
    }

    /// As many of those who wait for a DID to move to as may find one.
    fn go_on_rotating(&mut self) {
        for need in Need::all() {
            let ready = self.machine.ready_spares(need).count();
            let contacts = self.machine.state.contacts.values();
            let waiting = contacts.filter(|c| c.waits_to_move() && c.need() == need);
            let waiting: Vec<_> = waiting.map(|contact| contact.id).take(ready).collect();
            for id in waiting {
                self.machine.agenda.at_once(id);
            }
        }
    }
}
