//! The durable state. Only [`State::apply`] changes it, and every change it applies is one that
//! the step hands out for commit; so a machine restored from its changes equals the running one.

use std::collections::BTreeMap;

use signet_didcomm::did::Did;

use crate::{
    change::{Change, Early},
    contact::{Contact, ContactId, Progress},
    identity::{Identity, Purpose},
    invitation::Invitation,
    mediation::Mediation,
    outgoing::Outgoing,
    profile::Profile,
};

/// All the machine's records, with the indices derived from them.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) profile: Profile,
    pub(crate) contacts: BTreeMap<ContactId, Contact>,
    pub(crate) progress: BTreeMap<ContactId, Progress>,
    /// By short form.
    pub(crate) identities: BTreeMap<Did, Identity>,
    pub(crate) invitations: BTreeMap<String, Invitation>,
    /// By contact and place.
    outbox: BTreeMap<ContactId, BTreeMap<u64, Outgoing>>,
    /// By contact and order.
    pub(crate) early: BTreeMap<ContactId, BTreeMap<u64, Early>>,
    /// By short form of the mediator's DID.
    mediations: BTreeMap<Did, Mediation>,
    /// Our DIDs that a mediator knows, by short form, as they were told; by mediator.
    registered: BTreeMap<Did, BTreeMap<Did, Did>>,
    /// The contact that uses, or used, this DID; by short form.
    by_their_did: BTreeMap<Did, ContactId>,
    /// The place of an outgoing message in its contact's outbox.
    places: BTreeMap<ContactId, BTreeMap<String, u64>>,
    pub(crate) outbox_len: usize,
    pub(crate) outbox_bytes: usize,
}

impl State {
    /// Applies one change. History passes through: the machine never holds it.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Profile(profile) => self.profile = profile.clone(),
            Change::Contact(contact) => self.put_contact(contact),
            Change::Progress { contact, progress } => {
                self.progress.insert(*contact, progress.clone());
            }
            Change::ContactDeleted(id) => self.delete_contact(*id),
            Change::Identity(identity) => {
                self.identities
                    .insert(identity.did.short(), (**identity).clone());
            }
            Change::IdentityDestroyed(did) => {
                self.identities.remove(&did.short());
            }
            Change::Invitation(invitation) => {
                self.invitations
                    .insert(invitation.id.clone(), invitation.clone());
            }
            Change::Outgoing(outgoing) => self.put_outgoing(outgoing),
            Change::OutgoingDone { contact, id } => self.remove_outgoing(*contact, id),
            Change::Early(early) => {
                self.early
                    .entry(early.entry.contact)
                    .or_default()
                    .insert(early.order, (**early).clone());
            }
            Change::EarlyPlaced { contact, order } => {
                if let Some(early) = self.early.get_mut(contact) {
                    early.remove(order);
                    if early.is_empty() {
                        self.early.remove(contact);
                    }
                }
            }
            Change::Mediation(mediation) => {
                let short = mediation.mediator.short();
                self.mediations.insert(short, (**mediation).clone());
            }
            Change::MediationRemoved(mediator) => {
                self.mediations.remove(&mediator.short());
                self.registered.remove(&mediator.short());
            }
            Change::Registered { mediator, did } => {
                let registered = self.registered.entry(mediator.short()).or_default();
                registered.insert(did.short(), did.clone());
            }
            Change::Unregistered { mediator, did } => {
                if let Some(registered) = self.registered.get_mut(&mediator.short()) {
                    registered.remove(&did.short());
                    if registered.is_empty() {
                        self.registered.remove(&mediator.short());
                    }
                }
            }
            Change::Entry(_) | Change::EntryDelivery { .. } | Change::Seen { .. } => {}
        }
    }

    /// The records in canonical order.
    pub(crate) fn records(&self) -> Vec<Change> {
        let mut records = vec![Change::Profile(self.profile.clone())];
        records.extend(
            self.identities
                .values()
                .cloned()
                .map(|i| Change::Identity(Box::new(i))),
        );
        records.extend(self.invitations.values().cloned().map(Change::Invitation));
        records.extend(
            self.contacts
                .values()
                .cloned()
                .map(|c| Change::Contact(Box::new(c))),
        );
        records.extend(self.progress.iter().map(|(contact, p)| Change::Progress {
            contact: *contact,
            progress: p.clone(),
        }));
        records.extend(
            self.outbox
                .values()
                .flat_map(BTreeMap::values)
                .cloned()
                .map(|o| Change::Outgoing(Box::new(o))),
        );
        records.extend(
            self.early
                .values()
                .flat_map(BTreeMap::values)
                .cloned()
                .map(|e| Change::Early(Box::new(e))),
        );
        let mediations = self.mediations.values().cloned();
        records.extend(mediations.map(|m| Change::Mediation(Box::new(m))));
        for (mediator, dids) in &self.registered {
            records.extend(dids.values().map(|did| Change::Registered {
                mediator: mediator.clone(),
                did: did.clone(),
            }));
        }
        records
    }

    /// The mediation by this mediator.
    pub(crate) fn mediation(&self, mediator: &Did) -> Option<&Mediation> {
        self.mediations.get(&mediator.short())
    }

    /// All mediations, in the person's order.
    pub(crate) fn mediations(&self) -> impl Iterator<Item = &Mediation> {
        let mut mediations: Vec<&Mediation> = self.mediations.values().collect();
        mediations.sort_by_key(|mediation| mediation.place);
        mediations.into_iter()
    }

    /// The mediators that fresh DIDs of ours name, by short form.
    pub(crate) fn via(&self) -> Vec<Did> {
        let named = self.mediations().filter(|m| m.endpoint().is_some());
        named.map(|m| m.mediator.short()).collect()
    }

    /// Our DIDs that this mediator knows, by short form, as they were told.
    pub(crate) fn registered(&self, mediator: &Did) -> Option<&BTreeMap<Did, Did>> {
        self.registered.get(&mediator.short())
    }

    /// The contact that uses or used this DID.
    pub(crate) fn by_their_did(&self, did: &Did) -> Option<&Contact> {
        self.by_their_did
            .get(&did.short())
            .and_then(|id| self.contacts.get(id))
    }

    /// The counters of a contact; zeros for one that has none yet.
    pub(crate) fn progress(&self, contact: ContactId) -> Progress {
        self.progress.get(&contact).cloned().unwrap_or_default()
    }

    /// What is under way to a contact, in the order in which it leaves.
    pub(crate) fn outbox(&self, contact: ContactId) -> impl Iterator<Item = &Outgoing> {
        self.outbox
            .get(&contact)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    /// One outgoing message.
    pub(crate) fn outgoing(&self, contact: ContactId, id: &str) -> Option<&Outgoing> {
        let place = self.places.get(&contact)?.get(id)?;
        self.outbox.get(&contact)?.get(place)
    }

    /// The place that the next outgoing message of a contact takes.
    pub(crate) fn next_place(&self, contact: ContactId) -> u64 {
        self.outbox
            .get(&contact)
            .and_then(|o| o.last_key_value())
            .map_or(1, |(place, _)| place + 1)
    }

    fn put_contact(&mut self, contact: &Contact) {
        if let Some(before) = self.contacts.get(&contact.id) {
            for did in dids_of(before) {
                self.by_their_did.remove(&did);
            }
        }
        for did in dids_of(contact) {
            self.by_their_did.insert(did, contact.id);
        }
        self.contacts.insert(contact.id, contact.clone());
    }

    fn delete_contact(&mut self, id: ContactId) {
        if let Some(contact) = self.contacts.remove(&id) {
            for did in dids_of(&contact) {
                self.by_their_did.remove(&did);
            }
        }
        self.progress.remove(&id);
        self.early.remove(&id);
        self.places.remove(&id);
        for outgoing in self
            .outbox
            .remove(&id)
            .into_iter()
            .flat_map(BTreeMap::into_values)
        {
            self.outbox_len -= 1;
            self.outbox_bytes -= size(&outgoing);
        }
        self.identities
            .retain(|_, identity| identity.purpose != Purpose::Contact(id));
    }

    fn put_outgoing(&mut self, outgoing: &Outgoing) {
        self.remove_outgoing(outgoing.contact, &outgoing.message.id);
        self.outbox_len += 1;
        self.outbox_bytes += size(outgoing);
        self.places
            .entry(outgoing.contact)
            .or_default()
            .insert(outgoing.message.id.clone(), outgoing.place);
        self.outbox
            .entry(outgoing.contact)
            .or_default()
            .insert(outgoing.place, outgoing.clone());
    }

    fn remove_outgoing(&mut self, contact: ContactId, id: &str) {
        let Some(place) = self
            .places
            .get_mut(&contact)
            .and_then(|places| places.remove(id))
        else {
            return;
        };
        let Some(outbox) = self.outbox.get_mut(&contact) else {
            return;
        };
        if let Some(outgoing) = outbox.remove(&place) {
            self.outbox_len -= 1;
            self.outbox_bytes -= size(&outgoing);
        }
        if outbox.is_empty() {
            self.outbox.remove(&contact);
            self.places.remove(&contact);
        }
    }
}

/// Every DID by which we know a contact, in short form.
fn dids_of(contact: &Contact) -> impl Iterator<Item = Did> + '_ {
    std::iter::once(&contact.their_did)
        .chain(contact.their_retired.iter().map(|r| &r.did))
        .map(Did::short)
}

/// What an outgoing message counts against the outbox, in bytes: its text and a fixed rest.
fn size(outgoing: &Outgoing) -> usize {
    let text: usize = outgoing
        .message
        .body
        .values()
        .map(|v| v.as_str().map_or(64, str::len))
        .sum();
    256 + text
}
