//! Every format, fed with what strangers may send.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by panicking"
)]

use serde_json::Value;
use signet_didcomm::did::Did;
use signet_protocol::{
    contact::{ContactId, EndReason, Retired},
    entry::{Delivery, DeliveryState, Direction, Entry, Kind, Line, ProofRecord, Route},
    time::Timestamp,
};
use signet_transcript::{Conversation, Format, Header, Writer};

const NOON: u64 = 1_795_348_800_000;

fn did(name: &str) -> Did {
    Did::parse(&format!("did:example:{name}")).unwrap()
}

fn header(name: &str) -> Header {
    Header {
        my_name: name.to_owned(),
        exported: Timestamp(NOON),
    }
}

fn conversation(name: &str) -> Conversation {
    Conversation {
        contact: ContactId([7; 16]),
        name: name.to_owned(),
        my_did: did("me"),
        their_did: did("them"),
        my_retired: vec![Retired {
            did: did("earlier"),
            since: Timestamp(NOON),
        }],
        their_retired: Vec::new(),
    }
}

fn entry(seq: u64, direction: Direction, kind: Kind) -> Entry {
    let delivery = Delivery {
        attempt: 1,
        state: DeliveryState::Delivered,
        route: Some(Route::Direct),
        at: Timestamp(NOON + seq),
        remark: None,
    };
    let proof = ProofRecord {
        sender_kid: Some("did:example:them#key-2".to_owned()),
        recipient_kid: Some("did:example:me#key-2".to_owned()),
        signer_kid: None,
        algorithms: vec!["ECDH-1PU+A256KW".to_owned()],
        received: Timestamp(NOON + seq),
        plaintext: b"{}".to_vec(),
        jws: None,
    };
    Entry {
        contact: ContactId([7; 16]),
        seq,
        id: format!("id-{seq}"),
        direction,
        kind,
        time: Timestamp(NOON + seq * 1000),
        claimed_time: None,
        my_did: did("me"),
        their_did: did("them"),
        delivery: (direction == Direction::Out).then_some(delivery),
        proof: (direction == Direction::In).then_some(proof),
    }
}

fn message(seq: u64, direction: Direction, text: &str) -> Entry {
    entry(
        seq,
        direction,
        Kind::Message {
            text: text.to_owned(),
            reply_to: None,
        },
    )
}

fn export(format: Format, me: &str, them: &str, entries: &[Entry]) -> String {
    let mut writer = Writer::new(format, Vec::new(), &header(me)).unwrap();
    writer.conversation(&conversation(them)).unwrap();
    for entry in entries {
        writer.entry(entry).unwrap();
    }
    let (bytes, count) = writer.finish().unwrap();
    assert_eq!(count, entries.len() as u64);
    String::from_utf8(bytes).unwrap()
}

/// The tags of a page without what stands in them, and the text between them.
fn tags(page: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("every tag is closed");
        tags.push(tag.split_whitespace().next().unwrap());
    }
    tags
}

#[test]
fn a_conversation_reads_like_one() {
    let text = export(
        Format::Text,
        "Alice",
        "Bob",
        &[
            entry(1, Direction::None, Kind::Line(Line::Connected)),
            message(2, Direction::Out, "Hello Bob"),
            message(3, Direction::In, "Hello\nyou"),
        ],
    );

    assert!(
        text.starts_with("Conversations of Alice, written by Signet at 2026-11-22T12:00:00Z\n")
    );
    assert!(
        text.contains("\n2026-11-22\n12:00:01  -- You and Bob are connected. --\n"),
        "{text}"
    );
    assert!(text.contains("12:00:02  Alice: Hello Bob  [delivered (direct)]\n"));
    assert!(text.ends_with("12:00:03  Bob: Hello\n    you\n"));
}

#[test]
fn nobody_writes_a_line_that_passes_for_another() {
    let forged =
        "hi\n12:00:09  Alice: I owe you 100\r12:00:10  Alice: really\u{2028}12:00:11  -- ended --";
    let text = export(
        Format::Text,
        "Alice",
        "Bob\n12:00:08  Alice: and more",
        &[message(1, Direction::In, forged)],
    );

    let own: Vec<&str> = text
        .split(['\n', '\r', '\u{2028}'])
        .filter(|line| line.starts_with("12:"))
        .collect();
    assert_eq!(own.len(), 1, "{text}");
    assert!(!text.contains('\r') && !text.contains('\u{2028}'));
}

#[test]
fn a_terminal_is_not_steered_by_a_text() {
    let text = export(
        Format::Text,
        "Alice",
        "\u{1b}]0;owned\u{7}\u{202e}boB",
        &[message(1, Direction::In, "\u{1b}[2Jgone\u{9b}31m\u{8}\0")],
    );

    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
    assert!(text.contains("␛[2Jgone"));
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn markup_in_names_and_texts_stays_text() {
    let hostile = "</div><script>alert(1)</script><img src=https://evil.example/x onerror=\"a'b\">&amp;<!--\u{0}";
    let page = export(
        Format::Html,
        hostile,
        hostile,
        &[
            message(1, Direction::In, hostile),
            message(2, Direction::Out, hostile),
            entry(
                3,
                Direction::None,
                Kind::Line(Line::Unknown {
                    message_type: hostile.to_owned(),
                }),
            ),
        ],
    );

    let ours = [
        "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "h1", "bdi", "p", "time",
        "section", "h2", "h3", "dl", "dt", "dd", "article", "div", "details", "summary",
    ];
    for tag in tags(&page) {
        assert!(
            ours.contains(&tag.trim_start_matches('/')),
            "<{tag}> is not ours"
        );
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("&amp;amp;"));
    for (opened, closed) in [
        ("<div", "</div>"),
        ("<article", "</article>"),
        ("<section", "</section>"),
    ] {
        assert_eq!(
            page.matches(opened).count(),
            page.matches(closed).count(),
            "{opened}"
        );
    }
}

#[test]
fn the_page_loads_nothing_and_turns_by_itself() {
    let page = export(
        Format::Html,
        "Alice",
        "عمر",
        &[message(1, Direction::In, "مرحبا\nhello\r\nagain")],
    );

    assert!(page.contains("default-src 'none'"));
    for loading in ["http:", "https:", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(loading), "{loading}");
    }
    assert!(page.contains("<h2 dir=\"auto\">عمر</h2>"));
    assert!(page.contains("<div class=\"text\" dir=\"auto\">مرحبا\nhello\nagain</div>"));
}

#[test]
fn json_is_one_array_that_gives_back_every_text_as_it_was() {
    let hostile = "\"}],\n\u{0}\u{202e}\u{2028}\\ مرحبا 😀";
    let text = export(
        Format::Json,
        hostile,
        hostile,
        &[
            message(1, Direction::In, hostile),
            message(2, Direction::Out, hostile),
            entry(
                3,
                Direction::None,
                Kind::Line(Line::Ended(EndReason::ByThem)),
            ),
        ],
    );

    let array: Vec<Value> = serde_json::from_str(&text).unwrap();
    let kinds: Vec<&str> = array
        .iter()
        .map(|object| object["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["transcript", "conversation", "message", "message", "line"]
    );
    assert_eq!(array[0]["name"], hostile);
    assert_eq!(array[1]["name"], hostile);
    assert_eq!(array[1]["my_retired"][0]["did"], "did:example:earlier");
    assert_eq!(array[2]["text"], hostile);
    assert_eq!(array[2]["direction"], "in");
    assert_eq!(array[2]["proof"]["sender_kid"], "did:example:them#key-2");
    assert_eq!(array[3]["state"], "delivered");
    assert_eq!(array[3]["route"], "direct");
    assert_eq!(array[3]["time"], "2026-11-22T12:00:02Z");
    assert_eq!(array[4]["line"], "ended");
    assert_eq!(text.lines().count(), array.len() + 2, "one object a line");
}

#[test]
fn an_export_of_nothing_is_whole_all_the_same() {
    for format in [Format::Text, Format::Json, Format::Html] {
        let writer = Writer::new(format, Vec::new(), &header("Alice")).unwrap();
        let (bytes, count) = writer.finish().unwrap();
        assert_eq!(count, 0);
        let text = String::from_utf8(bytes).unwrap();
        match format {
            Format::Text => assert!(text.starts_with("Conversations of Alice")),
            Format::Json => assert_eq!(serde_json::from_str::<Vec<Value>>(&text).unwrap().len(), 1),
            Format::Html => assert!(text.ends_with("</html>\n") && !text.contains("</section>")),
        }
    }
}

#[test]
fn a_long_history_passes_through_without_being_held() {
    struct Counting(u64, usize);
    impl std::io::Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            self.1 = self.1.max(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    for format in [Format::Text, Format::Json, Format::Html] {
        let mut writer = Writer::new(format, Counting(0, 0), &header("Alice")).unwrap();
        writer.conversation(&conversation("Bob")).unwrap();
        let mut before = 0;
        for seq in 1..=10_000 {
            writer
                .entry(&message(seq, Direction::Out, "0123456789"))
                .unwrap();
            before += 10;
        }
        let (counted, entries) = writer.finish().unwrap();

        assert_eq!(entries, 10_000);
        assert!(counted.0 > before);
        assert!(
            counted.1 < 4096,
            "{format:?} wrote {} bytes at once",
            counted.1
        );
    }
}

#[test]
fn a_full_disk_is_told_at_once() {
    #[derive(Debug)]
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    for format in [Format::Text, Format::Json, Format::Html] {
        let told = Writer::new(format, Full, &header("Alice")).unwrap_err();
        assert_eq!(told.kind(), std::io::ErrorKind::StorageFull);
    }
}

#[test]
fn a_format_is_named_or_refused() {
    assert_eq!("html".parse(), Ok(Format::Html));
    assert_eq!(
        "HTML".parse::<Format>().unwrap_err().to_string(),
        "the format is html, json or text"
    );
}
