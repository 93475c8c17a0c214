//! What comes from outside without having been asked for.

use signet_loopback::Nat;

use crate::{
    PATIENCE, at, dials, hears, hears_nothing, internet, is_silent, listens, says, udp, udp6,
};

#[test]
fn an_open_host_and_a_full_cone_let_in_what_nobody_asked_for() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let there = udp(&server);
    for nat in [Nat::Open, Nat::FullCone] {
        let host = internet.home(nat).unwrap();
        let socket = udp(&host);
        let to = at(host.public(), &socket);

        says(&there, "surprise", to);
        assert_eq!(hears(&socket, "surprise"), at(server.v4(), &there), "{nat}");
        says(&socket, "indeed", at(server.v4(), &there));
        assert_eq!(hears(&there, "indeed"), to, "{nat}");

        let (listener, to) = listens(&host, host.public());
        dials(&server, to, PATIENCE).unwrap();
        listener.accept().unwrap();
    }
}

#[test]
fn other_routers_let_in_only_whom_the_host_has_written_to() {
    let Some(internet) = internet() else { return };
    let (server, stranger) = (internet.server().unwrap(), internet.server().unwrap());
    let (there, other_port, elsewhere) = (udp(&server), udp(&server), udp(&stranger));
    for nat in [Nat::Restricted, Nat::Symmetric] {
        let host = internet.home(nat).unwrap();
        let socket = udp(&host);
        says(&there, "too early", at(host.public(), &socket));
        hears_nothing(&socket);

        says(&socket, "hello", at(server.v4(), &there));
        let mapped = hears(&there, "hello");
        says(&other_port, "same address", mapped);
        says(&elsewhere, "another address", mapped);
        hears_nothing(&socket);
        says(&there, "welcome", mapped);
        hears(&socket, "welcome");

        let (_listener, to) = listens(&host, host.public());
        is_silent(&server, to);
    }
}

#[test]
fn where_udp_is_blocked_nothing_is_let_in() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let host = internet.home(Nat::UdpBlocked).unwrap();
    let (there, socket) = (udp(&server), udp(&host));

    says(&socket, "hello", at(server.v4(), &there));
    says(&there, "surprise", at(host.public(), &socket));

    hears_nothing(&socket);
    let (_listener, to) = listens(&host, host.public());
    is_silent(&server, to);
}

#[test]
fn with_a_global_ipv6_too_only_answers_are_let_in() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let host = internet.home(Nat::Ipv6Only).unwrap();
    let (there, other_port, socket) = (udp6(&server), udp6(&server), udp6(&host));

    says(&socket, "hello", at(server.v6(), &there));
    let from = hears(&there, "hello");
    says(&other_port, "surprise", from);

    hears_nothing(&socket);
    says(&there, "welcome", from);
    hears(&socket, "welcome");
    let (_listener, to) = listens(&host, host.v6());
    is_silent(&server, to);
}
