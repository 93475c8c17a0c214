use serde_json::json;

use super::*;
use crate::{document::Endpoint, message::MAX_ID};

const BOTH: [Version; 2] = [Version::V3, Version::V4];

fn did() -> Did {
    Did::parse("did:example:alice").unwrap()
}

fn wire(message: &Message) -> Value {
    serde_json::from_slice(&message.to_vec()).unwrap()
}

fn read(json: Value) -> Message {
    let mut json = json;
    json["id"] = "1".into();
    Message::from_slice(json.to_string().as_bytes()).unwrap()
}

fn status() -> Status {
    Status {
        recipient_did: Some(did()),
        message_count: 7,
        longest_waited_seconds: Some(3600),
        newest_received_time: Some(1_658_085_169_000),
        oldest_received_time: Some(1_658_084_293_000),
        total_bytes: Some(8096),
        live_delivery: Some(false),
        relay: None,
    }
}

fn delivery() -> Delivery {
    Delivery {
        recipient_did: Some(did()),
        messages: vec![Held::new("123", b"{}".to_vec())],
    }
}

#[test]
fn every_request_reads_back_in_both_versions() {
    for version in BOTH {
        for recipient_did in [None, Some(did())] {
            for request in [
                Request::Status {
                    recipient_did: recipient_did.clone(),
                },
                Request::Delivery {
                    limit: 10,
                    recipient_did,
                },
                Request::Received(vec!["123".into(), "456".into()]),
                Request::Live(true),
                Request::Live(false),
            ] {
                let message = request.to_message("1", version);
                let message = Message::from_slice(&message.to_vec()).unwrap();

                assert_eq!(read_request(&message), Some((version, request)));
                assert_eq!(read_answer(&message), None);
            }
        }
    }
}

#[test]
fn every_answer_reads_back_in_both_versions() {
    let asked = Message::new("asked", "t");
    let unsaid = Status {
        message_count: 0,
        ..Status::default()
    };
    for version in BOTH {
        let full = Status {
            longest_waited_seconds: (version == Version::V3).then_some(3600),
            ..status()
        };
        let offering = Status {
            relay: Some(Endpoint {
                uri: "libp2p-peerId:12D3".into(),
                multi_addrs: vec!["/ip4/9.9.9.9/tcp/1".into()],
                ..Endpoint::default()
            }),
            ..unsaid.clone()
        };
        for answer in [
            Answer::Status(full),
            Answer::Status(offering),
            Answer::Status(unsaid.clone()),
            Answer::Delivery(delivery()),
            Answer::Delivery(Delivery::default()),
        ] {
            let message = answer.to_message("2", version, Some(&asked));
            let message = Message::from_slice(&message.to_vec()).unwrap();

            assert_eq!(message.thid.as_deref(), Some("asked"));
            assert_eq!(read_answer(&message), Some((version, answer)));
            assert_eq!(read_request(&message), None);
        }
        let live = Answer::Delivery(delivery()).to_message("3", version, None);
        assert_eq!(live.thid, None);
    }
}

#[test]
fn version_3_is_written_as_specified() {
    let asked = Message::new("asked", "t");
    let request = Request::Delivery {
        limit: 10,
        recipient_did: Some(did()),
    };
    assert_eq!(
        wire(&request.to_message("123456780", Version::V3)),
        json!({"id": "123456780", "typ": "application/didcomm-plain+json",
            "type": "https://didcomm.org/messagepickup/3.0/delivery-request",
            "body": {"limit": 10, "recipient_did": "did:example:alice"}, "return_route": "all"})
    );
    assert_eq!(
        wire(&Answer::Status(status()).to_message("123456780", Version::V3, Some(&asked))),
        json!({"id": "123456780", "typ": "application/didcomm-plain+json", "thid": "asked",
            "type": "https://didcomm.org/messagepickup/3.0/status",
            "body": {"recipient_did": "did:example:alice", "message_count": 7,
                "longest_waited_seconds": 3600, "newest_received_time": 1_658_085_169,
                "oldest_received_time": 1_658_084_293, "total_bytes": 8096,
                "live_delivery": false}})
    );
    assert_eq!(
        wire(&Request::Received(vec!["123".into(), "456".into()]).to_message("1", Version::V3)),
        json!({"id": "1", "typ": "application/didcomm-plain+json",
            "type": "https://didcomm.org/messagepickup/3.0/messages-received",
            "body": {"message_id_list": ["123", "456"]}, "return_route": "all"})
    );
}

#[test]
fn version_4_has_two_names_for_the_limit_and_milliseconds_and_an_empty_list() {
    let request = Request::Delivery {
        limit: 10,
        recipient_did: None,
    };
    let request = wire(&request.to_message("1", Version::V4));
    assert_eq!(
        request["body"],
        json!({"limit": 10, "message_count_limit": 10})
    );

    let status = wire(&Answer::Status(status()).to_message("1", Version::V4, None));
    assert_eq!(
        status["body"]["newest_received_time"],
        1_658_085_169_000_u64
    );
    assert_eq!(status["body"].get("longest_waited_seconds"), None);

    let received = Request::Received(Vec::new()).to_message("1", Version::V4);
    assert_eq!(ReturnRoute::of(&received), ReturnRoute::None);

    let empty = Answer::Delivery(Delivery::default()).to_message("1", Version::V4, None);
    assert_eq!(
        wire(&empty),
        json!({"id": "1", "typ": "application/didcomm-plain+json", "body": {},
            "type": "https://didcomm.org/message-pickup/4.0/delivery", "attachments": []})
    );
}

#[test]
fn an_empty_queue_is_answered_as_the_version_has_it() {
    let answer =
        |version, delivery| Answer::to_delivery_request(version, delivery, Status::default());
    let nothing = Answer::Delivery(Delivery::default());

    assert_eq!(
        answer(Version::V3, Delivery::default()),
        Answer::Status(Status::default())
    );
    assert_eq!(answer(Version::V4, Delivery::default()), nothing);
    for version in BOTH {
        let delivery = delivery();
        let something = Answer::Delivery(delivery.clone());
        assert_eq!(answer(version, delivery), something);
    }
}

#[test]
fn either_limit_and_either_unit_of_time_is_read() {
    for body in [
        json!({"limit": 5}),
        json!({"message_count_limit": "5", "zzz": 1}),
        json!({"message_count_limit": 5, "limit": 9}),
    ] {
        for type_ in [
            "https://didcomm.org/message-pickup/4.1/delivery-request",
            "https://didcomm.org/MessagePickup/3.0/deliveryRequest",
        ] {
            let message = read(json!({"type": type_, "body": body}));
            let request = read_request(&message).unwrap().1;
            let expected = Request::Delivery {
                limit: 5,
                recipient_did: None,
            };
            assert_eq!(request, expected, "{body}");
        }
    }
    for type_ in [V3.status, V4.status] {
        let message = read(
            json!({"type": type_, "body": {"message_count": "2", "zzz": 1,
            "newest_received_time": 1_658_085_169_123_u64, "oldest_received_time": "1658084293"}}),
        );
        let Some((_, Answer::Status(status))) = read_answer(&message) else {
            panic!("a status");
        };
        assert_eq!(status.message_count, 2);
        assert_eq!(status.newest_received_time, Some(1_658_085_169_123));
        assert_eq!(status.oldest_received_time, Some(1_658_084_293_000));
    }
}

#[test]
fn a_request_that_lacks_what_it_needs_or_is_about_no_did_is_none() {
    for (type_, body) in [
        (V3.delivery_request, json!({})),
        (V3.delivery_request, json!({"limit": -1})),
        (
            V3.delivery_request,
            json!({"limit": 1, "recipient_did": "everybody"}),
        ),
        (
            V3.status_request,
            json!({"recipient_did": ["did:example:a"]}),
        ),
        (V3.messages_received, json!({})),
        (V3.live_delivery_change, json!({})),
        (V3.live_delivery_change, json!({"live_delivery": "yes"})),
        (
            "https://didcomm.org/messagepickup/2.0/status-request",
            json!({}),
        ),
        ("https://didcomm.org/pickup/3.0/status-request", json!({})),
    ] {
        let message = read(json!({"type": type_, "body": body}));
        assert_eq!(read_request(&message), None, "{type_} {body}");
    }
    for body in [json!({}), json!({"message_count": "some"})] {
        let message = read(json!({"type": V4.status, "body": body}));
        assert_eq!(read_answer(&message), None, "{body}");
    }
}

#[test]
fn an_envelope_that_cannot_be_decoded_is_acknowledged_like_the_others() {
    let message = read(json!({"type": V3.delivery, "attachments": [
        {"id": "a", "data": {"base64": "e30="}},
        {"id": "b", "data": {"base64": "%%%"}},
        {"id": "c", "data": {"json": {"ciphertext": ""}}},
        {"data": {"base64": "e30"}}]}));
    let Some((_, Answer::Delivery(delivery))) = read_answer(&message) else {
        panic!("a delivery");
    };

    let envelopes: Vec<_> = delivery
        .messages
        .iter()
        .map(|m| m.envelope.as_deref())
        .collect();
    assert_eq!(
        envelopes,
        [
            Some(&b"{}"[..]),
            None,
            Some(&b"{\"ciphertext\":\"\"}"[..]),
            Some(&b"{}"[..])
        ]
    );
    let ids = ["a", "b", "c"].map(str::to_owned).to_vec();
    assert_eq!(delivery.received(), Some(Request::Received(ids)));
    assert_eq!(Delivery::default().received(), None);
}

#[test]
fn no_live_delivery_is_said_as_specified_and_read_in_either_type() {
    let asked = Request::Live(true).to_message("asked", Version::V3);
    let report = live_mode_not_supported("2", &asked);

    let mut json = wire(&report);
    assert_eq!(
        json,
        json!({"id": "2", "typ": "application/didcomm-plain+json", "pthid": "asked",
            "type": "https://didcomm.org/report-problem/2.0/problem-report",
            "body": {"code": "e.m.live-mode-not-supported",
                "comment": "Connection does not support Live Delivery"}})
    );
    assert!(is_live_mode_not_supported(&report));
    json["type"] = "https://didcomm.org/message-pickup/4.0/problem-report".into();
    assert!(is_live_mode_not_supported(&read(json.clone())));
    json["body"]["code"] = "e.m.live-mode".into();
    assert!(!is_live_mode_not_supported(&read(json)));
    assert!(!is_live_mode_not_supported(&asked));
}

#[test]
fn no_list_and_no_text_grows_without_bound() {
    let ids = vec!["a".to_owned(); MAX_RECEIVED + 1];
    let message = Request::Received(ids).to_message("1", Version::V4);
    let Some((_, Request::Received(ids))) = read_request(&message) else {
        panic!("an acknowledgement");
    };
    assert_eq!(ids.len(), MAX_RECEIVED);

    let long = Request::Received(vec!["a".repeat(MAX_ID + 1)]).to_message("1", Version::V3);
    let nothing = Request::Received(Vec::new());
    assert_eq!(read_request(&long), Some((Version::V3, nothing)));

    let many = Delivery {
        recipient_did: None,
        messages: vec![Held::new("a".repeat(MAX_ID + 1), Vec::new()); MAX_MESSAGES + 1],
    };
    let message = Answer::Delivery(many).to_message("1", Version::V3, None);
    let Some((_, Answer::Delivery(many))) = read_answer(&message) else {
        panic!("a delivery");
    };
    assert_eq!(many.messages.len(), MAX_MESSAGES);
    assert_eq!(many.messages[0].id, None);
}
