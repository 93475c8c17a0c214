//! How much mail waits.

use serde_json::{Map, Value, json};

use super::super::body;
use super::Version;
use crate::{did::Did, document::Endpoint};

/// Earlier than this in milliseconds (March 1973), and later than any date in seconds: what is
/// smaller was meant in seconds.
const FIRST_MILLISECOND: u64 = 100_000_000_000;

/// Addresses of a relay that are read, and how long one may be.
const ADDRESSES: usize = 8;
const ADDRESS: usize = 256;

/// How much mail waits. Only `message_count` is certain to be told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// For whom, if the request named somebody.
    pub recipient_did: Option<Did>,
    /// So many envelopes.
    pub message_count: u64,
    /// How long the first has waited, in seconds; not written in 4.0.
    pub longest_waited_seconds: Option<u64>,
    /// When the last came, in milliseconds since the Unix epoch; 3.0 rounds it down to seconds.
    pub newest_received_time: Option<u64>,
    /// When the first came, in milliseconds since the Unix epoch; 3.0 rounds it down to seconds.
    pub oldest_received_time: Option<u64>,
    /// So many bytes.
    pub total_bytes: Option<u64>,
    /// Whether mail is delivered live on this connection.
    pub live_delivery: Option<bool>,
    /// The libp2p relay that the mediator offers beside: a member of ours, which others pass over.
    pub relay: Option<Endpoint>,
}

impl Status {
    pub(super) fn to_body(&self, version: Version) -> Map<String, Value> {
        let time = |time: Option<u64>| match version {
            Version::V3 => time.map(|ms| ms / 1000),
            Version::V4 => time,
        };
        let waited = match version {
            Version::V3 => self.longest_waited_seconds,
            Version::V4 => None,
        };
        let mut map = Map::new();
        let did = self.recipient_did.as_ref().map(Did::as_str);
        body::put(&mut map, "recipient_did", did);
        map.insert("message_count".into(), self.message_count.into());
        body::put(&mut map, "longest_waited_seconds", waited);
        let newest = time(self.newest_received_time);
        body::put(&mut map, "newest_received_time", newest);
        let oldest = time(self.oldest_received_time);
        body::put(&mut map, "oldest_received_time", oldest);
        body::put(&mut map, "total_bytes", self.total_bytes);
        body::put(&mut map, "live_delivery", self.live_delivery);
        if let Some(relay) = &self.relay {
            let relay = json!({"uri": relay.uri, "multiAddrs": relay.multi_addrs});
            map.insert("relay".into(), relay);
        }
        map
    }

    /// `None` without a count, or with a `recipient_did` that is no DID.
    pub(super) fn read(map: &Map<String, Value>) -> Option<Self> {
        let time = |name| body::whole(map, name).map(milliseconds);
        Some(Self {
            recipient_did: body::did(map, "recipient_did")?,
            message_count: body::whole(map, "message_count")?,
            longest_waited_seconds: body::whole(map, "longest_waited_seconds"),
            newest_received_time: time("newest_received_time"),
            oldest_received_time: time("oldest_received_time"),
            total_bytes: body::whole(map, "total_bytes"),
            live_delivery: map.get("live_delivery").and_then(Value::as_bool),
            relay: map.get("relay").and_then(relay),
        })
    }
}

fn relay(value: &Value) -> Option<Endpoint> {
    let short = |text: &&str| text.len() <= ADDRESS;
    let addresses = value.get("multiAddrs")?.as_array()?.iter();
    let addresses = addresses.filter_map(Value::as_str).filter(short);
    Some(Endpoint {
        uri: value.get("uri")?.as_str().filter(short)?.to_owned(),
        multi_addrs: addresses.take(ADDRESSES).map(str::to_owned).collect(),
        ..Endpoint::default()
    })
}

/// A time in seconds or milliseconds, in milliseconds.
fn milliseconds(time: u64) -> u64 {
    match time < FIRST_MILLISECOND {
        true => time * 1000,
        false => time,
    }
}
