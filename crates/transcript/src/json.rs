//! JSON: one array, one object a line. The members are documented at the crate.

use std::io::{self, Write};

use serde::Serialize;
use signet_protocol::{
    contact::{ContactId, Retired},
    entry::{DeliveryState, Direction, Entry, Kind, Line, Route},
};

use crate::{Conversation, Header, time::rfc3339, words, writer::Place};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Object<'a> {
    Transcript {
        version: u32,
        name: &'a str,
        exported: String,
    },
    Conversation {
        contact: ContactId,
        name: &'a str,
        my_did: &'a str,
        their_did: &'a str,
        my_retired: Vec<Left<'a>>,
        their_retired: Vec<Left<'a>>,
    },
    Message {
        #[serde(flatten)]
        place: Where<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        claimed_time: Option<String>,
        direction: Direction,
        from: &'a str,
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_to: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<DeliveryState>,
        #[serde(skip_serializing_if = "Option::is_none")]
        state_since: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        route: Option<Route>,
        my_did: &'a str,
        their_did: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        proof: Option<Proof<'a>>,
    },
    Line {
        #[serde(flatten)]
        place: Where<'a>,
        line: &'static str,
        text: String,
    },
}

#[derive(Serialize)]
struct Where<'a> {
    seq: u64,
    id: &'a str,
    time: String,
}

#[derive(Serialize)]
struct Left<'a> {
    did: &'a str,
    since: String,
}

#[derive(Serialize)]
struct Proof<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer_kid: Option<&'a str>,
    algorithms: &'a [String],
    received: String,
}

pub(crate) fn header(out: &mut impl Write, header: &Header) -> io::Result<()> {
    let exported = rfc3339(header.exported);
    out.write_all(b"[\n")?;
    object(
        out,
        &Object::Transcript {
            version: 1,
            name: &header.my_name,
            exported,
        },
    )
}

pub(crate) fn conversation(out: &mut impl Write, conversation: &Conversation) -> io::Result<()> {
    out.write_all(b",\n")?;
    object(
        out,
        &Object::Conversation {
            contact: conversation.contact,
            name: &conversation.name,
            my_did: conversation.my_did.as_str(),
            their_did: conversation.their_did.as_str(),
            my_retired: conversation.my_retired.iter().map(left).collect(),
            their_retired: conversation.their_retired.iter().map(left).collect(),
        },
    )
}

pub(crate) fn entry(out: &mut impl Write, names: &Place, entry: &Entry) -> io::Result<()> {
    let place = Where {
        seq: entry.seq,
        id: &entry.id,
        time: rfc3339(entry.time),
    };
    let one = match &entry.kind {
        Kind::Line(line) => Object::Line {
            place,
            line: name(line),
            text: words::line(line, names.contact()),
        },
        Kind::Message { text, reply_to } => Object::Message {
            place,
            claimed_time: entry.claimed_time.map(rfc3339),
            direction: entry.direction,
            from: names.who(entry.direction).unwrap_or_default(),
            text,
            reply_to: reply_to.as_deref(),
            state: entry.delivery.as_ref().map(|delivery| delivery.state),
            state_since: entry.delivery.as_ref().map(|delivery| rfc3339(delivery.at)),
            route: entry.delivery.as_ref().and_then(|delivery| delivery.route),
            my_did: entry.my_did.as_str(),
            their_did: entry.their_did.as_str(),
            proof: entry.proof.as_ref().map(|proof| Proof {
                sender_kid: proof.sender_kid.as_deref(),
                recipient_kid: proof.recipient_kid.as_deref(),
                signer_kid: proof.signer_kid.as_deref(),
                algorithms: &proof.algorithms,
                received: rfc3339(proof.received),
            }),
        },
    };
    out.write_all(b",\n")?;
    object(out, &one)
}

pub(crate) fn end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\n]\n")
}

fn object(out: &mut impl Write, object: &Object<'_>) -> io::Result<()> {
    Ok(serde_json::to_writer(out, object)?)
}

fn left(retired: &Retired) -> Left<'_> {
    Left {
        did: retired.did.as_str(),
        since: rfc3339(retired.since),
    }
}

fn name(line: &Line) -> &'static str {
    match line {
        Line::Connected => "connected",
        Line::TheyChanged => "they-changed",
        Line::WeChanged => "we-changed",
        Line::Ended(_) => "ended",
        Line::Unknown { .. } => "unknown",
    }
}
