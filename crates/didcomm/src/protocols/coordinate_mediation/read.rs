//! Reading what the other role wrote.

use serde_json::{Map, Value};

use super::super::body;
use super::{
    Action, Answer, MAX_ACTION, MAX_RECIPIENTS, MAX_ROUTING_DIDS, MAX_UPDATES, Outcome, Paginate,
    Pagination, Request, Update, Updated, Version,
};
use crate::did::{Did, MAX_DID};
use crate::message::Message;

const VERSIONS: [Version; 2] = [Version::V3, Version::V2];

/// Reads what a recipient asks, and in which version to answer; `None` for another message, or an
/// update without its list. Updates that lack a part or have one that is too long, and those
/// after the first [`MAX_UPDATES`], are left out.
pub fn read_request(message: &Message) -> Option<(Version, Request)> {
    for version in VERSIONS {
        let types = version.types();
        let request = if message.is(types.mediate_request) {
            Request::Mediate
        } else if message.is(types.recipient_update) {
            message.body.get("updates")?.as_array()?;
            let updates = body::objects(&message.body, "updates", MAX_UPDATES);
            Request::Update(updates.filter_map(read_update).collect())
        } else if message.is(types.recipient_query) {
            let page = message.body.get("paginate").and_then(Value::as_object);
            Request::Query(page.map(Paginate::read))
        } else {
            continue;
        };
        return Some((version, request));
    }
    None
}

/// Reads what a mediator answers; `None` for another message, or a grant without a DID. Of lists,
/// the first [`MAX_ROUTING_DIDS`], [`MAX_UPDATES`] or [`MAX_RECIPIENTS`] items are read, and odd
/// items are left out.
pub fn read_answer(message: &Message) -> Option<(Version, Answer)> {
    for version in VERSIONS {
        let types = version.types();
        let answer = if message.is(types.mediate_deny) {
            Answer::Deny
        } else if message.is(types.mediate_grant) {
            Answer::Grant(read_routing(&message.body)?)
        } else if message.is(types.recipient_update_response) {
            let updated = body::objects(&message.body, "updated", MAX_UPDATES);
            Answer::Updated(updated.filter_map(read_updated).collect())
        } else if message.is(types.recipient) {
            let pagination = message.body.get("pagination").and_then(Value::as_object);
            let own = message.body.contains_key(types.dids);
            let name = if own { types.dids } else { other_name(version) };
            let dids = body::objects(&message.body, name, MAX_RECIPIENTS);
            Answer::Recipients {
                dids: dids.filter_map(read_recipient).collect(),
                pagination: pagination.and_then(Pagination::read),
            }
        } else {
            continue;
        };
        return Some((version, answer));
    }
    None
}

/// Mediators that speak both versions are met that mix them up.
fn other_name(version: Version) -> &'static str {
    match version {
        Version::V2 => Version::V3.types().dids,
        Version::V3 => Version::V2.types().dids,
    }
}

fn read_routing(body: &Map<String, Value>) -> Option<Vec<Did>> {
    let routing = body.get("routing_did")?;
    let one = std::slice::from_ref(routing);
    let items = routing.as_array().map_or(one, Vec::as_slice);
    let items = items.iter().take(MAX_ROUTING_DIDS);
    let texts = items.filter_map(Value::as_str);
    let dids: Vec<Did> = texts.filter_map(|text| Did::parse(text).ok()).collect();
    (!dids.is_empty()).then_some(dids)
}

fn read_recipient(map: &Map<String, Value>) -> Option<String> {
    body::text(map, "recipient_did", MAX_DID)
}

fn read_update(map: &Map<String, Value>) -> Option<Update> {
    let action = map.get("action")?.as_str()?;
    let action = match action.to_ascii_lowercase().as_str() {
        "add" => Action::Add,
        "remove" => Action::Remove,
        _ if action.len() > MAX_ACTION => return None,
        _ => Action::Other(action.to_owned()),
    };
    Some(Update {
        recipient_did: read_recipient(map)?,
        action,
    })
}

fn read_updated(map: &Map<String, Value>) -> Option<Updated> {
    let result = map.get("result")?.as_str()?;
    let mut all = Outcome::ALL.into_iter();
    Some(Updated {
        update: read_update(map)?,
        result: all.find(|outcome| result.eq_ignore_ascii_case(outcome.name()))?,
    })
}
