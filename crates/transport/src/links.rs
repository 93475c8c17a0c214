//! The connections that stand with each peer, and which of them are of no use any more.
//!
//! A peer who dials us again has given up those connections that he knew: whoever still wrote on
//! them would wait in vain until they are found dead. And where a direct one stands, no relay need
//! carry anything.

use crate::address::Wire;
use libp2p::{PeerId, core::ConnectedPoint, multiaddr::Protocol, swarm::ConnectionId};
use std::collections::HashMap;
use tokio::time::{Duration, Instant};

/// Two who dial each other at the same time get two connections, each of which one of them knows.
const AT_ONCE: Duration = Duration::from_secs(2);

#[derive(Default)]
pub(crate) struct Links(HashMap<PeerId, Vec<Link>>);

struct Link {
    id: ConnectionId,
    way: Way,
    since: Instant,
}

/// How a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Straight(Wire),
    Relayed,
}

impl Way {
    pub(crate) fn of(endpoint: &ConnectedPoint) -> Self {
        let address = endpoint.get_remote_address();
        let is_quic = address.iter().any(|part| part == Protocol::QuicV1);
        match (endpoint.is_relayed(), is_quic) {
            (true, _) => Self::Relayed,
            (false, true) => Self::Straight(Wire::Quic),
            (false, false) => Self::Straight(Wire::Tcp),
        }
    }
}

impl Links {
    /// A connection came to stand. Those that are to be closed for it.
    pub(crate) fn opened(
        &mut self,
        peer: PeerId,
        id: ConnectionId,
        way: Way,
        now: Instant,
    ) -> Vec<ConnectionId> {
        let links = self.0.entry(peer).or_default();
        let is_over = |link: &&Link| {
            let is_old = now.duration_since(link.since) >= AT_ONCE;
            is_old || (link.way == Way::Relayed && way != Way::Relayed)
        };
        let over = links.iter().filter(is_over).map(|link| link.id).collect();
        links.push(Link {
            id,
            way,
            since: now,
        });
        over
    }

    /// It stands no more.
    pub(crate) fn closed(&mut self, peer: &PeerId, id: ConnectionId) {
        if let Some(links) = self.0.get_mut(peer) {
            links.retain(|link| link.id != id);
            if links.is_empty() {
                self.0.remove(peer);
            }
        }
    }

    /// The wires by which straight ones stand.
    pub(crate) fn wires(&self, peer: &PeerId) -> Vec<Wire> {
        let links = self.0.get(peer).into_iter().flatten();
        let wires = links.filter_map(|link| match link.way {
            Way::Straight(wire) => Some(wire),
            Way::Relayed => None,
        });
        wires.collect()
    }

    /// With whom one stands.
    pub(crate) fn peers(&self) -> Vec<PeerId> {
        self.0.keys().copied().collect()
    }

    /// Whether there are some, and all of them go through relays.
    pub(crate) fn is_relayed(&self, peer: &PeerId) -> bool {
        let links = self.0.get(peer);
        links.is_some_and(|links| links.iter().all(|link| link.way == Way::Relayed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRAIGHT: Way = Way::Straight(Wire::Quic);

    fn id(number: usize) -> ConnectionId {
        ConnectionId::new_unchecked(number)
    }

    #[test]
    fn a_direct_connection_ends_the_relayed_one_at_once() {
        let (mut links, peer, now) = (Links::default(), PeerId::random(), Instant::now());
        assert!(links.opened(peer, id(1), Way::Relayed, now).is_empty());
        assert!(links.is_relayed(&peer));

        assert_eq!(links.opened(peer, id(2), STRAIGHT, now), [id(1)]);
        assert!(!links.is_relayed(&peer));
        links.closed(&peer, id(1));
        // Of a dial that had several addresses, the one that came second is not ours to judge.
        assert!(links.opened(peer, id(3), Way::Relayed, now).is_empty());
    }

    #[test]
    fn whoever_dials_again_has_given_up_what_stood_before() {
        let (mut links, peer, now) = (Links::default(), PeerId::random(), Instant::now());
        links.opened(peer, id(1), STRAIGHT, now);
        assert!(links.opened(peer, id(2), STRAIGHT, now).is_empty());
        links.closed(&peer, id(2));

        assert_eq!(
            links.opened(peer, id(3), Way::Relayed, now + AT_ONCE),
            [id(1)]
        );
    }

    #[test]
    fn nobody_is_kept_who_is_not_connected() {
        let (mut links, peer) = (Links::default(), PeerId::random());
        links.opened(peer, id(1), Way::Relayed, Instant::now());
        links.closed(&peer, id(1));

        assert!(links.peers().is_empty());
        assert!(!links.is_relayed(&peer));
    }
}
