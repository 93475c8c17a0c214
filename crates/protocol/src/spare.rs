//! Spare DIDs: made and registered with our mediators ahead, so that neither an invitation nor an answer
//! nor a rotation has to wait for a mediator. What is sent to a DID that its mediator does not know
//! is lost without a word.

use std::time::Duration;

use rand_core::CryptoRng;
use signet_didcomm::{
    did::{Did, Method, peer2, peer4},
    document::Endpoint,
    key::SecretKeys,
};

use crate::{
    Messenger,
    change::Change,
    contact::{Contact, Need},
    identity::{Identity, Purpose},
    route::{is_http, is_mediator},
    time::Timestamp,
    turn::Turn,
};

/// Spares of each kind that are kept.
const SPARES: usize = 4;
/// And so many while contacts wait to be told of a new one.
const SPARES_WHILE_ROTATING: usize = 32;
/// How long a direct connection that stood is taken to stand.
const MET: Duration = Duration::from_secs(60);
/// Spares made in one step.
const MADE: usize = 16;
/// libp2p addresses in a spare for a contact: whoever knows it is told of newer ones.
const ADDRESSES: usize = 2;

impl Messenger {
    /// Where a fresh DID of ours receives: at our mediators, in the person's order, then, unless it is
    /// to be hidden, where we listen ourselves.
    pub(crate) fn endpoints(&self, mediated_only: bool) -> Vec<Endpoint> {
        let mediators = self.state.mediations();
        let mediators = mediators.filter_map(|mediation| mediation.endpoint());
        let mediators = mediators.map(|routing| Endpoint::v2(routing.as_str()));
        let own = self.state.profile.endpoints.iter();
        let own = own.filter(|_| !mediated_only).cloned();
        mediators.chain(own).collect()
    }

    /// Whether a DID of ours does not say where we listen.
    pub(crate) fn is_hidden(&self, did: &Did) -> bool {
        let document = self.document(did);
        document.is_ok_and(|document| document.endpoints().all(is_mediator))
    }

    /// DIDs to be registered with a mediator (`true`), and to be forgotten by it.
    pub(crate) fn updates_due(&self, mediator: &Did, most: usize) -> Vec<(Did, bool)> {
        let registered = self.state.registered(mediator);
        let is_registered = |did: &Did| registered.is_some_and(|r| r.contains_key(&did.short()));
        let refused = self.visits.0.get(mediator).map(|visit| &visit.refused);
        let is_refused = |did: &Did| refused.is_some_and(|r| r.contains(&did.short()));
        let identities = self.state.identities.values();
        let due = identities.filter(|identity| identity.via.contains(mediator));
        let due = due.filter(|i| !is_registered(&i.did) && !is_refused(&i.did));
        let add = due.map(|identity| (identity.did.clone(), true));
        let gone = registered.into_iter().flatten().filter(|(short, _)| {
            let identity = self.state.identities.get(short);
            identity.is_none_or(|identity| !identity.via.contains(mediator)) && !is_refused(short)
        });
        let remove = gone.map(|(_, did)| (did.clone(), false));
        // What is forgotten makes room.
        remove.chain(add).take(most).collect()
    }

    /// Whether a mediator of this DID knows it, and all of them do that can be expected to.
    fn is_registered(&self, identity: &Identity) -> bool {
        let short = identity.did.short();
        let knows = |mediator: &Did| {
            let registered = self.state.registered(mediator);
            registered.is_some_and(|registered| registered.contains_key(&short))
        };
        let via = &identity.via;
        via.iter().any(knows) && via.iter().all(|m| knows(m) || self.is_hopeless(m))
    }

    fn is_hopeless(&self, mediator: &Did) -> bool {
        let visit = self.visits.0.get(mediator);
        visit.is_some_and(|visit| visit.is_hopeless())
    }

    fn spares(&self, need: Need) -> impl Iterator<Item = &Identity> {
        let method = method(need.reads_peer4);
        // Where we listen nowhere, all are alike.
        let may_be_told = !self.state.profile.endpoints.is_empty();
        self.state.identities.values().filter(move |identity| {
            identity.purpose == Purpose::Spare
                && identity.did.method() == method
                && (!may_be_told || self.is_hidden(&identity.did) == need.mediated_only)
        })
    }

    /// Spares for contacts of this kind that all our mediators know.
    pub(crate) fn ready_spares(&self, need: Need) -> impl Iterator<Item = &Identity> {
        let via = self.state.via();
        let spares = self.spares(need);
        spares.filter(move |spare| spare.via == via && self.is_registered(spare))
    }

    /// Whether a contact can be given a DID now that our mediators know. When nothing is to be
    /// expected of them, one that they do not know is better than none.
    pub(crate) fn may_move(&self, contact: &Contact, now: Timestamp) -> bool {
        let via = self.state.via();
        if via.is_empty() {
            return !contact.mediated_only && self.is_reached_straight(contact, now);
        }
        self.ready_spares(contact.need()).next().is_some()
            || via.iter().all(|m| self.is_hopeless(m))
    }

    /// Whether a contact who wrote to us by a mediator so far can do without: who could not would be
    /// lost for ever, as we would never hear that they know of another way.
    fn is_reached_straight(&self, contact: &Contact, now: Timestamp) -> bool {
        let identity = self.state.identities.get(&contact.my_did.short());
        let met = self.wires.get(&contact.id).and_then(|wire| wire.met);
        identity.is_none_or(|identity| identity.via.is_empty())
            || self.state.profile.endpoints.iter().any(is_http)
            || met.is_some_and(|met| now.since(met) < MET)
    }
}

impl<R: CryptoRng> Turn<'_, R> {
    /// A spare that all our mediators know; the caller gives it its purpose.
    pub(crate) fn take_spare(&mut self, need: Need) -> Option<(Did, SecretKeys)> {
        if self.machine.state.via().is_empty() {
            return None;
        }
        let spare = self.machine.ready_spares(need).next()?;
        let taken = (spare.did.clone(), spare.keys.clone());
        self.machine.visits.at_once();
        Some(taken)
    }

    /// The revision of our addresses that a fresh DID tells: today's, unless spares name a few of
    /// earlier ones.
    pub(crate) fn addresses_told_by_a_fresh_did(&self) -> u64 {
        match self.machine.state.via().is_empty() {
            true => self.machine.state.profile.addresses_revision,
            false => 0,
        }
    }

    /// Drops all spares: they name where we no longer are.
    pub(crate) fn drop_spares(&mut self) {
        let identities = self.machine.state.identities.values();
        let spares: Vec<Did> = identities
            .filter(|identity| identity.purpose == Purpose::Spare)
            .map(|identity| identity.did.clone())
            .collect();
        for did in spares {
            self.remember(Change::IdentityDestroyed(did));
        }
    }

    /// Makes spares that are missing, and drops those that name other mediators than we have now.
    pub(crate) fn keep_spares(&mut self) {
        let via = self.machine.state.via();
        let identities = self.machine.state.identities.values();
        let old: Vec<Did> = identities
            .filter(|identity| identity.purpose == Purpose::Spare && identity.via != via)
            .map(|identity| identity.did.clone())
            .collect();
        for did in old {
            self.remember(Change::IdentityDestroyed(did));
        }
        if via.is_empty() {
            return;
        }
        for need in Need::all() {
            let contacts = self.machine.state.contacts.values();
            let waiting = contacts.filter(|c| c.waits_to_move() && c.need() == need);
            let waiting = waiting.take(SPARES_WHILE_ROTATING).count();
            let kept = if need.mediated_only { 0 } else { SPARES };
            let there = self.machine.spares(need).count();
            for _ in there..waiting.max(kept).min(there + MADE) {
                self.make_spare(need, via.clone());
            }
        }
    }

    fn make_spare(&mut self, need: Need, via: Vec<Did>) {
        let reads_peer4 = need.reads_peer4;
        let mut endpoints = self.machine.endpoints(need.mediated_only);
        // One that stands in an invitation is to be short: whoever answers does so by the mediator.
        let addresses = if reads_peer4 { ADDRESSES } else { 0 };
        for endpoint in &mut endpoints {
            endpoint.multi_addrs.truncate(addresses);
        }
        let (did, keys) = match reads_peer4 {
            true => peer4::create(&endpoints, self.rng),
            false => peer2::create(&endpoints, self.rng),
        };
        let created = self.now;
        self.remember(Change::Identity(Box::new(Identity {
            did,
            keys,
            purpose: Purpose::Spare,
            created,
            via,
        })));
    }
}

fn method(reads_peer4: bool) -> Method {
    match reads_peer4 {
        true => Method::Peer4Long,
        false => Method::Peer2,
    }
}
