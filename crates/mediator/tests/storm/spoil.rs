//! Sound bytes, and sound JSON, spoilt.

use rand::{
    Rng, RngExt,
    seq::{IndexedMutRandom, IndexedRandom},
};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// What an envelope consists of; others are passed over. Source: RFC 7516, section 7.2.1.
const MEMBERS: [&str; 5] = ["protected", "recipients", "iv", "ciphertext", "tag"];

/// Spoils an envelope so that it is another one, or none.
pub fn envelope(sound: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let read = |bytes: &[u8]| {
        let json: Value = serde_json::from_slice(bytes).ok()?;
        Some(MEMBERS.map(|name| json.get(name).cloned()))
    };
    loop {
        let spoilt = bytes(sound, rng);
        // A space between two members is no part of it.
        if read(&spoilt) != read(sound) {
            return spoilt;
        }
    }
}

/// Does to a few places what goes wrong with bytes.
pub fn bytes(sound: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for _ in 0..rng.random_range(1..5) {
        if bytes.is_empty() {
            return bytes;
        }
        let at = rng.random_range(0..bytes.len());
        let end = (at + rng.random_range(1..64)).min(bytes.len());
        match rng.random_range(0..6) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = rng.random(),
            2 => bytes.insert(at, rng.random()),
            3 => drop(bytes.drain(at..end)),
            4 => bytes[at..end].reverse(),
            _ => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

/// The beginning of it.
pub fn cut(sound: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    sound[..rng.random_range(0..sound.len())].to_vec()
}

/// Puts something else in one place of the JSON.
pub fn json(sound: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(sound).unwrap();
    misplace(&mut json, rng);
    json.to_string().into_bytes()
}

/// Here, or further in.
fn misplace(place: &mut Value, rng: &mut ChaCha8Rng) {
    let is_here = rng.random_range(0..4) == 0;
    let mut inner: Vec<&mut Value> = match place {
        Value::Object(fields) if !is_here => fields.values_mut().collect(),
        Value::Array(items) if !is_here => items.iter_mut().collect(),
        _ => Vec::new(),
    };
    match inner.choose_mut(rng) {
        Some(inner) => misplace(inner, rng),
        None => *place = odd(rng),
    }
}

/// A value that hardly anybody expects.
pub fn odd(rng: &mut ChaCha8Rng) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\u{0}\u{202e}\u{fffd}"),
        json!("did:peer:2.Vz6MkNotAKey"),
        json!("did:peer:4zQm:z2"),
        json!("eyJhbGciOiJub25lIn0"),
        json!("A".repeat(5000)),
        json!([]),
        json!([[[[[[[[]]]]]]]]),
        json!({}),
        json!({"": {"": {"": null}}}),
        json!(vec!["x"; 300]),
        json!(vec![json!({"recipient_did": 1, "action": []}); 200]),
    ];
    values.choose(rng).cloned().unwrap()
}

/// JSON as deep as a stack is not.
pub fn deep(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let depth = 1 << rng.random_range(5..17);
    let (open, close) = match rng.random_range(0..3) {
        0 => ("[", "]"),
        1 => ("{\"a\":", "}"),
        _ => ("{\"recipients\":[", "]}"),
    };
    let mut text = open.repeat(depth);
    if rng.random() {
        text.push('1');
        text.push_str(&close.repeat(depth));
    }
    text.into_bytes()
}

/// So many bytes of anything.
pub fn noise(most: usize, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut noise = vec![0; rng.random_range(1..=most)];
    rng.fill_bytes(&mut noise);
    noise
}
