//! What every agent speaks: pings, features, problems, acknowledgements.

use serde_json::{Value, json};

use super::agent::{Agent, EMPTY, MEDIATION_3, PICKUP_4, PING, PROBLEM, request};
use super::{World, code};

const DISCOVER: &str = "https://didcomm.org/discover-features/2.0";

fn said(type_: &str, body: Value) -> Value {
    json!({"id": "said", "type": type_, "body": body, "return_route": "all"})
}

#[tokio::test]
async fn a_ping_is_answered_in_its_thread_unless_it_says_no() {
    let world = World::new();
    let anybody = Agent::key();
    for body in [json!({}), json!({"response_requested": true})] {
        let answer = world.ask(&anybody, said(PING, body)).await.unwrap();
        assert_eq!(
            answer["type"],
            "https://didcomm.org/trust-ping/2.0/ping-response"
        );
        assert_eq!(answer["thid"], "said");
    }
    let quiet = json!({"response_requested": false});
    assert_eq!(world.ask(&anybody, said(PING, quiet)).await, None);
}

#[tokio::test]
async fn features_are_told_as_they_are_asked_for() {
    let world = World::new();
    let anybody = Agent::peer2();
    let ask = async |queries: Value| {
        let asked = said(&format!("{DISCOVER}/queries"), json!({"queries": queries}));
        let answer = world.ask(&anybody, asked).await.unwrap();
        assert_eq!(answer["type"], format!("{DISCOVER}/disclose"));
        assert_eq!(answer["thid"], "said");
        let told = answer["body"]["disclosures"].as_array().unwrap().clone();
        let mut ids: Vec<String> = told
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        (ids, told)
    };

    let all = json!([{"feature-type": "protocol", "match": "https://didcomm.org/*pickup/*"}]);
    let (ids, told) = ask(all).await;
    let expected = [
        "https://didcomm.org/message-pickup/4.0",
        "https://didcomm.org/messagepickup/3.0",
    ];
    assert_eq!(ids, expected);
    assert!(told.iter().all(|one| one["roles"] == json!(["mediator"])));

    let odd = json!([{"feature-type": "governance", "match": "*"}]);
    assert!(ask(odd).await.0.is_empty());
    let size = json!([{"feature-type": "constraint", "match": "max_receive_bytes"}]);
    let (_, told) = ask(size).await;
    assert_eq!(told[0]["max_receive_bytes"], "1048576");
}

#[tokio::test]
async fn an_unknown_type_is_reported() {
    let world = World::new();
    let anybody = Agent::peer4();
    for type_ in [
        "https://example.org/tea/1.0/invite",
        "https://didcomm.org/coordinate-mediation/9.0/mediate-request",
        "https://didcomm.org/messagepickup/3.0/dance",
        "nonsense",
    ] {
        let report = world.ask(&anybody, said(type_, json!({}))).await.unwrap();
        assert_eq!(code(&report, "said"), "e.p.msg.unsupported-type");
        assert_eq!(report["body"]["args"], json!([type_]));
    }
}

#[tokio::test]
async fn reports_answers_and_empty_messages_are_not_answered() {
    let world = World::new();
    let anybody = Agent::peer2();
    for (type_, body) in [
        (PROBLEM, json!({"code": "e.p.msg"})),
        (EMPTY, json!({})),
        (
            "https://didcomm.org/trust-ping/2.0/ping-response",
            json!({}),
        ),
        (
            "https://didcomm.org/discover-features/2.0/disclose",
            json!({"disclosures": []}),
        ),
    ] {
        assert_eq!(
            world.ask(&anybody, said(type_, body)).await,
            None,
            "{type_}"
        );
    }
}

#[tokio::test]
async fn who_wants_an_acknowledgement_gets_one_with_the_answer_or_alone() {
    let world = World::new();
    let anybody = Agent::peer2();
    let ask = async |type_: &str, body: Value, please: Value| {
        let mut asked = said(type_, body);
        asked["please_ack"] = please;
        world.ask(&anybody, asked).await
    };
    let quiet = json!({"response_requested": false});

    for please in [json!([""]), json!(["said"]), json!(["other", "said"])] {
        let answer = ask(PING, json!({}), please.clone()).await.unwrap();
        assert_eq!(answer["ack"], json!(["said"]));
        let alone = ask(PING, quiet.clone(), please).await.unwrap();
        assert_eq!(alone["type"], EMPTY);
        assert_eq!(alone["ack"], json!(["said"]));
        assert_eq!(alone["thid"], "said");
        assert_eq!(alone.get("please_ack"), None);
    }
    assert_eq!(ask(PING, quiet.clone(), json!(["other"])).await, None);

    // An acknowledgement of ours that asks for one in turn ends there.
    let mut ack = said(EMPTY, json!({}));
    ack["ack"] = json!(["something"]);
    ack["please_ack"] = json!([""]);
    assert_eq!(world.ask(&anybody, ack).await, None);

    let bob = world.account("did:example:bob").await;
    let mut received = request(
        PICKUP_4,
        "messages-received",
        json!({"message_id_list": []}),
    );
    received["please_ack"] = json!([""]);
    let ack = world.ask(&bob, received).await.unwrap();
    assert_eq!(ack["type"], EMPTY);
}

#[tokio::test]
async fn a_message_in_an_older_thread_is_answered_there() {
    let world = World::new();
    let bob = Agent::peer2();
    let mut asked = request(MEDIATION_3, "mediate-request", json!({}));
    asked["thid"] = "begun-before".into();

    assert_eq!(
        world.ask(&bob, asked).await.unwrap()["thid"],
        "begun-before"
    );
}
