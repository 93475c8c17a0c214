//! What must hold at every turn, whatever a story asserts: the disk folds to what the machine
//! holds, a machine restored from it is the same, and a tick that says `delivered` is true.

use signet_protocol::{Messenger, change::Change, contact::ContactId, entry::DeliveryState};

use crate::World;

/// A machine is restored for comparison at every so many turns, besides at every restart. (That the
/// disk folds to what the machine holds is compared at each.)
const RESTORES: u64 = 4;

impl World {
    /// The disk must fold to what the machine holds, and a restored machine must be the same.
    pub(crate) fn inspect(&mut self, who: usize) {
        let person = &mut self.people[who];
        person.turns += 1;
        if !person.turns.is_multiple_of(self.scrutiny) {
            return;
        }
        let records = person.messenger.as_ref().expect("it is up").records();
        if let Some(difference) = person.ahead.difference(&records) {
            panic!(
                "{}'s machine is not what its changes say: {difference}",
                person.name
            );
        }
        let rarely = self.scrutiny.saturating_mul(RESTORES);
        if !person.turns.is_multiple_of(rarely) {
            return;
        }
        self.tally.restores += 1;
        let restored = Messenger::restore(person.ahead.shuffled(&mut self.rng))
            .expect("the records make a machine");
        if let Some(difference) = person.ahead.difference(&restored.records()) {
            panic!("{} restored is another: {difference}", person.name);
        }
    }

    /// A tick that says `delivered` is true: the other person's disk knows the message.
    pub(crate) fn hold_promises(&self, who: usize, changes: &[Change]) {
        for change in changes {
            let Change::EntryDelivery {
                contact,
                id,
                delivery,
            } = change
            else {
                continue;
            };
            if delivery.state < DeliveryState::Delivered {
                continue;
            }
            let own = self.people[who]
                .ledger
                .entry(*contact, id)
                .is_some_and(|e| e.delivery.is_some());
            let Some(peer) = self.peer(who, *contact).filter(|_| own) else {
                continue;
            };
            let known = self.people[peer].ledger.holds(id);
            assert!(
                known,
                "{} shows {id} as delivered, but {} never stored it",
                self.people[who].name, self.people[peer].name
            );
        }
    }

    /// The person behind a contact; none if it is an agent of another make.
    pub(crate) fn peer(&self, who: usize, contact: ContactId) -> Option<usize> {
        let contact = self.people[who].contacts().find(|c| c.id == contact)?;
        let dids: Vec<String> = std::iter::once(&contact.their_did)
            .chain(contact.their_retired.iter().map(|r| &r.did))
            .map(|did| did.short().to_string())
            .collect();
        self.people
            .iter()
            .position(|p| dids.iter().any(|did| p.ever.contains_key(did)))
    }
}
