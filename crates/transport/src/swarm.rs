//! The one task that owns the libp2p swarm: listening, dialling, and noticing what died.
//!
//! Envelopes don't pass through here. They travel on streams that the lanes open and the intake
//! serves; this task sees to the connections below them.

use crate::{
    Event, Reachable, address,
    behaviour::{self, Behaviour, BehaviourEvent},
    book::Book,
    intake::Intake,
    news::News,
    port,
};
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::{ConnectedPoint, transport::ListenerId},
    identity, mdns, noise, ping,
    swarm::{
        ConnectionId, DialError, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, interval, timeout_at},
};

/// How long a start waits for the first listen addresses to come up.
const START_PATIENCE: Duration = Duration::from_secs(1);
/// And for the rest of them, once there is one.
const START_SETTLE: Duration = Duration::from_millis(100);
/// How often listeners that closed are tried again, and forgotten answers swept.
const TICK: Duration = Duration::from_secs(5);
/// Addresses we announce.
const MAX_ANNOUNCED: usize = 16;

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
    /// Listeners that closed, or could not be opened yet: to be opened again.
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
        let swarm = behaviour::build(setup.keypair, setup.mdns)?;
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
        let listen: Vec<_> = setup.listen.into_iter().map(port::free).collect();
        for asked in listen {
            if !task.listen(asked.clone()) {
                tracing::warn!("cannot listen at one of the addresses yet");
                task.closed.push(asked);
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
                    port::keep(&mut listener.asked, &address);
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
