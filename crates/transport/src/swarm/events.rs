//! What libp2p tells the task.

use super::{Task, Waiter, sentence};
use crate::{address, address::Scope, behaviour::BehaviourEvent, links::Way, port};
use libp2p::{
    Multiaddr, PeerId, autonat,
    core::{ConnectedPoint, transport::ListenerId},
    mdns, ping,
    swarm::SwarmEvent,
    upnp,
};
use std::{net::IpAddr, sync::PoisonError};
use tokio::time::Instant;

impl Task {
    pub(super) fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                num_established,
                ..
            } => {
                if let ConnectedPoint::Dialer { address, .. } = &endpoint
                    && !endpoint.is_relayed()
                    && let Some(address) =
                        address::dialable_address(address, &peer_id, self.loopback)
                {
                    self.book.worked(peer_id, address);
                }
                let now = Instant::now();
                let way = Way::of(&endpoint);
                let over = self.links.opened(peer_id, connection_id, way, now);
                // A relay is dialled by both wires, each in its time.
                if !self.reservations.is_relay(&peer_id) {
                    for over in over {
                        self.swarm.close_connection(over);
                    }
                }
                self.tell_relayed(peer_id);
                if let Some(relay) = self.reservations.connected(&peer_id) {
                    self.ask_for_a_place(&relay);
                }
                if num_established.get() == 1 {
                    self.connected(peer_id, true);
                }
                for waiter in self.waiters.extract_if(.., |waiter| waiter.peer == peer_id) {
                    drop(waiter.reply.send(Ok(())));
                }
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                num_established,
                cause,
                ..
            } => {
                tracing::debug!(%peer_id, ?cause, "connection closed");
                self.links.closed(&peer_id, connection_id);
                self.intake.closings.more();
                self.tell_relayed(peer_id);
                if num_established == 0 {
                    self.connected(peer_id, false);
                }
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                peer_id,
                error,
            } => {
                tracing::debug!(%error, "dial failed");
                if let Some(peer) = peer_id {
                    self.reservations.unreachable(&peer, Instant::now());
                }
                let failed = |waiter: &mut Waiter| waiter.dial == connection_id;
                for waiter in self.waiters.extract_if(.., failed) {
                    drop(waiter.reply.send(Err(sentence(&error))));
                }
            }
            SwarmEvent::NewListenAddr {
                listener_id,
                address,
            } => self.listens(listener_id, address),
            SwarmEvent::ExpiredListenAddr {
                listener_id,
                address,
            } => {
                if let Some(listener) = self.listeners.get_mut(&listener_id) {
                    listener.addresses.retain(|known| *known != address);
                    if has_moved(&address) {
                        self.network_changed();
                    }
                    self.announce_soon();
                }
            }
            SwarmEvent::ListenerClosed {
                listener_id,
                reason,
                ..
            } => {
                tracing::debug!(?reason, "listener closed");
                if let Some(listener) = self.listeners.remove(&listener_id) {
                    self.closed.push(listener.asked);
                    self.announce_soon();
                } else if self.reservations.lost(listener_id, Instant::now()) {
                    self.announce_soon();
                }
            }
            // libp2p's own enum, which grows; the rest tells us nothing to act on.
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Ping(ping::Event {
                connection, result, ..
            }) => {
                let unsupported = matches!(result, Err(ping::Failure::Unsupported));
                if result.is_err() && !unsupported {
                    self.swarm.close_connection(connection);
                }
            }
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => {
                for (peer, address) in found {
                    if let Some(address) = address::dialable_address(&address, &peer, self.loopback)
                    {
                        self.book.found(peer, address);
                        self.news.found(peer, self.book.addresses(&peer));
                    }
                }
            }
            BehaviourEvent::Mdns(mdns::Event::Expired(lost)) => {
                for (peer, address) in lost {
                    if let Some(address) = address::dialable_address(&address, &peer, self.loopback)
                    {
                        self.book.lost(&peer, &address);
                    }
                }
            }
            BehaviourEvent::Autonat(autonat::v2::client::Event {
                tested_addr,
                server,
                result,
                ..
            }) => {
                // Anybody else could make us tell others of an address that is not ours.
                if self.reservations.is_relay(&server) {
                    self.confirmed(tested_addr, result.is_ok());
                }
            }
            BehaviourEvent::Upnp(upnp::Event::NewExternalAddr { external_addr, .. }) => {
                self.confirmed(external_addr, true);
            }
            BehaviourEvent::Upnp(upnp::Event::ExpiredExternalAddr { external_addr, .. }) => {
                self.confirmed(external_addr, false);
            }
            BehaviourEvent::Punching(event) => {
                tracing::debug!(peer = %event.remote_peer_id, result = ?event.result, "a hole was punched for");
            }
            BehaviourEvent::Identify(_)
            | BehaviourEvent::Streams(())
            | BehaviourEvent::Relay(_)
            | BehaviourEvent::Upnp(_) => {}
            BehaviourEvent::Limits(never) | BehaviourEvent::Memory(never) => match never {},
        }
    }

    fn listens(&mut self, listener: ListenerId, address: Multiaddr) {
        if let Some(listener) = self.listeners.get_mut(&listener) {
            port::keep(&mut listener.asked, &address);
            if !listener.addresses.contains(&address) {
                listener.addresses.push(address);
            }
            self.reservations.at_once(Instant::now());
            self.announce_soon();
        } else if self.reservations.reserved(listener, Instant::now()) {
            self.be_seen_by_both(listener);
            self.announce_soon();
        }
    }

    /// Whether all that stands with this peer goes through relays.
    fn tell_relayed(&mut self, peer: PeerId) {
        let is_relayed = self.links.is_relayed(&peer);
        let relayed = &self.network.relayed;
        let mut relayed = relayed.write().unwrap_or_else(PoisonError::into_inner);
        let has_changed = match is_relayed {
            true => relayed.insert(peer),
            false => relayed.remove(&peer),
        };
        if has_changed {
            self.news.relayed(peer, is_relayed);
        }
    }

    fn connected(&mut self, peer: PeerId, connected: bool) {
        let changed = {
            let mut all = self
                .network
                .connected
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            if connected {
                // A relay is nobody to talk with.
                !self.reservations.is_relay(&peer) && all.insert(peer)
            } else {
                all.remove(&peer)
            }
        };
        if changed {
            self.news.peer(peer, connected);
        }
    }
}

/// Whether a lost address means that this machine is in another network. Each interface has
/// link-local ones, those that come and go with containers too.
fn has_moved(lost: &Multiaddr) -> bool {
    let socket = address::socket(lost).map(|(socket, _, _)| socket.ip());
    socket.is_some_and(|ip| match ip {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => false,
        ip => address::scope(ip) != Scope::Loopback,
    })
}
