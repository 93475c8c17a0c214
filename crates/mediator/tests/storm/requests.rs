//! Requests of HTTP that nobody should make.

use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::{malformed::Sound, server::post, spoil};

const ENCRYPTED: &str = "application/didcomm-encrypted+json";
const KINDS: [&str; 8] = [
    "",
    "application/json",
    "text/html; charset=utf-8",
    "application/didcomm-encrypted",
    "application/didcomm-encrypted+json+x",
    ";application/didcomm-encrypted+json",
    "multipart/form-data; boundary=\"",
    "\u{fc}/\u{fc}",
];
const WAYS: [&str; 12] = [
    "PUT /",
    "DELETE /",
    "PATCH /metrics",
    "OPTIONS *",
    "TRACE /",
    "BREW /pot",
    "get /",
    "POST /health",
    "GET /../../etc/passwd",
    "GET /%00%ff?%",
    "GET //m//health",
    "POST http://elsewhere.example/",
];
const HEADS: [&str; 24] = [
    "GET / HTTP/1.1",
    "GET / HTTP/9.9\r\nHost: m\r\n\r\n",
    "GET  /  HTTP/1.1\r\nHost: m\r\n\r\n",
    "GET /\r\n\r\n",
    "GET / HTTP/1.1\nHost: m\n\n",
    "GET / HTTP/1.1\r\nHost : m\r\n\r\n",
    "GET / HTTP/1.1\r\n: m\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: m\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: \0\r\n\r\n",
    "GET /\u{fc} HTTP/1.1\r\nHost: m\r\n\r\n",
    "HEAD / HTTP/1.0\r\n\r\n",
    "CONNECT m:1 HTTP/1.1\r\nHost: m\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}",
    "\r\n\r\n\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}",
    "POST / HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}",
    "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
    "POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n{}",
    "POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
    "POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n{}",
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nExpect: 200-maybe\r\nContent-Length: 9\r\n\r\n",
];
const CHUNKS: [&str; 10] = [
    "zz\r\n{}\r\n0\r\n\r\n",
    "-2\r\n{}\r\n0\r\n\r\n",
    "2\r\n{}0\r\n\r\n",
    "2{}\r\n0\r\n\r\n",
    "ffffffffffffffffff\r\n{}\r\n",
    "7fffffffffffffff\r\n{}\r\n",
    "2;\"\0\r\n{}\r\n0\r\n\r\n",
    "2\n{}\n0\n\n",
    "2\r\n{}\r\n0\r\nTrailer\r\n\r\n",
    "\r\n\r\n",
];
const HANDSHAKES: [&str; 8] = [
    "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n",
    "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n",
    "Connection: close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n",
    "Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
    "Connection: upgrade\r\nUpgrade: websocket, \u{fc}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \u{fc}\r\n",
    "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key:\r\nSec-WebSocket-Key: b\r\n",
    "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n",
];

fn whole(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{}Host: m\r\n\r\n", post(kind, body.len()));
    [head.as_bytes(), body].concat()
}

pub fn spoilt(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    whole(ENCRYPTED, &spoil::envelope(sound.envelope(rng), rng))
}

pub fn cut(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    whole(ENCRYPTED, &spoil::cut(sound.envelope(rng), rng))
}

pub fn odd_json(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    whole(ENCRYPTED, &spoil::json(sound.envelope(rng), rng))
}

pub fn sealed_nonsense(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    whole(ENCRYPTED, sound.nonsense.choose(rng).unwrap())
}

pub fn deep_json(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    whole(ENCRYPTED, &spoil::deep(rng))
}

pub fn noise(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    whole(ENCRYPTED, &spoil::noise(3000, rng))
}

pub fn wrong_kind(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    whole(KINDS.choose(rng).unwrap(), sound.envelope(rng))
}

pub fn wrong_way(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let way = WAYS.choose(rng).unwrap();
    match rng.random() {
        true => format!("{way} HTTP/1.1\r\nHost: m\r\n\r\n"),
        false => format!("{way} HTTP/1.1\r\nHost: m\r\nContent-Length: 2\r\n\r\n{{}}"),
    }
    .into_bytes()
}

pub fn bad_framing(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let text = HEADS.choose(rng).unwrap().as_bytes();
    match rng.random_range(0..4) {
        0 => text.to_vec(),
        1 => spoil::bytes(text, rng),
        2 => spoil::noise(2000, rng),
        _ => {
            let mut whole = whole(ENCRYPTED, sound.envelope(rng));
            let head = spoil::bytes(&whole[..90], rng);
            whole.splice(..90, head);
            whole
        }
    }
}

pub fn bad_chunks(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nContent-Type: {ENCRYPTED}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let chunks = CHUNKS.choose(rng).unwrap().as_bytes();
    let body = match rng.random_range(0..3) {
        0 => chunks.to_vec(),
        1 => spoil::bytes(chunks, rng),
        _ => {
            let envelope = sound.envelope(rng);
            let length = envelope.len() + rng.random_range(1..100);
            let begin = format!("{length:x}\r\n");
            [begin.as_bytes(), envelope, b"\r\n0\r\n\r\n"].concat()
        }
    };
    [head.as_bytes(), &body].concat()
}

pub fn huge_head(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let long = "a".repeat(1 << rng.random_range(13..18));
    match rng.random_range(0..4) {
        0 => format!("GET /{long} HTTP/1.1\r\nHost: m\r\n\r\n"),
        1 => format!("GET / HTTP/1.1\r\nHost: m\r\nA: {long}\r\n\r\n"),
        2 => format!("GET / HTTP/1.1\r\n{long}: m\r\n\r\n"),
        _ => format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "A: b\r\n".repeat(long.len() / 64)
        ),
    }
    .into_bytes()
}

pub fn broken_off(sound: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let whole = whole(ENCRYPTED, sound.envelope(rng));
    spoil::cut(&whole, rng)
}

/// A body that is said to be larger than may be, or is.
pub fn oversized(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    match rng.random_range(0..40) {
        0 => {
            let head = format!(
                "POST / HTTP/1.1\r\nContent-Type: {ENCRYPTED}\r\nTransfer-Encoding: chunked\r\n\r\n"
            );
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000)).repeat(17);
            [head.as_bytes(), chunk.as_bytes(), b"0\r\n\r\n"].concat()
        }
        _ => {
            let length = (1 << rng.random_range(20..62)) + 1;
            let head = format!("{}Host: m\r\n\r\n", post(ENCRYPTED, length));
            [head.as_bytes(), &spoil::noise(3000, rng)].concat()
        }
    }
}

pub fn bad_handshake(_: &Sound, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let way = ["GET / HTTP/1.1", "GET / HTTP/1.0", "POST / HTTP/1.1"];
    let way = way.choose(rng).unwrap();
    let headers = HANDSHAKES.choose(rng).unwrap();
    let text = format!("{way}\r\nHost: m\r\n{headers}\r\n");
    match rng.random() {
        true => text.into_bytes(),
        false => spoil::bytes(text.as_bytes(), rng),
    }
}
