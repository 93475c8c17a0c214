//! Changed envelopes: refused, unless the change is of no meaning.
//!
//! Which bytes have no meaning is told by a second reader, [`meaning`], and held in both
//! directions. Three are known:
//!
//! - whitespace of JSON between its tokens: we write none, others may;
//! - in a JWS, the names `header` and `kid` of the unprotected header, which say again what the
//!   protected one says: under another name nobody reads them;
//! - in a JWE for several keys, the `encrypted_key` of those that its reader does not use. The
//!   content key in it is for another, and RFC 7516 authenticates none of them.
//!
//! A signature of ES256 or ES256K has a twin besides, n − s for s, which anybody can compute and
//! RFC 7518 does not forbid. That changes half of its bytes and nothing of what was signed.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use signet_didcomm::{Curve, Message, Unpacked};

use super::holds;
use super::party::{AGREEING, Mode, SIGNING, Scene, mode};

/// One thing done to an envelope.
#[derive(Clone, Debug)]
enum Edit {
    Change(u8),
    Drop,
    Insert(u8),
    /// With the byte at another place.
    Swap(Index),
}

impl Edit {
    fn apply(&self, place: usize, envelope: &[u8]) -> Vec<u8> {
        let mut changed = envelope.to_vec();
        match self {
            Self::Change(by) => changed[place] ^= by,
            Self::Drop => drop(changed.remove(place)),
            Self::Insert(byte) => changed.insert(place, *byte),
            Self::Swap(other) => changed.swap(place, other.index(envelope.len())),
        }
        changed
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    // Bytes that JSON or base64url know are found out last.
    let known = prop::sample::select(b" \n\t\"\\,:{}[]/+-_=Aaz09u\0\x80".to_vec());
    let byte = || prop_oneof![any::<u8>(), known.clone()];
    prop_oneof![
        2 => (1..=255_u8).prop_map(Edit::Change),
        2 => (0..8_u8).prop_map(|bit| Edit::Change(1 << bit)),
        1 => Just(Edit::Drop),
        2 => byte().prop_map(Edit::Insert),
        1 => any::<Index>().prop_map(Edit::Swap),
    ]
}

/// What an envelope says to Bob, who opens with the first key named in it; `None` if it is no
/// envelope of general JSON.
fn meaning(envelope: &[u8]) -> Option<Value> {
    let json: Value = serde_json::from_slice(envelope).ok()?;
    let text = |json: &Value, name: &str| json.get(name)?.as_str().map(str::to_owned);
    if let Some(signatures) = json.get("signatures") {
        let [signature] = &signatures.as_array()?[..] else {
            return None;
        };
        // It may be left out, but not say anything else.
        let kid = match signature.get("header").map(|header| header.get("kid")) {
            Some(Some(kid)) => Some(kid.as_str()?),
            Some(None) | None => None,
        };
        let protected = text(signature, "protected")?;
        let named = kid.is_none_or(|kid| protected_kid(&protected).as_deref() == Some(kid));
        return named.then_some(json!([
            text(&json, "payload")?,
            protected,
            text(signature, "signature")?,
        ]));
    }
    let mut recipients = Vec::new();
    for (index, recipient) in json.get("recipients")?.as_array()?.iter().enumerate() {
        let key = text(recipient, "encrypted_key")?;
        let kid = text(recipient.get("header")?, "kid")?;
        recipients.push(json!([kid, if index == 0 { key } else { String::new() }]));
    }
    Some(json!([
        recipients,
        text(&json, "protected")?,
        text(&json, "iv")?,
        text(&json, "ciphertext")?,
        text(&json, "tag")?,
    ]))
}

fn protected_kid(protected: &str) -> Option<String> {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;

    let header: Value = serde_json::from_slice(&BASE64.decode(protected).ok()?).ok()?;
    Some(header["kid"].as_str()?.to_owned())
}

fn hello(scene: &Scene) -> Message {
    let mut message = Message::new("1", "https://didcomm.org/basicmessage/2.0/message");
    message.from = Some(scene.alice.did.clone());
    message.to = vec![scene.bob.did.clone()];
    message.body.insert("content".into(), "hello".into());
    message
}

/// Refused, or nothing that is handed out differs, as the change has a meaning or not.
fn judged(scene: &Scene, good: (&[u8], &Unpacked), changed: &[u8]) -> Result<(), TestCaseError> {
    let (envelope, unpacked) = good;
    let shown = String::from_utf8_lossy(changed);
    let found = scene.open(changed, &[]);
    if meaning(changed) != meaning(envelope) {
        prop_assert!(found.is_err(), "taken: {shown}");
        return Ok(());
    }
    let Ok(found) = found else {
        return Err(TestCaseError::fail(format!("refused: {shown}")));
    };
    prop_assert!(found == *unpacked, "differs: {shown}");
    Ok(())
}

#[test]
fn any_edited_byte_is_refused_or_means_nothing_on_every_curve() {
    let scene = (
        prop::sample::select(&SIGNING[..]),
        prop::sample::select(&AGREEING[..]),
        1..4_usize,
        any::<u64>(),
    );
    let edits = prop::collection::vec((any::<Index>(), edit()), 24);
    holds(
        "an edited byte",
        48,
        &(scene, mode(), edits),
        |(scene, mode, edits)| {
            let (signing, agreeing, keys, seed) = scene;
            let mut scene = Scene::on(signing, agreeing, keys, seed);
            let message = hello(&scene);
            let envelope = scene.pack(&message, mode).unwrap();
            let unpacked = scene.open(&envelope, &[]).unwrap();
            for (place, edit) in edits {
                let changed = edit.apply(place.index(envelope.len()), &envelope);
                judged(&scene, (&envelope, &unpacked), &changed)?;
            }
            Ok(())
        },
    );
}

#[test]
fn every_byte_of_an_envelope_is_looked_at_in_every_mode() {
    let values = (any::<u64>(), edit(), 1..3_usize);
    holds("every byte in turn", 1, &values, |(seed, edit, keys)| {
        for mode in Mode::all() {
            let mut scene = Scene::on(Curve::Ed25519, Curve::X25519, keys, seed);
            let message = hello(&scene);
            let envelope = scene.pack(&message, mode).unwrap();
            let unpacked = scene.open(&envelope, &[]).unwrap();
            for place in 0..envelope.len() {
                let changed = edit.apply(place, &envelope);
                judged(&scene, (&envelope, &unpacked), &changed)?;
            }
        }
        Ok(())
    });
}

/// Base64url has one spelling: the bits that the last letter has too many are zero, there is no
/// padding, and nothing else is read over (RFC 4648 §3.3, §3.5).
#[test]
fn no_member_has_a_second_spelling() {
    let values = (
        any::<u64>(),
        0..4_usize,
        prop::sample::select(&AGREEING[..]),
    );
    holds(
        "base64url's last letter",
        4,
        &values,
        |(seed, longer, agreeing)| {
            for mode in Mode::all() {
                let mut scene = Scene::on(Curve::P256, agreeing, 1, seed);
                let mut message = hello(&scene);
                message.id = "x".repeat(longer + 1);
                let envelope = scene.pack(&message, mode).unwrap();
                let unpacked = scene.open(&envelope, &[]).unwrap();
                for place in ends(&envelope) {
                    for letter in
                        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                    {
                        let mut changed = envelope.clone();
                        changed[place] = *letter;
                        judged(&scene, (&envelope, &unpacked), &changed)?;
                    }
                    for letter in b"=\n .A" {
                        let mut changed = envelope.clone();
                        changed.insert(place + 1, *letter);
                        judged(&scene, (&envelope, &unpacked), &changed)?;
                    }
                }
            }
            Ok(())
        },
    );
}

/// Where the members of base64url end.
fn ends(envelope: &[u8]) -> Vec<usize> {
    let text = std::str::from_utf8(envelope).unwrap();
    let names = [
        "protected",
        "encrypted_key",
        "iv",
        "ciphertext",
        "tag",
        "payload",
        "signature",
    ];
    let starts = names.iter().filter_map(|name| {
        let member = format!("\"{name}\":\"");
        Some(text.find(&member)? + member.len())
    });
    let ends: Vec<_> = starts
        .map(|start| start + text[start..].find('"').unwrap() - 1)
        .collect();
    assert!(ends.len() >= 3);
    ends
}

#[test]
fn an_envelope_cut_short_or_doubled_is_refused() {
    let values = (mode(), any::<u64>(), any::<Index>());
    holds(
        "an envelope cut short",
        32,
        &values,
        |(mode, seed, place)| {
            let mut scene = Scene::on(Curve::Ed25519, Curve::X25519, 1, seed);
            let message = hello(&scene);
            let envelope = scene.pack(&message, mode).unwrap();
            let end = place.index(envelope.len());

            prop_assert!(scene.open(&envelope[..end], &[]).is_err());
            prop_assert!(scene.open(&envelope[end + 1..], &[]).is_err());
            prop_assert!(
                scene
                    .open(&[&envelope[..], &envelope].concat(), &[])
                    .is_err()
            );
            Ok(())
        },
    );
}

#[test]
fn what_nobody_knows_and_where_members_stand_has_no_meaning() {
    let names = prop::sample::select(vec!["zzz", "x", "Protected", "epk", "alg", "aad2"]);
    let values = (mode(), any::<u64>(), names, super::messages::json_value());
    holds(
        "members of no meaning",
        48,
        &values,
        |(mode, seed, name, value)| {
            let mut scene = Scene::on(Curve::Ed25519, Curve::X25519, 1, seed);
            let message = hello(&scene);
            let envelope = scene.pack(&message, mode).unwrap();
            let unpacked = scene.open(&envelope, &[]).unwrap();
            let mut json: Value = serde_json::from_slice(&envelope).unwrap();
            json[name] = value;

            // Names come sorted now, and each member on a line of its own.
            judged(&scene, (&envelope, &unpacked), json.to_string().as_bytes())?;
            let spread = serde_json::to_vec_pretty(&json).unwrap();
            judged(&scene, (&envelope, &unpacked), &spread)
        },
    );
}
