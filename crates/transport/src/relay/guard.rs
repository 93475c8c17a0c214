//! Keeps a relay from dialling where it must not, and one address from taking all its places. AutoNAT
//! lets anybody ask for a dial: a relay that stands in somebody's network would knock at its doors for
//! strangers.

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
    collections::HashMap,
    convert::Infallible,
    net::{IpAddr, Ipv6Addr},
    task::{Context, Poll},
};

/// The refusal.
#[derive(Debug, thiserror::Error)]
#[error("a relay does not dial this address")]
struct TooNear;

/// Likewise.
#[derive(Debug, thiserror::Error)]
#[error("there are too many connections from there")]
struct Crowd;

pub(super) struct Behaviour {
    nearest: Option<Scope>,
    /// Connections that one address may have, and those that stand.
    each: u32,
    standing: HashMap<IpAddr, u32>,
}

impl Behaviour {
    pub(super) fn new(each: u32) -> Self {
        Self {
            nearest: None,
            each,
            standing: HashMap::new(),
        }
    }

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
        from: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let standing = house(from).and_then(|house| self.standing.get(&house));
        match standing.is_some_and(|standing| *standing >= self.each) {
            true => Err(ConnectionDenied::new(Crowd)),
            false => Ok(dummy::ConnectionHandler),
        }
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

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(established) => {
                if let Some(house) = house(established.endpoint.get_remote_address()) {
                    *self.standing.entry(house).or_default() += 1;
                }
            }
            FromSwarm::ConnectionClosed(closed) => {
                if let Some(house) = house(closed.endpoint.get_remote_address())
                    && let Some(standing) = self.standing.get_mut(&house)
                {
                    *standing -= 1;
                    if *standing == 0 {
                        self.standing.remove(&house);
                    }
                }
            }
            _ => {}
        }
    }

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

/// Who shares a router, as far as an address tells: it itself, or its /64.
fn house(address: &Multiaddr) -> Option<IpAddr> {
    let (socket, _, _) = address::socket(address)?;
    Some(match socket.ip() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::{core::ConnectedPoint, swarm::behaviour::ConnectionEstablished};

    #[test]
    fn nothing_nearer_than_the_relay_is_dialled() {
        let mut guard = Behaviour::new(1);
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

    #[test]
    fn one_address_has_no_more_than_its_share() {
        let mut guard = Behaviour::new(2);
        let at: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        let mut comes = |from: &str| {
            let (from, id) = (from.parse().unwrap(), ConnectionId::new_unchecked(1));
            let peer = PeerId::random();
            let comes = guard.handle_established_inbound_connection(id, peer, &at, &from);
            if comes.is_ok() {
                guard.on_swarm_event(FromSwarm::ConnectionEstablished(ConnectionEstablished {
                    peer_id: peer,
                    connection_id: id,
                    endpoint: &ConnectedPoint::Listener {
                        local_addr: at.clone(),
                        send_back_addr: from,
                    },
                    failed_addresses: &[],
                    other_established: 0,
                }));
            }
            comes.is_ok()
        };

        assert!(comes("/ip6/2620:fe::1/tcp/1") && comes("/ip6/2620:fe::2/udp/1/quic-v1"));
        assert!(!comes("/ip6/2620:fe::3/tcp/1"));
        assert!(comes("/ip6/2620:fe:0:1::3/tcp/1") && comes("/ip4/9.9.9.9/tcp/1"));
    }
}
