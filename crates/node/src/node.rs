//! The handle: starting, asking, stopping.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    thread,
};

use rand::{SeedableRng, rngs::StdRng};
use signet_protocol::{
    Messenger,
    command::{Answer, Command},
};
use signet_store::{Standing, Store};
use signet_transport::{self as transport, Transport, http};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::{
    clock::Clock,
    event::{Event, Shown},
    reach::{self, Reachable},
    rendezvous::Rendezvous,
    run::{Input, Look, Reply, Run},
    unlock::{Secrets, Unlock, keyring_answers, random, with_unlock, with_wraps},
    view::{self, ProfileState, ViewError},
};

/// Inputs that may wait for the loop.
const INPUTS: usize = 1024;
/// Events that a slow listener may lag behind before it misses some.
const EVENTS: usize = 4096;

const PEER_SECRET: &str = "peer-secret";
const LISTEN: &str = "listen";
pub(crate) const MDNS: &str = "mdns";
pub(crate) const UPNP: &str = "upnp";

/// How a node is to be started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The profile's folder.
    pub profile: PathBuf,
    /// Multiaddresses to listen at; empty: those of the last time, or any.
    pub listen: Vec<String>,
    /// Opens an inbound DIDComm endpoint there.
    pub http: Option<SocketAddr>,
    /// How others reach it, behind a proxy.
    pub public_url: Option<String>,
    /// Find and be found in the local network; `None`: as the person set it.
    pub mdns: Option<bool>,
    /// All live on this machine: announce and dial loopback addresses.
    pub loopback: bool,
    /// Without wires, as for a command that only looks or leaves something for later: nothing
    /// goes out or comes in, and where others reach us stays as it was.
    pub offline: bool,
}

/// An open profile with its loop and wires. Clones are the same node.
#[derive(Clone)]
pub struct Node {
    inner: Arc<Inner>,
}

struct Inner {
    profile: PathBuf,
    inputs: mpsc::Sender<Input>,
    events: broadcast::Sender<Event>,
    store: RwLock<Option<Arc<Store>>>,
    ended: watch::Receiver<Option<Result<(), ViewError>>>,
}

impl Node {
    /// What is known of a profile without opening it. Asks the keyring whether it answers, which
    /// may take a moment.
    ///
    /// # Errors
    /// One sentence if the folder cannot be read, or a newer version wrote it.
    pub fn standing(profile: &Path) -> Result<view::Profile, ViewError> {
        let (state, passphrase, keyring, plain) =
            match signet_store::standing(profile).map_err(ViewError::new)? {
                Standing::Missing => (ProfileState::Missing, false, false, false),
                Standing::Present {
                    passphrase,
                    keyring,
                    plain,
                } => (ProfileState::Locked, passphrase, keyring, plain),
            };
        let keyring_offered = keyring_answers();
        Ok(view::Profile {
            state,
            name: String::new(),
            passphrase,
            keyring,
            plain,
            keyring_offered,
        })
    }

    /// Makes a profile and yields its unlock code, which is shown once. Blocks (Argon2id).
    ///
    /// # Errors
    /// One sentence; then there is no profile.
    pub fn create(profile: &Path, name: &str, secrets: &Secrets) -> Result<String, ViewError> {
        let name = name.trim();
        if name.is_empty() || name.len() > signet_protocol::limit::NAME {
            return Err(ViewError::new("a name of at most 256 bytes is needed"));
        }
        with_wraps(profile, secrets, |wraps| {
            let (store, code) = Store::create(profile, wraps).map_err(ViewError::new)?;
            let (_, changes) = Messenger::new(name);
            store.commit(&changes).map_err(ViewError::new)?;
            Ok(code.to_string())
        })
    }

    /// Makes a profile out of a backup and yields its unlock code. Blocks.
    ///
    /// # Errors
    /// One sentence; then there is no profile.
    pub fn restore(
        file: &Path,
        profile: &Path,
        unlock: &Unlock,
        secrets: &Secrets,
    ) -> Result<String, ViewError> {
        with_wraps(profile, secrets, |wraps| {
            with_unlock(profile, unlock, |unlock| {
                let (_, code) =
                    Store::restore(file, profile, unlock, wraps).map_err(ViewError::new)?;
                Ok(code.to_string())
            })
        })
    }

    /// Opens a profile and starts its loop and wires. Needs tokio's multi-thread runtime.
    ///
    /// # Errors
    /// One sentence: locked, taken by another process, damaged, or an address that cannot be had.
    pub async fn start(options: Options, unlock: Unlock) -> Result<Self, ViewError> {
        let profile = options.profile.clone();
        let (store, machine) = tokio::task::spawn_blocking(move || open(&profile, &unlock))
            .await
            .map_err(ViewError::new)??;
        let store = Arc::new(store);
        let (transport, arrivals) = if options.offline {
            (None, mpsc::channel(1).1)
        } else {
            let (transport, arrivals) = connect(&options, &store).await?;
            (Some(transport), arrivals)
        };

        let (inputs, received) = mpsc::channel(INPUTS);
        let (events, _) = broadcast::channel(EVENTS);
        let (end, ended) = watch::channel(None);
        let reachable = Reachable::default();
        let endpoints = transport
            .as_ref()
            .map(|transport| reachable.update(&transport.reachable()));
        let shown: Shown = machine
            .contacts()
            .map(|c| (c.id, (c.state, c.rotation.clone())))
            .collect();
        if let Some(transport) = &transport {
            let contacts = machine.contacts();
            contacts.for_each(|contact| reach::acquaint(transport, contact));
        }
        let run = Run {
            machine,
            store: Arc::clone(&store),
            transport,
            arrivals,
            inputs: received,
            events: events.clone(),
            clock: Clock::new(),
            rng: StdRng::from_seed(random()?),
            reachable,
            rendezvous: Rendezvous::new(),
            shown,
            settle_at: None,
            fetched: VecDeque::new(),
        };
        // The loop's first: what waited for this start shall not leave before we know where we are.
        let told = endpoints.map(|endpoints| {
            let (reply, told) = oneshot::channel();
            let queued = inputs.try_send(Input::Command(Command::Reachable(endpoints), reply));
            queued.map(|()| told).map_err(|_| gone())
        });
        own_thread(run, end)?;
        let store = RwLock::new(Some(store));
        let node = Self {
            inner: Arc::new(Inner {
                profile: options.profile,
                inputs,
                events,
                store,
                ended,
            }),
        };
        if let Some(told) = told {
            told?.await.map_err(|_| gone())??;
        }
        Ok(node)
    }

    /// What happens from here on. A listener that lags misses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// Ends loop and wires and releases the profile.
    pub async fn stop(&self) {
        let (stopped, wait) = oneshot::channel();
        if self.inner.inputs.send(Input::Stop(stopped)).await.is_ok() {
            let _ = wait.await;
        }
        self.release();
    }

    /// Waits until the node has ended, and says why if it ended by itself.
    pub async fn stopped(&self) -> Option<ViewError> {
        let mut ended = self.inner.ended.clone();
        let result = ended.wait_for(Option::is_some).await.ok()?.clone();
        self.release();
        result.and_then(Result::err)
    }

    /// The profile's folder.
    #[must_use]
    pub fn profile(&self) -> &Path {
        &self.inner.profile
    }

    fn release(&self) {
        self.inner
            .store
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// Hands a wish to the loop and waits for its commit.
    pub(crate) async fn command(&self, command: Command) -> Result<Answer, ViewError> {
        self.wish(|reply| Input::Command(command, reply)).await
    }

    /// As [`Node::command`], for sending under an id that may have been used for this very message.
    pub(crate) async fn repeated(&self, command: Command) -> Result<Answer, ViewError> {
        self.wish(|reply| Input::Repeated(command, reply)).await
    }

    async fn wish(&self, input: impl FnOnce(Reply) -> Input) -> Result<Answer, ViewError> {
        let (reply, answer) = oneshot::channel();
        let input = input(reply);
        self.inner.inputs.send(input).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Looks at what is committed.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Look) -> T + Send + 'static,
    ) -> Result<T, ViewError> {
        let (reply, answer) = oneshot::channel();
        let ask = Box::new(move |seen: &Look| {
            let _ = reply.send(look(seen));
        });
        self.inner
            .inputs
            .send(Input::Ask(ask))
            .await
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    /// Asks history, on a blocking thread.
    pub(crate) async fn history_of<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Store) -> Result<T, ViewError> + Send + 'static,
    ) -> Result<T, ViewError> {
        let store = self
            .inner
            .store
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let store = store.ok_or_else(gone)?;
        tokio::task::spawn_blocking(move || ask(&store))
            .await
            .map_err(ViewError::new)?
    }

    pub(crate) fn tell(&self, event: Event) {
        let _ = self.inner.events.send(event);
    }
}

/// Runs the loop, which blocks while it commits, on a thread of its own.
fn own_thread(
    run: Run,
    end: watch::Sender<Option<Result<(), ViewError>>>,
) -> Result<(), ViewError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(ViewError::new)?;
    let run = move || {
        let result = runtime.block_on(run.run());
        let _ = end.send(Some(result));
    };
    let thread = thread::Builder::new().name("signet loop".into()).spawn(run);
    thread.map(drop).map_err(ViewError::new)
}

fn gone() -> ViewError {
    ViewError::new("Signet has stopped")
}

fn open(profile: &Path, unlock: &Unlock) -> Result<(Store, Messenger), ViewError> {
    with_unlock(profile, unlock, |unlock| {
        let (store, opening) = Store::open(profile, unlock).map_err(ViewError::new)?;
        if opening.rebuilt.is_some() || opening.cut_tail.is_some() || !opening.damage.is_empty() {
            tracing::warn!(?opening, "the store had to be mended");
        }
        let machine = Messenger::restore(store.machine().map_err(ViewError::new)?);
        Ok((store, machine.map_err(ViewError::new)?))
    })
}

/// Starts the wires, and remembers the ports for the next time.
async fn connect(
    options: &Options,
    store: &Store,
) -> Result<(Transport, mpsc::Receiver<transport::Event>), ViewError> {
    let started = transport::start(wires(options, store)?).await;
    let (transport, arrivals) = started.map_err(ViewError::new)?;
    let listening = transport.listening().join("\n");
    store
        .set_setting(LISTEN, listening.as_bytes())
        .map_err(ViewError::new)?;
    Ok((transport, arrivals))
}

fn wires(options: &Options, store: &Store) -> Result<transport::Config, ViewError> {
    let peer_secret = match store.setting(PEER_SECRET).map_err(ViewError::new)? {
        Some(secret) => secret
            .try_into()
            .map_err(|_| ViewError::new("the transport key is damaged"))?,
        None => {
            let secret = random()?;
            store
                .set_setting(PEER_SECRET, &secret)
                .map_err(ViewError::new)?;
            secret
        }
    };
    let listen = if options.listen.is_empty() {
        let last = store
            .setting(LISTEN)
            .map_err(ViewError::new)?
            .unwrap_or_default();
        String::from_utf8_lossy(&last)
            .lines()
            .map(str::to_owned)
            .collect()
    } else {
        options.listen.clone()
    };
    let is_on = |key| {
        let set = store.setting(key).map_err(ViewError::new)?;
        Ok::<_, ViewError>(set.is_none_or(|value| value == b"true"))
    };
    let public_url = options.public_url.clone();
    Ok(transport::Config {
        peer_secret,
        listen,
        mdns: options.mdns.map_or_else(|| is_on(MDNS), Ok)?,
        // No router leads to this machine alone.
        upnp: !options.loopback && is_on(UPNP)?,
        http: options
            .http
            .map(|listen| http::Config { listen, public_url }),
        loopback: options.loopback,
    })
}
