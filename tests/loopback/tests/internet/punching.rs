//! Two homes meet at a server and try to go on without it.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Barrier,
    thread,
};

use signet_loopback::{Host, Nat};

use crate::{PATIENCE, at, hears, hears_nothing, internet, next, says, udp};

/// How often both send at the same moment.
const ROUNDS: usize = 50;

/// A socket in a home, and how the server sees it.
fn known(server: &Host, host: &Host) -> (UdpSocket, SocketAddr) {
    let (there, socket) = (udp(server), udp(host));
    says(&socket, "I am here", at(server.v4(), &there));
    let seen = hears(&there, "I am here");
    (socket, seen)
}

#[test]
fn a_packet_that_is_too_early_spoils_no_hole() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let alice = internet.home(Nat::Restricted).unwrap();
    let bob = internet.home(Nat::Restricted).unwrap();
    let (hers, to_alice) = known(&server, &alice);
    let (his, to_bob) = known(&server, &bob);

    // Several, as one who punches repeats.
    for _ in 0..3 {
        says(&hers, "knock", to_bob);
    }
    hears_nothing(&his);

    says(&his, "come in", to_alice);
    assert_eq!(hears(&hers, "come in"), to_bob);
    says(&hers, "thanks", to_bob);
    assert_eq!(hears(&his, "thanks"), to_alice);
    says(&his, "again", to_alice);
    assert_eq!(hears(&hers, "again"), to_bob);
}

#[test]
fn two_who_knock_at_the_same_moment_reach_each_other_on_the_ports_the_server_saw() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let alice = internet.home(Nat::Restricted).unwrap();
    let bob = internet.home(Nat::Restricted).unwrap();
    let mut crossed = 0;
    for _ in 0..ROUNDS {
        let (hers, to_alice) = known(&server, &alice);
        let (his, to_bob) = known(&server, &bob);

        let moment = Barrier::new(2);
        thread::scope(|scope| {
            for (socket, to) in [(&hers, to_bob), (&his, to_alice)] {
                let moment = &moment;
                scope.spawn(move || {
                    moment.wait();
                    says(socket, "knock", to);
                });
            }
        });

        // Both holes are open, so whoever was too early is heard the second time.
        for (socket, to) in [(&hers, to_bob), (&his, to_alice)] {
            says(socket, "there?", to);
        }
        let first = [(&hers, to_bob), (&his, to_alice)].map(|(socket, from)| {
            let (word, seen) = next(socket, PATIENCE).unwrap();
            assert_eq!(seen, from);
            if word == "knock" {
                assert_eq!(hears(socket, "there?"), from);
            }
            word
        });
        crossed += usize::from(first == ["knock", "knock"]);
    }
    println!("of {ROUNDS} pairs of knocks, {crossed} crossed");
}

#[test]
fn a_symmetric_router_cannot_be_punched_from_a_restricted_one() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let alice = internet.home(Nat::Symmetric).unwrap();
    let bob = internet.home(Nat::Restricted).unwrap();
    let (hers, to_alice) = known(&server, &alice);
    let (his, to_bob) = known(&server, &bob);

    for _ in 0..3 {
        says(&hers, "knock", to_bob);
        says(&his, "knock", to_alice);
    }

    hears_nothing(&his);
    hears_nothing(&hers);
}

#[test]
fn a_symmetric_router_can_go_out_to_a_full_cone() {
    let Some(internet) = internet() else { return };
    let server = internet.server().unwrap();
    let alice = internet.home(Nat::Symmetric).unwrap();
    let bob = internet.home(Nat::FullCone).unwrap();
    let (hers, _) = known(&server, &alice);
    let (his, to_bob) = known(&server, &bob);

    says(&hers, "knock", to_bob);
    let from = hears(&his, "knock");
    says(&his, "come in", from);

    assert_eq!(hears(&hers, "come in"), to_bob);
}
