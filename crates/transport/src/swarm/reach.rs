//! Where we are to be reached: listening, our places at relays, and what others are told of both.

use super::{Listener, Task};
use crate::{
    Reachable,
    address::{self, Scope},
    rendezvous::{Place, Standing},
    reservations::{self, Relay},
};
use libp2p::{
    Multiaddr, PeerId,
    core::transport::ListenerId,
    swarm::dial_opts::{DialOpts, PeerCondition},
};
use std::{sync::PoisonError, time::Duration};
use tokio::time::Instant;

/// Addresses we announce, those of them that are public and our own, and those behind relays.
const MAX_ANNOUNCED: usize = 16;
const MAX_DIRECT: usize = 8;
const MAX_RELAYED: usize = 6;
/// Addresses that others have confirmed to be ours.
const MAX_CONFIRMED: usize = 8;
/// How long a change may go on before it is told.
const SETTLE: Duration = Duration::from_millis(300);

impl Task {
    pub(super) fn listen(&mut self, asked: Multiaddr) -> bool {
        match self.swarm.listen_on(asked.clone()) {
            Ok(id) => {
                self.listeners.insert(
                    id,
                    Listener {
                        asked,
                        addresses: Vec::new(),
                    },
                );
                true
            }
            Err(error) => {
                tracing::debug!(%asked, %error, "cannot listen");
                false
            }
        }
    }

    /// Others are told where we are once it has settled: one change seldom comes alone.
    pub(super) fn announce_soon(&mut self) {
        self.announce_at.get_or_insert(Instant::now() + SETTLE);
    }

    /// An address that is ours as others see us, or is no longer.
    pub(super) fn confirmed(&mut self, address: Multiaddr, is_ours: bool) {
        let peer = *self.swarm.local_peer_id();
        let Some(address) = address::dialable_address(&address, &peer, self.loopback) else {
            return;
        };
        self.confirmed.retain(|known| *known != address);
        if is_ours {
            self.confirmed.truncate(MAX_CONFIRMED - 1);
            self.confirmed.insert(0, address);
        }
        self.announce_soon();
    }

    /// An address of ours is gone, and with it whatever stood by it. It would be found dead, but not
    /// soon.
    pub(super) fn network_changed(&mut self) {
        let now = Instant::now();
        // Each listener tells of the same address.
        if self.changed_at.is_some_and(|at| now < at + SETTLE) {
            return;
        }
        self.changed_at = Some(now);
        self.seen_by_both.clear();
        tracing::debug!("the network changed");
        for peer in self.links.peers() {
            // It fails where there is nothing left to disconnect, and then all is well.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        self.confirmed.clear();
        let behaviour = self.swarm.behaviour_mut();
        behaviour.punching.renew();
        behaviour.autonat.renew();
        self.reservations.at_once(now);
        self.network.changes.send_modify(|changes| *changes += 1);
    }

    /// These relays are to be used, and no others.
    pub(super) fn use_relays(&mut self, relays: Vec<Relay>) {
        for listener in self.reservations.use_relays(relays, Instant::now()) {
            self.swarm.remove_listener(listener);
        }
        self.announce_soon();
    }

    /// Asks for the places at relays that are due.
    pub(super) fn reserve(&mut self) {
        let now = Instant::now();
        for listener in self.reservations.give_up(now) {
            self.swarm.remove_listener(listener);
        }
        for relay in self.reservations.due(now) {
            if self.swarm.is_connected(&relay.peer) {
                self.ask_for_a_place(&relay);
                continue;
            }
            let dial = DialOpts::peer_id(relay.peer)
                .addresses(relay.addresses)
                .condition(PeerCondition::Always)
                .build();
            if let Err(error) = self.swarm.dial(dial) {
                tracing::debug!(%error, "cannot dial a relay");
                self.reservations.unreachable(&relay.peer, now);
            }
        }
    }

    /// Dials a peer whom only relays lead to: he may be reached straight where we are not.
    pub(super) fn straighten(&mut self, peer: PeerId, mut addresses: Vec<Multiaddr>) {
        addresses.extend(self.book.addresses(&peer));
        addresses.retain(|address| address::socket(address).is_some());
        if addresses.is_empty() || !self.links.is_relayed(&peer) {
            return;
        }
        let dial = DialOpts::peer_id(peer)
            .condition(PeerCondition::Always)
            .addresses(addresses)
            .build();
        if let Err(error) = self.swarm.dial(dial) {
            tracing::debug!(%error, "no straight way is tried");
        }
    }

    /// Connects with a relay by the other wire too: who sees us by both can tell how to find us by both.
    pub(super) fn be_seen_by_both(&mut self, listener: ListenerId) {
        let Some(relay) = self.reservations.at(listener).cloned() else {
            return;
        };
        // Where the two leave by different addresses, the relay takes one of them for left behind.
        if !self.seen_by_both.insert(relay.peer) {
            return;
        }
        let wires = self.links.wires(&relay.peer);
        let is_other = |address: &Multiaddr| {
            let wire = address::socket(address).map(|(_, wire, _)| wire);
            wire.is_some_and(|wire| !wires.contains(&wire))
        };
        let addresses: Vec<_> = relay.addresses.into_iter().filter(is_other).collect();
        if addresses.is_empty() {
            return;
        }
        let dial = DialOpts::peer_id(relay.peer)
            .condition(PeerCondition::Always)
            .addresses(addresses)
            .build();
        if let Err(error) = self.swarm.dial(dial) {
            tracing::debug!(%error, "a relay sees us by one wire only");
        }
    }

    pub(super) fn ask_for_a_place(&mut self, relay: &Relay) {
        let now = Instant::now();
        let at = reservations::listen_address(relay);
        match at.and_then(|at| self.swarm.listen_on(at).ok()) {
            Some(listener) => self.reservations.asked(&relay.peer, listener, now),
            None => self.reservations.unreachable(&relay.peer, now),
        }
    }

    /// Has those contacts find us, at the relays where we have a place, who know no address of ours.
    fn tell_rendezvous(&self, mut addresses: Vec<Multiaddr>) {
        addresses.truncate(MAX_ANNOUNCED - MAX_RELAYED);
        let places = self.reservations.standing().map(|(relay, listener)| {
            let scopes = relay.addresses.iter().filter_map(address::socket);
            let scopes = scopes.map(|(socket, _, _)| address::scope(socket.ip()));
            Place {
                relay: relay.peer,
                listener,
                scope: scopes.max().unwrap_or(Scope::Public),
                circuits: relay.circuits().take(MAX_RELAYED).collect(),
            }
        });
        let places = places.collect();
        self.network.stands(Standing { places, addresses });
    }

    /// Works out where we can be reached, and tells if that changed.
    pub(super) fn announce(&mut self) {
        let mut addresses: Vec<_> = self
            .listeners
            .values()
            .flat_map(|listener| &listener.addresses)
            .chain(&self.confirmed)
            .filter(|address| address::announceable(address, self.loopback))
            .cloned()
            .collect();
        addresses.sort_by_cached_key(|address| (address::rank(address), address.to_string()));
        addresses.dedup();
        // Whoever is far away has more use for a relay than for the addresses of our own network.
        let far = addresses
            .partition_point(address::is_public)
            .min(MAX_DIRECT);
        let near = addresses.split_off(far);
        self.tell_rendezvous(addresses.iter().chain(&near).cloned().collect());
        let places = self.reservations.standing();
        let circuits = places.flat_map(|(relay, _)| relay.circuits());
        addresses.extend(circuits.take(MAX_RELAYED));
        addresses.extend(near);
        addresses.truncate(MAX_ANNOUNCED);

        let reachable = Reachable {
            peer_id: self.swarm.local_peer_id().to_string(),
            multi_addrs: addresses.iter().map(Multiaddr::to_string).collect(),
            http: self.http.clone(),
        };
        let mut listening: Vec<_> = self
            .listeners
            .values()
            .map(|listener| listener.asked.to_string())
            .collect();
        listening.extend(self.closed.iter().map(Multiaddr::to_string));
        listening.sort();

        let network = &self.network;
        *network
            .listening
            .write()
            .unwrap_or_else(PoisonError::into_inner) = listening;
        let mut known = network
            .reachable
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Whoever is cut off has nothing new to tell, and nobody whom it would reach.
        let is_cut_off = reachable.multi_addrs.is_empty() && !known.multi_addrs.is_empty();
        if *known != reachable && !is_cut_off {
            known.clone_from(&reachable);
            drop(known);
            self.news.reachable(reachable);
        }
    }
}
