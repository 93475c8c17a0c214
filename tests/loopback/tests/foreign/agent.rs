//! An agent of another make: envelopes of `signet-didcomm`, a few lines of HTTP, and nothing else
//! of ours. It answers 202 to whatever comes, before it looks.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use signet_didcomm::{
    Curve, Document, Endpoint, FromPrior, Message, Opening, ResolveError, SecretKey, SecretKeys,
    authcrypt,
    did::{Did, DidUrl, peer2, peer4},
    document, empty, unpack,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// Which DID it has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Peer2,
    Peer4,
    Key,
}

/// What it received, opened.
#[derive(Clone)]
pub struct Received {
    pub message: Message,
    pub from_prior: Option<FromPrior>,
}

#[derive(Default)]
struct Inbox {
    envelopes: Mutex<Vec<Vec<u8>>>,
    came: Condvar,
}

pub struct Agent {
    pub did: Did,
    /// Whom it writes to: the DID that spoke last.
    pub peer: Option<Did>,
    pub received: Vec<Received>,
    keys: SecretKeys,
    longs: BTreeMap<Did, Did>,
    inbox: Arc<Inbox>,
    opened: usize,
    acknowledges: bool,
    rng: ChaCha8Rng,
    ids: u32,
}

impl Agent {
    pub fn new(kind: Kind, acknowledges: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Endpoint::v2(format!("http://{}/didcomm", listener.local_addr().unwrap()));
        let inbox = Arc::new(Inbox::default());
        let taken = Arc::clone(&inbox);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inbox = Arc::clone(&taken);
                thread::spawn(move || take(stream, &inbox));
            }
        });
        let mut rng = ChaCha8Rng::seed_from_u64(kind as u64 + 11);
        let (did, keys) = match kind {
            Kind::Peer2 => peer2::create(&[endpoint], &mut rng),
            Kind::Peer4 => peer4::create(&[endpoint], &mut rng),
            Kind::Key => did_key(),
        };
        Self {
            did,
            peer: None,
            received: Vec::new(),
            keys,
            longs: BTreeMap::new(),
            inbox,
            opened: 0,
            acknowledges,
            rng,
            ids: 0,
        }
    }

    pub fn id(&mut self) -> String {
        self.ids += 1;
        format!("foreign-{}", self.ids)
    }

    /// Sends to the peer's HTTP endpoint; the status.
    pub fn send(&mut self, mut message: Message) -> u16 {
        let peer = self.peer.clone().expect("it knows somebody");
        message.from = Some(self.did.clone());
        message.to = vec![peer.clone()];
        let to = self.document(&peer).unwrap();
        let envelope = authcrypt(&message, &self.keys, &to, &mut self.rng).unwrap();
        let url = to
            .endpoints()
            .find(|endpoint| endpoint.uri.starts_with("http://"))
            .expect("an HTTP endpoint");
        post(&url.uri, "application/didcomm-encrypted+json", &envelope)
    }

    /// Waits for a message that `is` the one.
    pub fn until(&mut self, is: impl Fn(&Received) -> bool) -> Received {
        let end = Instant::now() + PATIENCE;
        loop {
            self.open_all();
            if let Some(found) = self.received.iter().find(|received| is(received)) {
                return found.clone();
            }
            let envelopes = self.inbox.envelopes.lock().unwrap();
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the agent waited in vain");
            if envelopes.len() == self.opened {
                drop(self.inbox.came.wait_timeout(envelopes, left).unwrap());
            }
        }
    }

    /// How often each message of this type came.
    pub fn counts(&mut self, type_: &str) -> BTreeMap<String, usize> {
        self.open_all();
        let mut counts = BTreeMap::new();
        for received in self
            .received
            .iter()
            .filter(|received| received.message.is(type_))
        {
            *counts.entry(received.message.id.clone()).or_default() += 1;
        }
        counts
    }

    fn open_all(&mut self) {
        let envelopes: Vec<Vec<u8>> = self.inbox.envelopes.lock().unwrap()[self.opened..].to_vec();
        for envelope in envelopes {
            self.opened += 1;
            let now = now();
            let unpacked = {
                let secret = |kid: &DidUrl| self.keys.get(kid);
                let resolve = |did: &Did| self.document(did);
                unpack(
                    &envelope,
                    &Opening {
                        secret: &secret,
                        document: &resolve,
                    },
                    now,
                )
                .unwrap()
            };
            let message = unpacked.message;
            if let Some(from) = &message.from {
                self.longs.insert(from.short(), from.clone());
                self.peer = Some(from.clone());
            }
            let wanted = self.acknowledges && !message.please_ack.is_empty();
            let acked = vec![message.id.clone()];
            self.received.push(Received {
                message,
                from_prior: unpacked.from_prior,
            });
            if wanted {
                let id = self.id();
                assert!(self.send(empty::ack(id, acked, None)) < 300);
            }
        }
    }

    fn document(&self, did: &Did) -> Result<Document, ResolveError> {
        match document::resolve(did) {
            Err(error @ ResolveError::NeedsLongForm { .. }) => self
                .longs
                .get(&did.short())
                .map_or(Err(error), document::resolve),
            other => other,
        }
    }
}

pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A did:key of an X25519 key: it names no endpoint, and cannot.
fn did_key() -> (Did, SecretKeys) {
    let raw = [0x4B; 32];
    let nameless = DidUrl::parse("did:example:nobody#key").unwrap();
    let public = SecretKey::from_raw(nameless, Curve::X25519, &raw)
        .unwrap()
        .public()
        .unwrap()
        .to_multibase();
    let did = Did::parse(&format!("did:key:{public}")).unwrap();
    let kid = DidUrl::parse(&format!("{did}#{public}")).unwrap();
    let keys = vec![SecretKey::from_raw(kid, Curve::X25519, &raw).unwrap()];
    (did.clone(), SecretKeys::new(did, keys))
}

/// Posts, and yields the status.
pub fn post(url: &str, media_type: &str, body: &[u8]) -> u16 {
    let length = body.len();
    let head = format!("content-type: {media_type}\r\ncontent-length: {length}\r\n");
    request("POST", url, &head, body)
}

/// One HTTP request on a connection of its own; the status.
pub fn request(method: &str, url: &str, head: &str, body: &[u8]) -> u16 {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address: SocketAddr = host.parse().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{head}\r\n"
    )
    .unwrap();
    // A server may refuse before it has read everything.
    let _ = stream.write_all(body);
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line.split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no answer: {line:?}"))
}

/// Takes one request and says 202.
fn take(stream: TcpStream, inbox: &Inbox) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            match reader.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let header = line.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let answer = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
        inbox.envelopes.lock().unwrap().push(body);
        inbox.came.notify_all();
    }
}
