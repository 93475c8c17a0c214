//! Packing and unpacking a message with authcrypt (X25519, ECDH-1PU+A256KW, A256CBC-HS512).
//!
//! Ours: from a [`Message`] to the bytes on the wire, and from these through the one gate to a
//! [`Message`]; both contacts have a did:peer:4 and know each other's document, as in a
//! conversation. The floor is in `primitives`.

use std::{hint::black_box, time::Instant};

use anyhow::{Context, Result};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use signet_didcomm::{
    Curve, Did, DidUrl, Document, Endpoint, Message, Opening, SecretKeys, authcrypt, basicmessage,
    document, empty, peer4, unpack,
};

use crate::{
    Size,
    primitives::Sealing,
    row::{Aim, Row, Unit},
};

/// The sizes of a body, and how often it is packed in a round.
const BODIES: [(&str, usize, u32); 2] = [("1 KiB", 1 << 10, 200), ("700 KiB", 700 << 10, 8)];
const NOW: u64 = 1_800_000_000;

struct Pair {
    keys: [SecretKeys; 2],
    documents: [Document; 2],
}

/// Four rows: both directions of both sizes.
///
/// # Errors
/// Nothing packs, which a test would have said.
pub fn measure(size: Size) -> Result<Vec<Row>> {
    let pair = Pair::new()?;
    let mut rows = Vec::new();
    for (name, length, often) in BODIES {
        let often = size.of(often, 1);
        let (mut pack, mut open) = (
            Row::new(format!("pack, {name}"), Unit::Seconds, Aim::Speed(0.8)),
            Row::new(format!("unpack, {name}"), Unit::Seconds, Aim::Speed(0.8)),
        );
        let message = pair.message(length);
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let envelope = pair.pack(&message, &mut rng)?;
        pair.open(&envelope)?;
        let mut floor = Sealing::of(Curve::X25519, &envelope, message.to_vec().len(), 2)?;
        for _ in 0..size.of(41, 2) {
            pack.add(
                each(often, || pair.pack(&message, &mut rng).map(drop))?,
                each(often, || floor.seal())?,
            );
            open.add(
                each(often, || pair.open(&envelope))?,
                each(often, || floor.open())?,
            );
        }
        rows.extend([pack, open]);
    }
    Ok(rows)
}

/// The seconds that one of `often` takes.
fn each(often: u32, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    for _ in 0..often {
        work()?;
    }
    Ok(start.elapsed().as_secs_f64() / f64::from(often))
}

impl Pair {
    fn new() -> Result<Self> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let endpoint = Endpoint {
            multi_addrs: vec!["/ip4/192.0.2.1/udp/4001/quic-v1".to_owned()],
            ..Endpoint::v2("libp2p-peerId:12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf")
        };
        let mut create = || peer4::create(std::slice::from_ref(&endpoint), &mut rng);
        let people = [create(), create()];
        let [(alice, _), (bob, _)] = &people;
        let documents = [document::resolve(alice)?, document::resolve(bob)?];
        Ok(Self {
            keys: people.map(|(_, keys)| keys),
            documents,
        })
    }

    fn dids(&self) -> (&Did, &Did) {
        let [alice, bob] = &self.keys;
        (alice.did(), bob.did())
    }

    fn message(&self, length: usize) -> Message {
        let (alice, bob) = self.dids();
        let mut message = Message::new(
            "00000000-0000-4000-8000-000000000000",
            basicmessage::MESSAGE,
        );
        let words = "Ich komme um acht, und du? ";
        let text: String = words.chars().cycle().take(length).collect();
        message.body.insert("content".to_owned(), text.into());
        message.created_time = Some(NOW);
        message.sender_order = Some(1);
        message.from = Some(alice.short());
        message.to = vec![bob.short()];
        message
    }

    fn pack(&self, message: &Message, rng: &mut ChaCha20Rng) -> Result<Vec<u8>> {
        let ([keys, _], [_, document]) = (&self.keys, &self.documents);
        Ok(authcrypt(black_box(message), keys, document, rng)?)
    }

    fn open(&self, envelope: &[u8]) -> Result<()> {
        let ([_, keys], [document, _]) = (&self.keys, &self.documents);
        let opening = Opening {
            secret: &|kid: &DidUrl| keys.get(kid),
            document: &|_| Ok(document.clone()),
        };
        let unpacked = unpack(black_box(envelope), &opening, NOW)?;
        black_box(unpacked)
            .message
            .text("content")
            .context("no content")?;
        Ok(())
    }
}

/// The bytes of an envelope with this text and of one that only acknowledges it.
pub(crate) fn on_the_wire(text: &str) -> Result<[usize; 2]> {
    let pair = Pair::new()?;
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut message = pair.message(0);
    message.body.insert("content".to_owned(), text.into());
    message.please_ack = vec![String::new()];
    let there = pair.pack(&message, &mut rng)?.len();
    let mut ack = pair.message(0);
    ack.type_ = empty::EMPTY.to_owned();
    ack.body.clear();
    ack.ack = vec![message.id];
    Ok([there, pair.pack(&ack, &mut rng)?.len()])
}
