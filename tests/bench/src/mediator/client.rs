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

    /// So many forwards to one of them, packed.
    pub(super) fn letters(&self, home: &str, bytes: usize, count: usize) -> Result<Vec<Vec<u8>>> {
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        let hop = Hop {
            name: self.mediator.id.as_str().to_owned(),
            document: self.mediator.clone(),
        };
        let text = "x".repeat(bytes.saturating_sub(20));
        let letter = format!("{{\"ciphertext\":\"{text}\"}}").into_bytes();
        let wrap = |_| {
            let hops = std::slice::from_ref(&hop);
            Ok(routing::wrap(letter.clone(), home, hops, None, &mut rng)?)
        };
        (0..count).map(wrap).collect()
    }

    /// A WebSocket by which mail comes live.
    pub(super) fn socket(&self, at: SocketAddr) -> Result<TcpStream> {
        let mut stream = TcpStream::connect(at)?;
        stream.write_all(
            b"GET / HTTP/1.1\r\nhost: m\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
              sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
        )?;
        let (head, _) = head(&mut stream)?;
        ensure!(head.contains(" 101 "), "no WebSocket: {head}");
        let live = message_pickup::Request::Live(true);
        let live = live.to_message("live", message_pickup::Version::V3);
        let envelope = self.seal(live)?;
        // A binary frame with a mask of zeros. Source: RFC 6455, section 5.2.
        let mut frame = vec![0x82, 0x80 | 126];
        frame.extend_from_slice(&u16::try_from(envelope.len())?.to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(&envelope);
        stream.write_all(&frame)?;
        let mut status = [0; 2];
        stream.read_exact(&mut status)?;
        Ok(stream)
    }

    fn ask(&self, client: &mut Client, request: Request) -> Result<Answer> {
        let id = new_id(&mut ChaCha20Rng::seed_from_u64(self.seed));
        let asked = self.seal(request.to_message(id, Version::V3))?;
        let (status, answer) = client.post(&asked)?;
        ensure!(status == 200, "a request was answered with {status}");
        let opening = Opening {
            secret: &|kid| self.keys.get(kid),
            document: &|did| document::resolve(did),
        };
        let unpacked = envelope::unpack(&answer, &opening, 0)?;
        let (_, answer) = read_answer(&unpacked.message).context("no answer")?;
        Ok(answer)
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
