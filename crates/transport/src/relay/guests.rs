//! From where the peers of a relay come. One who came into another network leaves connections behind
//! that look alive for a while: whoever asked for him would be led there in vain.

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol, swarm::ConnectionId};
use std::{collections::HashMap, net::IpAddr};

/// Bounded by the connections that a relay takes.
#[derive(Default)]
pub(super) struct Guests(HashMap<PeerId, Vec<(ConnectionId, IpAddr)>>);

impl Guests {
    /// One came. His connections from where he is no more: one has one address of each family.
    pub(super) fn came(
        &mut self,
        peer: PeerId,
        id: ConnectionId,
        from: &Multiaddr,
    ) -> Vec<ConnectionId> {
        let ip = from.iter().find_map(|part| match part {
            Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
            Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
            _ => None,
        });
        let Some(ip) = ip else {
            return Vec::new();
        };
        let known = self.0.entry(peer).or_default();
        let is_left =
            |known: &&(ConnectionId, IpAddr)| known.1 != ip && known.1.is_ipv4() == ip.is_ipv4();
        let left = known.iter().filter(is_left).map(|(id, _)| *id).collect();
        known.push((id, ip));
        left
    }

    /// A connection is gone.
    pub(super) fn went(&mut self, peer: &PeerId, id: ConnectionId) {
        if let Some(known) = self.0.get_mut(peer) {
            known.retain(|(known, _)| *known != id);
            if known.is_empty() {
                self.0.remove(peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_from_elsewhere_is_no_longer_where_he_was() {
        let (mut guests, peer) = (Guests::default(), PeerId::random());
        let id = ConnectionId::new_unchecked;
        let mut came = |number, from: &str| guests.came(peer, id(number), &from.parse().unwrap());

        assert!(came(1, "/ip4/9.9.9.9/udp/1/quic-v1").is_empty());
        assert!(came(2, "/ip4/9.9.9.9/tcp/1").is_empty());
        assert!(came(3, "/ip6/2620:fe::9/tcp/1").is_empty());
        assert_eq!(came(4, "/ip4/9.9.9.8/tcp/1"), [id(1), id(2)]);

        for number in 1..=4 {
            guests.went(&peer, id(number));
        }
        assert!(guests.0.is_empty());
    }
}
