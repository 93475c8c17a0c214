//! Ports: keeping the one we had, and noticing that somebody else has it.

use crate::address::{self, Wire};
use libp2p::Multiaddr;
use std::net::SocketAddr;

/// Whether the port of a plain address is ours to take. libp2p shares TCP ports with whoever
/// shares his, so it would not notice.
pub(crate) fn is_free(socket: SocketAddr, wire: Wire) -> bool {
    match wire {
        Wire::Quic => std::net::UdpSocket::bind(socket).is_ok(),
        Wire::Tcp => std::net::TcpListener::bind(socket).is_ok(),
    }
}

/// The address itself, or with any port if its own is taken.
pub(crate) fn free(asked: Multiaddr) -> Multiaddr {
    match address::socket(&asked) {
        Some((mut socket, wire, _)) if !is_free(socket, wire) => {
            socket.set_port(0);
            address::multiaddr(socket, wire)
        }
        _ => asked,
    }
}

/// Puts the port a listener got into the address that was asked for.
pub(crate) fn keep(asked: &mut Multiaddr, got: &Multiaddr) {
    if let (Some((mut socket, wire, _)), Some((got, _, _))) =
        (address::socket(asked), address::socket(got))
    {
        socket.set_port(got.port());
        *asked = address::multiaddr(socket, wire);
    }
}
