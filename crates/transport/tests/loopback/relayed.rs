//! Two who find each other at a relay, because nobody else leads them to each other.

use crate::end::{End, PATIENCE, TCP, config};
use signet_transport::{Endpoint, Event, Outcome, Reachable, StartError, Via, relay};
use tokio::time::timeout;

/// A relay that listens at this address.
pub async fn relay_at(listen: &str) -> relay::Relay {
    let config = relay::Config {
        secret: [99; 32],
        listen: vec![listen.to_owned()],
        public: Vec::new(),
        connections: 16,
        connections_each: 16,
    };
    relay::start(config).await.unwrap()
}

impl End {
    /// Its own endpoint, once it is found behind a relay; without any address but that.
    pub async fn behind_relay(&mut self) -> Endpoint {
        let is_relayed = |address: &&String| address.contains("/p2p-circuit");
        let relayed = |reachable: &Reachable| -> Vec<String> {
            let addresses = reachable.multi_addrs.iter().filter(is_relayed);
            addresses.cloned().collect()
        };
        let mut found = relayed(&self.transport.reachable());
        while found.is_empty() {
            found = self
                .next(|event| match event {
                    Event::Reachable(reachable) => Some(relayed(reachable)),
                    _ => None,
                })
                .await;
        }
        Endpoint {
            uri: format!("libp2p-peerId:{}", self.peer_id()),
            multi_addrs: found,
        }
    }

    /// Waits until no relay leads here any more.
    async fn alone(&mut self) {
        self.next(|event| match event {
            Event::Reachable(now) => {
                let is_alone = now.multi_addrs.iter().all(|a| !a.contains("/p2p-circuit"));
                is_alone.then_some(())
            }
            _ => None,
        })
        .await;
    }

    /// Takes what comes, says that it is kept, and gives it back.
    async fn keeps(&mut self) -> (Vec<u8>, Via) {
        let (inbound, bytes, via) = self.envelope().await;
        self.transport
            .answer(inbound, signet_transport::Answer::Stored);
        (bytes, via)
    }
}

/// One who listens nowhere that anybody could dial.
async fn hidden(seed: u8) -> End {
    End::with(config(seed, &["/ip4/127.0.0.1/tcp/0"])).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envelope_goes_through_a_relay_to_whoever_has_a_place_there() {
    let relay = relay_at("/ip4/127.0.0.1/tcp/0").await;
    let mut bob = hidden(1).await;
    let mut alice = End::new(2, TCP).await;
    bob.transport.use_relays(&[relay.endpoint().clone()]);
    let at_relay = bob.behind_relay().await;

    alice.deliver(7, *b"{\"a\":1}", std::slice::from_ref(&at_relay));
    let (bytes, _) = bob.keeps().await;
    assert_eq!(bytes, b"{\"a\":1}");
    let outcome = alice.outcome(7).await;
    let relayed = Via::Relayed {
        peer_id: bob.peer_id(),
    };
    assert_eq!(
        outcome,
        Outcome::Stored(relayed),
        "a stranger finds no straight way"
    );

    bob.transport.use_relays(&[]);
    bob.alone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_comes_back_is_used_again() {
    let relay = relay_at("/ip4/127.0.0.1/tcp/0").await;
    let told = relay.endpoint().clone();
    let mut bob = hidden(3).await;
    bob.transport.use_relays(std::slice::from_ref(&told));
    bob.behind_relay().await;

    drop(relay);
    timeout(PATIENCE, bob.alone()).await.unwrap();
    let again = relay_at(&told.multi_addrs[0]).await;
    assert_eq!(again.endpoint(), &told);
    bob.behind_relay().await;

    let mut alice = End::new(4, TCP).await;
    let at_relay = bob.behind_relay().await;
    alice.deliver(1, *b"{}", &[at_relay]);
    bob.keeps().await;
    assert!(matches!(alice.outcome(1).await, Outcome::Stored(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_whose_connection_was_closed_here_keeps_no_place() {
    let relay = relay_at("/ip4/127.0.0.1/tcp/0").await;
    let mut bob = hidden(5).await;
    bob.transport.use_relays(&[relay.endpoint().clone()]);
    let at_relay = bob.behind_relay().await;

    // More than one peer may have open at once: each time the relayed one ends for a straight one.
    for round in 0..12 {
        let mut alice = End::new(6, TCP).await;
        bob.transport.know("Alice", &[alice.peer_id()]);
        let insist = alice.insist(round, b"{}", std::slice::from_ref(&at_relay));
        let (_, outcome) = bob.keep_until(insist).await;
        assert!(matches!(outcome, Outcome::Stored(_)));
        let straight = Event::Relayed {
            peer_id: bob.peer_id(),
            relayed: false,
        };
        alice.next(|event| (*event == straight).then_some(())).await;
        alice.transport.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_at_all_addresses_offers_those_that_others_can_use_or_none_at_all() {
    let config = |listen: &[&str]| relay::Config {
        secret: [98; 32],
        listen: listen.iter().map(ToString::to_string).collect(),
        public: Vec::new(),
        connections: 16,
        connections_each: 16,
    };
    for listen in [
        &["/ip4/0.0.0.0/udp/0/quic-v1"][..],
        &["/ip4/0.0.0.0/udp/0/quic-v1", "/ip4/0.0.0.0/tcp/0"],
    ] {
        match relay::start(config(listen)).await {
            Ok(relay) => {
                let offered = &relay.endpoint().multi_addrs;
                assert!(offered.iter().all(|at| !at.starts_with("/ip4/127.")));
                assert!(offered.len() >= listen.len(), "{offered:?}");
            }
            // This machine is in no network.
            Err(StartError::Nowhere) => {}
            Err(other) => panic!("{other}"),
        }
    }
}
