//! Under which names we meet whom.

use libp2p::PeerId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// Contacts whom we meet; beyond those nobody is registered for.
pub const MAX_MEETINGS: usize = 256;
/// Names for one of them, either way.
const MAX_NAMES: usize = 8;
/// How long nobody asks for the same peer again.
const AGAIN: Duration = Duration::from_secs(60);

/// How one contact and we find each other at rendezvous points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meeting {
    /// The contact's name with us; means nothing to anybody else.
    pub name: String,
    /// Who the contact is.
    pub peer_ids: Vec<String>,
    /// Under which names we are to be found.
    pub ours: Vec<String>,
    /// Under which names the contact is.
    pub theirs: Vec<String>,
}

#[derive(Default)]
pub(crate) struct Meetings {
    all: watch::Sender<Arc<Vec<Meeting>>>,
    theirs: RwLock<HashMap<PeerId, Vec<String>>>,
    /// When somebody last looked for a peer.
    sought: Mutex<HashMap<PeerId, Instant>>,
}

impl Meetings {
    /// These from now on, and no others.
    pub(crate) fn are(&self, mut meetings: Vec<Meeting>) {
        meetings.truncate(MAX_MEETINGS);
        let mut theirs: HashMap<PeerId, Vec<String>> = HashMap::new();
        for meeting in &mut meetings {
            meeting.ours.truncate(MAX_NAMES);
            meeting.theirs.truncate(MAX_NAMES);
            for peer in meeting.peer_ids.iter().filter_map(|id| id.parse().ok()) {
                let names = theirs.entry(peer).or_default();
                names.extend(meeting.theirs.iter().cloned());
                names.truncate(MAX_NAMES);
            }
        }
        let mut sought = self.sought.lock().unwrap_or_else(PoisonError::into_inner);
        sought.retain(|peer, _| theirs.contains_key(peer));
        *self.theirs.write().unwrap_or_else(PoisonError::into_inner) = theirs;
        self.all.send_if_modified(|known| {
            let is_news = **known != meetings;
            *known = Arc::new(meetings);
            is_news
        });
    }

    /// Tells of them, the likeliest first.
    pub(crate) fn all(&self) -> watch::Receiver<Arc<Vec<Meeting>>> {
        self.all.subscribe()
    }

    /// Under which names to look for this peer, if it is time to.
    pub(crate) fn seek(&self, peer: &PeerId, now: Instant) -> Vec<String> {
        let theirs = self.theirs.read().unwrap_or_else(PoisonError::into_inner);
        let Some(names) = theirs.get(peer).filter(|names| !names.is_empty()) else {
            return Vec::new();
        };
        let mut sought = self.sought.lock().unwrap_or_else(PoisonError::into_inner);
        let last = sought.get(peer);
        if last.is_some_and(|last| now.duration_since(*last) < AGAIN) {
            return Vec::new();
        }
        sought.insert(*peer, now);
        names.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meeting(peer: &PeerId, names: usize) -> Meeting {
        Meeting {
            name: "Bob".to_owned(),
            peer_ids: vec![peer.to_string(), "nobody".to_owned()],
            ours: Vec::new(),
            theirs: (0..names).map(|number| number.to_string()).collect(),
        }
    }

    #[test]
    fn a_contact_is_looked_for_once_in_a_minute_and_nobody_else_ever() {
        let (bob, stranger, now) = (PeerId::random(), PeerId::random(), Instant::now());
        let meetings = Meetings::default();
        meetings.are(vec![meeting(&bob, 1)]);

        assert_eq!(meetings.seek(&bob, now), ["0"]);
        assert!(meetings.seek(&bob, now + AGAIN / 2).is_empty());
        meetings.are(vec![meeting(&bob, 1)]);
        assert!(meetings.seek(&bob, now + AGAIN / 2).is_empty());
        assert_eq!(meetings.seek(&bob, now + AGAIN), ["0"]);
        assert!(meetings.seek(&stranger, now).is_empty());

        meetings.are(Vec::new());
        assert!(meetings.seek(&bob, now + AGAIN * 2).is_empty());
        assert!(meetings.sought.lock().unwrap().is_empty());
    }

    #[test]
    fn nobody_has_names_without_end() {
        let bob = PeerId::random();
        let meetings = Meetings::default();
        meetings.are(vec![meeting(&bob, 1000); 1000]);

        assert_eq!(meetings.all().borrow().len(), MAX_MEETINGS);
        assert_eq!(meetings.seek(&bob, Instant::now()).len(), MAX_NAMES);
    }
}
