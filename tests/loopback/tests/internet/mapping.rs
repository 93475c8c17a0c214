//! Which port a router gives its host, toward one destination and another.

use std::{collections::BTreeSet, io::ErrorKind, net::SocketAddr};

use signet_loopback::{Host, Internet, Nat};

use crate::{
    PATIENCE, at, dials, hears, hears_nothing, inside, internet, listens, says, udp, udp6,
};

/// What two ports of one server and a port of another see of one socket of the host, each of which
/// is answered.
fn seen(internet: &Internet, host: &Host) -> (u16, [SocketAddr; 3]) {
    let (one, other) = (internet.server().unwrap(), internet.server().unwrap());
    let socket = udp(host);
    let seen = [&one, &one, &other].map(|server| {
        let there = udp(server);
        says(&socket, "hello", at(server.v4(), &there));
        let from = hears(&there, "hello");
        says(&there, "welcome", from);
        assert_eq!(hears(&socket, "welcome"), at(server.v4(), &there));
        from
    });
    (socket.local_addr().unwrap().port(), seen)
}

#[test]
fn a_cone_shows_one_port_to_everybody() {
    let Some(internet) = internet() else { return };
    for nat in [Nat::Open, Nat::FullCone, Nat::Restricted] {
        let host = internet.home(nat).unwrap();

        let (port, seen) = seen(&internet, &host);

        let expected = SocketAddr::new(host.public().unwrap().into(), port);
        assert_eq!(seen, [expected; 3], "{nat}");
        assert_eq!(host.v4() == host.public(), nat == Nat::Open, "{nat}");
    }
}

#[test]
fn a_symmetric_router_shows_another_port_to_each() {
    let Some(internet) = internet() else { return };
    let host = internet.home(Nat::Symmetric).unwrap();

    let (port, seen) = seen(&internet, &host);

    let public = host.public().unwrap();
    assert!(seen.iter().all(|from| from.ip() == public));
    let mut ports: BTreeSet<u16> = seen.iter().map(SocketAddr::port).collect();
    ports.insert(port);
    assert_eq!(ports.len(), 4, "{seen:?}");
}

#[test]
fn where_udp_is_blocked_tcp_goes_out() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let host = internet.home(Nat::UdpBlocked).unwrap();

    let (there, socket) = (udp(&server), udp(&host));
    // A connected socket would hear of a router that refuses.
    socket.connect(at(server.v4(), &there)).unwrap();
    socket.send(b"hello").unwrap();
    hears_nothing(&there);
    hears_nothing(&socket);

    let (listener, to) = listens(&server, server.v4());
    let stream = dials(&host, to, PATIENCE).unwrap();
    let (_, from) = listener.accept().unwrap();
    let port = stream.local_addr().unwrap().port();
    assert_eq!(from.ip().to_canonical(), host.public().unwrap());
    assert_eq!(from.port(), port);
}

#[test]
fn where_there_is_only_ipv6_nothing_is_translated() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let host = internet.home(Nat::Ipv6Only).unwrap();

    let (there, socket) = (udp6(&server), udp6(&host));
    says(&socket, "hello", at(server.v6(), &there));
    let from = hears(&there, "hello");
    says(&there, "welcome", from);
    assert_eq!(from, at(host.v6(), &socket));
    assert_eq!(hears(&socket, "welcome"), at(server.v6(), &there));

    let (listener, to) = listens(&server, server.v6());
    let stream = dials(&host, to, PATIENCE).unwrap();
    let (_, from) = listener.accept().unwrap();
    assert_eq!(from, stream.local_addr().unwrap());
    assert_eq!(from.ip(), host.v6().unwrap());

    assert_eq!((host.v4(), host.public()), (None, None));
    let to = at(server.v4(), &there);
    let refused = inside(&host, || udp(&host).send_to(b"hello", to));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::NetworkUnreachable);
}

#[test]
fn two_homes_with_only_ipv6_reach_each_other_once_both_have_spoken() {
    let Some(internet) = internet() else { return };
    let alice = internet.home(Nat::Ipv6Only).unwrap();
    let bob = internet.home(Nat::Ipv6Only).unwrap();
    let (hers, his) = (udp6(&alice), udp6(&bob));
    let (to_alice, to_bob) = (at(alice.v6(), &hers), at(bob.v6(), &his));

    says(&hers, "anybody?", to_bob);
    hears_nothing(&his);

    says(&his, "yes", to_alice);
    assert_eq!(hears(&hers, "yes"), to_bob);
    says(&hers, "good", to_bob);
    assert_eq!(hears(&his, "good"), to_alice);
}
