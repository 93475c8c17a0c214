//! Keeps a relay from dialling where it must not: AutoNAT lets anybody ask for a dial, and a relay
//! that stands in somebody's network would knock at its doors for strangers.

use crate::address::{self, Scope};
use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dummy,
    },
};
use std::{
    convert::Infallible,
    task::{Context, Poll},
};

/// The refusal.
#[derive(Debug, thiserror::Error)]
#[error("a relay does not dial this address")]
struct TooNear;

#[derive(Default)]
pub(super) struct Behaviour {
    nearest: Option<Scope>,
}

impl Behaviour {
    /// From here on. Until it is said, nothing is dialled.
    pub(super) fn dial_no_nearer_than(&mut self, nearest: Scope) {
        self.nearest = Some(nearest);
    }

    fn may_dial(&self, to: &Multiaddr) -> bool {
        let scope = address::socket(to).map(|(socket, _, _)| address::scope(socket.ip()));
        self.nearest.is_some() && scope >= self.nearest
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: Option<PeerId>,
        addresses: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        match addresses.iter().all(|to| self.may_dial(to)) {
            true => Ok(Vec::new()),
            false => Err(ConnectionDenied::new(TooNear)),
        }
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        never: THandlerOutEvent<Self>,
    ) {
        match never {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_nearer_than_the_relay_is_dialled() {
        let mut guard = Behaviour::default();
        let far = "/ip4/9.9.9.9/tcp/1".parse().unwrap();
        let near = "/ip4/10.0.0.1/udp/1/quic-v1".parse().unwrap();
        let odd = "/dns4/localhost/tcp/1".parse().unwrap();
        assert!(!guard.may_dial(&far));

        guard.dial_no_nearer_than(Scope::Public);
        assert!(guard.may_dial(&far));
        assert!(!guard.may_dial(&near));
        assert!(!guard.may_dial(&odd));

        guard.dial_no_nearer_than(Scope::Local);
        assert!(guard.may_dial(&near));
    }
}
