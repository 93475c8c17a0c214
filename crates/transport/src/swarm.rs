//! The one task that owns the libp2p swarm: listening, dialling, and noticing what died.
//!
//! Envelopes don't pass through here. They travel on streams that the lanes open and the intake
//! serves; this task sees to the connections below them.

mod events;
mod reach;

use crate::{
    Event, Reachable,
    behaviour::{self, Behaviour},
    book::Book,
    intake::Intake,
    links::Links,
    news::News,
    port,
    rendezvous::Standing,
    reservations::{Relay, Reservations},
};
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::transport::ListenerId,
    identity, noise,
    swarm::{
        ConnectionId, DialError,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, interval, sleep_until, timeout_at},
};

/// How long a start waits for the first listen addresses to come up.
const START_PATIENCE: Duration = Duration::from_secs(1);
/// And for the rest of them, once there is one.
const START_SETTLE: Duration = Duration::from_millis(100);
/// How often listeners that closed are tried again, and forgotten answers swept.
const TICK: Duration = Duration::from_secs(5);

/// What the swarm is asked for.
pub(crate) enum Command {
    /// Sees to a connection with `peer`; if `fresh`, to another than those that stand.
    Dial {
        peer: PeerId,
        addresses: Vec<Multiaddr>,
        fresh: bool,
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// Tries these addresses of a peer whom only relays lead to.
    Straighten {
        peer: PeerId,
        addresses: Vec<Multiaddr>,
    },
    /// Has a place at each of these relays, and at no others.
    UseRelays(Vec<Relay>),
}

/// How things stand, for all to see.
#[derive(Default)]
pub(crate) struct Network {
    connected: RwLock<HashSet<PeerId>>,
    /// Those of them with whom all goes through relays.
    relayed: RwLock<HashSet<PeerId>>,
    reachable: RwLock<Reachable>,
    listening: RwLock<Vec<String>>,
    /// How often this machine came into another network.
    changes: watch::Sender<u64>,
    /// What rendezvous points are told.
    standing: watch::Sender<Standing>,
}

impl Network {
    pub(crate) fn is_connected(&self, peer: &PeerId) -> bool {
        self.connected
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(peer)
    }

    /// Whether connections with `peer` stand, and all of them go through relays.
    pub(crate) fn is_relayed(&self, peer: &PeerId) -> bool {
        self.relayed
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(peer)
    }

    /// How often this machine came into another network.
    pub(crate) fn change(&self) -> u64 {
        *self.changes.borrow()
    }

    /// Tells when this machine comes into another network from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Tells where rendezvous points say that we are.
    pub(crate) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    fn stands(&self, standing: Standing) {
        self.standing.send_if_modified(|known| {
            let is_news = *known != standing;
            *known = standing;
            is_news
        });
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
    links: Links,
    reservations: Reservations,
    /// Addresses that are ours as others see us.
    confirmed: Vec<Multiaddr>,
    /// Relays with which we connected by both wires in this network.
    seen_by_both: HashSet<PeerId>,
    /// When this machine last came into another network.
    changed_at: Option<Instant>,
    /// When others are told where we are.
    announce_at: Option<Instant>,
    loopback: bool,
    http: Option<String>,
}

/// What a swarm needs to know.
pub(crate) struct Setup {
    pub(crate) keypair: identity::Keypair,
    pub(crate) listen: Vec<Multiaddr>,
    pub(crate) reach: behaviour::Reach,
    pub(crate) http: Option<String>,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    pub(crate) intake: Arc<Intake>,
}

impl Task {
    /// Builds the swarm and listens. Must be called within a tokio runtime.
    pub(crate) fn new(setup: Setup) -> Result<Self, noise::Error> {
        let loopback = setup.reach.loopback;
        let swarm = behaviour::build(setup.keypair, setup.reach)?;
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
            links: Links::default(),
            reservations: Reservations::default(),
            confirmed: Vec::new(),
            seen_by_both: HashSet::new(),
            changed_at: None,
            announce_at: None,
            loopback,
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
        self.announce_at = None;
        self.news = News::default();
    }

    pub(crate) async fn run(mut self) {
        let mut tick = interval(TICK);
        let events = self.events.clone();
        loop {
            let due = self
                .reservations
                .next()
                .into_iter()
                .chain(self.announce_at)
                .min();
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(command) = self.commands.recv() => self.on_command(command),
                Ok(place) = events.reserve(), if !self.news.is_empty() => {
                    if let Some(event) = self.news.take() {
                        place.send(event);
                    }
                }
                _ = tick.tick() => self.on_tick(),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.reserve();
                    if self.announce_at.take_if(|at| *at <= Instant::now()).is_some() {
                        self.announce();
                    }
                }
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
        let (peer, addresses, fresh, reply) = match command {
            Command::UseRelays(relays) => return self.use_relays(relays),
            Command::Straighten { peer, addresses } => return self.straighten(peer, addresses),
            Command::Dial {
                peer,
                addresses,
                fresh,
                reply,
            } => (peer, addresses, fresh, reply),
        };
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
