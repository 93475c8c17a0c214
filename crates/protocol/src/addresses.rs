//! `addresses`: a small message of ours that tells a contact where we listen since our DID was
//! made. The newest wins. It moves libp2p addresses only; another HTTP endpoint is a rotation.
//!
//! Type: [`MESSAGE_TYPE`]. Body: `revision` (integer, counted up), `multi_addrs` (strings).

use serde_json::{Map, Value};
use signet_didcomm::message::Message;

use crate::{contact::Addresses, limit};

/// All message types of our own stand under this. An identifier: nothing is ever requested from it.
pub const PROTOCOLS: &str = "https://signet.chat/protocols/";
/// The goal code of our invitations; it also tells that the inviter reads did:peer:4.
pub(crate) const GOAL_CODE: &str = "chat.signet.talk";
pub(crate) const MESSAGE_TYPE: &str = "https://signet.chat/protocols/addresses/1.0/addresses";

/// The body that tells these addresses.
pub(crate) fn body(addresses: &Addresses) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("revision".into(), addresses.revision.into());
    body.insert("multi_addrs".into(), addresses.multi_addrs.clone().into());
    body
}

/// Reads the body; `None` if it is not one.
pub(crate) fn read(message: &Message) -> Option<Addresses> {
    let revision = message.body.get("revision")?.as_u64()?;
    let multi_addrs = message.body.get("multi_addrs")?.as_array()?;
    let multi_addrs = multi_addrs
        .iter()
        .filter_map(Value::as_str)
        .filter(|address| address.len() <= limit::NAME)
        .take(limit::ADDRESSES)
        .map(str::to_owned)
        .collect();
    Some(Addresses {
        revision,
        multi_addrs,
    })
}
