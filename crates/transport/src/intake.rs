//! Envelopes that came in and wait for the node's answer.
//!
//! Whoever brings an envelope needs room: a place among the waiting ones and as many bytes as it
//! is long, both for himself and among all. Where there is none his stream is simply not read
//! on. Room is taken before a byte of the envelope is read and given back with the answer.

use crate::{
    Answer, Event, InboundId, Via,
    closings::Closings,
    frame::{self, FrameError, Incoming, Outgoing},
};
use futures::{AsyncReadExt, AsyncWrite};
use libp2p::{PeerId, Stream};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::{Instant, timeout},
};

/// Envelopes waiting for an answer, of one peer and of all.
const PEER_ENVELOPES: usize = frame::WINDOW;
const ALL_ENVELOPES: usize = 256;
/// Their size together, in KiB.
const PEER_KIB: usize = 8 * 1024;
const ALL_KIB: usize = 64 * 1024;
/// Streams one peer may have open. An honest one needs one.
const PEER_STREAMS: usize = 8;
/// Guests after which the list is searched for those who left.
const GUESTS: usize = 512;

/// How long an envelope may take from its first byte to its last: 1 MiB over a poor line.
const READ_PATIENCE: Duration = Duration::from_secs(60);
/// How long a peer may take to read our answers.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// The node answers everything; should it not, its bringer is put off after this long.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// The node has gone, so nothing can be taken in.
#[derive(Debug, thiserror::Error)]
#[error("nobody is there to take the envelope")]
pub(crate) struct Closed;

/// Why we stopped reading a stream.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("an envelope took too long to arrive")]
    Slow,
    #[error(transparent)]
    Closed(#[from] Closed),
}

pub(crate) struct Intake {
    events: mpsc::Sender<Event>,
    waiting: Mutex<HashMap<u64, Waiting>>,
    next: AtomicU64,
    all: Allowance,
    guests: Mutex<HashMap<PeerId, Weak<Guest>>>,
    pub(crate) closings: Closings,
}

struct Waiting {
    back: Back,
    since: Instant,
    _room: Room,
}

/// Where an answer goes.
pub(crate) enum Back {
    Stream {
        number: u64,
        answers: mpsc::UnboundedSender<(u64, Answer)>,
    },
    Http(oneshot::Sender<Answer>),
    Nobody,
}

/// What one peer may use.
struct Guest {
    streams: Arc<Semaphore>,
    allowance: Allowance,
}

struct Allowance {
    envelopes: Arc<Semaphore>,
    kib: Arc<Semaphore>,
}

/// What an envelope uses until it is answered.
pub(crate) struct Room {
    _guest: Option<Arc<Guest>>,
    _permits: [Option<OwnedSemaphorePermit>; 4],
}

impl Allowance {
    fn new(envelopes: usize, kib: usize) -> Self {
        Self {
            envelopes: Arc::new(Semaphore::new(envelopes)),
            kib: Arc::new(Semaphore::new(kib)),
        }
    }

    async fn take(&self, length: usize) -> [Option<OwnedSemaphorePermit>; 2] {
        let kib = u32::try_from(length.div_ceil(1024)).unwrap_or(u32::MAX);
        let envelope = Arc::clone(&self.envelopes).acquire_owned().await.ok();
        [
            envelope,
            Arc::clone(&self.kib).acquire_many_owned(kib).await.ok(),
        ]
    }
}

impl Intake {
    pub(crate) fn new(events: mpsc::Sender<Event>) -> Self {
        Self {
            events,
            waiting: Mutex::default(),
            next: AtomicU64::new(1),
            all: Allowance::new(ALL_ENVELOPES, ALL_KIB),
            guests: Mutex::default(),
            closings: Closings::default(),
        }
    }

    /// Passes the node's answer on to whoever waits for it, if he still does.
    pub(crate) fn answer(&self, inbound: InboundId, answer: Answer) {
        let waiting = self
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&inbound.0);
        if let Some(waiting) = waiting {
            waiting.back.answer(answer);
        }
    }

    /// Puts off those who wait for an answer that was forgotten.
    pub(crate) fn sweep(&self) {
        let now = Instant::now();
        let overdue: Vec<_> = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting
                .extract_if(|_, waiting| now - waiting.since > ANSWER_PATIENCE)
                .collect()
        };
        for (_, waiting) in overdue {
            waiting.back.answer(Answer::Later);
        }
    }

    /// Waits for room among all for an envelope of `length` bytes.
    pub(crate) async fn room(&self, length: usize) -> Room {
        let [envelope, kib] = self.all.take(length).await;
        Room {
            _guest: None,
            _permits: [envelope, kib, None, None],
        }
    }

    async fn room_of(&self, guest: &Arc<Guest>, length: usize) -> Room {
        // Always in this order, so that two who wait never wait for each other.
        let [own, own_kib] = guest.allowance.take(length).await;
        let [envelope, kib] = self.all.take(length).await;
        Room {
            _guest: Some(Arc::clone(guest)),
            _permits: [own, own_kib, envelope, kib],
        }
    }

    /// Hands an envelope to the node and remembers where the answer goes.
    pub(crate) async fn hand_over(
        &self,
        bytes: Vec<u8>,
        via: Via,
        back: Back,
        room: Room,
    ) -> Result<InboundId, Closed> {
        // The place in the queue comes first, so that giving up here leaves nothing behind.
        let place = self.events.reserve().await.map_err(|_| Closed)?;
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting {
            back,
            since: Instant::now(),
            _room: room,
        };
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, waiting);
        place.send(Event::Envelope {
            inbound: InboundId(id),
            bytes,
            via,
        });
        Ok(InboundId(id))
    }

    /// Reads a peer's stream to its end; writes the answers if the protocol has them.
    pub(crate) async fn serve(&self, peer: PeerId, stream: Stream, answered: bool) {
        let guest = self.guest(peer);
        let Ok(_place) = Arc::clone(&guest.streams).try_acquire_owned() else {
            tracing::debug!(%peer, "too many streams");
            return;
        };
        let (read, write) = stream.split();
        let incoming = Incoming::new(read);
        if !answered {
            let reading = self.read(peer, &guest, incoming, None);
            let end = self.closings.heeding(reading).await;
            tracing::debug!(%peer, ?end, "stream ended");
            return;
        }
        let (answers, given) = mpsc::unbounded_channel();
        let reading = async {
            let reading = self.read(peer, &guest, incoming, Some(answers));
            let end = self.closings.heeding(reading).await;
            tracing::debug!(%peer, ?end, "stream ended");
            // What was read before still gets its answers.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = reading => {}
            () = write_answers(Outgoing::new(write), given) => {}
        }
    }

    async fn read(
        &self,
        peer: PeerId,
        guest: &Arc<Guest>,
        mut incoming: Incoming<futures::io::ReadHalf<Stream>>,
        answers: Option<mpsc::UnboundedSender<(u64, Answer)>>,
    ) -> Result<(), ReadError> {
        let via = Via::Direct {
            peer_id: peer.to_string(),
        };
        let mut number = 0;
        while let Some(length) = incoming.length().await? {
            let room = self.room_of(guest, length).await;
            let read = timeout(READ_PATIENCE, incoming.envelope(length)).await;
            let bytes = read.map_err(|_| ReadError::Slow)??;
            let back = match &answers {
                Some(answers) => Back::Stream {
                    number,
                    answers: answers.clone(),
                },
                None => Back::Nobody,
            };
            self.hand_over(bytes, via.clone(), back, room).await?;
            number += 1;
        }
        Ok(())
    }

    fn guest(&self, peer: PeerId) -> Arc<Guest> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guest) = guests.get(&peer).and_then(Weak::upgrade) {
            return guest;
        }
        if guests.len() >= GUESTS {
            guests.retain(|_, guest| guest.strong_count() > 0);
        }
        let guest = Arc::new(Guest {
            streams: Arc::new(Semaphore::new(PEER_STREAMS)),
            allowance: Allowance::new(PEER_ENVELOPES, PEER_KIB),
        });
        guests.insert(peer, Arc::downgrade(&guest));
        guest
    }
}

impl Back {
    // Whoever waited may have left; then nobody hears it.
    fn answer(self, answer: Answer) {
        match self {
            Back::Stream { number, answers } => drop(answers.send((number, answer))),
            Back::Http(waiting) => drop(waiting.send(answer)),
            Back::Nobody => {}
        }
    }
}

/// Writes answers as they are given, those given meanwhile together, until none can come any more.
async fn write_answers(
    mut outgoing: Outgoing<impl AsyncWrite + Unpin>,
    mut given: mpsc::UnboundedReceiver<(u64, Answer)>,
) {
    let mut batch = Vec::with_capacity(PEER_ENVELOPES);
    while given.recv_many(&mut batch, PEER_ENVELOPES).await > 0 {
        for (number, answer) in batch.drain(..) {
            frame::put_answer(number, answer, outgoing.buffer());
        }
        if !matches!(timeout(WRITE_PATIENCE, outgoing.finish()).await, Ok(Ok(()))) {
            return;
        }
    }
    // The other side may be gone already, which is as good as closed.
    drop(timeout(WRITE_PATIENCE, outgoing.close()).await);
}
