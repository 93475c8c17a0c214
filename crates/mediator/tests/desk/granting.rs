//! coordinate-mediation: who is served, and for which DIDs.

use serde_json::{Value, json};
use signet_protocol::mediator::{Admission, Quota};

use super::agent::{Agent, MEDIATION_2, MEDIATION_3, request};
use super::{QUOTA, World};

const BOB: &str = "did:example:bob";

#[tokio::test]
async fn a_grant_names_the_mediator_in_the_shape_of_its_version() {
    for agent in [Agent::peer2(), Agent::peer4(), Agent::key()] {
        for (protocol, is_list) in [(MEDIATION_2, false), (MEDIATION_3, true)] {
            let world = World::new();
            let mut asked = request(protocol, "mediate-request", json!({}));
            asked["id"] = "the-first".into();
            let granted = world.ask(&agent, asked).await.unwrap();

            let did = world.did().as_str();
            let routing_did = if is_list { json!([did]) } else { json!(did) };
            assert_eq!(granted["type"], format!("{protocol}/mediate-grant"));
            assert_eq!(granted["body"], json!({"routing_did": routing_did}));
            assert_eq!(granted["thid"], "the-first");
            assert_eq!(granted["from"], did);
            assert_eq!(granted["to"], json!([agent.did.as_str()]));
        }
    }
}

#[tokio::test]
async fn a_request_without_a_body_is_one() {
    let world = World::new();
    let agent = Agent::peer2();
    let asked = json!({
        "type": format!("{MEDIATION_2}/mediate-request"), "return_route": "all",
    });

    let granted = world.ask(&agent, asked).await.unwrap();

    assert_eq!(granted["type"], format!("{MEDIATION_2}/mediate-grant"));
}

#[tokio::test]
async fn only_who_shows_the_invitation_is_served_and_has_to_show_it_once() {
    let invited = Admission::Invited(["An-Invitation".to_owned()].into());
    let world = World::with(invited, QUOTA);
    let agent = Agent::peer2();
    for (protocol, pthid) in [
        (MEDIATION_2, None),
        (MEDIATION_3, None),
        (MEDIATION_3, Some("another")),
        (MEDIATION_3, Some("")),
    ] {
        let mut asked = request(protocol, "mediate-request", json!({}));
        asked["id"] = "asked".into();
        if let Some(pthid) = pthid {
            asked["pthid"] = pthid.into();
        }
        let denied = world.ask(&agent, asked).await.unwrap();
        assert_eq!(denied["type"], format!("{protocol}/mediate-deny"));
        assert_eq!(denied["thid"], "asked");
        assert_eq!(
            world.update(&agent, &[("add", BOB)]).await,
            ["client_error"]
        );
    }

    let mut asked = request(MEDIATION_3, "mediate-request", json!({}));
    asked["pthid"] = "an-invitation".into();
    let granted = world.ask(&agent, asked).await.unwrap();
    assert_eq!(granted["type"], format!("{MEDIATION_3}/mediate-grant"));

    world.grant(&agent).await;
    assert_eq!(world.update(&agent, &[("add", BOB)]).await, ["success"]);
}

#[tokio::test]
async fn who_comes_when_all_places_are_taken_is_denied_and_who_has_one_keeps_it() {
    let world = World::with(
        Admission::Open,
        Quota {
            accounts: 2,
            ..QUOTA
        },
    );
    let (first, second, third) = (Agent::peer2(), Agent::peer4(), Agent::key());
    world.grant(&first).await;
    world.grant(&second).await;

    let denied = world
        .answer(&third, MEDIATION_3, "mediate-request", json!({}))
        .await;

    assert_eq!(denied["type"], format!("{MEDIATION_3}/mediate-deny"));
    world.grant(&first).await;
    world.grant(&second).await;
}

#[tokio::test]
async fn updates_are_answered_one_by_one_in_order() {
    let world = World::new();
    world.account("did:example:of-another").await;
    let agent = Agent::peer2();
    world.grant(&agent).await;

    let results = world
        .update(
            &agent,
            &[
                ("add", BOB),
                ("add", BOB),
                ("add", "did:example:carol"),
                ("replace", "did:example:dora"),
                ("add", "not a DID"),
                ("add", "did:example:of-another"),
                ("remove", "did:example:of-another"),
                ("remove", "did:example:nobody"),
                ("remove", BOB),
                ("add", BOB),
            ],
        )
        .await;

    assert_eq!(
        results,
        [
            "success",
            "no_change",
            "success",
            "client_error",
            "client_error",
            "client_error",
            "no_change",
            "no_change",
            "success",
            "success",
        ]
    );
    assert_eq!(world.recipients(&agent).await, [BOB, "did:example:carol"]);
}

#[tokio::test]
async fn updates_of_version_2_speak_of_keys() {
    let world = World::new();
    let agent = Agent::key();
    world.grant(&agent).await;

    let update = json!({"recipient_did": BOB, "action": "add"});
    let answer = world
        .answer(
            &agent,
            MEDIATION_2,
            "keylist-update",
            json!({"updates": [update]}),
        )
        .await;
    let type_ = format!("{MEDIATION_2}/keylist-update-response");
    assert_eq!(answer["type"], type_);
    let result = json!({"recipient_did": BOB, "action": "add", "result": "success"});
    assert_eq!(answer["body"], json!({"updated": [result]}));

    let answer = world
        .answer(&agent, MEDIATION_2, "keylist-query", json!({}))
        .await;
    assert_eq!(answer["type"], format!("{MEDIATION_2}/keylist"));
    assert_eq!(answer["body"], json!({"keys": [{"recipient_did": BOB}]}));
}

#[tokio::test]
async fn without_a_grant_nothing_is_registered() {
    let world = World::new();
    let stranger = Agent::peer2();

    let results = world
        .update(&stranger, &[("add", BOB), ("remove", BOB)])
        .await;

    assert_eq!(results, ["client_error", "client_error"]);
    world.account(BOB).await;
}

#[tokio::test]
async fn who_registers_too_many_is_told_to_try_again_later() {
    let quota = Quota {
        recipients: 2,
        ..QUOTA
    };
    let world = World::with(Admission::Open, quota);
    let agent = Agent::peer2();
    world.grant(&agent).await;

    let dids = ["did:example:1", "did:example:2", "did:example:3"];
    let results = world.update(&agent, &dids.map(|did| ("add", did))).await;

    assert_eq!(results, ["success", "success", "server_error"]);
    let results = world
        .update(&agent, &[("remove", dids[0]), ("add", dids[2])])
        .await;
    assert_eq!(results, ["success", "success"]);
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let world = World::new();
    let agent = Agent::peer2();
    world.grant(&agent).await;
    let dids: Vec<String> = (0..300).map(|n| format!("did:example:{n:03}")).collect();
    let adds: Vec<(&str, &str)> = dids.iter().map(|did| ("add", did.as_str())).collect();
    assert!(
        world
            .update(&agent, &adds)
            .await
            .iter()
            .all(|r| r == "success")
    );
    let page = async |paginate: Value| {
        let body = json!({"paginate": paginate});
        let answer = world
            .answer(&agent, MEDIATION_3, "recipient-query", body)
            .await;
        assert_eq!(answer["type"], format!("{MEDIATION_3}/recipient"));
        let dids = answer["body"]["dids"].as_array().unwrap().clone();
        let dids: Vec<String> = dids
            .iter()
            .map(|did| did["recipient_did"].as_str().unwrap().to_owned())
            .collect();
        (dids, answer["body"]["pagination"].clone())
    };

    let mut all = Vec::new();
    loop {
        let (part, told) = page(json!({"limit": 70, "offset": all.len()})).await;
        let remaining = 300 - all.len() - part.len();
        let count = part.len();
        assert_eq!(
            told,
            json!({"count": count, "offset": all.len(), "remaining": remaining})
        );
        all.extend(part);
        if remaining == 0 {
            break;
        }
    }
    all.sort();
    assert_eq!(all, dids);

    // What does not fit into one answer is said to remain, also to who did not ask for pages.
    let answer = world
        .answer(&agent, MEDIATION_3, "recipient-query", json!({}))
        .await;
    let count = answer["body"]["dids"].as_array().unwrap().len();
    let told = json!({"count": count, "offset": 0, "remaining": 300 - count});
    assert_eq!(answer["body"]["pagination"], told);

    let told = json!({"count": 0, "offset": 300, "remaining": 0});
    assert_eq!(
        page(json!({"limit": 5, "offset": 1000})).await,
        (vec![], told)
    );
    let told = json!({"count": 0, "offset": 0, "remaining": 300});
    assert_eq!(page(json!({"limit": 0, "offset": 0})).await, (vec![], told));
}
