//! Arbitrary messages, and what becomes of them when they are written and read.
//!
//! Left out is what reading mends by rule: empty ids and types, ids above the limit, an attachment
//! whose JSON is `null`, which stands for none, and numbers that JSON does not have.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};
use signet_didcomm::message::MAX_ID;
use signet_didcomm::{Attachment, AttachmentData, Did, Message};

use super::{NOW, holds};

/// The names of headers that have a field of their own.
const KNOWN: [&str; 16] = [
    "id",
    "typ",
    "type",
    "from",
    "to",
    "thid",
    "pthid",
    "created_time",
    "expires_time",
    "body",
    "attachments",
    "please_ack",
    "ack",
    "from_prior",
    "sender_order",
    "lang",
];

/// A text of any letters, those included that JSON escapes.
pub fn text(longest: usize) -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        4 => any::<char>(),
        2 => prop::char::range(' ', '~'),
        1 => prop::sample::select(vec!['"', '\\', '/', '\0', '\n', '\u{7f}', '\u{2028}', '\u{ffff}']),
    ];
    prop::collection::vec(letter, 0..=longest).prop_map(String::from_iter)
}

fn number() -> impl Strategy<Value = Number> {
    let float = prop::num::f64::NORMAL
        | prop::num::f64::SUBNORMAL
        | prop::num::f64::ZERO
        | prop::num::f64::POSITIVE
        | prop::num::f64::NEGATIVE;
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        float.prop_filter_map("no number of JSON", Number::from_f64),
    ]
}

/// Any JSON, some levels deep.
pub fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number().prop_map(Value::from),
        text(12).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object_of(inner, 4).prop_map(Value::from),
        ]
    })
}

fn object_of(
    value: impl Strategy<Value = Value>,
    most: usize,
) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(text(8), value, 0..most).prop_map(|map| map.into_iter().collect())
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => text(36).prop_filter("an id", |id| !id.is_empty()),
        1 => Just("x".repeat(MAX_ID)),
    ]
}

fn did() -> impl Strategy<Value = Did> {
    "did:[a-z0-9]{1,8}:[A-Za-z0-9._:%=-]{0,24}[A-Za-z0-9]"
        .prop_filter_map("a did:peer:4 of its own", |text| Did::parse(&text).ok())
}

/// Content of every kind, alone and together.
fn attachment_data() -> impl Strategy<Value = AttachmentData> {
    let json = json_value().prop_filter("null stands for none", |json| !json.is_null());
    let links = prop::collection::vec(text(20), 0..3);
    let base64 = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| Attachment::from_bytes(
            "", &bytes
        )
        .data
        .base64
        .unwrap()),
        text(20),
    ];
    let signature = json_value().prop_filter("null stands for none", |json| !json.is_null());
    (
        prop::option::of(json),
        prop::option::of(base64),
        links,
        prop::option::of(text(20)),
        prop::option::of(signature),
    )
        .prop_map(|(json, base64, links, hash, jws)| AttachmentData {
            json,
            base64,
            hash: if links.is_empty() {
                hash
            } else {
                Some("QmX".into())
            },
            links,
            jws,
        })
        .prop_filter("some content", |data| *data != AttachmentData::default())
}

pub fn attachment() -> impl Strategy<Value = Attachment> {
    let names = (
        prop::option::of(text(8)),
        prop::option::of(text(8)),
        prop::option::of(text(8)),
        prop::option::of(text(8)),
        prop::option::of(text(8)),
    );
    let numbers = (
        prop::option::of(any::<u64>()),
        prop::option::of(any::<u64>()),
    );
    (names, numbers, attachment_data()).prop_map(|(names, (lastmod_time, byte_count), data)| {
        let (id, description, filename, media_type, format) = names;
        Attachment {
            id,
            description,
            filename,
            media_type,
            format,
            lastmod_time,
            byte_count,
            data,
        }
    })
}

fn extension_headers() -> impl Strategy<Value = BTreeMap<String, Value>> {
    // The names by which a reader tells an envelope from a message are nobody's but theirs.
    let telling = prop::sample::select(vec!["ciphertext", "iv", "payload", "recipients", "@type"]);
    let name = prop_oneof![3 => text(10), 1 => telling.prop_map(str::to_owned)];
    let name = name.prop_filter("not a known header", |name| !KNOWN.contains(&name.as_str()));
    prop::collection::btree_map(name, json_value(), 0..4)
}

/// Any message, from anybody to anybody, that has not expired and proves no rotation.
pub fn message() -> impl Strategy<Value = Message> {
    let names = (id(), id(), prop::option::of(id()), prop::option::of(id()));
    let people = (prop::option::of(did()), prop::collection::vec(did(), 0..3));
    let times = (prop::option::of(any::<u64>()), prop::option::of(NOW..));
    let acks = (
        prop::collection::vec(text(36), 0..3),
        prop::collection::vec(text(36), 0..3),
    );
    let others = (prop::option::of(any::<u64>()), prop::option::of(text(8)));
    let contents = (
        object_of(json_value(), 6),
        prop::collection::vec(attachment(), 0..3),
        extension_headers(),
    );
    (names, people, times, acks, others, contents).prop_map(
        |(names, (from, to), times, (please_ack, ack), (sender_order, lang), contents)| {
            let (id, type_, thid, pthid) = names;
            let (created_time, expires_time) = times;
            let (body, attachments, extra) = contents;
            Message {
                id,
                type_,
                from,
                to,
                thid,
                pthid,
                created_time,
                expires_time,
                body,
                attachments,
                please_ack,
                ack,
                from_prior: None,
                sender_order,
                lang,
                extra,
            }
        },
    )
}

/// What differs, for who reads a failure: `Debug` of a message hides what is in it.
pub fn same(found: &Message, expected: &Message) -> Result<(), TestCaseError> {
    let shown = |message: &Message| String::from_utf8_lossy(&message.to_vec()).into_owned();
    prop_assert!(found == expected, "{}\n{}", shown(found), shown(expected));
    Ok(())
}

#[test]
fn a_written_message_reads_back_as_the_same() {
    holds("read(write(m)) = m", 256, &message(), |message| {
        let written = message.to_vec();

        same(&Message::from_slice(&written).unwrap(), &message)?;
        let through_serde = serde_json::to_vec(&message).unwrap();
        same(&serde_json::from_slice(&through_serde).unwrap(), &message)?;
        let again = Message::from_slice(&written).unwrap().to_vec();
        prop_assert_eq!(again, written);
        Ok(())
    });
}

#[test]
fn a_header_of_any_kind_is_read_as_what_can_be_written_or_refused() {
    let long = || "[a-z]{500,530}".prop_map(Value::from);
    let value = prop_oneof![
        4 => json_value(),
        1 => long(),
        1 => prop::collection::vec(long(), 1..3).prop_map(Value::from),
        1 => did().prop_map(|did| json!(did)),
        1 => prop::collection::vec(did(), 1..3).prop_map(|dids| json!(dids)),
    ];
    let header = (prop::sample::select(&KNOWN[..]), value);
    holds("a header of any kind", 512, &header, |(name, value)| {
        let mut json = json!({"id": "1", "type": "t"});
        json[name] = value;
        let Ok(message) = Message::from_slice(json.to_string().as_bytes()) else {
            return Ok(());
        };

        same(&Message::from_slice(&message.to_vec()).unwrap(), &message)
    });
}

/// Found by `a_written_message_reads_back_as_the_same`: read quickly, it is its neighbour.
#[test]
fn every_number_reads_back_as_itself() {
    for number in [
        -1.721_683_876_573_910_8e-279,
        6.213_907_686_672_962e-246,
        0.1,
        5e-324,
        f64::MAX,
    ] {
        let mut message = Message::new("1", "t");
        message.body.insert("number".into(), json!(number));

        let again = Message::from_slice(&message.to_vec()).unwrap();
        assert_eq!(again.body["number"].as_f64(), Some(number));
    }
}
