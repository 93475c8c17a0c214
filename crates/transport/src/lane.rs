//! The lane to one peer: a queue of errands and the stream that carries them.
//!
//! The stream is opened by the first errand and stays. Envelopes leave in the order they came,
//! up to [`WINDOW`] ahead of their answers. When the stream breaks, those without an answer go
//! again on a new one, except an envelope at the head of the queue that saw it break too often.
//! When the peer falls silent, its connections are taken for dead; who has another endpoint
//! goes there, the others wait for one new connection.

use crate::{
    Answer, Outcome, Reach, Via,
    errand::{Errand, MAX_ADDRESSES},
    frame::{ANSWERED, Incoming, Outgoing, WINDOW},
    router::Router,
    swarm::Command,
};
use futures::AsyncReadExt;
use libp2p::{Multiaddr, PeerId, Stream};
use libp2p_stream::OpenStreamError;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};

/// How long we dial, when nobody else could take the errand and when somebody could.
const DIAL_BUDGET: Duration = Duration::from_secs(5);
const DIAL_BUDGET_RACED: Duration = Duration::from_millis(2500);
/// How long a stream may take to open on a connection that stands.
const OPEN_BUDGET: Duration = Duration::from_secs(5);
/// How long an answer may take, in the same two cases, not counting the time bytes travel.
const ANSWER_BUDGET: Duration = Duration::from_secs(15);
const ANSWER_BUDGET_RACED: Duration = Duration::from_secs(5);
/// The slowest line we wait for, in bytes per second.
const SLOWEST: usize = 32 * 1024;
/// After a dial in vain, errands with another endpoint don't wait for the next one.
const REST: Duration = Duration::from_secs(15);
/// A stream that carried nothing for so long is closed, and its connection after it.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// Bytes on the way without an answer, unless it is a single envelope.
const WINDOW_BYTES: usize = 4 * 1024 * 1024;
/// Bytes gathered for one write.
const BATCH: usize = 256 * 1024;
/// What an errand may go through before it is passed on: a broken stream costs one, for a
/// crowded receiver drops some, silence costs half.
const MAX_TRIES: u8 = 4;
const SILENCE: u8 = MAX_TRIES / 2;
/// Pause before the next stream, for each that broke.
const BROKEN_PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Lane {
    peer: PeerId,
    inbox: mpsc::UnboundedReceiver<Errand>,
    waiting: VecDeque<Errand>,
    router: Arc<Router>,
    control: libp2p_stream::Control,
    /// Set if the standing connections proved dead.
    suspect: bool,
    /// Set after a dial in vain.
    resting: Option<Rest>,
}

/// A pause after a dial in vain.
struct Rest {
    until: Instant,
    /// Where it went.
    tried: Vec<Multiaddr>,
    /// In which network.
    network: u64,
}

/// Why a stream was left.
enum End {
    Idle,
    Broken,
    Silent,
}

impl Lane {
    pub(crate) fn new(
        peer: PeerId,
        inbox: mpsc::UnboundedReceiver<Errand>,
        router: Arc<Router>,
    ) -> Self {
        let control = router.control.clone();
        let waiting = VecDeque::new();
        Self {
            peer,
            inbox,
            waiting,
            router,
            control,
            suspect: false,
            resting: None,
        }
    }

    pub(crate) async fn run(mut self) {
        loop {
            if self.waiting.is_empty() {
                match timeout(REST, self.inbox.recv()).await {
                    Ok(Some(errand)) => self.waiting.push_back(errand),
                    Ok(None) => return,
                    Err(_) if self.router.lanes.retire(&self.peer, &self.inbox) => return,
                    Err(_) => continue,
                }
            }
            while let Ok(errand) = self.inbox.try_recv() {
                self.waiting.push_back(errand);
            }
            if let Some(stream) = self.reach().await {
                self.carry(stream).await;
            }
        }
    }

    /// Opens a stream. Without one, some errands were passed on or the connection is suspect.
    async fn reach(&mut self) -> Option<Stream> {
        let fresh = self.suspect || !self.router.network.is_connected(&self.peer);
        if fresh && !self.connect().await {
            return None;
        }
        let opened = timeout(OPEN_BUDGET, self.control.open_stream(self.peer, ANSWERED)).await;
        let count = self.waiting.len();
        match opened {
            Ok(Ok(stream)) => {
                self.straighten();
                return Some(stream);
            }
            Ok(Err(OpenStreamError::UnsupportedProtocol(_))) => {
                self.give_up(count, "the other side does not take envelopes this way")
                    .await;
            }
            Ok(Err(_)) | Err(_) if fresh => {
                self.give_up(count, "the connection broke").await;
            }
            // It stood for a while and may have died unnoticed.
            Ok(Err(_)) | Err(_) => self.suspect = true,
        }
        None
    }

    /// Where only relays lead to the peer, those addresses of his are tried that need none.
    fn straighten(&self) {
        let reaches = self.waiting.iter().any(|e| e.reach == Reach::Anywhere);
        if !reaches || !self.router.network.is_relayed(&self.peer) {
            return;
        }
        let peer = self.peer;
        let addresses = self.addresses();
        let commands = &self.router.commands;
        drop(commands.send(Command::Straighten { peer, addresses }));
    }

    /// Where the errands say that the peer may be, the newest word first.
    fn addresses(&self) -> Vec<Multiaddr> {
        let mut addresses: Vec<Multiaddr> = Vec::new();
        let told = self.waiting.iter().rev();
        for address in told.flat_map(|errand| &errand.addresses) {
            if addresses.len() < MAX_ADDRESSES && !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        addresses
    }

    /// Dials the peer for those errands that may; the others, and all in vain, are passed on.
    async fn connect(&mut self) -> bool {
        let (stay, go): (VecDeque<_>, VecDeque<_>) = self
            .waiting
            .drain(..)
            .partition(|errand| errand.reach == Reach::Anywhere);
        self.waiting = stay;
        self.dismiss(go, "no connection with the other side stands")
            .await;

        let network = self.router.network.change();
        let is_on = |rest: &mut Rest| rest.until > Instant::now() && rest.network == network;
        if let Some(rest) = self.resting.take_if(is_on) {
            let (go, stay): (VecDeque<_>, VecDeque<_>) =
                self.waiting.drain(..).partition(|errand| {
                    errand.has_alternative()
                        && errand
                            .addresses
                            .iter()
                            .all(|address| rest.tried.contains(address))
                });
            self.waiting = stay;
            self.resting = Some(rest);
            self.dismiss(go, "the other side was not to be reached a moment ago")
                .await;
        }
        if self.waiting.is_empty() {
            return false;
        }

        let count = self.waiting.len();
        let addresses = self.addresses();
        let dialled = self.dial(addresses.clone()).await;
        // The swarm has let go of the dead connections when it took the dial on.
        self.suspect = false;
        let Err(reason) = dialled else {
            self.resting = None;
            return true;
        };
        let found = self.router.seek(self.peer, &addresses).await;
        if !found.is_empty() && self.dial(found).await.is_ok() {
            self.resting = None;
            return true;
        }
        self.resting = Some(Rest {
            until: Instant::now() + REST,
            tried: addresses,
            network,
        });
        self.give_up(count, &reason).await;
        false
    }

    /// Dials the peer for all that wait, within their budget.
    async fn dial(&self, addresses: Vec<Multiaddr>) -> Result<(), String> {
        // Waiting for a turn is not dialling, so the budget does not count it.
        let turn = self.router.dials.acquire().await;
        let raced = self.waiting.iter().all(Errand::has_alternative);
        let budget = if raced {
            DIAL_BUDGET_RACED
        } else {
            DIAL_BUDGET
        };
        let dial = self.router.dial(self.peer, addresses, self.suspect);
        let dialled = timeout(budget, dial).await;
        drop(turn);
        dialled.unwrap_or_else(|_| Err("nobody answers at the known addresses".to_owned()))
    }

    /// Carries errands until the stream has had its day.
    async fn carry(&mut self, stream: Stream) {
        let (read, write) = stream.split();
        let mut incoming = Incoming::new(read);
        let mut outgoing = Outgoing::new(write);
        let mut flight = Flight::default();
        let mut progress = Instant::now();
        let via = self.via();
        let mut closings = self.router.intake.closings.heard();
        let end = loop {
            while flight.has_room() && outgoing.backlog() < BATCH {
                let Some(errand) = self.waiting.pop_front() else {
                    break;
                };
                if flight.errands.is_empty() {
                    progress = Instant::now();
                }
                outgoing.put_envelope(&errand.envelope);
                flight.add(errand);
            }
            tokio::select! {
                answer = incoming.answer() => {
                    let Ok(Some((number, answer))) = answer else { break End::Broken };
                    let Some(errand) = flight.take(number) else { break End::Broken };
                    progress = Instant::now();
                    self.settle(errand, answer, &via).await;
                }
                // Perhaps it was the one below this stream.
                Ok(()) = closings.changed() => {}
                step = outgoing.step() => {
                    if step.is_err() {
                        break End::Broken;
                    }
                    progress = Instant::now();
                }
                errand = self.inbox.recv(), if self.waiting.len() < WINDOW => {
                    let Some(errand) = errand else { break End::Idle };
                    self.waiting.push_back(errand);
                    while self.waiting.len() < WINDOW && let Ok(errand) = self.inbox.try_recv() {
                        self.waiting.push_back(errand);
                    }
                }
                () = sleep_until(progress + flight.patience()) => {
                    break if flight.errands.is_empty() { End::Idle } else { End::Silent };
                }
            }
        };
        match end {
            // A peer that no longer reads need not be told.
            End::Idle => drop(timeout(OPEN_BUDGET, outgoing.close()).await),
            End::Broken => self.resume(flight).await,
            End::Silent => {
                tracing::debug!(peer = %self.peer, "no answers");
                self.suspect = true;
                let mut all: VecDeque<_> = flight.errands.into_values().collect();
                all.append(&mut self.waiting);
                self.retry(all, "the other side does not answer").await;
            }
        }
    }

    /// The way that a stream opened now goes.
    fn via(&self) -> Via {
        let peer_id = self.peer.to_string();
        match self.router.network.is_relayed(&self.peer) {
            true => Via::Relayed { peer_id },
            false => Via::Direct { peer_id },
        }
    }

    async fn settle(&mut self, mut errand: Errand, answer: Answer, via: &Via) {
        match answer {
            Answer::Stored => {
                let stored = Outcome::Stored(via.clone());
                self.router.finish(errand.id, stored).await;
            }
            Answer::No => self.router.finish(errand.id, Outcome::No).await,
            Answer::Later => {
                errand.put_off();
                self.router.pass_on(errand).await;
            }
        }
    }

    /// Puts what a broken stream left unanswered back to the head of the queue.
    async fn resume(&mut self, flight: Flight) {
        let mut errands: VecDeque<_> = flight.errands.into_values().collect();
        // The first may be what breaks the streams; without it the others have a chance.
        if let Some(first) = errands.front_mut() {
            first.tries += 1;
        }
        if errands
            .front()
            .is_some_and(|first| first.tries >= MAX_TRIES)
        {
            let first = errands.drain(..1).collect();
            self.dismiss(first, "the connection broke before the answer came")
                .await;
        }
        if let Some(first) = errands.front() {
            sleep(BROKEN_PAUSE * first.tries.into()).await;
        }
        errands.append(&mut self.waiting);
        self.waiting = errands;
    }

    /// Passes on who has another endpoint or tried often enough; the others go again.
    async fn retry(&mut self, mut errands: VecDeque<Errand>, reason: &str) {
        for errand in &mut errands {
            errand.tries += SILENCE;
        }
        let (go, stay): (VecDeque<_>, VecDeque<_>) = errands
            .into_iter()
            .partition(|errand| errand.has_alternative() || errand.tries >= MAX_TRIES);
        self.waiting = stay;
        self.dismiss(go, reason).await;
    }

    /// Passes on the first `count` errands.
    async fn give_up(&mut self, count: usize, reason: &str) {
        let go = self.waiting.drain(..count).collect();
        self.dismiss(go, reason).await;
    }

    async fn dismiss(&self, errands: VecDeque<Errand>, reason: &str) {
        for mut errand in errands {
            errand.failed(reason);
            self.router.pass_on(errand).await;
        }
    }
}

/// Envelopes written and not answered.
#[derive(Default)]
struct Flight {
    errands: BTreeMap<u64, Errand>,
    bytes: usize,
    /// The number of the next one.
    next: u64,
}

impl Flight {
    fn has_room(&self) -> bool {
        self.errands.len() < WINDOW && self.bytes < WINDOW_BYTES
    }

    fn add(&mut self, errand: Errand) {
        self.bytes += errand.envelope.len();
        self.errands.insert(self.next, errand);
        self.next += 1;
    }

    fn take(&mut self, number: u64) -> Option<Errand> {
        let errand = self.errands.remove(&number)?;
        self.bytes -= errand.envelope.len();
        Some(errand)
    }

    /// How long nothing may happen.
    fn patience(&self) -> Duration {
        if self.errands.is_empty() {
            return IDLE;
        }
        let raced = self.errands.values().all(Errand::has_alternative);
        let answer = if raced {
            ANSWER_BUDGET_RACED
        } else {
            ANSWER_BUDGET
        };
        answer + Duration::from_secs((self.bytes / SLOWEST) as u64)
    }
}
