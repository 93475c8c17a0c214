//! What the view is owed: commits that stand in the journal and not yet in the view.
//!
//! Taken together they cost the view little more than one of them, so they wait for company, but
//! neither for long nor in any number; and what makes or destroys keys does not wait.

use std::collections::BTreeSet;

use signet_protocol::{change::Change, contact::ContactId};
use zeroize::Zeroizing;

use crate::record::Record;

/// Commits that wait at most.
const MANY: usize = 64;
/// Bytes that wait at most, unless it is a single commit.
const MUCH: usize = 1 << 20;

/// What a record of the journal holds.
pub(crate) type Payload = Zeroizing<Vec<u8>>;

/// Commits, oldest first, and what they are about.
#[derive(Default)]
pub(crate) struct Owed {
    payloads: Vec<Payload>,
    bytes: usize,
    messages: BTreeSet<(ContactId, String)>,
    presses: bool,
}

/// Whether the view is owed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debt {
    /// Nothing.
    None,
    /// It may wait for company.
    MayWait,
    /// It has grown, or it is about keys: [`crate::Store::settle`] it now. The next commit does.
    Presses,
}

impl Owed {
    pub(crate) fn add(&mut self, payload: Payload, records: &[Record<'_>]) {
        self.bytes += payload.len();
        self.payloads.push(payload);
        for record in records {
            let change = match record {
                Record::Change(change) => change,
                Record::Identity(_) => {
                    self.presses = true;
                    continue;
                }
                Record::Setting { .. } => continue,
            };
            match &**change {
                Change::Entry(entry) => self.about(entry.contact, &entry.id),
                Change::EntryDelivery { contact, id, .. } | Change::Seen { contact, id, .. } => {
                    self.about(*contact, id);
                }
                Change::ContactDeleted(_) | Change::IdentityDestroyed(_) => self.presses = true,
                Change::Profile(_)
                | Change::Contact(_)
                | Change::Progress { .. }
                | Change::Identity(_)
                | Change::Invitation(_)
                | Change::Outgoing(_)
                | Change::OutgoingDone { .. }
                | Change::Early(_)
                | Change::EarlyPlaced { .. }
                | Change::Mediation(_)
                | Change::MediationRemoved(_)
                | Change::Registered { .. }
                | Change::Unregistered { .. } => {}
            }
        }
    }

    fn about(&mut self, contact: ContactId, id: &str) {
        self.messages.insert((contact, id.to_lowercase()));
    }

    /// Whether a question about this message would miss something.
    pub(crate) fn concerns(&self, contact: ContactId, id: &str) -> bool {
        self.presses || self.messages.contains(&(contact, id.to_lowercase()))
    }

    pub(crate) fn debt(&self) -> Debt {
        match self.payloads.len() {
            0 => Debt::None,
            count if self.presses || count >= MANY || self.bytes >= MUCH => Debt::Presses,
            _ => Debt::MayWait,
        }
    }

    pub(crate) fn payloads(&self) -> &[Payload] {
        &self.payloads
    }
}
