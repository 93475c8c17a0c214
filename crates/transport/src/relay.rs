//! A relay for others: a place where whoever is behind a router is found, and from which the two can
//! find a straight way (circuit relay v2; AutoNAT v2 tells them how they are seen); and a rendezvous
//! point, at which whoever knows a name that somebody registered under learns where he is.
//!
//! It carries what it cannot read, between two who both asked for it, and keeps nothing: who registered
//! is forgotten when he leaves. What one of them may use is bounded, and so is what all may.

use crate::{
    Endpoint, StartError, address,
    address::{Scope, Wire},
    behaviour,
};
use futures::StreamExt;
use libp2p::{
    Multiaddr, Swarm, SwarmBuilder, autonat, connection_limits,
    connection_limits::ConnectionLimits,
    core::ConnectedPoint,
    identify,
    identity::{self, Keypair},
    noise, ping, relay,
    swarm::{ConnectionId, NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use std::{collections::HashSet, num::NonZeroU32, time::Duration};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{Instant, interval, sleep, timeout_at},
};

mod guard;
mod guests;
mod registry;
mod rendezvous;

/// Connections of one peer.
const PER_PEER: u32 = 8;
/// Connections that are coming to stand.
const PENDING: u32 = 256;
/// Circuits that one peer may open at once; libp2p lets one more through.
const CIRCUITS_EACH: usize = 31;
/// How long one of them may last, and how much it may carry each way, in bytes: many conversations, and no
/// film.
const CIRCUIT_TIME: Duration = Duration::from_secs(60 * 60);
const CIRCUIT_BYTES: u64 = 64 * 1024 * 1024;
/// How long a place lasts; it is renewed before.
const RESERVATION: Duration = Duration::from_secs(60 * 60);
/// Requests of one peer, and of all behind one address, that may come together, and one more each.
const TOGETHER_EACH: NonZeroU32 = NonZeroU32::new(60).unwrap();
const TOGETHER: NonZeroU32 = NonZeroU32::new(600).unwrap();
const ONE_MORE_EACH: Duration = Duration::from_secs(10);
const ONE_MORE: Duration = Duration::from_secs(1);
/// A connection without a purpose is closed after this long.
const IDLE: Duration = Duration::from_secs(60);
/// How long a start waits for the first address, and for one more after each.
const START_PATIENCE: Duration = Duration::from_secs(3);
const START_SETTLE: Duration = Duration::from_millis(300);
/// How often what has lapsed is forgotten.
const SWEEP: Duration = Duration::from_secs(60);
/// Pause before a relay that ended unasked begins again.
const AGAIN: Duration = Duration::from_secs(5);

/// How a relay is to be set up.
#[derive(Clone)]
pub struct Config {
    /// The Ed25519 seed of its key: who found it once finds it again.
    pub secret: [u8; 32],
    /// Multiaddrs to listen at, of QUIC or TCP.
    pub listen: Vec<String>,
    /// Where others find it, if that is elsewhere, as behind a router that lets them through.
    pub public: Vec<String>,
    /// Connections at once; each holds at most one place.
    pub connections: u32,
    /// Connections at once from one address; of IPv6, from one /64.
    pub connections_each: u32,
}

// The seed stays out of logs.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("public", &self.public)
            .field("connections", &self.connections)
            .field("connections_each", &self.connections_each)
            .finish_non_exhaustive()
    }
}

/// A relay that runs; it ends with this value.
#[derive(Debug)]
pub struct Relay {
    endpoint: Endpoint,
    task: JoinHandle<()>,
}

impl Relay {
    /// Who and where it is: `libp2p-peerId:…` and its addresses, as its users want to know them.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    limits: connection_limits::Behaviour,
    guard: guard::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    relay: relay::Behaviour,
    autonat: autonat::v2::server::Behaviour,
    rendezvous: rendezvous::Behaviour,
}

/// Whether a multiaddr is one that a relay can listen at, or be found at.
#[must_use]
pub fn is_address(text: &str) -> bool {
    read(text).is_some()
}

/// Whether it means all addresses of this machine.
#[must_use]
pub fn is_unspecified(text: &str) -> bool {
    read(text).is_some_and(|(_, socket, _)| socket.ip().is_unspecified())
}

/// Starts a relay within the current tokio runtime.
///
/// # Errors
/// [`StartError`] if an address cannot be read or listened at, or if none was found that others can use.
pub async fn start(config: Config) -> Result<Relay, StartError> {
    let (swarm, endpoint) = open(&config).await?;
    let task = tokio::spawn(keep(config, swarm));
    Ok(Relay { endpoint, task })
}

/// Runs it, and should it ever end, runs it again: those it serves were told of it.
async fn keep(config: Config, swarm: Swarm<Behaviour>) {
    // What is in the set ends with it.
    let mut running = JoinSet::new();
    running.spawn(run(swarm, config.connections));
    loop {
        let ended = running.join_next().await;
        tracing::error!(?ended, "the relay ended and begins again");
        sleep(AGAIN).await;
        match open(&config).await {
            Ok((swarm, _)) => drop(running.spawn(run(swarm, config.connections))),
            Err(error) => tracing::error!(%error, "the relay cannot begin again"),
        }
    }
}

async fn run(mut swarm: Swarm<Behaviour>, connections: u32) {
    let mut guests = guests::Guests::default();
    let mut rendezvous = rendezvous::Rendezvous::new(connections);
    let mut sweep = interval(SWEEP);
    loop {
        let event = tokio::select! {
            event = swarm.select_next_some() => event,
            _ = sweep.tick() => {
                rendezvous.sweep();
                continue;
            }
        };
        rendezvous.note(&event);
        if let SwarmEvent::Behaviour(BehaviourEvent::Rendezvous(asked)) = event {
            if let Some((to, answer)) = rendezvous.answer(asked) {
                // Of somebody who left meanwhile nothing is awaited.
                let _ = swarm.behaviour_mut().rendezvous.send_response(to, answer);
            }
            continue;
        }
        for left in on_event(event, &mut guests) {
            swarm.close_connection(left);
        }
    }
}

/// A relay that listens, and what others are told of it.
async fn open(config: &Config) -> Result<(Swarm<Behaviour>, Endpoint), StartError> {
    let keypair = Keypair::ed25519_from_bytes(config.secret)
        .map_err(|error| StartError::Key(error.into()))?;
    let peer = keypair.public().to_peer_id();
    let mut swarm = build(keypair, config).map_err(|error| StartError::Key(error.into()))?;
    for text in &config.listen {
        let refused = || StartError::Address(text.clone());
        let (asked, _, _) = read(text).ok_or_else(refused)?;
        swarm.listen_on(asked).map_err(|error| {
            tracing::warn!(%error, "the relay cannot listen");
            refused()
        })?;
    }
    let heard = listening(&mut swarm, config.listen.len()).await;
    let read_all = |texts: &[String]| -> Result<Vec<Multiaddr>, StartError> {
        let read = |text: &String| match read(text) {
            Some((address, _, _)) => Ok(address),
            None => Err(StartError::Address(text.clone())),
        };
        texts.iter().map(read).collect()
    };
    let mut addresses = match config.public.is_empty() {
        true => heard,
        false => read_all(&config.public)?,
    };
    // Whoever is told of it comes from as far away as the farthest.
    let farthest = addresses.iter().filter_map(scope_of).max();
    addresses.retain(|address| scope_of(address) == farthest);
    addresses.sort_by_cached_key(address::rank);
    let is_vague = config.listen.iter().any(|text| is_unspecified(text));
    if farthest.is_none() || (is_vague && farthest == Some(Scope::Loopback)) {
        return Err(StartError::Nowhere);
    }
    for address in &addresses {
        swarm.add_external_address(address.clone());
    }
    let behaviour = swarm.behaviour_mut();
    let nearest = farthest.unwrap_or(Scope::Public);
    behaviour.guard.dial_no_nearer_than(nearest);
    behaviour.relay.set_status(Some(relay::Status::Enable));
    let endpoint = Endpoint {
        uri: format!("libp2p-peerId:{peer}"),
        multi_addrs: addresses.iter().map(Multiaddr::to_string).collect(),
    };
    Ok((swarm, endpoint))
}

fn scope_of(address: &Multiaddr) -> Option<Scope> {
    let (socket, _, _) = address::socket(address)?;
    Some(address::scope(socket.ip()))
}

/// Waits, not for long, until it is known where each of so many is listened at: each tells of one
/// address after the other.
async fn listening(swarm: &mut Swarm<Behaviour>, count: usize) -> Vec<Multiaddr> {
    let mut deadline = Instant::now() + START_PATIENCE;
    let mut listeners = HashSet::new();
    let mut addresses = Vec::new();
    while let Ok(event) = timeout_at(deadline, swarm.select_next_some()).await {
        if let SwarmEvent::NewListenAddr {
            listener_id,
            address,
        } = event
        {
            listeners.insert(listener_id);
            addresses.push(address);
            if listeners.len() >= count {
                deadline = Instant::now() + START_SETTLE;
            }
        }
    }
    addresses.retain(|address| address::announceable(address, true));
    addresses
}

/// What happened; the connections that are to be closed for it.
fn on_event(event: SwarmEvent<BehaviourEvent>, guests: &mut guests::Guests) -> Vec<ConnectionId> {
    match event {
        SwarmEvent::ConnectionEstablished {
            peer_id,
            connection_id,
            endpoint: ConnectedPoint::Listener { send_back_addr, .. },
            ..
        } => return guests.came(peer_id, connection_id, &send_back_addr),
        SwarmEvent::ConnectionClosed {
            peer_id,
            connection_id,
            ..
        } => guests.went(&peer_id, connection_id),
        // Of the rest nothing is noted: who talks with whom is nobody's business.
        SwarmEvent::Behaviour(BehaviourEvent::Relay(relay::Event::StatusChanged { status })) => {
            tracing::debug!(?status, "the relay's status");
        }
        SwarmEvent::Behaviour(BehaviourEvent::Relay(
            relay::Event::ReservationReqDenied { status, .. }
            | relay::Event::CircuitReqDenied { status, .. },
        )) => tracing::debug!(?status, "the relay refused"),
        SwarmEvent::ListenerClosed { reason, .. } => {
            tracing::warn!(?reason, "the relay does not listen any more");
        }
        _ => {}
    }
    Vec::new()
}

fn build(keypair: identity::Keypair, config: &Config) -> Result<Swarm<Behaviour>, noise::Error> {
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )?
        .with_quic()
        .with_behaviour(|keypair| Behaviour::new(keypair, config))
        .unwrap_or_else(|never| match never {})
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE))
        .build();
    Ok(swarm)
}

impl Behaviour {
    fn new(keypair: &identity::Keypair, config: &Config) -> Self {
        let connections = config.connections;
        let limits = ConnectionLimits::default()
            .with_max_established_per_peer(Some(PER_PEER))
            .with_max_established_incoming(Some(connections))
            .with_max_pending_incoming(Some(PENDING))
            .with_max_pending_outgoing(Some(PENDING));
        Self {
            limits: connection_limits::Behaviour::new(limits),
            guard: guard::Behaviour::new(config.connections_each),
            identify: identify::Behaviour::new(behaviour::identify(keypair)),
            ping: ping::Behaviour::new(behaviour::ping()),
            relay: relay::Behaviour::new(keypair.public().to_peer_id(), bounds(connections)),
            autonat: autonat::v2::server::Behaviour::default(),
            rendezvous: rendezvous::behaviour(),
        }
    }
}

fn bounds(connections: u32) -> relay::Config {
    let all = connections as usize;
    let none = relay::Config {
        max_reservations: all,
        max_reservations_per_peer: PER_PEER as usize,
        reservation_duration: RESERVATION,
        reservation_rate_limiters: Vec::new(),
        max_circuits: all,
        max_circuits_per_peer: CIRCUITS_EACH,
        max_circuit_duration: CIRCUIT_TIME,
        max_circuit_bytes: CIRCUIT_BYTES,
        circuit_src_rate_limiters: Vec::new(),
    };
    none.reservation_rate_per_peer(TOGETHER_EACH, ONE_MORE_EACH)
        .reservation_rate_per_ip(TOGETHER, ONE_MORE)
        .circuit_src_per_peer(TOGETHER_EACH, ONE_MORE_EACH)
        .circuit_src_per_ip(TOGETHER, ONE_MORE)
}

fn read(text: &str) -> Option<(Multiaddr, std::net::SocketAddr, Wire)> {
    let address: Multiaddr = text.parse().ok()?;
    let (socket, wire, peer) = address::socket(&address)?;
    peer.is_none().then_some((address, socket, wire))
}
