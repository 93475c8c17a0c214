//! Whom we meet at rendezvous points: the contacts with whom we had to do last, under the names of the
//! day.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use signet_didcomm::did::Did;
use signet_protocol::{
    Change, Messenger, contact::Contact, contact::ContactId, rendezvous::Meeting, time::Timestamp,
};
use signet_transport::{self as transport, MAX_MEETINGS, Transport};
use tokio::time::Instant;

use crate::reach;

/// How often names are looked at: they change with the day, and the last contacts with each message.
const AGAIN: Duration = Duration::from_secs(5 * 60);
/// How long a change of contacts may go on before it is looked at.
const SETTLE: Duration = Duration::from_secs(1);
/// Contacts whose keys are agreed on at one look, which is some milliseconds, and the pause before the
/// next ones.
const AT_ONCE: usize = 16;
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Rendezvous {
    known: BTreeMap<ContactId, Known>,
    look_at: Instant,
}

/// What need not be worked out again.
struct Known {
    meeting: Meeting,
    their_did: Did,
    peer_ids: Vec<String>,
}

impl Rendezvous {
    pub(crate) fn new() -> Self {
        Self {
            known: BTreeMap::new(),
            look_at: Instant::now(),
        }
    }

    /// When to look after it.
    pub(crate) fn next(&self) -> Instant {
        self.look_at
    }

    /// Contacts may have changed.
    pub(crate) fn heed(&mut self, changes: &[Change]) {
        let is_about_contacts =
            |change: &Change| matches!(change, Change::Contact(_) | Change::ContactDeleted(_));
        if changes.iter().any(is_about_contacts) {
            self.look_at = self.look_at.min(Instant::now() + SETTLE);
        }
    }

    /// Tells the wires whom we meet from now on.
    pub(crate) fn look(&mut self, machine: &Messenger, transport: &Transport, now: Timestamp) {
        let (meetings, are_all) = self.meetings(machine, now);
        let pause = if are_all { AGAIN } else { PAUSE };
        self.look_at = Instant::now() + pause;
        transport.meet(meetings);
    }

    /// The meetings, and whether those are all.
    fn meetings(&mut self, machine: &Messenger, now: Timestamp) -> (Vec<transport::Meeting>, bool) {
        let may_meet = |contact: &&Contact| contact.is_signet && contact.may_learn_addresses();
        let mut contacts: Vec<&Contact> = machine.contacts().filter(may_meet).collect();
        contacts.sort_by_cached_key(|contact| {
            let has_mail = machine.outgoing(contact.id).next().is_some();
            let heard = machine.progress(contact.id).last_heard;
            Reverse((has_mail, heard.max(contact.created)))
        });
        contacts.truncate(MAX_MEETINGS);
        let mut before = std::mem::take(&mut self.known);
        let is_known = |contact: &&Contact| before.contains_key(&contact.id);
        let (known, mut unknown): (Vec<_>, Vec<_>) = contacts.into_iter().partition(is_known);
        let are_all = unknown.len() <= AT_ONCE;
        unknown.truncate(AT_ONCE);
        let meetings = known.into_iter().chain(unknown).map(|contact| {
            let known = before.remove(&contact.id);
            let known = known.filter(|known| known.their_did == contact.their_did);
            let (meeting, peer_ids) = match known {
                Some(known) => (Some(known.meeting), known.peer_ids),
                None => (None, reach::peer_ids(contact)),
            };
            let meeting = machine.meeting(contact, meeting);
            let told = transport::Meeting {
                name: contact.id.to_string(),
                peer_ids: peer_ids.clone(),
                ours: meeting.ours(now),
                theirs: meeting.theirs(now),
            };
            let known = Known {
                meeting,
                their_did: contact.their_did.clone(),
                peer_ids,
            };
            self.known.insert(contact.id, known);
            told
        });
        (meetings.collect(), are_all)
    }
}
