//! Frames of a WebSocket that nobody should send, and the few that a client needs.
//!
//! Source: RFC 6455, section 5.

use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use tokio::{io::AsyncReadExt, net::TcpStream};

use super::{malformed::Sound, spoil};

const FINAL: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A frame with a mask of its own.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x5a, 0xc3, 0x0f, 0x96];
    let mut frame = head(first, 0x80, payload.len() as u64);
    frame.extend(mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    frame.extend(masked.map(|(byte, mask)| byte ^ mask));
    frame
}

fn head(first: u8, is_masked: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first];
    match length {
        0..126 => head.push(is_masked | length as u8),
        126..0x10000 => {
            head.push(is_masked | 126);
            head.extend((length as u16).to_be_bytes());
        }
        _ => {
            head.push(is_masked | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head
}

/// An envelope as agents send it.
pub fn binary(payload: &[u8]) -> Vec<u8> {
    frame(FINAL | BINARY, payload)
}

/// The beginning of a message that goes on.
pub fn begun(payload: &[u8]) -> Vec<u8> {
    frame(BINARY, payload)
}

pub fn ping(payload: &[u8]) -> Vec<u8> {
    frame(FINAL | PING, payload)
}

/// Whether the answer to that ping comes, whatever comes before it.
pub async fn until_pong(stream: &mut TcpStream, payload: &[u8]) -> bool {
    loop {
        let mut head = [0; 2];
        if stream.read_exact(&mut head).await.is_err() {
            return false;
        }
        let length = match head[1] {
            126 => stream.read_u16().await.map(u64::from),
            127 => stream.read_u64().await,
            short => Ok(u64::from(short)),
        };
        let mut heard = vec![0; length.unwrap_or_default() as usize];
        if stream.read_exact(&mut heard).await.is_err() || head[0] == FINAL | CLOSE {
            return false;
        }
        if head[0] == FINAL | PONG && heard == payload {
            return true;
        }
    }
}

/// What is sound as a frame, and is no envelope.
pub fn garbage(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let envelope = sound.envelope(rng);
    let payload = match rng.random_range(0..12) {
        0 => Vec::new(),
        1 => spoil::deep(rng),
        2 => spoil::noise(2000, rng),
        3..6 => spoil::cut(envelope, rng),
        6..9 => spoil::json(envelope, rng),
        _ => spoil::bytes(envelope, rng),
    };
    match rng.random_range(0..3) {
        0 if std::str::from_utf8(&payload).is_ok() => frame(FINAL | TEXT, &payload),
        1 => {
            let (one, two) = payload.split_at(rng.random_range(0..=payload.len()));
            let parts = [
                frame(BINARY, one),
                ping(b"between"),
                frame(0, b""),
                frame(FINAL, two),
            ];
            parts.concat()
        }
        _ => frame(FINAL | BINARY, &payload),
    }
}

pub fn reserved(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let bits = rng.random_range(1_u8..8) << 4;
    let code = [3, 4, 7, 11, 12, 15].choose(rng).unwrap();
    let first = match rng.random_range(0..3) {
        0 => FINAL | bits | BINARY,
        1 => FINAL | code,
        _ => rng.random::<u8>() & FINAL | bits | code,
    };
    frame(first, &spoil::noise(300, rng))
}

pub fn unmasked(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let payload = sound.envelope(rng);
    let mut frame = head(FINAL | BINARY, 0, payload.len() as u64);
    frame.extend(payload);
    frame
}

pub fn oversized(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let length = 0x10_0001_u64 << rng.random_range(0..44);
    let mut frame = head(FINAL | BINARY, 0x80, length);
    frame.extend(spoil::noise(500, rng));
    frame
}

/// Control frames in pieces, or too long.
pub fn bad_control(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let code = *[CLOSE, PING, PONG].choose(rng).unwrap();
    match rng.random() {
        true => [frame(code, b"pi"), frame(FINAL, b"ng")].concat(),
        false => frame(FINAL | code, &[b'x'; 126]),
    }
}

/// A piece of nothing, or a beginning within a message.
pub fn bad_pieces(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    match rng.random() {
        true => frame(rng.random::<u8>() & FINAL, b"more"),
        false => [frame(TEXT, b"one"), frame(FINAL | TEXT, b"two")].concat(),
    }
}

pub fn not_text(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let bytes: [&[u8]; 4] = [b"\xff", b"\xc0\x80", b"ok\xe2\x82", b"\xed\xa0\x80"];
    let bytes = bytes.choose(rng).unwrap();
    [frame(TEXT, bytes), frame(FINAL, b"")].concat()
}

pub fn bad_close(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let reasons: [&[u8]; 6] = [
        b"\x03",
        b"\x00\x00",
        b"\x03\xed",
        b"\x03\xee",
        b"\xff\xff",
        b"\x03\xe8\xff\xfe",
    ];
    frame(FINAL | CLOSE, reasons.choose(rng).unwrap())
}

pub fn broken_off(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    spoil::cut(&frame(FINAL | BINARY, sound.envelope(rng)), rng)
}

pub fn noise(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    spoil::noise(500, rng)
}
