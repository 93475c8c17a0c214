//! What the swarm is made of: transports, protocols, and the limits of both.

use crate::{
    acquaintances::Acquaintances,
    frame::{ANSWERED, SIMPLEX},
    fresh::Fresh,
    intake::Intake,
    punching::Punching,
    quiet::Quiet,
    router::Tasks,
};
use futures::StreamExt;
use libp2p::{
    StreamProtocol, Swarm, SwarmBuilder, autonat, connection_limits,
    connection_limits::ConnectionLimits,
    identify, identity, mdns, memory_connection_limits, noise, ping, relay,
    swarm::{NetworkBehaviour, behaviour::toggle::Toggle},
    tcp, upnp, yamux,
};
use std::{sync::Arc, time::Duration};

/// Connections of one peer; more than one come from dialling each other at the same time, and from
/// networks that he has left.
const PER_PEER: u32 = 8;
/// Connections others may have opened, and may be opening.
const INCOMING: u32 = 256;
const PENDING: u32 = 32;
/// Peers dialled at the same time. A dial given up lives on a little, hence the second number.
pub(crate) const DIALS: usize = 48;
const PENDING_DIALS: u32 = 128;
/// How long a connection may take to come up, from the first packet to the last handshake.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// Memory of the whole process above which no connection is taken, in bytes.
const MEMORY: usize = 2 * 1024 * 1024 * 1024;
/// A connection without streams is closed after this long.
const IDLE: Duration = Duration::from_secs(60);
/// A dead connection is noticed after the two together at the latest.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(6);
/// What we say of ourselves to every connection; it must not tell people apart.
const AGENT: &str = "didcomm";

#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) limits: connection_limits::Behaviour,
    pub(crate) memory: memory_connection_limits::Behaviour,
    pub(crate) identify: Quiet,
    pub(crate) ping: ping::Behaviour,
    pub(crate) mdns: Toggle<mdns::tokio::Behaviour>,
    pub(crate) streams: libp2p_stream::Behaviour,
    pub(crate) relay: relay::client::Behaviour,
    pub(crate) punching: Punching,
    pub(crate) autonat: Fresh<autonat::v2::client::Behaviour>,
    pub(crate) upnp: Toggle<upnp::tokio::Behaviour>,
}

/// Who may find us, and how.
pub(crate) struct Reach {
    pub(crate) mdns: bool,
    pub(crate) upnp: bool,
    pub(crate) loopback: bool,
    pub(crate) acquaintances: Arc<Acquaintances>,
}

/// Builds a swarm that listens nowhere yet. Must be called within a tokio runtime.
pub(crate) fn build(
    keypair: identity::Keypair,
    reach: Reach,
) -> Result<Swarm<Behaviour>, noise::Error> {
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )?
        .with_quic()
        .with_relay_client(noise::Config::new, yamux::Config::default)?
        .with_behaviour(|keypair, relay| Behaviour::new(keypair, relay, reach))
        .unwrap_or_else(|never| match never {})
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE).with_smart_dial())
        .with_connection_timeout(CONNECT_PATIENCE)
        .build();
    Ok(swarm)
}

impl Behaviour {
    fn new(keypair: &identity::Keypair, relay: relay::client::Behaviour, reach: Reach) -> Self {
        let limits = ConnectionLimits::default()
            .with_max_established_per_peer(Some(PER_PEER))
            .with_max_established_incoming(Some(INCOMING))
            .with_max_pending_incoming(Some(PENDING))
            .with_max_pending_outgoing(Some(PENDING_DIALS));
        let peer = keypair.public().to_peer_id();
        let mdns = reach
            .mdns
            .then(|| mdns::tokio::Behaviour::new(mdns::Config::default(), peer));
        let mdns = mdns.and_then(|started| {
            started
                .inspect_err(|error| tracing::warn!(%error, "no local discovery"))
                .ok()
        });
        Self {
            limits: connection_limits::Behaviour::new(limits),
            memory: memory_connection_limits::Behaviour::with_max_bytes(MEMORY),
            identify: Quiet::new(identify(keypair)),
            ping: ping::Behaviour::new(ping()),
            mdns: mdns.into(),
            streams: libp2p_stream::Behaviour::new(),
            relay,
            punching: Punching::new(peer, reach.acquaintances, reach.loopback),
            autonat: Fresh::new(autonat::v2::client::Behaviour::default),
            upnp: reach.upnp.then(upnp::tokio::Behaviour::default).into(),
        }
    }
}

/// What is said of us to every connection, and of whom it is asked.
pub(crate) fn identify(keypair: &identity::Keypair) -> identify::Config {
    identify::Config::new(format!("/{AGENT}"), keypair.public())
        .with_agent_version(AGENT.to_owned())
        .with_hide_listen_addrs(true)
        .with_cache_size(0)
}

pub(crate) fn ping() -> ping::Config {
    ping::Config::new()
        .with_interval(PING_INTERVAL)
        .with_timeout(PING_TIMEOUT)
}

/// Takes streams in, for one protocol. It does nothing but spawn, because libp2p-stream drops
/// what is not fetched at once.
pub(crate) async fn accept(
    mut streams: libp2p_stream::IncomingStreams,
    answered: bool,
    intake: Arc<Intake>,
    tasks: Tasks,
) {
    while let Some((peer, stream)) = streams.next().await {
        let intake = Arc::clone(&intake);
        tasks.spawn(async move { intake.serve(peer, stream, answered).await });
    }
}

/// The protocols we accept, and whether they have answers.
pub(crate) const PROTOCOLS: [(StreamProtocol, bool); 2] = [(ANSWERED, true), (SIMPLEX, false)];
