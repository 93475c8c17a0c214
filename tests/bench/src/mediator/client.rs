//! Who is served, over one connection that stays.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use anyhow::{Context, Result, ensure};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use signet_didcomm::{
    Did, Document, SecretKeys,
    coordinate_mediation::{Answer, Outcome, Request, Update, Version, read_answer},
    document,
    envelope::{self, Opening},
    message::{Message, new_id},
    message_pickup, peer2,
    routing::{self, Hop},
};

/// One connection.
pub(super) struct Client {
    stream: TcpStream,
}

/// One account: keys, and whom they speak to.
pub(super) struct Account<'a> {
    did: Did,
    keys: SecretKeys,
    mediator: &'a Document,
    seed: u64,
}

impl Client {
    pub(super) fn connect(at: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(at)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// Posts an envelope; the status, and what came back.
    pub(super) fn post(&mut self, envelope: &[u8]) -> Result<(u16, Vec<u8>)> {
        let mut request = format!(
            "POST / HTTP/1.1\r\nhost: m\r\ncontent-type: application/didcomm-encrypted+json\r\n\
             content-length: {}\r\n\r\n",
            envelope.len()
        )
        .into_bytes();
        request.extend_from_slice(envelope);
        self.stream.write_all(&request)?;
        let (head, mut body) = head(&mut self.stream)?;
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(Ok(0), str::parse)?;
        let missing = body.len()..length;
        body.resize(length, 0);
        self.stream.read_exact(&mut body[missing])?;
        Ok((status, body))
    }
}

/// A live connection.
pub(super) struct Socket(TcpStream);

impl Socket {
    /// The ids of the next delivery.
    pub(super) fn delivery(&mut self, account: &Account<'_>) -> Result<Vec<String>> {
        loop {
            let message = account.open(&self.frame()?)?;
            // What was acknowledged is answered with a status.
            if let Some((_, message_pickup::Answer::Delivery(delivery))) =
                message_pickup::read_answer(&message)
            {
                return Ok(delivery.messages.into_iter().filter_map(|m| m.id).collect());
            }
        }
    }

    pub(super) fn acknowledge(&mut self, account: &Account<'_>, ids: Vec<String>) -> Result<()> {
        self.send(&account.request(&message_pickup::Request::Received(ids))?)
    }

    /// A binary frame with a mask of zeros. Source: RFC 6455, section 5.2.
    fn send(&mut self, envelope: &[u8]) -> Result<()> {
        let mut frame = vec![0x82, 0x80 | 126];
        frame.extend_from_slice(&u16::try_from(envelope.len())?.to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(envelope);
        Ok(self.0.write_all(&frame)?)
    }

    /// The next frame with an envelope.
    fn frame(&mut self) -> Result<Vec<u8>> {
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head)?;
            let [kind, length] = head;
            let length = match length {
                126 => {
                    let mut long = [0; 2];
                    self.0.read_exact(&mut long)?;
                    usize::from(u16::from_be_bytes(long))
                }
                127 => {
                    let mut longer = [0; 8];
                    self.0.read_exact(&mut longer)?;
                    usize::try_from(u64::from_be_bytes(longer))?
                }
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload)?;
            match kind & 0x0f {
                1 | 2 => return Ok(payload),
                8 => anyhow::bail!("the mediator closed the connection"),
                _ => {}
            }
        }
    }
}

/// The head of an answer in lower case, and what of the body came with it.
fn head(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 2048];
    loop {
        let got = stream.read(&mut chunk)?;
        ensure!(got > 0, "the mediator closed the connection");
        bytes.extend_from_slice(&chunk[..got]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            return Ok((String::from_utf8(bytes)?.to_ascii_lowercase(), body));
        }
    }
}

impl<'a> Account<'a> {
    pub(super) fn new(seed: u64, mediator: &'a Document) -> Self {
        let (did, keys) = peer2::create(&[], &mut ChaCha20Rng::seed_from_u64(seed));
        Self {
            did,
            keys,
            mediator,
            seed,
        }
    }

    /// Asks for mediation and registers these DIDs.
    pub(super) fn settle(&self, client: &mut Client, homes: &[String]) -> Result<()> {
        match self.ask(client, Request::Mediate)? {
            Answer::Grant(_) => {}
            other => anyhow::bail!("mediation was not granted: {other:?}"),
        }
        if homes.is_empty() {
            return Ok(());
        }
        let updates = homes.iter().map(|home| Ok(Update::add(&Did::parse(home)?)));
        let updates = updates.collect::<Result<_>>()?;
        let Answer::Updated(updated) = self.ask(client, Request::Update(updates))? else {
            anyhow::bail!("an update was answered with something else");
        };
        ensure!(
            updated.iter().all(|one| one.result == Outcome::Success),
            "{updated:?}"
        );
        Ok(())
    }

    /// A forward to one of them, packed.
    pub(super) fn letter(&self, home: &str, bytes: usize) -> Result<Vec<u8>> {
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        let hops = [Hop {
            name: self.mediator.id.as_str().to_owned(),
            document: self.mediator.clone(),
        }];
        let text = "x".repeat(bytes.saturating_sub(20));
        let letter = format!("{{\"ciphertext\":\"{text}\"}}").into_bytes();
        Ok(routing::wrap(letter, home, &hops, None, &mut rng)?)
    }

    /// A WebSocket by which mail comes live.
    pub(super) fn socket(&self, at: SocketAddr) -> Result<Socket> {
        let mut stream = TcpStream::connect(at)?;
        stream.set_nodelay(true)?;
        stream.write_all(
            b"GET / HTTP/1.1\r\nhost: m\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
              sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
        )?;
        let (head, rest) = head(&mut stream)?;
        ensure!(head.contains(" 101 "), "no WebSocket: {head}");
        ensure!(rest.is_empty(), "it speaks first");
        let mut socket = Socket(stream);
        socket.send(&self.request(&message_pickup::Request::Live(true))?)?;
        socket.frame()?;
        Ok(socket)
    }

    fn request(&self, request: &message_pickup::Request) -> Result<Vec<u8>> {
        let id = new_id(&mut ChaCha20Rng::seed_from_u64(self.seed));
        self.seal(request.to_message(id, message_pickup::Version::V3))
    }

    fn ask(&self, client: &mut Client, request: Request) -> Result<Answer> {
        let id = new_id(&mut ChaCha20Rng::seed_from_u64(self.seed));
        let asked = self.seal(request.to_message(id, Version::V3))?;
        let (status, answer) = client.post(&asked)?;
        ensure!(status == 200, "a request was answered with {status}");
        let (_, answer) = read_answer(&self.open(&answer)?).context("no answer")?;
        Ok(answer)
    }

    fn open(&self, envelope: &[u8]) -> Result<Message> {
        let opening = Opening {
            secret: &|kid| self.keys.get(kid),
            document: &|did| document::resolve(did),
        };
        Ok(envelope::unpack(envelope, &opening, 0)?.message)
    }

    fn seal(&self, mut message: Message) -> Result<Vec<u8>> {
        message.from = Some(self.did.clone());
        message.to = vec![self.mediator.id.clone()];
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed ^ 0xffff);
        Ok(envelope::authcrypt(
            &message,
            &self.keys,
            self.mediator,
            &mut rng,
        )?)
    }
}
