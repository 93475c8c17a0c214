//! One end of a wire: a transport, and its events read as a test needs them.

use signet_transport::{
    Answer, Attempt, Config, Endpoint, Event, InboundId, Outcome, Reach, Transport, Via, http,
    start,
};
use std::{
    collections::{BTreeSet, VecDeque},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};

/// Far beyond what anything here takes; reached only when a test fails.
pub const PATIENCE: Duration = Duration::from_secs(40);

pub const QUIC: &[&str] = &["/ip4/127.0.0.1/udp/0/quic-v1"];
pub const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];
pub const BOTH: &[&str] = &["/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"];

pub struct End {
    pub transport: Transport,
    events: mpsc::Receiver<Event>,
    early: VecDeque<Event>,
}

pub fn config(seed: u8, listen: &[impl ToString]) -> Config {
    Config {
        peer_secret: [seed; 32],
        listen: listen.iter().map(ToString::to_string).collect(),
        mdns: false,
        upnp: false,
        http: None,
        loopback: true,
    }
}

/// One that also listens for HTTP.
pub fn config_with_http(seed: u8) -> Config {
    let listen = "127.0.0.1:0".parse().unwrap();
    Config {
        http: Some(http::Config {
            listen,
            public_url: None,
        }),
        ..config(seed, BOTH)
    }
}

impl End {
    pub async fn new(seed: u8, listen: &[impl ToString]) -> Self {
        Self::with(config(seed, listen)).await
    }

    pub async fn with(config: Config) -> Self {
        let (transport, events) = start(config).await.unwrap();
        Self {
            transport,
            events,
            early: VecDeque::new(),
        }
    }

    pub fn peer_id(&self) -> String {
        self.transport.peer_id()
    }

    pub fn direct(&self) -> Via {
        Via::Direct {
            peer_id: self.peer_id(),
        }
    }

    /// Our libp2p endpoint as a DID document would have it.
    pub fn endpoint(&self) -> Endpoint {
        let reachable = self.transport.reachable();
        assert!(!reachable.multi_addrs.is_empty());
        Endpoint {
            uri: format!("libp2p-peerId:{}", reachable.peer_id),
            multi_addrs: reachable.multi_addrs,
        }
    }

    pub fn http(&self) -> Endpoint {
        let uri = self.transport.reachable().http.unwrap();
        Endpoint {
            uri,
            multi_addrs: Vec::new(),
        }
    }

    pub fn deliver(&self, id: u64, envelope: impl Into<Arc<[u8]>>, endpoints: &[Endpoint]) {
        self.transport.deliver(attempt(id, envelope, endpoints));
    }

    /// The next event that `pick` wants; the others are kept for later.
    pub async fn next<T>(&mut self, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        if let Some(at) = self.early.iter().position(|event| pick(event).is_some()) {
            let event = self.early.remove(at).unwrap();
            return pick(&event).unwrap();
        }
        timeout(PATIENCE, async {
            loop {
                let event = self.events.recv().await.expect("the transport ended");
                if let Some(picked) = pick(&event) {
                    return picked;
                }
                self.early.push_back(event);
            }
        })
        .await
        .expect("the event never came")
    }

    pub async fn envelope(&mut self) -> (InboundId, Vec<u8>, Via) {
        self.next(|event| match event {
            Event::Envelope {
                inbound,
                bytes,
                via,
            } => Some((*inbound, bytes.clone(), via.clone())),
            _ => None,
        })
        .await
    }

    /// Takes the next envelope, answers it and returns it.
    pub async fn take(&mut self, answer: Answer) -> Vec<u8> {
        let (inbound, bytes, _) = self.envelope().await;
        self.transport.answer(inbound, answer);
        bytes
    }

    pub async fn outcome(&mut self, wanted: u64) -> Outcome {
        self.next(|event| match event {
            Event::Attempt { id, outcome } if *id == wanted => Some(outcome.clone()),
            _ => None,
        })
        .await
    }

    pub async fn unreachable(&mut self, wanted: u64) -> String {
        match self.outcome(wanted).await {
            Outcome::Unreachable(reason) => reason,
            other => panic!("not unreachable but {other:?}"),
        }
    }

    /// Delivers as an outbox does: what nobody took is sent again, a few times.
    pub async fn insist(&mut self, id: u64, envelope: &[u8], endpoints: &[Endpoint]) -> Outcome {
        for _ in 0..4 {
            self.deliver(id, envelope, endpoints);
            match self.outcome(id).await {
                Outcome::Unreachable(reason) => eprintln!("{id} goes again: {reason}"),
                other => return other,
            }
        }
        panic!("{id} did not get there")
    }

    /// Takes all that comes until `done`; returns it with what `done` returned. A stream that breaks
    /// before its answers brings the same envelope twice.
    pub async fn keep_until<T>(&mut self, done: impl Future<Output = T>) -> (BTreeSet<Vec<u8>>, T) {
        let mut kept = BTreeSet::new();
        let mut done = pin!(done);
        loop {
            tokio::select! {
                (inbound, bytes, _) = self.envelope() => {
                    self.transport.answer(inbound, Answer::Stored);
                    kept.insert(bytes);
                }
                done = &mut done => return (kept, done),
            }
        }
    }

    /// Waits until a connection with `peer` came (or went).
    pub async fn peer(&mut self, peer: &str, wanted: bool) {
        self.next(|event| match event {
            Event::Peer { peer_id, connected } if peer_id == peer && *connected == wanted => {
                Some(())
            }
            _ => None,
        })
        .await;
    }

    /// How many envelopes wait unread in the events seen so far.
    pub fn envelopes_seen(&self) -> usize {
        self.early
            .iter()
            .filter(|event| matches!(event, Event::Envelope { .. }))
            .count()
    }
}

pub fn attempt(id: u64, envelope: impl Into<Arc<[u8]>>, endpoints: &[Endpoint]) -> Attempt {
    Attempt {
        id,
        envelope: envelope.into(),
        endpoints: endpoints.to_vec(),
        forwards: Vec::new(),
        addresses: Vec::new(),
        reach: Reach::Anywhere,
        wants_answer: false,
    }
}
