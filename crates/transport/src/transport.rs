//! The handle: starting, delivering, answering, stopping.

use crate::{
    Answer, Attempt, Endpoint, Event, InboundId, Listen, Reachable,
    acquaintances::Acquaintances,
    address, behaviour,
    errand::Errand,
    http::{self, inbound, live::Lives, outbound::Poster},
    intake::Intake,
    port,
    rendezvous::{Keeper, Meeting},
    reservations::Relay,
    router::{Lanes, Router, Tasks},
    swarm::{Command, Setup, Task},
};
use libp2p::{Multiaddr, identity::Keypair};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    runtime::Handle,
    sync::{Semaphore, mpsc},
    time::{Instant, sleep},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// Where we listen if nothing else is said.
const LISTEN: [&str; 4] = [
    "/ip4/0.0.0.0/udp/0/quic-v1",
    "/ip4/0.0.0.0/tcp/0",
    "/ip6/::/udp/0/quic-v1",
    "/ip6/::/tcp/0",
];
/// Events that may wait for the node.
const EVENTS: usize = 256;
/// How long a stop waits for the ports to come free, and how often it looks.
const STOP_PATIENCE: Duration = Duration::from_secs(3);
const STOP_LOOK: Duration = Duration::from_millis(20);

/// How a transport is to be set up.
#[derive(Clone)]
pub struct Config {
    /// The Ed25519 seed of the transport key, random per profile. Our PeerId follows from it.
    pub peer_secret: [u8; 32],
    /// Multiaddrs to listen at: [`Transport::listening`] of the last start keeps the ports. Empty
    /// means any port on all interfaces. A port that is taken falls back to any.
    pub listen: Vec<String>,
    /// Whether to find, and be found by, others in the local network.
    pub mdns: bool,
    /// Whether to ask the router, by UPnP, to let others through to us.
    pub upnp: bool,
    /// Set if we have an HTTP endpoint of our own.
    pub http: Option<http::Config>,
    /// Whether loopback addresses are announced and dialled, as when all live on one machine.
    pub loopback: bool,
}

// The seed stays out of logs.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("mdns", &self.mdns)
            .field("upnp", &self.upnp)
            .field("http", &self.http)
            .field("loopback", &self.loopback)
            .finish_non_exhaustive()
    }
}

/// Why no transport could be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is wrong: correct it.
    #[error("{0:?} is not an address we can listen at")]
    Address(String),
    /// The HTTP address is taken or not ours: choose another.
    #[error("cannot listen for HTTP at {0}")]
    Http(SocketAddr, #[source] std::io::Error),
    /// A relay would be found by nobody: say where.
    #[error("no address of this machine is one by which others find it")]
    Nowhere,
    /// The seed makes no key, or the cryptography could not be set up: nothing to be done.
    #[error("the transport key cannot be used")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Carries envelopes. Clones are the same transport; it ends with the last of them, or by
/// [`Transport::stop`].
#[derive(Clone)]
pub struct Transport {
    router: Arc<Router>,
    acquaintances: Arc<Acquaintances>,
    _ended: Arc<DropGuard>,
}

/// Starts a transport within the current tokio runtime.
///
/// The receiver must be read all the time: what comes in waits for it.
///
/// # Errors
/// [`StartError`] if a listen address cannot be read or the HTTP address not be taken. A libp2p
/// address that cannot be listened at is only logged, for dialling works without.
pub async fn start(config: Config) -> Result<(Transport, mpsc::Receiver<Event>), StartError> {
    let keypair = Keypair::ed25519_from_bytes(config.peer_secret)
        .map_err(|error| StartError::Key(error.into()))?;
    let listen = listen_addresses(&config.listen)?;
    let endpoint = match &config.http {
        Some(http) => Some(bind(http).await?),
        None => None,
    };
    let url = endpoint.as_ref().and_then(|(_, url)| url.clone());

    let (events, received) = mpsc::channel(EVENTS);
    let (commands, commanded) = mpsc::unbounded_channel();
    let intake = Arc::new(Intake::new(events.clone()));
    let tasks = Tasks {
        runtime: Handle::current(),
        tracker: TaskTracker::new(),
        ended: CancellationToken::new(),
    };
    let acquaintances = Arc::new(Acquaintances::default());
    let mut task = Task::new(Setup {
        keypair: keypair.clone(),
        listen,
        reach: behaviour::Reach {
            mdns: config.mdns,
            upnp: config.upnp,
            loopback: config.loopback,
            acquaintances: Arc::clone(&acquaintances),
        },
        http: url.clone(),
        events: events.clone(),
        commands: commanded,
        intake: Arc::clone(&intake),
    })
    .map_err(|error| StartError::Key(error.into()))?;

    let mut control = task.control();
    for (protocol, answered) in behaviour::PROTOCOLS {
        let streams = control
            .accept(protocol)
            .map_err(|error| StartError::Key(Box::new(error)))?;
        tasks.spawn(behaviour::accept(
            streams,
            answered,
            Arc::clone(&intake),
            tasks.clone(),
        ));
    }
    task.settle().await;
    if let Some((listener, _)) = endpoint {
        let limits = inbound::Limits::default();
        tasks.spawn(inbound::serve(
            listener,
            Arc::clone(&intake),
            limits,
            tasks.clone(),
        ));
    }
    let router = Router {
        control,
        network: Arc::clone(&task.network),
        intake,
        poster: Poster::new(url.as_deref(), config.loopback, task.network.changes()),
        events,
        commands,
        dials: Semaphore::new(behaviour::DIALS),
        tasks: tasks.clone(),
        lanes: Lanes::default(),
        posts: Lanes::default(),
        lives: Lives::default(),
        meetings: Arc::default(),
        loopback: config.loopback,
    };
    let keeper = Keeper {
        keypair,
        control: router.control.clone(),
        network: Arc::clone(&router.network),
        meetings: Arc::clone(&router.meetings),
    };
    tasks.spawn(task.run());
    tasks.spawn(keeper.run());
    let transport = Transport {
        router: Arc::new(router),
        acquaintances,
        _ended: Arc::new(tasks.ended.drop_guard()),
    };
    Ok((transport, received))
}

impl Transport {
    /// Our PeerId.
    #[must_use]
    pub fn peer_id(&self) -> String {
        self.router.network.reachable().peer_id
    }

    /// Where others can reach us as things stand.
    #[must_use]
    pub fn reachable(&self) -> Reachable {
        self.router.network.reachable()
    }

    /// Where we listen, ports included: what [`Config::listen`] wants at the next start.
    #[must_use]
    pub fn listening(&self) -> Vec<String> {
        self.router.network.listening()
    }

    /// Queues an attempt and returns at once; its end is told by [`Event::Attempt`], unless the
    /// transport stops before. Attempts for one peer leave in the order given.
    pub fn deliver(&self, attempt: Attempt) {
        self.router
            .start(Errand::new(attempt, self.router.loopback));
    }

    /// Fetches what a link leads to, because a person asks for it: over https, or over http in our own
    /// network; at most 64 KiB, within seconds, by at most three redirects. A redirect to a link that
    /// `is_found` is not followed.
    ///
    /// # Errors
    /// [`http::FetchError`].
    pub async fn fetch(
        &self,
        link: &str,
        is_found: impl Fn(&str) -> bool,
    ) -> Result<http::Found, http::FetchError> {
        http::document::fetch(&self.router.poster, link, is_found).await
    }

    /// Opens a connection on which somebody sends us what comes; [`Event::Live`] tells when it stands, and
    /// when it is over.
    pub fn listen(&self, listen: Listen) {
        self.router.lives.open(&self.router, listen);
    }

    /// Ends the connection of this name.
    pub fn unlisten(&self, name: &str) {
        self.router.lives.close(name);
    }

    /// Has a place at each of these relays (`libp2p-peerId:…`, with their addresses), at most four,
    /// and at no others; those that cannot be read are passed over. What comes of it is told by
    /// [`Event::Reachable`].
    pub fn use_relays(&self, relays: &[Endpoint]) {
        let read = |told| Relay::read(told, self.router.loopback);
        let relays = relays.iter().filter_map(read).collect();
        // A transport that has ended needs none.
        drop(self.router.commands.send(Command::UseRelays(relays)));
    }

    /// The contact of this name is these peers from now on, or may no longer learn where we are. Whoever
    /// comes through a relay finds a straight way only if he is one of those.
    pub fn know(&self, name: &str, peer_ids: &[String]) {
        let peers = peer_ids.iter().filter_map(|peer| peer.parse().ok());
        self.acquaintances.know(name, peers.collect());
    }

    /// These are the contacts, at most [`MAX_MEETINGS`](crate::MAX_MEETINGS), the likeliest first, who find us
    /// at the relays where we have a place, and whom we look for at theirs and ours when they are at none
    /// of the addresses that we know; nobody else is. Whoever is no longer among them finds us no more.
    pub fn meet(&self, meetings: Vec<Meeting>) {
        self.router.meetings.are(meetings);
    }

    /// Answers whoever brought an envelope. Each envelope is to be answered once, and soon:
    /// bringers are put off after a minute, over HTTP after ten seconds.
    pub fn answer(&self, inbound: InboundId, answer: Answer) {
        self.router.intake.answer(inbound, answer);
    }

    /// Ends the transport and waits until its tasks are gone and its ports free.
    pub async fn stop(self) {
        let listening = self.listening();
        let tasks = &self.router.tasks;
        tasks.ended.cancel();
        tasks.tracker.close();
        tasks.tracker.wait().await;

        // QUIC says good-bye for a moment after its connections are gone.
        let deadline = Instant::now() + STOP_PATIENCE;
        let busy = |text: &String| {
            let plain = text
                .parse()
                .ok()
                .and_then(|address| address::socket(&address));
            plain.is_some_and(|(socket, wire, _)| !port::is_free(socket, wire))
        };
        while listening.iter().any(busy) && Instant::now() < deadline {
            sleep(STOP_LOOK).await;
        }
    }
}

fn listen_addresses(asked: &[String]) -> Result<Vec<Multiaddr>, StartError> {
    let read = |text: &str| {
        let address: Option<Multiaddr> = text.parse().ok();
        let address = address.filter(|address| address::socket(address).is_some());
        address.ok_or_else(|| StartError::Address(text.to_owned()))
    };
    if asked.is_empty() {
        return LISTEN.into_iter().map(read).collect();
    }
    asked.iter().map(|text| read(text)).collect()
}

/// Takes the HTTP address and works out the URL by which others know it, if they can.
async fn bind(config: &http::Config) -> Result<(TcpListener, Option<String>), StartError> {
    let taken = |error| StartError::Http(config.listen, error);
    let listener = TcpListener::bind(config.listen).await.map_err(taken)?;
    let bound = listener.local_addr().map_err(taken)?;
    let named = !bound.ip().is_unspecified();
    let url = config
        .public_url
        .clone()
        .or_else(|| named.then(|| format!("http://{bound}/")));
    Ok((listener, url))
}
