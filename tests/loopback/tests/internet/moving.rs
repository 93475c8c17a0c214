//! A host that goes from one router to another, and what remains of all this.

use std::{
    io::ErrorKind,
    net::{IpAddr, UdpSocket},
    process::{Command, Stdio},
    sync::PoisonError,
    time::Instant,
};

use signet_loopback::{Host, Internet, Nat};

use crate::{TESTS, at, hears, hears_nothing, inside, internet, namespaces, says, udp, udp6};

/// The one address that the host has.
fn own(host: &Host) -> IpAddr {
    let v4 = host.v4().map(IpAddr::from);
    v4.or_else(|| host.v6().map(IpAddr::from)).unwrap()
}

#[test]
fn a_host_that_moves_goes_on_under_another_address() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let there = udp(&server);
    let to = at(server.v4(), &there);
    let mut host = internet.home(Nat::Restricted).unwrap();
    let socket = udp(&host);
    says(&socket, "hello", to);
    let mut before = hears(&there, "hello");

    for nat in Nat::ALL {
        let old = own(&host);
        let start = Instant::now();
        host.moves(nat).unwrap();
        println!("to {nat}: {:?}", start.elapsed());

        let refused = inside(&host, || UdpSocket::bind((old, 0)).unwrap_err());
        assert_eq!(refused.kind(), ErrorKind::AddrNotAvailable, "{nat}");
        match nat {
            Nat::Open | Nat::FullCone | Nat::Restricted | Nat::Symmetric => {
                says(&socket, "hello again", to);
                let from = hears(&there, "hello again");
                says(&there, "welcome", from);
                assert_eq!(hears(&socket, "welcome"), to, "{nat}");

                assert_eq!(from.ip(), host.public().unwrap(), "{nat}");
                assert_ne!(from.ip(), before.ip(), "{nat}");
                // Nobody is where the host was.
                let _ = there.send_to(b"lost", before);
                hears_nothing(&socket);
                before = from;
            }
            Nat::UdpBlocked => {
                says(&socket, "in vain", to);
                hears_nothing(&there);
            }
            Nat::Ipv6Only => {
                let (there, socket) = (udp6(&server), udp6(&host));
                says(&socket, "hello again", at(server.v6(), &there));
                assert_eq!(hears(&there, "hello again"), at(host.v6(), &socket));
            }
        }
    }
}

#[test]
fn what_runs_in_a_host_keeps_running() {
    let Some(internet) = internet() else { return };
    let mut host = internet.home(Nat::Restricted).unwrap();
    let [program, rest @ ..] = &host.door()[..] else {
        panic!("there is no door");
    };
    let mut running = Command::new(program)
        .args(rest)
        .args(["ip", "monitor"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();

    host.moves(Nat::Symmetric).unwrap();
    host.moves(Nat::Open).unwrap();

    assert_eq!(running.try_wait().unwrap(), None);
    running.kill().unwrap();
    running.wait().unwrap();
}

#[test]
fn a_router_goes_with_its_host_and_everything_with_the_internet() {
    let _alone = TESTS.write().unwrap_or_else(PoisonError::into_inner);
    let internet = match Internet::new() {
        Ok(internet) => internet,
        Err(why) => return println!("SKIPPED, because no network can be made here: {why:#}"),
    };
    let server = internet.server().unwrap();
    let start = Instant::now();
    let mut host = internet.home(Nat::Restricted).unwrap();
    println!("a home: {:?}", start.elapsed());
    assert_eq!(namespaces(), 4);

    host.moves(Nat::Symmetric).unwrap();
    assert_eq!(namespaces(), 4);
    host.moves(Nat::Open).unwrap();
    assert_eq!(namespaces(), 3);

    drop((internet, server, host));
    assert_eq!(namespaces(), 0);
}
