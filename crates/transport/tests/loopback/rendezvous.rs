//! Two who find each other at a rendezvous point, because neither was told where the other is.

use crate::{
    end::{End, PATIENCE, TCP, config},
    relayed::relay_at,
};
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, identify,
    identity::Keypair,
    noise,
    rendezvous::{self, Namespace},
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use signet_transport::{Endpoint, Meeting, Outcome, Reachable, Transport, relay::Relay};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{sleep, timeout};

/// The names under which Bob is found by Alice, and Alice by Bob.
const BOB: &str = "the-name-of-bob-for-alice";
const ALICE: &str = "the-name-of-alice-for-bob";

fn meeting(with: &str, peer: &str, ours: &str, theirs: &str) -> Meeting {
    Meeting {
        name: with.to_owned(),
        peer_ids: vec![peer.to_owned()],
        ours: vec![ours.to_owned()],
        theirs: vec![theirs.to_owned()],
    }
}

/// The endpoint of somebody who is at none of these addresses any more.
fn gone_from(peer: &str, addresses: &[String]) -> Endpoint {
    Endpoint {
        uri: format!("libp2p-peerId:{peer}"),
        multi_addrs: addresses.to_vec(),
    }
}

/// libp2p's own client, as a stranger at the rendezvous point.
#[derive(NetworkBehaviour)]
struct Stranger {
    rendezvous: rendezvous::client::Behaviour,
    identify: identify::Behaviour,
}

struct Witness {
    swarm: Swarm<Stranger>,
    point: PeerId,
}

impl Witness {
    /// Connected with the point.
    async fn at(relay: &Relay) -> Self {
        let at: Multiaddr = relay.endpoint().multi_addrs[0].parse().unwrap();
        let mut swarm = SwarmBuilder::with_existing_identity(Keypair::generate_ed25519())
            .with_tokio()
            .with_tcp(
                tcp::Config::default(),
                noise::Config::new,
                yamux::Config::default,
            )
            .unwrap()
            .with_behaviour(|keypair| Stranger {
                rendezvous: rendezvous::client::Behaviour::new(keypair.clone()),
                identify: identify::Behaviour::new(identify::Config::new(
                    "/witness".to_owned(),
                    keypair.public(),
                )),
            })
            .unwrap()
            .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
            .build();
        swarm.dial(at).unwrap();
        let point = loop {
            if let SwarmEvent::ConnectionEstablished { peer_id, .. } =
                swarm.select_next_some().await
            {
                break peer_id;
            }
        };
        Self { swarm, point }
    }

    /// Where it listens.
    async fn listens(&mut self) -> Multiaddr {
        self.swarm.listen_on(TCP[0].parse().unwrap()).unwrap();
        loop {
            if let SwarmEvent::NewListenAddr { address, .. } = self.swarm.select_next_some().await {
                return address;
            }
        }
    }

    fn peer(&self) -> PeerId {
        *self.swarm.local_peer_id()
    }

    async fn next(&mut self) -> rendezvous::client::Event {
        let event = async {
            loop {
                if let SwarmEvent::Behaviour(StrangerEvent::Rendezvous(event)) =
                    self.swarm.select_next_some().await
                {
                    return event;
                }
            }
        };
        timeout(PATIENCE, event).await.unwrap()
    }

    /// The addresses found under this name, or the refusal.
    async fn finds(
        &mut self,
        name: Option<&str>,
    ) -> Result<Vec<(PeerId, Vec<Multiaddr>)>, rendezvous::ErrorCode> {
        let name = name.map(|name| Namespace::new(name.to_owned()).unwrap());
        let point = self.point;
        let client = &mut self.swarm.behaviour_mut().rendezvous;
        client.discover(name, None, None, point);
        loop {
            match self.next().await {
                rendezvous::client::Event::Discovered { registrations, .. } => {
                    let found = registrations.into_iter().map(|found| {
                        let record = found.record;
                        (record.peer_id(), record.addresses().to_vec())
                    });
                    return Ok(found.collect());
                }
                rendezvous::client::Event::DiscoverFailed { error, .. } => return Err(error),
                _ => {}
            }
        }
    }

    /// Asks until something is found, or nothing.
    async fn finds_at_last(
        &mut self,
        name: &str,
        something: bool,
    ) -> Vec<(PeerId, Vec<Multiaddr>)> {
        let found = async {
            loop {
                let found = self.finds(Some(name)).await.unwrap();
                if found.is_empty() != something {
                    return found;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, found).await.unwrap()
    }

    async fn registers(
        &mut self,
        name: &str,
        ttl: Option<u64>,
    ) -> Result<u64, rendezvous::ErrorCode> {
        let point = self.point;
        let name = Namespace::new(name.to_owned()).unwrap();
        let client = &mut self.swarm.behaviour_mut().rendezvous;
        client.register(name, point, ttl).unwrap();
        loop {
            match self.next().await {
                rendezvous::client::Event::Registered { ttl, .. } => return Ok(ttl),
                rendezvous::client::Event::RegisterFailed { error, .. } => return Err(error),
                _ => {}
            }
        }
    }
}

impl Witness {
    /// No answer says when it is done, so a question that is answered follows.
    async fn unregisters(&mut self, name: &str) {
        let point = self.point;
        let client = &mut self.swarm.behaviour_mut().rendezvous;
        client.unregister(Namespace::new(name.to_owned()).unwrap(), point);
        self.finds_at_last(name, false).await;
    }

    /// Lives on, and is there.
    async fn stays(&mut self) {
        loop {
            self.swarm.select_next_some().await;
        }
    }
}

fn straight(reachable: &Reachable) -> Vec<String> {
    let addresses = reachable.multi_addrs.iter();
    let straight = addresses.filter(|at| !at.contains("/p2p-circuit"));
    straight.cloned().collect()
}

async fn with_place_at(seed: u8, relay: &Relay) -> End {
    let mut end = End::with(config(seed, TCP)).await;
    end.transport.use_relays(&[relay.endpoint().clone()]);
    end.behind_relay().await;
    end
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_came_back_at_another_port_is_found_by_one_who_was_not_told() {
    let relay = relay_at("/ip4/127.0.0.1/tcp/0").await;
    let mut witness = Witness::at(&relay).await;
    let mut alice = with_place_at(31, &relay).await;
    let bob = with_place_at(32, &relay).await;
    let (his, hers) = (bob.peer_id(), alice.peer_id());
    let known = straight(&bob.transport.reachable());
    assert!(!known.is_empty());
    bob.transport.stop().await;

    let mut bob = with_place_at(32, &relay).await;
    assert_eq!(bob.peer_id(), his);
    let now = straight(&bob.transport.reachable());
    assert!(now.iter().all(|at| !known.contains(at)));
    bob.transport
        .meet(vec![meeting("Alice", &hers, BOB, ALICE)]);
    witness.finds_at_last(BOB, true).await;

    // Without names she does not look for him.
    alice.deliver(1, *b"{}", &[gone_from(&his, &known)]);
    assert!(matches!(alice.outcome(1).await, Outcome::Unreachable(_)));

    alice.transport.meet(vec![meeting("Bob", &his, ALICE, BOB)]);
    alice.deliver(2, *b"{\"a\":2}", &[gone_from(&his, &known)]);
    assert_eq!(
        bob.take(signet_transport::Answer::Stored).await,
        b"{\"a\":2}"
    );
    assert!(matches!(alice.outcome(2).await, Outcome::Stored(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_whom_nothing_but_his_peer_id_is_known_is_found_at_our_own_relay() {
    let relay = relay_at("/ip4/127.0.0.1/tcp/0").await;
    let mut witness = Witness::at(&relay).await;
    let mut bob = with_place_at(33, &relay).await;
    // She has no place at any relay.
    let mut alice = End::with(config(34, TCP)).await;
    let (his, hers) = (bob.peer_id(), alice.peer_id());
    bob.transport
        .meet(vec![meeting("Alice", &hers, BOB, ALICE)]);
    witness.finds_at_last(BOB, true).await;
    alice.transport.meet(vec![meeting("Bob", &his, ALICE, BOB)]);

    alice.deliver(1, *b"{}", &[gone_from(&his, &[])]);
    assert!(matches!(alice.outcome(1).await, Outcome::Unreachable(_)));

    let mut carol = with_place_at(35, &relay).await;
    carol
        .transport
        .meet(vec![meeting("Bob", &his, "else", BOB)]);
    carol.deliver(2, *b"{}", &[gone_from(&his, &[])]);
    bob.take(signet_transport::Answer::Stored).await;
    assert!(matches!(carol.outcome(2).await, Outcome::Stored(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_whom_no_relay_leads_to_is_found_at_the_relay_he_had() {
    let relay = relay_at("/ip4/127.0.0.1/tcp/0").await;
    let mut bob = Witness::at(&relay).await;
    let at = bob.listens().await;
    bob.swarm.add_external_address(at);
    bob.registers(BOB, None).await.unwrap();
    let his = bob.peer().to_string();
    // She has no place at any relay; he has none at this one, but had.
    let mut alice = End::with(config(37, TCP)).await;
    alice.transport.meet(vec![meeting("Bob", &his, ALICE, BOB)]);
    let relayed = &relay.endpoint().multi_addrs[0];
    let point = bob.point;
    let behind = format!("{relayed}/p2p/{point}/p2p-circuit");

    alice.deliver(1, *b"{}", &[gone_from(&his, &[behind])]);

    tokio::select! {
        () = alice.peer(&his, true) => {}
        () = bob.stays() => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_is_registered_for_those_he_meets_and_for_nobody_after_that() {
    let relay = relay_at("/ip4/127.0.0.1/tcp/0").await;
    let mut witness = Witness::at(&relay).await;
    let bob = with_place_at(36, &relay).await;
    let alice = PeerId::random().to_string();
    let transport: &Transport = &bob.transport;

    transport.meet(vec![meeting("Alice", &alice, BOB, ALICE)]);
    let found = witness.finds_at_last(BOB, true).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0.to_string(), bob.peer_id());
    let told: BTreeSet<_> = found[0].1.iter().map(Multiaddr::to_string).collect();
    let reachable = bob.transport.reachable().multi_addrs;
    assert_eq!(told, reachable.into_iter().collect());
    assert!(witness.finds(Some(ALICE)).await.unwrap().is_empty());

    transport.meet(Vec::new());
    witness.finds_at_last(BOB, false).await;

    transport.meet(vec![meeting("Alice", &alice, BOB, ALICE)]);
    witness.finds_at_last(BOB, true).await;
    bob.transport.stop().await;
    witness.finds_at_last(BOB, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn libp2ps_own_client_is_served_and_bounded() {
    let relay = relay_at("/ip4/127.0.0.1/tcp/0").await;
    let mut one = Witness::at(&relay).await;
    let mut other = Witness::at(&relay).await;
    let at: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
    one.swarm.add_external_address(at.clone());

    assert_eq!(one.registers("name", None).await, Ok(7200));
    let peer = one.peer();
    assert_eq!(other.finds(Some("name")).await.unwrap(), [(peer, vec![at])]);
    assert!(other.finds(Some("another")).await.unwrap().is_empty());

    let listed = other.finds(None).await;
    assert_eq!(listed, Err(rendezvous::ErrorCode::InvalidNamespace));
    let long = one.registers(&"n".repeat(100), None).await;
    assert_eq!(long, Err(rendezvous::ErrorCode::InvalidNamespace));
    let days = one.registers("name", Some(72 * 3600)).await;
    assert_eq!(days, Err(rendezvous::ErrorCode::InvalidTtl));
    one.unregisters("name").await;
    assert!(other.finds(Some("name")).await.unwrap().is_empty());
}
