use serde_json::json;

use super::*;
use crate::did::MAX_DID;

const KEY: &str = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH";
const BOTH: [Version; 2] = [Version::V2, Version::V3];

fn did(text: &str) -> Did {
    Did::parse(text).unwrap()
}

fn wire(message: &Message) -> Value {
    serde_json::from_slice(&message.to_vec()).unwrap()
}

fn read(json: Value) -> Message {
    let mut json = json;
    json["id"] = "1".into();
    Message::from_slice(json.to_string().as_bytes()).unwrap()
}

fn asked() -> Message {
    Message::new("asked", "t")
}

#[test]
fn every_request_reads_back_in_both_versions() {
    let page = Paginate {
        limit: 30,
        offset: 60,
    };
    for version in BOTH {
        for request in [
            Request::Mediate,
            Request::Update(vec![
                Update::add(&did(KEY)),
                Update::remove(&did("did:example:b")),
            ]),
            Request::Query(None),
            Request::Query(Some(page)),
        ] {
            let message = request.to_message("1", version);
            let message = Message::from_slice(&message.to_vec()).unwrap();

            assert_eq!(ReturnRoute::of(&message), ReturnRoute::All);
            assert_eq!(read_request(&message), Some((version, request)));
            assert_eq!(read_answer(&message), None);
        }
    }
}

#[test]
fn every_answer_reads_back_in_both_versions_and_stays_in_the_thread() {
    let updated = Outcome::ALL.map(|result| Updated {
        update: Update::add(&did(KEY)),
        result,
    });
    let recipients = |pagination| Answer::Recipients {
        dids: vec![KEY.into(), "did:example:b".into()],
        pagination,
    };
    for version in BOTH {
        for answer in [
            Answer::Deny,
            Answer::Grant(vec![did(KEY)]),
            Answer::Grant(vec![did(KEY), did("did:example:b")]),
            Answer::Updated(updated.to_vec()),
            recipients(None),
            recipients(Some(
                Paginate {
                    limit: 2,
                    offset: 3,
                }
                .cut(9, 5)
                .1,
            )),
        ] {
            let message = answer.to_message("2", version, &asked());
            let message = Message::from_slice(&message.to_vec()).unwrap();

            assert_eq!(message.thid.as_deref(), Some("asked"));
            assert_eq!(ReturnRoute::of(&message), ReturnRoute::None);
            assert_eq!(read_answer(&message), Some((version, answer)));
            assert_eq!(read_request(&message), None);
        }
    }
}

#[test]
fn version_3_is_written_as_specified() {
    let update = Request::Update(vec![Update::add(&did(KEY))]);
    assert_eq!(
        wire(&update.to_message("123456780", Version::V3)),
        json!({"id": "123456780", "typ": "application/didcomm-plain+json",
            "type": "https://didcomm.org/coordinate-mediation/3.0/recipient-update",
            "body": {"updates": [{"recipient_did": KEY, "action": "add"}]},
            "return_route": "all"})
    );
    let page = Paginate {
        limit: 30,
        offset: 0,
    };
    assert_eq!(
        wire(&Request::Query(Some(page)).to_message("123456780", Version::V3)),
        json!({"id": "123456780", "typ": "application/didcomm-plain+json",
            "type": "https://didcomm.org/coordinate-mediation/3.0/recipient-query",
            "body": {"paginate": {"limit": 30, "offset": 0}}, "return_route": "all"})
    );
    let recipients = Answer::Recipients {
        dids: vec![KEY.into()],
        pagination: Some(Pagination {
            count: 30,
            offset: 30,
            remaining: 100,
        }),
    };
    assert_eq!(
        wire(&recipients.to_message("123456780", Version::V3, &asked())),
        json!({"id": "123456780", "typ": "application/didcomm-plain+json", "thid": "asked",
            "type": "https://didcomm.org/coordinate-mediation/3.0/recipient",
            "body": {"dids": [{"recipient_did": KEY}],
                "pagination": {"count": 30, "offset": 30, "remaining": 100}}})
    );
}

#[test]
fn version_2_calls_recipients_keys_and_grants_one_did_as_a_text() {
    let grant = Answer::Grant(vec![did(KEY)]);
    let grant2 = wire(&grant.to_message("1", Version::V2, &asked()));
    let grant3 = wire(&grant.to_message("1", Version::V3, &asked()));
    assert_eq!(grant2["body"], json!({"routing_did": KEY}));
    assert_eq!(grant3["body"], json!({"routing_did": [KEY]}));

    let update = Request::Update(Vec::new()).to_message("1", Version::V2);
    assert_eq!(
        update.type_,
        "https://didcomm.org/coordinate-mediation/2.0/keylist-update"
    );
    let list = Answer::Recipients {
        dids: vec![KEY.into()],
        pagination: None,
    };
    let list = wire(&list.to_message("1", Version::V2, &asked()));
    assert_eq!(
        list["type"],
        "https://didcomm.org/coordinate-mediation/2.0/keylist"
    );
    assert_eq!(list["body"], json!({"keys": [{"recipient_did": KEY}]}));
}

#[test]
fn either_form_of_a_grant_is_read_in_either_version() {
    for version in BOTH {
        let type_ = version.types().mediate_grant;
        for routing in [json!(KEY), json!([KEY]), json!([5, "x", KEY])] {
            let message = read(json!({"type": type_, "body": {"routing_did": routing}}));
            let grant = Answer::Grant(vec![did(KEY)]);
            assert_eq!(read_answer(&message), Some((version, grant)), "{routing}");
        }
        for routing in [json!(null), json!([]), json!("x"), json!(["x"]), json!({})] {
            let message = read(json!({"type": type_, "body": {"routing_did": routing}}));
            assert_eq!(read_answer(&message), None, "{routing}");
        }
    }
}

#[test]
fn other_spellings_and_missing_parts_are_read() {
    let query = "https://didcomm.org/CoordinateMediation/3.4/recipientQuery";
    let page = |limit, offset| {
        Some((
            Version::V3,
            Request::Query(Some(Paginate { limit, offset })),
        ))
    };
    let asks = |paginate: Value| {
        read_request(&read(
            json!({"type": query, "body": {"zzz": 1, "paginate": paginate}}),
        ))
    };
    assert_eq!(asks(json!({"limit": "5", "zzz": 1})), page(5, 0));
    assert_eq!(asks(json!({"offset": 7.0})), page(u64::MAX, 7));
    assert_eq!(
        asks(json!("all")),
        Some((Version::V3, Request::Query(None)))
    );

    let list = read(json!({"type": V3.recipient,
        "body": {"keys": [{"recipient_did": KEY}, {"recipient_did": ""}, 5, {}],
            "pagination": {"remaining": "3"}}}));
    let pagination = Some(Pagination {
        count: 0,
        offset: 0,
        remaining: 3,
    });
    let dids = vec![KEY.into()];
    assert_eq!(
        read_answer(&list),
        Some((Version::V3, Answer::Recipients { dids, pagination }))
    );
}

#[test]
fn a_wish_that_is_not_understood_can_still_be_answered() {
    let message = read(json!({"type": V3.recipient_update, "body": {"updates": [
        {"recipient_did": "no did", "action": "ADD"},
        {"recipient_did": KEY, "action": "rename"},
        {"recipient_did": KEY}, {"action": "add"}, "x"]}}));
    let Some((_, Request::Update(updates))) = read_request(&message) else {
        panic!("an update");
    };

    assert_eq!(updates.len(), 2);
    assert_eq!(updates[0].action, Action::Add);
    assert_eq!(updates[1].action, Action::Other("rename".into()));
    let without = read(json!({"type": V3.recipient_update, "body": {}}));
    assert_eq!(read_request(&without), None);
}

#[test]
fn what_is_not_clearly_done_is_not_read_as_done() {
    let message = read(
        json!({"type": V3.recipient_update_response, "body": {"updated": [
        {"recipient_did": KEY, "action": "add", "result": ""},
        {"recipient_did": KEY, "action": "add", "result": "maybe"},
        {"recipient_did": KEY, "action": "add"},
        {"recipient_did": KEY, "action": "add", "result": "No_Change"}]}}),
    );
    let Some((_, Answer::Updated(updated))) = read_answer(&message) else {
        panic!("an answer");
    };

    assert_eq!(updated.len(), 1);
    assert_eq!(updated[0].result, Outcome::NoChange);
}

#[test]
fn another_name_or_version_is_another_protocol() {
    for type_ in [
        "https://didcomm.org/coordinate-mediate/3.0/mediate-request",
        "https://didcomm.org/coordinate-mediation/1.0/mediate-request",
        "https://didcomm.org/coordinate-mediation/4.0/mediate-request",
    ] {
        let message = read(json!({"type": type_}));
        assert_eq!(read_request(&message), None, "{type_}");
    }
}

#[test]
fn no_list_and_no_text_grows_without_bound() {
    let update = |bytes| Update {
        recipient_did: "x".repeat(bytes),
        action: Action::Add,
    };
    let updates = Request::Update(vec![update(1); MAX_UPDATES + 1]);
    let Some((_, Request::Update(read))) = read_request(&updates.to_message("1", Version::V3))
    else {
        panic!("an update");
    };
    assert_eq!(read.len(), MAX_UPDATES);

    let odd = Request::Update(vec![
        update(MAX_DID + 1),
        Update {
            action: Action::Other("x".repeat(MAX_ACTION + 1)),
            ..update(1)
        },
    ]);
    let message = odd.to_message("1", Version::V3);
    assert_eq!(
        read_request(&message),
        Some((Version::V3, Request::Update(Vec::new())))
    );

    let answer = Answer::Recipients {
        dids: vec!["x".into(); MAX_RECIPIENTS + 1],
        pagination: None,
    };
    let message = answer.to_message("1", Version::V3, &asked());
    let Some((_, Answer::Recipients { dids, .. })) = read_answer(&message) else {
        panic!("a list");
    };
    assert_eq!(dids.len(), MAX_RECIPIENTS);

    let grant = Answer::Grant(vec![did(KEY); MAX_ROUTING_DIDS + 1]);
    let message = grant.to_message("1", Version::V3, &asked());
    let Some((_, Answer::Grant(dids))) = read_answer(&message) else {
        panic!("a grant");
    };
    assert_eq!(dids.len(), MAX_ROUTING_DIDS);

    let updated = Updated {
        update: update(1),
        result: Outcome::Success,
    };
    let answer = Answer::Updated(vec![updated; MAX_UPDATES + 1]);
    let message = answer.to_message("1", Version::V3, &asked());
    let Some((_, Answer::Updated(updated))) = read_answer(&message) else {
        panic!("an answer");
    };
    assert_eq!(updated.len(), MAX_UPDATES);
}
