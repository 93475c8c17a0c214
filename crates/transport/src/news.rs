//! What the swarm has to tell and could not hand over yet.
//!
//! The swarm must not wait for a busy node, and the node must not miss how things stand. So
//! news of one kind merge: only how it is told last counts, and what came and went unseen is
//! never told.

use crate::{Event, Reachable};
use libp2p::{Multiaddr, PeerId};
use std::collections::BTreeMap;

/// Found peers that wait to be told; more are dropped, for the dial book knows them anyway.
const MAX_FOUND: usize = 256;

#[derive(Default)]
pub(crate) struct News {
    reachable: Option<Reachable>,
    peers: BTreeMap<PeerId, bool>,
    relayed: BTreeMap<PeerId, bool>,
    found: BTreeMap<PeerId, Vec<Multiaddr>>,
}

impl News {
    pub(crate) fn reachable(&mut self, reachable: Reachable) {
        self.reachable = Some(reachable);
    }

    /// A peer's first connection came, or its last one went.
    pub(crate) fn peer(&mut self, peer: PeerId, connected: bool) {
        // These two take turns, so one that waits and its opposite cancel out.
        if self.peers.remove(&peer).is_none() {
            self.peers.insert(peer, connected);
        }
    }

    /// A peer's connections all go through relays, or no longer do.
    pub(crate) fn relayed(&mut self, peer: PeerId, relayed: bool) {
        self.relayed.insert(peer, relayed);
    }

    pub(crate) fn found(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) {
        if self.found.len() < MAX_FOUND || self.found.contains_key(&peer) {
            self.found.insert(peer, addresses);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.reachable.is_none()
            && self.peers.is_empty()
            && self.relayed.is_empty()
            && self.found.is_empty()
    }

    pub(crate) fn take(&mut self) -> Option<Event> {
        if let Some(reachable) = self.reachable.take() {
            return Some(Event::Reachable(reachable));
        }
        if let Some((peer, connected)) = self.peers.pop_first() {
            return Some(Event::Peer {
                peer_id: peer.to_string(),
                connected,
            });
        }
        if let Some((peer, relayed)) = self.relayed.pop_first() {
            return Some(Event::Relayed {
                peer_id: peer.to_string(),
                relayed,
            });
        }
        let (peer, addresses) = self.found.pop_first()?;
        let addresses = addresses.iter().map(Multiaddr::to_string).collect();
        Some(Event::Found {
            peer_id: peer.to_string(),
            addresses,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_came_and_went_unseen_is_not_told() {
        let mut news = News::default();
        let (alice, bob) = (PeerId::random(), PeerId::random());
        news.peer(alice, true);
        news.peer(bob, true);
        news.peer(alice, false);

        let told = news.take();
        assert_eq!(
            told,
            Some(Event::Peer {
                peer_id: bob.to_string(),
                connected: true
            })
        );
        assert!(news.is_empty());
        assert_eq!(news.take(), None);
    }

    #[test]
    fn only_the_newest_addresses_are_told() {
        let mut news = News::default();
        news.reachable(Reachable {
            multi_addrs: vec!["old".to_owned()],
            ..Default::default()
        });
        let newest = Reachable {
            multi_addrs: vec!["new".to_owned()],
            ..Default::default()
        };
        news.reachable(newest.clone());

        assert_eq!(news.take(), Some(Event::Reachable(newest)));
        assert!(news.is_empty());
    }
}
