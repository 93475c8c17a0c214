//! routing 2.0: envelopes that a mediator passes on.
//!
//! Each hop sees only the next one: the sender wraps from the last to the first, anonymously.
//! Source: DIDComm Messaging v2.1, "Routing Protocol 2.0".

use rand_core::CryptoRng;
use serde_json::Value;

use crate::did::{Did, DidUrl};
use crate::document::Document;
use crate::envelope::{ENCRYPTED, PackError, agreeing_keys, anoncrypt_for, of_one_curve};
use crate::message::{Message, PLAINTEXT, new_id};

/// The request to pass on.
pub const FORWARD: &str = "https://didcomm.org/routing/2.0/forward";

/// More envelopes than this in one forward are not passed on.
pub const MAX_ENVELOPES: usize = 64;

/// A forward as a mediator reads it.
#[derive(Clone, PartialEq, Debug)]
pub struct Forward {
    /// To whom: a DID, or the DID URL of a key.
    pub next: String,
    /// What to pass on, unchanged.
    pub envelopes: Vec<Vec<u8>>,
    /// When it may be dropped, in seconds since the Unix epoch.
    pub expires_time: Option<u64>,
    /// How long to hold it; negative: a random time up to so long.
    pub delay_milli: Option<i64>,
}

/// One hop on the way to the recipient.
#[derive(Clone, PartialEq, Debug)]
pub struct Hop {
    /// As listed: the DID URL of one key, or a mediator's DID.
    pub name: String,
    /// The hop's document.
    pub document: Document,
}

/// Wraps `envelope` for `next` in a layer for each hop; `hops` as listed, the first outermost.
/// Without hops it is returned as it is.
///
/// # Errors
/// [`PackError::NoKey`] if a hop has no key of that name; [`PackError::TooLarge`].
pub fn wrap(
    envelope: Vec<u8>,
    next: &str,
    hops: &[Hop],
    expires_time: Option<u64>,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    let mut envelope = envelope;
    let mut next = next;
    for hop in hops.iter().rev() {
        envelope = wrap_once(&envelope, next, hop, expires_time, rng)?;
        next = &hop.name;
    }
    Ok(envelope)
}

fn wrap_once(
    envelope: &[u8],
    next: &str,
    hop: &Hop,
    expires_time: Option<u64>,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PackError> {
    let name = DidUrl::parse(&hop.name).map_err(|_| PackError::NoKey)?;
    if !name.did().is_same_as(&hop.document.id) {
        return Err(PackError::NoKey);
    }
    let mut keys = agreeing_keys(&hop.document, &name.did());
    if name.fragment().is_some() {
        keys.retain(|(kid, _)| kid.is_same_as(&name));
    }
    let forward = forward(envelope, next, &name.did(), expires_time, &new_id(rng));
    anoncrypt_for(forward, of_one_curve(keys, |_| true)?, rng)
}

/// The plaintext. The envelope stands in it as the JSON it is, since some libraries read nothing
/// else, and is copied once.
fn forward(envelope: &[u8], next: &str, to: &Did, expires_time: Option<u64>, id: &str) -> Vec<u8> {
    let expires = expires_time.map_or(String::new(), |time| format!("\"expires_time\":{time},"));
    let next = Value::from(next);
    let head = format!(
        "{{\"id\":\"{id}\",\"typ\":\"{PLAINTEXT}\",\"type\":\"{FORWARD}\",\"to\":[\"{to}\"],\
         {expires}\"body\":{{\"next\":{next}}},\"attachments\":[{{\"media_type\":\"{ENCRYPTED}\",\
         \"data\":{{\"json\":"
    );
    let mut plaintext = Vec::with_capacity(head.len() + envelope.len() + 32);
    plaintext.extend_from_slice(head.as_bytes());
    plaintext.extend_from_slice(envelope);
    plaintext.extend_from_slice(b"}}]}");
    plaintext
}

/// Reads a forward; `None` for another message, or one that passes nothing on.
pub fn read(message: &Message) -> Option<Forward> {
    if !message.is(FORWARD) {
        return None;
    }
    let attachments = message.attachments.iter();
    let envelopes: Vec<_> = attachments
        .filter_map(|attachment| attachment.bytes())
        .take(MAX_ENVELOPES)
        .collect();
    if envelopes.is_empty() {
        return None;
    }
    Some(Forward {
        next: message.text("next")?.to_owned(),
        envelopes,
        expires_time: message.expires_time,
        delay_milli: message.extra.get("delay_milli").and_then(Value::as_i64),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::message::Attachment;

    #[test]
    fn every_envelope_of_a_forward_is_read_in_json_and_in_base64() {
        let mut message = Message::new("1", FORWARD);
        message.body.insert("next".into(), "did:example:bob".into());
        message.extra.insert("delay_milli".into(), json!(-500));
        message.attachments = vec![
            Attachment::from_json(json!({"ciphertext": "AAAA"})),
            Attachment::from_bytes("2", b"{}"),
        ];
        let forward = read(&Message::from_slice(&message.to_vec()).unwrap()).unwrap();

        assert_eq!(forward.next, "did:example:bob");
        assert_eq!(forward.delay_milli, Some(-500));
        assert_eq!(
            forward.envelopes,
            [&b"{\"ciphertext\":\"AAAA\"}"[..], b"{}"]
        );
    }

    #[test]
    fn a_forward_to_nobody_or_of_nothing_is_none() {
        let mut message = Message::new("1", FORWARD);
        assert_eq!(read(&message), None);

        message.body.insert("next".into(), "did:example:bob".into());
        assert_eq!(read(&message), None);
    }
}
