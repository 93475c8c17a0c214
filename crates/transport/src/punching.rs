//! Hole punching (DCUtR), for those who may learn where we are.
//!
//! Whoever comes through a relay is told by DCUtR how others see us, and may name any address to be
//! dialled. So strangers are not answered, and nothing near is dialled or named on anybody's word.

use crate::{
    acquaintances::Acquaintances,
    address::{self, Scope},
    fresh::Fresh,
};
use either::Either;
use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    dcutr,
    multiaddr::Protocol,
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dummy,
    },
};
use std::{
    collections::HashSet,
    sync::Arc,
    task::{Context, Poll},
};

/// The refusal.
#[derive(Debug, thiserror::Error)]
#[error("no near address is dialled for somebody behind a relay")]
struct TooNear;

pub(crate) struct Punching {
    inner: Fresh<dcutr::Behaviour>,
    acquaintances: Arc<Acquaintances>,
    nearest: Scope,
    /// Its own dials that have not begun.
    dials: HashSet<ConnectionId>,
}

impl Punching {
    pub(crate) fn new(peer: PeerId, acquaintances: Arc<Acquaintances>, loopback: bool) -> Self {
        Self {
            inner: Fresh::new(move || dcutr::Behaviour::new(peer)),
            acquaintances,
            nearest: match loopback {
                true => Scope::Loopback,
                false => Scope::Public,
            },
            dials: HashSet::new(),
        }
    }

    /// This machine is in another network.
    pub(crate) fn renew(&mut self) {
        self.inner.renew();
    }

    fn is_far(&self, address: &Multiaddr) -> bool {
        let socket = address::socket(address);
        socket.is_some_and(|(socket, _, _)| address::scope(socket.ip()) >= self.nearest)
    }
}

impl NetworkBehaviour for Punching {
    type ConnectionHandler = THandler<dcutr::Behaviour>;
    type ToSwarm = dcutr::Event;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let is_relayed = local.iter().any(|part| part == Protocol::P2pCircuit);
        if is_relayed && !self.acquaintances.has(&peer) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        self.inner
            .handle_established_inbound_connection(connection, peer, local, remote)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        _: Option<PeerId>,
        addresses: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        let is_ours = self.dials.remove(&connection);
        match is_ours && !addresses.iter().all(|to| self.is_far(to)) {
            true => Err(ConnectionDenied::new(TooNear)),
            false => Ok(Vec::new()),
        }
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.inner
            .handle_established_outbound_connection(connection, peer, address, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::NewExternalAddrCandidate(candidate) = event
            && !self.is_far(candidate.addr)
        {
            return;
        }
        self.inner.on_swarm_event(event);
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.inner
            .on_connection_handler_event(peer, connection, event);
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        let polled = self.inner.poll(context);
        if let Poll::Ready(ToSwarm::Dial { opts }) = &polled {
            self.dials.insert(opts.connection_id());
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_acquaintance_behind_a_relay_is_answered() {
        let (stranger, friend) = (PeerId::random(), PeerId::random());
        let acquaintances = Arc::new(Acquaintances::default());
        acquaintances.know("Alice", vec![friend]);
        let mut punching = Punching::new(PeerId::random(), Arc::clone(&acquaintances), false);
        let relay = PeerId::random();
        let local = format!("/ip4/9.9.9.9/tcp/1/p2p/{relay}/p2p-circuit");
        let local: Multiaddr = local.parse().unwrap();
        let mut is_answered = |number, peer: PeerId| {
            let id = ConnectionId::new_unchecked(number);
            let remote = Multiaddr::empty().with(Protocol::P2p(peer));
            let handler = punching.handle_established_inbound_connection(id, peer, &local, &remote);
            matches!(handler, Ok(Either::Left(_)))
        };

        assert!(is_answered(1, friend));
        assert!(!is_answered(2, stranger));
        acquaintances.know("Alice", Vec::new());
        assert!(!is_answered(3, friend));
    }

    #[test]
    fn nothing_near_is_dialled_on_the_word_of_somebody_behind_a_relay() {
        let acquaintances = Arc::new(Acquaintances::default());
        let mut punching = Punching::new(PeerId::random(), acquaintances, false);
        let far: Multiaddr = "/ip4/9.9.9.9/udp/1/quic-v1".parse().unwrap();
        let near: Multiaddr = "/ip4/192.168.1.1/tcp/80".parse().unwrap();
        let id = ConnectionId::new_unchecked(1);
        let mut may = |addresses: &[Multiaddr], is_ours: bool| {
            if is_ours {
                punching.dials.insert(id);
            }
            let role = Endpoint::Dialer;
            let pending = punching.handle_pending_outbound_connection(id, None, addresses, role);
            pending.is_ok()
        };

        assert!(may(std::slice::from_ref(&far), true));
        assert!(!may(&[far, near.clone()], true));
        assert!(may(&[near], false), "the dial is somebody else's");
    }
}
