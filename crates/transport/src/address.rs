//! What an address is good for: whether we dial it, announce it, or keep away from it.
//!
//! Addresses come from strangers, so only plain ones are dialled: an IP address with TCP or
//! QUIC, for the very peer we look for.

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The longest multiaddr read, in bytes of text.
const MAX_TEXT: usize = 512;

/// How far away an IP address may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// This machine.
    Loopback,
    /// A network of somebody's own: private, link-local, shared, multicast.
    Local,
    /// The internet.
    Public,
}

/// The scope of `ip`. IPv6 addresses that only carry an IPv4 one have the latter's.
pub(crate) fn scope(ip: IpAddr) -> Scope {
    match ip {
        IpAddr::V4(ip) => scope_v4(ip),
        IpAddr::V6(ip) => scope_v6(ip),
    }
}

fn scope_v4(ip: Ipv4Addr) -> Scope {
    let [first, second, third, _] = ip.octets();
    if ip.is_loopback() || first == 0 {
        return Scope::Loopback;
    }
    let shared = first == 100 && (64..128).contains(&second);
    let assigned = first == 192 && second == 0 && third == 0;
    let benchmark = first == 198 && (18..20).contains(&second);
    if ip.is_private() || ip.is_link_local() || shared || assigned || benchmark || first >= 224 {
        return Scope::Local;
    }
    Scope::Public
}

fn scope_v6(ip: Ipv6Addr) -> Scope {
    if ip.is_loopback() || ip.is_unspecified() {
        return Scope::Loopback;
    }
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let v4 = |high: u16, low: u16| {
        let ([w, x], [y, z]) = (high.to_be_bytes(), low.to_be_bytes());
        scope_v4(Ipv4Addr::new(w, x, y, z))
    };
    match [a, b, c, d, e, f] {
        // Mapped, compatible, and the well-known prefix of NAT64.
        [0, 0, 0, 0, 0, 0xffff | 0] | [0x64, 0xff9b, 0, 0, 0, 0] => v4(g, h),
        [0x2002, ..] => v4(b, c),
        [0x64, 0xff9b, 1, ..] => Scope::Local,
        _ if ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_multicast() => {
            Scope::Local
        }
        // Site-local, deprecated and still routed here and there.
        _ if a & 0xffc0 == 0xfec0 => Scope::Local,
        _ => Scope::Public,
    }
}

/// The way a socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    Quic,
    Tcp,
}

/// Takes a plain address apart: where, how, and for whom if it says so.
pub(crate) fn socket(address: &Multiaddr) -> Option<(SocketAddr, Wire, Option<PeerId>)> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::V4(ip),
        Protocol::Ip6(ip) => IpAddr::V6(ip),
        _ => return None,
    };
    let (port, wire) = match parts.next()? {
        Protocol::Tcp(port) => (port, Wire::Tcp),
        Protocol::Udp(port) => match parts.next()? {
            Protocol::QuicV1 => (port, Wire::Quic),
            _ => return None,
        },
        _ => return None,
    };
    let peer = match parts.next() {
        None => None,
        Some(Protocol::P2p(peer)) => Some(peer),
        Some(_) => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    Some((SocketAddr::new(ip, port), wire, peer))
}

/// Takes the address of somebody behind a relay apart: the relay's own, and who it is.
fn behind(address: &Multiaddr) -> Option<(Multiaddr, PeerId, Option<PeerId>)> {
    let mut plain = Multiaddr::empty();
    let mut parts = address.iter();
    let relay = loop {
        match parts.next()? {
            Protocol::P2p(relay) => break relay,
            part => plain.push(part),
        }
    };
    if parts.next() != Some(Protocol::P2pCircuit) {
        return None;
    }
    let named = match parts.next() {
        None => None,
        Some(Protocol::P2p(peer)) => Some(peer),
        Some(_) => return None,
    };
    parts.next().is_none().then_some((plain, relay, named))
}

/// The relay behind which this address is, and where that is itself.
pub(crate) fn relay_of(address: &Multiaddr) -> Option<(Multiaddr, PeerId)> {
    let (plain, relay, _) = behind(address)?;
    Some((plain, relay))
}

/// The address of whoever has a place at this relay, without saying whose.
pub(crate) fn circuit(plain: Multiaddr, relay: PeerId) -> Multiaddr {
    plain.with(Protocol::P2p(relay)).with(Protocol::P2pCircuit)
}

/// Puts a plain address together.
pub(crate) fn multiaddr(socket: SocketAddr, wire: Wire) -> Multiaddr {
    let address = Multiaddr::from(socket.ip());
    match wire {
        Wire::Quic => address
            .with(Protocol::Udp(socket.port()))
            .with(Protocol::QuicV1),
        Wire::Tcp => address.with(Protocol::Tcp(socket.port())),
    }
}

/// Reads an address somebody named for `peer`; `None` if we shall not dial it. The PeerId is
/// cut off, for the dial names it.
pub(crate) fn dialable(text: &str, peer: &PeerId, loopback: bool) -> Option<Multiaddr> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let address: Multiaddr = text.parse().ok()?;
    dialable_address(&address, peer, loopback)
}

/// The same for an address that is already read.
pub(crate) fn dialable_address(
    address: &Multiaddr,
    peer: &PeerId,
    loopback: bool,
) -> Option<Multiaddr> {
    if let Some((plain, relay, named)) = behind(address) {
        let plain = dialable_address(&plain, &relay, loopback)?;
        let is_theirs = relay != *peer && named.is_none_or(|named| named == *peer);
        return is_theirs.then(|| circuit(plain, relay));
    }
    let (socket, wire, named) = socket(address)?;
    if named.is_some_and(|named| named != *peer) || socket.port() == 0 {
        return None;
    }
    let ip = socket.ip();
    if ip.is_unspecified() || ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return None;
    }
    if scope(ip) == Scope::Loopback && !loopback {
        return None;
    }
    Some(multiaddr(socket, wire))
}

/// Whether others have any use for this listen address of ours.
pub(crate) fn announceable(address: &Multiaddr, loopback: bool) -> bool {
    let Some((socket, _, _)) = socket(address) else {
        return false;
    };
    let ip = socket.ip();
    // A link-local IPv6 address means nothing without the name of an interface.
    let zoned = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    !ip.is_unspecified() && !zoned && (loopback || scope(ip) != Scope::Loopback)
}

/// Whether it is somewhere on the internet.
pub(crate) fn is_public(address: &Multiaddr) -> bool {
    socket(address).is_some_and(|(socket, _, _)| scope(socket.ip()) == Scope::Public)
}

/// Sorts announced addresses: farther reaching ones first, QUIC before TCP.
pub(crate) fn rank(address: &Multiaddr) -> (std::cmp::Reverse<Option<Scope>>, bool) {
    let plain = socket(address);
    let scope = plain.map(|(socket, _, _)| scope(socket.ip()));
    (
        std::cmp::Reverse(scope),
        plain.is_some_and(|(_, wire, _)| wire == Wire::Tcp),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope_of(text: &str) -> Scope {
        scope(text.parse().unwrap())
    }

    #[test]
    fn no_disguise_makes_a_near_address_public() {
        for near in [
            "127.0.0.1",
            "0.0.0.0",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::127.0.0.1",
            "2002:7f00:1::1",
        ] {
            assert_eq!(scope_of(near), Scope::Loopback, "{near}");
        }
        for near in [
            "10.1.2.3",
            "192.168.0.9",
            "172.31.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "fec0::1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "64:ff9b:1::1",
        ] {
            assert_eq!(scope_of(near), Scope::Local, "{near}");
        }
        for far in [
            "9.9.9.9",
            "172.32.0.1",
            "100.128.0.1",
            "2620:fe::9",
            "::ffff:9.9.9.9",
        ] {
            assert_eq!(scope_of(far), Scope::Public, "{far}");
        }
    }

    #[test]
    fn only_addresses_of_the_peer_are_dialled() {
        let (peer, other) = (PeerId::random(), PeerId::random());
        let dial = |text: &str| dialable(text, &peer, false).map(|address| address.to_string());

        assert_eq!(
            dial("/ip4/9.9.9.9/tcp/1").as_deref(),
            Some("/ip4/9.9.9.9/tcp/1")
        );
        assert_eq!(
            dial(&format!("/ip4/10.0.0.1/udp/1/quic-v1/p2p/{peer}")).as_deref(),
            Some("/ip4/10.0.0.1/udp/1/quic-v1")
        );
        let behind = format!("/ip4/9.9.9.9/tcp/1/p2p/{other}/p2p-circuit");
        assert_eq!(dial(&behind), Some(behind.clone()));
        assert_eq!(dial(&format!("{behind}/p2p/{peer}")), Some(behind));
        for refused in [
            format!("/ip4/9.9.9.9/tcp/1/p2p/{other}"),
            format!("/ip4/9.9.9.9/tcp/1/p2p/{other}/p2p-circuit/p2p/{other}"),
            format!("/ip4/9.9.9.9/tcp/1/p2p/{peer}/p2p-circuit"),
            format!("/ip4/127.0.0.1/tcp/1/p2p/{other}/p2p-circuit/p2p/{peer}"),
            format!("/ip4/9.9.9.9/tcp/1/p2p/{other}/p2p-circuit/p2p/{other}/p2p-circuit"),
            format!("/p2p/{other}/p2p-circuit"),
            "/ip4/9.9.9.9/tcp/1/p2p-circuit".to_owned(),
            "/ip4/127.0.0.1/tcp/1".to_owned(),
            "/ip4/0.0.0.0/tcp/1".to_owned(),
            "/ip4/9.9.9.9/tcp/0".to_owned(),
            "/ip4/9.9.9.9/udp/53".to_owned(),
            "/ip4/239.1.1.1/udp/5353/quic-v1".to_owned(),
            "/unix/tmp".to_owned(),
            "not an address".to_owned(),
            format!("/ip4/9.9.9.9/tcp/1{}", "/p2p-circuit".repeat(100)),
        ] {
            assert_eq!(dial(&refused), None, "{refused}");
        }
        assert!(dialable("/ip4/127.0.0.1/tcp/1", &peer, true).is_some());
    }

    #[test]
    fn announced_addresses_are_those_others_can_use_the_best_first() {
        let mut addresses: Vec<Multiaddr> = [
            "/ip4/10.0.0.1/tcp/1",
            "/ip6/fe80::1/tcp/1",
            "/ip4/127.0.0.1/tcp/1",
            "/ip4/10.0.0.1/udp/1/quic-v1",
            "/ip4/9.9.9.9/tcp/1",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        addresses.retain(|address| announceable(address, false));
        addresses.sort_by_key(rank);

        let told: Vec<_> = addresses.iter().map(Multiaddr::to_string).collect();
        assert_eq!(
            told,
            [
                "/ip4/9.9.9.9/tcp/1",
                "/ip4/10.0.0.1/udp/1/quic-v1",
                "/ip4/10.0.0.1/tcp/1"
            ]
        );
    }
}
