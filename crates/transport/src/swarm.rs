//! The one task that owns the libp2p swarm: listening, dialling, and noticing what died.
//!
//! Envelopes don't pass through here. They travel on streams that the lanes open and the intake
//! serves; this task sees to the connections below them.

use crate::{
    Event, Reachable, address,
    book::Book,
    frame::{ANSWERED, SIMPLEX},
    intake::Intake,
    news::News,
    router::Tasks,
};
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, connection_limits,
    connection_limits::ConnectionLimits,
    core::{ConnectedPoint, transport::ListenerId},
    identify, identity, mdns, memory_connection_limits, noise, ping,
    swarm::{
        ConnectionId, DialError, NetworkBehaviour, SwarmEvent,
        behaviour::toggle::Toggle,
        dial_opts::{DialOpts, PeerCondition},
    },
    tcp, yamux,
};
use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, interval, timeout_at},
};

/// Connections of one peer; more than one come from dialling each other at the same time.
const PER_PEER: u32 = 4;
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
/// How long a start waits for the first listen addresses to come up.
const START_PATIENCE: Duration = Duration::from_secs(1);
/// And for the rest of them, once there is one.
const START_SETTLE: Duration = Duration::from_millis(100);
/// How often listeners that closed are tried again, and forgotten answers swept.
const TICK: Duration = Duration::from_secs(5);
/// Addresses we announce.
const MAX_ANNOUNCED: usize = 16;
/// What we say of ourselves to every connection; it must not tell people apart.
const AGENT: &str = "didcomm";

#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    limits: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    mdns: Toggle<mdns::tokio::Behaviour>,
    streams: libp2p_stream::Behaviour,
}

/// What the swarm is asked for.
pub(crate) enum Command {
    /// Sees to a connection with `peer`; if `fresh`, to another than those that stand.
    Dial {
        peer: PeerId,
        addresses: Vec<Multiaddr>,
        fresh: bool,
        reply: oneshot::Sender<Result<(), String>>,
    },
}

/// How things stand, for all to see.
#[derive(Default)]
pub(crate) struct Network {
    connected: RwLock<HashSet<PeerId>>,
    reachable: RwLock<Reachable>,
    listening: RwLock<Vec<String>>,
}

impl Network {
    pub(crate) fn is_connected(&self, peer: &PeerId) -> bool {
        self.connected
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(peer)
    }

    pub(crate) fn reachable(&self) -> Reachable {
        self.reachable
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn listening(&self) -> Vec<String> {
        self.listening
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A place we listen at.
struct Listener {
    /// As asked for, with the port it got.
    asked: Multiaddr,
    addresses: Vec<Multiaddr>,
}

/// Somebody waits for a connection with `peer` by this dial.
struct Waiter {
    peer: PeerId,
    dial: ConnectionId,
    reply: oneshot::Sender<Result<(), String>>,
}

pub(crate) struct Task {
    swarm: Swarm<Behaviour>,
    pub(crate) network: Arc<Network>,
    commands: mpsc::UnboundedReceiver<Command>,
    events: mpsc::Sender<Event>,
    intake: Arc<Intake>,
    news: News,
    book: Book,
    waiters: Vec<Waiter>,
    listeners: HashMap<ListenerId, Listener>,
    /// Listeners that closed and are to be opened again.
    closed: Vec<Multiaddr>,
    loopback: bool,
    http: Option<String>,
}

/// What a swarm needs to know.
pub(crate) struct Setup {
    pub(crate) keypair: identity::Keypair,
    pub(crate) listen: Vec<Multiaddr>,
    pub(crate) mdns: bool,
    pub(crate) loopback: bool,
    pub(crate) http: Option<String>,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    pub(crate) intake: Arc<Intake>,
}

impl Task {
    /// Builds the swarm and listens. Must be called within a tokio runtime.
    pub(crate) fn new(setup: Setup) -> Result<Self, noise::Error> {
        let swarm = build(setup.keypair, setup.mdns)?;
        let mut task = Self {
            swarm,
            network: Arc::default(),
            commands: setup.commands,
            events: setup.events,
            intake: setup.intake,
            news: News::default(),
            book: Book::default(),
            waiters: Vec::new(),
            listeners: HashMap::new(),
            closed: Vec::new(),
            loopback: setup.loopback,
            http: setup.http,
        };
        // All ports are looked at before the first is taken, for ours would be in the way.
        let listen: Vec<_> = setup.listen.into_iter().map(free_port).collect();
        for asked in listen {
            if !task.listen(asked.clone()) {
                tracing::warn!("cannot listen at one of the addresses");
            }
        }
        Ok(task)
    }

    pub(crate) fn control(&self) -> libp2p_stream::Control {
        self.swarm.behaviour().streams.new_control()
    }

    /// Waits, not for long, until the listeners know their addresses.
    pub(crate) async fn settle(&mut self) {
        let mut deadline = Instant::now() + START_PATIENCE;
        while self
            .listeners
            .values()
            .any(|listener| listener.addresses.is_empty())
        {
            let Ok(event) = timeout_at(deadline, self.swarm.select_next_some()).await else {
                break;
            };
            self.on_event(event);
            if self
                .listeners
                .values()
                .any(|listener| !listener.addresses.is_empty())
            {
                deadline = deadline.min(Instant::now() + START_SETTLE);
            }
        }
        // Whoever starts us asks for this himself.
        self.announce();
        self.news = News::default();
    }

    pub(crate) async fn run(mut self) {
        let mut tick = interval(TICK);
        let events = self.events.clone();
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(command) = self.commands.recv() => self.on_command(command),
                Ok(place) = events.reserve(), if !self.news.is_empty() => {
                    if let Some(event) = self.news.take() {
                        place.send(event);
                    }
                }
                _ = tick.tick() => self.on_tick(),
            }
        }
    }

    fn listen(&mut self, asked: Multiaddr) -> bool {
        match self.swarm.listen_on(asked.clone()) {
            Ok(id) => {
                self.listeners.insert(
                    id,
                    Listener {
                        asked,
                        addresses: Vec::new(),
                    },
                );
                true
            }
            Err(error) => {
                tracing::debug!(%asked, %error, "cannot listen");
                false
            }
        }
    }

    fn on_tick(&mut self) {
        self.intake.sweep();
        for asked in std::mem::take(&mut self.closed) {
            if !self.listen(asked.clone()) {
                self.closed.push(asked);
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        let Command::Dial {
            peer,
            addresses,
            fresh,
            reply,
        } = command;
        self.waiters.retain(|waiter| !waiter.reply.is_closed());
        let connected = self.swarm.is_connected(&peer);
        if connected && !fresh {
            drop(reply.send(Ok(())));
            return;
        }
        if connected {
            // It fails where there is nothing left to disconnect, and then all is well.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let mut known = addresses;
        for address in self.book.addresses(&peer) {
            if !known.contains(&address) {
                known.push(address);
            }
        }
        if known.is_empty() {
            drop(reply.send(Err("no address of the other side is known".to_owned())));
            return;
        }
        let dial = DialOpts::peer_id(peer)
            .condition(PeerCondition::Always)
            .addresses(known)
            .build();
        let id = dial.connection_id();
        match self.swarm.dial(dial) {
            Ok(()) => self.waiters.push(Waiter {
                peer,
                dial: id,
                reply,
            }),
            Err(error) => drop(reply.send(Err(sentence(&error)))),
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                endpoint,
                num_established,
                ..
            } => {
                if let ConnectedPoint::Dialer { address, .. } = &endpoint
                    && let Some(address) =
                        address::dialable_address(address, &peer_id, self.loopback)
                {
                    self.book.worked(peer_id, address);
                }
                if num_established.get() == 1 {
                    self.connected(peer_id, true);
                }
                for waiter in self.waiters.extract_if(.., |waiter| waiter.peer == peer_id) {
                    drop(waiter.reply.send(Ok(())));
                }
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                num_established,
                cause,
                ..
            } => {
                tracing::debug!(%peer_id, ?cause, "connection closed");
                if num_established == 0 {
                    self.connected(peer_id, false);
                }
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                error,
                ..
            } => {
                tracing::debug!(%error, "dial failed");
                let failed = |waiter: &mut Waiter| waiter.dial == connection_id;
                for waiter in self.waiters.extract_if(.., failed) {
                    drop(waiter.reply.send(Err(sentence(&error))));
                }
            }
            SwarmEvent::NewListenAddr {
                listener_id,
                address,
            } => {
                if let Some(listener) = self.listeners.get_mut(&listener_id) {
                    keep_port(&mut listener.asked, &address);
                    if !listener.addresses.contains(&address) {
                        listener.addresses.push(address);
                    }
                    self.announce();
                }
            }
            SwarmEvent::ExpiredListenAddr {
                listener_id,
                address,
            } => {
                if let Some(listener) = self.listeners.get_mut(&listener_id) {
                    listener.addresses.retain(|known| *known != address);
                    self.announce();
                }
            }
            SwarmEvent::ListenerClosed {
                listener_id,
                reason,
                ..
            } => {
                tracing::debug!(?reason, "listener closed");
                if let Some(listener) = self.listeners.remove(&listener_id) {
                    self.closed.push(listener.asked);
                    self.announce();
                }
            }
            // libp2p's own enum, which grows; the rest tells us nothing to act on.
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Ping(ping::Event {
                connection, result, ..
            }) => {
                let unsupported = matches!(result, Err(ping::Failure::Unsupported));
                if result.is_err() && !unsupported {
                    self.swarm.close_connection(connection);
                }
            }
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => {
                for (peer, address) in found {
                    if let Some(address) = address::dialable_address(&address, &peer, self.loopback)
                    {
                        self.book.found(peer, address);
                        self.news.found(peer, self.book.addresses(&peer));
                    }
                }
            }
            BehaviourEvent::Mdns(mdns::Event::Expired(lost)) => {
                for (peer, address) in lost {
                    if let Some(address) = address::dialable_address(&address, &peer, self.loopback)
                    {
                        self.book.lost(&peer, &address);
                    }
                }
            }
            BehaviourEvent::Identify(_) | BehaviourEvent::Streams(()) => {}
            BehaviourEvent::Limits(never) | BehaviourEvent::Memory(never) => match never {},
        }
    }

    fn connected(&mut self, peer: PeerId, connected: bool) {
        let changed = {
            let mut all = self
                .network
                .connected
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            if connected {
                all.insert(peer)
            } else {
                all.remove(&peer)
            }
        };
        if changed {
            self.news.peer(peer, connected);
        }
    }

    /// Works out where we can be reached, and tells if that changed.
    fn announce(&mut self) {
        let mut addresses: Vec<_> = self
            .listeners
            .values()
            .flat_map(|listener| &listener.addresses)
            .filter(|address| address::announceable(address, self.loopback))
            .collect();
        addresses.sort_by_cached_key(|address| (address::rank(address), address.to_string()));
        addresses.dedup();
        addresses.truncate(MAX_ANNOUNCED);

        let reachable = Reachable {
            peer_id: self.swarm.local_peer_id().to_string(),
            multi_addrs: addresses.into_iter().map(Multiaddr::to_string).collect(),
            http: self.http.clone(),
        };
        let mut listening: Vec<_> = self
            .listeners
            .values()
            .map(|listener| listener.asked.to_string())
            .collect();
        listening.extend(self.closed.iter().map(Multiaddr::to_string));
        listening.sort();

        let network = &self.network;
        *network
            .listening
            .write()
            .unwrap_or_else(PoisonError::into_inner) = listening;
        let mut known = network
            .reachable
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if *known != reachable {
            known.clone_from(&reachable);
            drop(known);
            self.news.reachable(reachable);
        }
    }
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
pub(crate) const PROTOCOLS: [(libp2p::StreamProtocol, bool); 2] =
    [(ANSWERED, true), (SIMPLEX, false)];

fn build(keypair: identity::Keypair, mdns: bool) -> Result<Swarm<Behaviour>, noise::Error> {
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )?
        .with_quic()
        .with_behaviour(|keypair| Behaviour::new(keypair, mdns))
        .unwrap_or_else(|never| match never {})
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE).with_smart_dial())
        .with_connection_timeout(CONNECT_PATIENCE)
        .build();
    Ok(swarm)
}

impl Behaviour {
    fn new(keypair: &identity::Keypair, mdns: bool) -> Self {
        let limits = ConnectionLimits::default()
            .with_max_established_per_peer(Some(PER_PEER))
            .with_max_established_incoming(Some(INCOMING))
            .with_max_pending_incoming(Some(PENDING))
            .with_max_pending_outgoing(Some(PENDING_DIALS));
        let identify = identify::Config::new(format!("/{AGENT}"), keypair.public())
            .with_agent_version(AGENT.to_owned())
            .with_hide_listen_addrs(true)
            .with_cache_size(0);
        let ping = ping::Config::new()
            .with_interval(PING_INTERVAL)
            .with_timeout(PING_TIMEOUT);
        let peer = keypair.public().to_peer_id();
        let mdns = mdns.then(|| mdns::tokio::Behaviour::new(mdns::Config::default(), peer));
        let mdns = mdns.and_then(|started| {
            started
                .inspect_err(|error| tracing::warn!(%error, "no local discovery"))
                .ok()
        });
        Self {
            limits: connection_limits::Behaviour::new(limits),
            memory: memory_connection_limits::Behaviour::with_max_bytes(MEMORY),
            identify: identify::Behaviour::new(identify),
            ping: ping::Behaviour::new(ping),
            mdns: mdns.into(),
            streams: libp2p_stream::Behaviour::new(),
        }
    }
}

/// Whether the port of a plain address is ours to take. libp2p shares TCP ports with whoever
/// shares his, so it would not notice.
pub(crate) fn is_free(socket: SocketAddr, wire: address::Wire) -> bool {
    match wire {
        address::Wire::Quic => std::net::UdpSocket::bind(socket).is_ok(),
        address::Wire::Tcp => std::net::TcpListener::bind(socket).is_ok(),
    }
}

/// The address itself, or with any port if its own is taken.
fn free_port(asked: Multiaddr) -> Multiaddr {
    match address::socket(&asked) {
        Some((mut socket, wire, _)) if !is_free(socket, wire) => {
            socket.set_port(0);
            address::multiaddr(socket, wire)
        }
        _ => asked,
    }
}

/// Puts the port a listener got into the address that was asked for.
fn keep_port(asked: &mut Multiaddr, got: &Multiaddr) {
    if let (Some((mut socket, wire, _)), Some((got, _, _))) =
        (address::socket(asked), address::socket(got))
    {
        socket.set_port(got.port());
        *asked = address::multiaddr(socket, wire);
    }
}

/// What a failed dial means, in one sentence.
fn sentence(error: &DialError) -> String {
    let said = match error {
        DialError::WrongPeerId { .. } => "somebody else answers at the known addresses",
        DialError::LocalPeerId { .. } => "the address is our own",
        DialError::NoAddresses => "no address of the other side is known",
        DialError::Denied { .. } => "there are too many connections",
        DialError::DialPeerConditionFalse(_) | DialError::Aborted => "the dial was given up",
        DialError::Transport(_) => "nobody answers at the known addresses",
    };
    said.to_owned()
}
