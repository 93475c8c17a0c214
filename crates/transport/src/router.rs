//! From one endpoint to the next: brings each errand to the lane of its current stop, and to
//! its outcome when no stop is left.

use crate::{
    Event, Outcome,
    errand::{Errand, Stop},
    http::{self, live::Lives, outbound::Poster},
    intake::Intake,
    lane::Lane,
    rendezvous::Meetings,
    swarm::{Command, Network},
};
use libp2p::{Multiaddr, PeerId};
use reqwest::Url;
use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc, oneshot},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The tasks of one transport, all ended together.
#[derive(Clone)]
pub(crate) struct Tasks {
    pub(crate) runtime: Handle,
    pub(crate) tracker: TaskTracker,
    pub(crate) ended: CancellationToken,
}

impl Tasks {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let ended = self.ended.clone();
        let task = async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = task => {}
            }
        };
        self.tracker.spawn_on(task, &self.runtime);
    }
}

pub(crate) struct Router {
    pub(crate) control: libp2p_stream::Control,
    pub(crate) network: Arc<Network>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) poster: Poster,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    /// The turns to dial: a start with hundreds of contacts must not open thousands of sockets.
    pub(crate) dials: Semaphore,
    pub(crate) tasks: Tasks,
    pub(crate) lanes: Lanes<PeerId>,
    pub(crate) posts: Lanes<Url>,
    pub(crate) lives: Lives,
    pub(crate) meetings: Arc<Meetings>,
    /// Whether loopback addresses are dialled.
    pub(crate) loopback: bool,
}

impl Router {
    /// Sends `errand` to its next stop, from anywhere and without waiting.
    pub(crate) fn start(self: &Arc<Self>, errand: Errand) {
        if let Some((id, outcome)) = self.forward(errand) {
            let router = Arc::clone(self);
            self.tasks
                .spawn(async move { router.finish(id, outcome).await });
        }
    }

    /// The current stop did not take `errand`: on to the next, or to its outcome.
    pub(crate) async fn pass_on(self: &Arc<Self>, errand: Errand) {
        if let Some((id, outcome)) = self.forward(errand) {
            self.finish(id, outcome).await;
        }
    }

    /// Tells the node how an errand ended.
    pub(crate) async fn finish(&self, id: u64, outcome: Outcome) {
        tracing::debug!(id, ?outcome, "attempt ended");
        // A node that is gone need not be told.
        drop(self.events.send(Event::Attempt { id, outcome }).await);
    }

    /// Sees to a connection with `peer`. If `fresh`, those that stand are taken for dead.
    pub(crate) async fn dial(
        &self,
        peer: PeerId,
        addresses: Vec<Multiaddr>,
        fresh: bool,
    ) -> Result<(), String> {
        let (reply, answer) = oneshot::channel();
        let dial = Command::Dial {
            peer,
            addresses,
            fresh,
            reply,
        };
        let ended = || "the transport has ended".to_owned();
        self.commands.send(dial).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    fn forward(self: &Arc<Self>, mut errand: Errand) -> Option<(u64, Outcome)> {
        if !errand.fits() {
            return Some((errand.id, Outcome::No));
        }
        match errand.advance() {
            None => return Some((errand.id, errand.outcome())),
            Some(Stop::Direct { peer, .. }) => self.lanes.send(peer, errand, |inbox| {
                self.tasks
                    .spawn(Lane::new(peer, inbox, Arc::clone(self)).run());
            }),
            Some(Stop::Post { url, .. }) => self.posts.send(url.clone(), errand, |inbox| {
                self.tasks
                    .spawn(http::outbound::run(url, inbox, Arc::clone(self)));
            }),
        }
        None
    }
}

/// The queues of tasks that exist while there is something to do.
pub(crate) struct Lanes<K>(Mutex<HashMap<K, mpsc::UnboundedSender<Errand>>>);

impl<K> Default for Lanes<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Lanes<K> {
    /// Queues `errand` in the lane of `key`, which is opened if need be.
    fn send(&self, key: K, errand: Errand, open: impl FnOnce(mpsc::UnboundedReceiver<Errand>)) {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut errand = errand;
        if let Some(lane) = lanes.get(&key) {
            match lane.send(errand) {
                Ok(()) => return,
                Err(mpsc::error::SendError(returned)) => errand = returned,
            }
        }
        let (lane, inbox) = mpsc::unbounded_channel();
        // The other end is right here.
        drop(lane.send(errand));
        lanes.insert(key, lane);
        open(inbox);
    }

    /// Ends the lane of `key` if nothing is queued in it; true if it may go.
    pub(crate) fn retire(&self, key: &K, inbox: &mpsc::UnboundedReceiver<Errand>) -> bool {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !inbox.is_empty() {
            return false;
        }
        lanes.remove(key);
        true
    }
}
