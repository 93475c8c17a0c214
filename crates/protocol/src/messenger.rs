//! The machine: state, wires and agenda, and its ways in.

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use signet_didcomm::{
    did::{Did, DidUrl},
    document::{Document, ResolveError},
    key::SecretKey,
};

use crate::{
    agenda::Agenda,
    change::Change,
    command::{Answer, Command, Refused},
    contact::{Contact, ContactId, Progress, Rotation},
    invitation::Invitation,
    mediation::Mediation,
    outgoing::Outgoing,
    profile::Profile,
    receive::{Facts, Opened, Rejected},
    state::State,
    step::{Report, Step},
    time::Timestamp,
    turn::Turn,
    visit::{Visit, Visits},
    wire::{Attempts, Wire},
};

/// One person's side of all their relationships. See the crate's page for its invariants.
#[derive(Default)]
pub struct Messenger {
    pub(crate) state: State,
    pub(crate) wires: BTreeMap<ContactId, Wire>,
    pub(crate) attempts: Attempts,
    pub(crate) agenda: Agenda,
    pub(crate) stranger_answers: crate::stranger::Allowance,
    pub(crate) visits: Visits,
    resolved: crate::resolved::Resolved,
}

/// How it goes with a mediator, since the machine was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediatorNews {
    /// When it last answered.
    pub heard: Option<Timestamp>,
    /// How often in a row it did not.
    pub failures: u32,
    /// How many envelopes it last said to keep for us.
    pub waiting: Option<u64>,
    /// Contacts who write to us by it, as far as they know today.
    pub contacts: Vec<ContactId>,
    /// DIDs of ours that it knows.
    pub registered: usize,
}

/// The records do not make a machine.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// No profile among them.
    #[error("the profile's own record is missing")]
    NoProfile,
}

impl Messenger {
    /// A first profile, and the changes that make it last.
    #[must_use]
    pub fn new(name: &str) -> (Self, Vec<Change>) {
        let mut machine = Self::default();
        let profile = Profile {
            name: name.to_owned(),
            revision: 1,
            ..Profile::default()
        };
        let change = Change::Profile(profile);
        machine.state.apply(&change);
        (machine, vec![change])
    }

    /// The machine that these committed changes make, be they the whole journal or the latest records.
    ///
    /// # Errors
    /// [`RestoreError::NoProfile`] if nothing was ever committed.
    pub fn restore(records: impl IntoIterator<Item = Change>) -> Result<Self, RestoreError> {
        let mut machine = Self::default();
        for record in records {
            machine.state.apply(&record);
        }
        if machine.state.profile.revision == 0 {
            return Err(RestoreError::NoProfile);
        }
        let contacts: Vec<ContactId> = machine.state.contacts.keys().copied().collect();
        contacts
            .into_iter()
            .for_each(|contact| machine.agenda.at_once(contact));
        let mediators: Vec<Did> = machine
            .state
            .mediations()
            .map(|mediation| mediation.mediator.short())
            .collect();
        for mediator in mediators {
            machine.visits.0.insert(mediator, Visit::default());
        }
        Ok(machine)
    }

    /// The whole durable state in canonical order.
    #[must_use]
    pub fn records(&self) -> Vec<Change> {
        self.state.records()
    }

    /// Opens an envelope and says from whom it is. Changes nothing.
    ///
    /// # Errors
    /// [`Rejected`] if it is not for us, not well formed, or not from anybody who may write to us.
    pub fn open(&self, envelope: &[u8], now: Timestamp) -> Result<Opened, Rejected> {
        crate::receive::open(self, envelope, now)
    }

    /// Takes an opened message, knowing what history knows of it.
    ///
    /// # Errors
    /// [`Rejected`] if it may not be taken any more; then nothing changed.
    pub fn handle_message(
        &mut self,
        opened: Opened,
        facts: Facts,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Step, Rejected> {
        let mut turn = Turn::begin(self, now, rng);
        turn.receive(opened, facts)?;
        Ok(turn.step)
    }

    /// Does what the person asks.
    ///
    /// # Errors
    /// [`Refused`] with one sentence; then nothing changed.
    pub fn handle_command(
        &mut self,
        command: Command,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(Step, Answer), Refused> {
        let mut turn = Turn::begin(self, now, rng);
        let answer = turn.obey(command)?;
        Ok((turn.step, answer))
    }

    /// Learns what became of an attempt. Reports on attempts of an earlier life are ignored.
    pub fn handle_report(
        &mut self,
        report: Report,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Step {
        let mut turn = Turn::begin(self, now, rng);
        turn.learn(&report);
        turn.step
    }

    /// Does what is due: attempts, acknowledgements, rotations, and what time brings. Bounded:
    /// [`Messenger::next_wake`] says whether there is more.
    pub fn wake(&mut self, now: Timestamp, rng: &mut impl CryptoRng) -> Step {
        let mut turn = Turn::begin(self, now, rng);
        turn.look_after_mediators();
        turn.look_after_all();
        turn.step
    }

    /// When to call [`Messenger::wake`] next; a time in the past means at once.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let mediators = self.visits.next();
        let contacts = self.agenda.next_wake();
        mediators.into_iter().chain(contacts).min()
    }

    /// Who I am.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.state.profile
    }

    /// All contacts, by id.
    pub fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.state.contacts.values()
    }

    /// One contact.
    #[must_use]
    pub fn contact(&self, id: ContactId) -> Option<&Contact> {
        self.state.contacts.get(&id)
    }

    /// The counters of a contact; zeros for one that has none yet.
    #[must_use]
    pub fn progress(&self, id: ContactId) -> Progress {
        self.state.progress(id)
    }

    /// All invitations of ours, by id.
    pub fn invitations(&self) -> impl Iterator<Item = &Invitation> {
        self.state.invitations.values()
    }

    /// Our mediations, in the person's order.
    pub fn mediations(&self) -> impl Iterator<Item = &Mediation> {
        self.state.mediations()
    }

    /// How it goes with a mediator.
    #[must_use]
    pub fn mediator_news(&self, mediator: &Did) -> MediatorNews {
        let short = mediator.short();
        let visit = self.visits.0.get(&short);
        let named = |did: &Did| {
            let identity = self.state.identities.get(&did.short());
            identity.is_some_and(|identity| identity.via.contains(&short))
        };
        let knows = |contact: &&Contact| match &contact.rotation {
            Rotation::Settled => named(&contact.my_did),
            Rotation::Announcing { prior, .. } => named(prior) || named(&contact.my_did),
        };
        MediatorNews {
            heard: visit.and_then(|visit| visit.heard),
            failures: visit.map_or(0, |visit| visit.failures),
            waiting: visit.and_then(|visit| visit.waiting),
            contacts: self
                .contacts()
                .filter(|c| c.may_write())
                .filter(knows)
                .map(|contact| contact.id)
                .collect(),
            registered: self.state.registered(&short).map_or(0, BTreeMap::len),
        }
    }

    /// What is under way to a contact, in the order in which it leaves.
    pub fn outgoing(&self, contact: ContactId) -> impl Iterator<Item = &Outgoing> {
        self.state.outbox(contact)
    }

    /// When the next attempt to reach a contact will be made, if it waits after a failure.
    #[must_use]
    pub fn waits_until(&self, contact: ContactId) -> Option<Timestamp> {
        self.wires
            .get(&contact)
            .map(|wire| wire.wait_until)
            .filter(|until| until.0 > 0)
    }

    /// The document of a DID: from the DID itself, or from the long form that a contact showed us.
    pub(crate) fn document(&self, did: &Did) -> Result<Document, ResolveError> {
        match self.resolved.resolve(did) {
            Err(needs @ ResolveError::NeedsLongForm { .. }) => {
                let known = self.state.by_their_did(did).and_then(|contact| {
                    let retired = contact.their_retired.iter().map(|r| &r.did);
                    std::iter::once(&contact.their_did)
                        .chain(retired)
                        .find(|known| known.is_same_as(did))
                });
                let own = self
                    .state
                    .identities
                    .get(&did.short())
                    .map(|identity| &identity.did);
                known
                    .or(own)
                    .map_or(Err(needs), |long| self.resolved.resolve(long))
            }
            other => other,
        }
    }

    /// Drops what a restart would drop of a contact that is gone.
    pub(crate) fn forget(&mut self, contact: ContactId) {
        self.wires.remove(&contact);
        self.agenda.forget(contact);
    }

    /// Our secret key of this id.
    pub(crate) fn secret(&self, kid: &DidUrl) -> Option<&SecretKey> {
        self.state.identities.get(&kid.did().short())?.keys.get(kid)
    }
}
