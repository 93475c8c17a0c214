use serde_json::json;

use super::*;

const KEY: &str = "233f8ce4ac6aa125927ccd98af5750d08c9c61d98a3f5d43cbf096b4caaebe80";
const IV: &str = "2f3849399c60cb04b923bd33265b81c7";

/// The site's example, its attachment with the hash that the core demands of links.
fn published() -> Value {
    json!({"id": "8ba049e6-cc46-48fb-bfe0-463084d66324",
        "typ": "application/didcomm-plain+json",
        "type": "https://didcomm.org/media-sharing/1.0/share-media",
        "created_time": 1_547_577_721,
        "body": {
            "description": "free text describing the files that are about to be shared",
            "items": [{"@id": "f88b7925-4cb4-4e32-b1d6-ac217c9fedbf", "attachment_id": "item1",
                "ciphering": {"algorithm": "aes-256-cbc", "parameters": {"iv": IV, "key": KEY}},
                "metadata": {"blurhash": "LGF5?xYk^6#M@-5c,1J5@[or[Q6."}}]},
        "attachments": [{"id": "item1", "byte_count": 23894, "media_type": "image/png",
            "filename": "image1.png", "description": "This particular image description",
            "data": {"links": ["https://fileserver.com/ref1-uuid"], "hash": "zQm"}}]})
}

fn message(json: &Value) -> Message {
    Message::from_slice(json.to_string().as_bytes()).unwrap()
}

fn with_items(items: Value) -> Message {
    let mut json = published();
    json["body"]["items"] = items;
    message(&json)
}

#[test]
fn a_share_is_written_as_specified_and_read_back() {
    let ciphering = Ciphering {
        algorithm: "aes-256-cbc".into(),
        key: from_hex(KEY).unwrap(),
        iv: from_hex(IV),
        tag: None,
    };
    let item = Item {
        ciphering: Some(ciphering),
        metadata: Metadata {
            blurhash: Some("LGF5?xYk^6#M@-5c,1J5@[or[Q6.".into()),
            ..Metadata::default()
        },
        ..Item::new("f88b7925-4cb4-4e32-b1d6-ac217c9fedbf", "item1")
    };
    let ours = Share {
        description: Some("free text describing the files that are about to be shared".into()),
        items: vec![item],
    };
    let attachments = message(&published()).attachments;
    let id = "8ba049e6-cc46-48fb-bfe0-463084d66324";
    let sent = share(id, &ours, attachments, 1_547_577_721);

    let wire: Value = serde_json::from_slice(&sent.to_vec()).unwrap();
    assert_eq!(wire, published());
    assert_eq!(read(&message(&wire)), Some(ours));
}

#[test]
fn everything_that_helps_to_show_a_file_reads_back() {
    let item = Item {
        ciphering: Some(Ciphering {
            algorithm: "aes-256-gcm".into(),
            key: vec![0xab; 32],
            iv: Some(vec![1; 12]),
            tag: Some(vec![0xff; 16]),
        }),
        metadata: Metadata {
            preview: Some("AAAA".into()),
            blurhash: Some("L".into()),
            duration: Some(2.5),
            title: Some("Song".into()),
            icon: Some("data:image/png;base64,AAAA".into()),
        },
        ..Item::new("1", "a")
    };
    let ours = Share {
        description: None,
        items: vec![item],
    };
    let sent = share("1", &ours, vec![Attachment::from_bytes("a", b"x")], 5);
    let received = Message::from_slice(&sent.to_vec()).unwrap();
    let got = read(&received).unwrap();

    assert_eq!(got, ours);
    let attachment = got.items[0].attachment(&received).unwrap();
    assert_eq!(attachment.bytes().as_deref(), Some(&b"x"[..]));
}

#[test]
fn the_published_spellings_are_read() {
    let mut json = published();
    json["type"] = "https://didcomm.org/MediaSharing/1.4/share_media".into();
    json["created_time"] = "1547577721".into();
    json["attachments"][0]["@id"] = json["attachments"][0]["id"].take();
    json["attachments"][0]["byte_count"] = "23894".into();
    json["body"]["zzz"] = 1.into();
    json["body"]["items"] = json!([
        {"id": "a", "attachment_id": "item1", "zzz": 1, "metadata": {"duration": "7", "zzz": 1}},
        {"@id": "b", "attachment_id": "item1", "ciphering": null, "metadata": "none"}]);
    let received = message(&json);
    let got = read(&received).unwrap();

    assert_eq!(received.created_time, Some(1_547_577_721));
    assert_eq!(got.items[0].metadata.duration, Some(7.0));
    assert_eq!(got.items[1], Item::new("b", "item1"));
    assert_eq!(
        got.items[0].attachment(&received).unwrap().byte_count,
        Some(23894)
    );
}

#[test]
fn an_item_that_lacks_a_part_is_left_out() {
    for item in [
        json!({"@id": "a"}),
        json!({"attachment_id": "item1"}),
        json!({"@id": "a", "attachment_id": "item2"}),
        json!("a"),
    ] {
        let got = read(&with_items(
            json!([item, {"@id": "b", "attachment_id": "item1"}]),
        ));
        assert_eq!(got.unwrap().items, [Item::new("b", "item1")], "{item}");
    }
}

#[test]
fn what_is_enciphered_in_an_unreadable_way_is_not_taken_for_plain() {
    for ciphering in [
        json!("aes"),
        json!({}),
        json!({"algorithm": "aes-256-gcm"}),
        json!({"algorithm": "aes-256-gcm", "parameters": {}}),
        json!({"parameters": {"key": KEY}}),
        json!({"algorithm": "aes-256-gcm", "parameters": {"key": "0g"}}),
        json!({"algorithm": "aes-256-gcm", "parameters": {"key": "abc"}}),
        json!({"algorithm": "aes-256-gcm", "parameters": {"key": "+1"}}),
        json!({"algorithm": "aes-256-gcm", "parameters": {"key": ""}}),
        json!({"algorithm": "aes-256-gcm", "parameters": {"key": "ü"}}),
        json!({"algorithm": "aes-256-gcm", "parameters": {"key": KEY, "iv": 1}}),
        json!({"algorithm": "aes-256-gcm", "parameters": {"key": KEY, "tag": "x"}}),
        json!({"algorithm": "aes-256-gcm", "parameters": {"key": "ab".repeat(MAX_KEY + 1)}}),
    ] {
        let item = json!({"@id": "a", "attachment_id": "item1", "ciphering": ciphering});
        let got = read(&with_items(json!([item]))).unwrap();
        assert_eq!(got.items, [], "{ciphering}");
    }
}

#[test]
fn a_request_is_written_as_specified_and_read_back() {
    let ours = Request {
        description: Some("free text describing the media items that are requested".into()),
        item_ids: vec!["f88b7925-4cb4-4e32-b1d6-ac217c9fedbf".into()],
    };
    let sent = request("123456781", "thread", &ours, 1_547_577_721);

    let wire: Value = serde_json::from_slice(&sent.to_vec()).unwrap();
    assert_eq!(
        wire,
        json!({"id": "123456781", "typ": "application/didcomm-plain+json", "pthid": "thread",
            "type": "https://didcomm.org/media-sharing/1.0/request-media",
            "created_time": 1_547_577_721,
            "body": {"description": "free text describing the media items that are requested",
                "item_ids": ["f88b7925-4cb4-4e32-b1d6-ac217c9fedbf"]}})
    );
    assert_eq!(read_request(&message(&wire)), Some(ours));
    assert!(read(&sent).is_none() && read_request(&message(&published())).is_none());
}

#[test]
fn nothing_grows_without_bound() {
    let items: Vec<Value> = (0..=MAX_ITEMS)
        .map(|n| json!({"@id": n.to_string(), "attachment_id": "item1"}))
        .collect();
    assert_eq!(
        read(&with_items(items.into())).unwrap().items.len(),
        MAX_ITEMS
    );

    let twice = json!({"@id": "a", "attachment_id": "item1"});
    let got = read(&with_items(json!([twice, twice]))).unwrap();
    assert_eq!(got.items.len(), 1);

    let metadata = json!({"preview": "a".repeat(MAX_PREVIEW + 1), "title": "ü".repeat(MAX_TEXT),
        "blurhash": "a".repeat(MAX_TEXT + 1), "icon": "a".repeat(MAX_PREVIEW + 1), "duration": -1});
    let item = json!({"@id": "a", "attachment_id": "item1", "metadata": metadata});
    let got = read(&with_items(json!([item]))).unwrap();
    let title = Some("ü".repeat(MAX_TEXT / 2));
    assert_eq!(
        got.items[0].metadata,
        Metadata {
            title,
            ..Metadata::default()
        }
    );

    let long = Request {
        description: Some("a".repeat(MAX_DESCRIPTION + 1)),
        item_ids: vec!["a".into(); MAX_ITEMS + 1],
    };
    let got = read_request(&request("1", "t", &long, 0)).unwrap();
    assert_eq!(got.description.unwrap().len(), MAX_DESCRIPTION);
    assert_eq!(got.item_ids.len(), MAX_ITEMS);
}

#[test]
fn debug_shows_no_key_and_no_word() {
    let got = read(&message(&published())).unwrap();
    let item = &got.items[0];
    let shown = format!("{got:?} {item:?} {:?} {:?}", item.ciphering, item.metadata);

    for secret in ["free", "LGF5", "233f", "[35", "item1"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
