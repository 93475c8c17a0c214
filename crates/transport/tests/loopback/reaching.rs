//! Reaching a peer: where it moved, where it is gone, and where we must not knock.

use crate::end::{BOTH, End, PATIENCE, QUIC, TCP, attempt, config};
use signet_transport::{Answer, Attempt, Endpoint, Outcome, Reach, StartError, Transport, start};
use std::time::{Duration, Instant};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

async fn acquainted(listen: &[&str]) -> (End, End) {
    let (mut alice, mut bob) = (End::new(1, listen).await, End::new(2, listen).await);
    alice.deliver(100, *b"hello", &[bob.endpoint()]);
    bob.take(Answer::Stored).await;
    assert_eq!(alice.outcome(100).await, Outcome::Stored(bob.direct()));
    (alice, bob)
}

#[tokio::test]
async fn a_peer_that_moved_is_reached_through_its_new_addresses() {
    let (mut alice, bob) = acquainted(BOTH).await;
    let old = bob.endpoint();
    bob.transport.stop().await;
    alice
        .peer(old.uri.trim_start_matches("libp2p-peerId:"), false)
        .await;

    let mut bob = End::new(2, BOTH).await;
    let new = bob.endpoint().multi_addrs;
    assert_ne!(new, old.multi_addrs);
    alice.transport.deliver(Attempt {
        addresses: new,
        ..attempt(1, *b"found", &[old])
    });

    assert_eq!(bob.take(Answer::Stored).await, b"found");
    assert_eq!(alice.outcome(1).await, Outcome::Stored(bob.direct()));
}

async fn returns_to_its_port(listen: &[&str]) {
    let (mut alice, bob) = acquainted(listen).await;
    let (endpoint, listening) = (bob.endpoint(), bob.transport.listening());
    bob.transport.stop().await;

    let mut bob = End::new(2, &listening).await;
    assert_eq!(bob.endpoint(), endpoint);
    alice.deliver(1, *b"again", std::slice::from_ref(&endpoint));

    assert_eq!(bob.take(Answer::Stored).await, b"again");
    assert_eq!(alice.outcome(1).await, Outcome::Stored(bob.direct()));
}

#[tokio::test]
async fn a_peer_that_returns_to_its_port_is_redialled_over_quic() {
    returns_to_its_port(QUIC).await;
}

#[tokio::test]
async fn a_peer_that_returns_to_its_port_is_redialled_over_tcp() {
    returns_to_its_port(TCP).await;
}

/// A wire to `target` that can go dead without a word, as when a laptop is closed.
async fn wire_to(target: &str) -> (String, watch::Sender<bool>) {
    let (dead, alive) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = target.trim_start_matches("/ip4/").replace("/tcp/", ":");
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (target, mut alive) = (target.clone(), alive.clone());
            tokio::spawn(async move {
                let mut far = TcpStream::connect(target).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    () = async { drop(alive.wait_for(|dead| *dead).await) } => {
                        // Both sockets stay open and nothing passes.
                        std::future::pending().await
                    }
                }
            });
        }
    });
    (format!("/ip4/127.0.0.1/tcp/{port}"), dead)
}

#[tokio::test]
async fn a_wire_that_went_dead_is_left_for_another() {
    let (mut alice, mut bob) = (End::new(1, TCP).await, End::new(2, TCP).await);
    let (wire, dead) = wire_to(&bob.endpoint().multi_addrs[0]).await;
    let by_wire = [Endpoint {
        multi_addrs: vec![wire],
        ..bob.endpoint()
    }];
    alice.deliver(1, *b"hello", &by_wire);
    bob.take(Answer::Stored).await;
    assert_eq!(alice.outcome(1).await, Outcome::Stored(bob.direct()));

    dead.send(true).unwrap();
    let addresses = bob.endpoint().multi_addrs;
    alice.transport.deliver(Attempt {
        addresses,
        ..attempt(2, *b"still there?", &by_wire)
    });

    assert_eq!(bob.take(Answer::Stored).await, b"still there?");
    assert_eq!(alice.outcome(2).await, Outcome::Stored(bob.direct()));
}

async fn gone(listen: &[&str]) {
    let (mut alice, bob) = acquainted(listen).await;
    let endpoint = bob.endpoint();
    bob.transport.stop().await;

    let begun = Instant::now();
    alice.deliver(1, *b"anybody there?", &[endpoint]);
    let reason = alice.unreachable(1).await;

    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    assert!(reason.starts_with("nobody answers"), "{reason}");
}

#[tokio::test]
async fn a_peer_that_is_gone_is_given_up_in_time_over_quic() {
    gone(QUIC).await;
}

#[tokio::test]
async fn a_peer_that_is_gone_is_given_up_in_time_over_tcp() {
    gone(TCP).await;
}

#[tokio::test]
async fn a_peer_without_addresses_is_given_up_at_once() {
    let (mut alice, bob) = (End::new(1, BOTH).await, End::new(2, BOTH).await);
    let bare = Endpoint {
        multi_addrs: Vec::new(),
        ..bob.endpoint()
    };

    alice.deliver(1, *b"{}", &[bare]);
    alice.deliver(2, *b"{}", &[]);
    alice.deliver(
        3,
        *b"{}",
        &[Endpoint {
            uri: "did:example:mediator".into(),
            ..bob.endpoint()
        }],
    );

    assert!(alice.unreachable(1).await.starts_with("no address"));
    for id in [2, 3] {
        assert!(
            alice
                .unreachable(id)
                .await
                .starts_with("none of the endpoints")
        );
    }
}

#[tokio::test]
async fn somebody_else_at_the_address_gets_nothing() {
    let (mut alice, bob) = (End::new(1, BOTH).await, End::new(2, BOTH).await);
    let mut mallory = End::new(3, BOTH).await;
    for (id, wire) in [(1, "quic"), (2, "tcp")] {
        let mut multi_addrs = mallory.endpoint().multi_addrs;
        multi_addrs.retain(|address| address.contains(wire));
        alice.deliver(
            id,
            *b"for bob",
            &[Endpoint {
                multi_addrs,
                ..bob.endpoint()
            }],
        );
        let reason = alice.unreachable(id).await;
        assert!(reason.starts_with("somebody else"), "{reason}");
    }

    alice.deliver(3, *b"for mallory", &[mallory.endpoint()]);
    assert_eq!(mallory.take(Answer::Stored).await, b"for mallory");
}

#[tokio::test]
async fn the_careful_use_a_connection_but_never_dial() {
    let (mut alice, mut bob) = (End::new(1, BOTH).await, End::new(2, BOTH).await);
    let careful = |id, to: &End| Attempt {
        reach: Reach::Careful,
        addresses: to.endpoint().multi_addrs,
        ..attempt(id, *b"careful", &[to.endpoint()])
    };

    alice.transport.deliver(careful(1, &bob));
    assert!(alice.unreachable(1).await.starts_with("no connection"));

    bob.deliver(2, *b"hello", &[alice.endpoint()]);
    alice.take(Answer::Stored).await;
    alice.transport.deliver(careful(3, &bob));
    assert_eq!(bob.take(Answer::Stored).await, b"careful");
    assert_eq!(alice.outcome(3).await, Outcome::Stored(bob.direct()));
}

#[tokio::test]
async fn loopback_is_neither_announced_nor_dialled_unless_wanted() {
    let mut bob = End::new(2, BOTH).await;
    let mut alice = End::with(signet_transport::Config {
        loopback: false,
        ..config(1, BOTH)
    })
    .await;

    assert!(alice.transport.reachable().multi_addrs.is_empty());
    alice.deliver(1, *b"{}", &[bob.endpoint()]);
    assert!(alice.unreachable(1).await.starts_with("no address"));

    let mut carol = End::new(3, BOTH).await;
    carol.deliver(2, *b"from carol", &[bob.endpoint()]);
    assert_eq!(bob.take(Answer::Stored).await, b"from carol");
    assert_eq!(carol.outcome(2).await, Outcome::Stored(bob.direct()));
}

#[tokio::test]
async fn a_taken_port_falls_back_to_another() {
    let bob = End::new(2, BOTH).await;
    let taken = bob.transport.listening();
    assert!(
        taken.iter().all(|address| !address.contains("/0")),
        "{taken:?}"
    );

    let mut carol = End::new(3, &taken).await;
    let ports = carol.transport.listening();
    assert_eq!(ports.len(), taken.len());
    assert!(ports.iter().all(|port| !taken.contains(port)), "{ports:?}");

    let mut alice = End::new(1, BOTH).await;
    alice.deliver(1, *b"hello carol", &[carol.endpoint()]);
    assert_eq!(carol.take(Answer::Stored).await, b"hello carol");
    assert_eq!(alice.outcome(1).await, Outcome::Stored(carol.direct()));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    for wrong in [
        "",
        "127.0.0.1:80",
        "/ip4/127.0.0.1",
        "/dns4/localhost/tcp/1",
    ] {
        let refused = start(config(1, &[wrong])).await;
        assert!(matches!(refused, Err(StartError::Address(told)) if told == wrong));
    }
}

#[tokio::test]
async fn every_listen_address_is_announced_by_default() {
    let config = config(1, &Vec::<String>::new());
    let (transport, _events): (Transport, _) =
        timeout(PATIENCE, start(config)).await.unwrap().unwrap();

    let reachable = transport.reachable();
    for wire in ["/tcp/", "/quic-v1"] {
        assert!(
            reachable
                .multi_addrs
                .iter()
                .any(|address| address.contains(wire))
        );
    }
    assert!(reachable.multi_addrs.len() <= 16);
    assert!(
        transport
            .listening()
            .iter()
            .any(|address| address.starts_with("/ip4/0.0.0.0/"))
    );
}
