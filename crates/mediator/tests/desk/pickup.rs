//! messagepickup 3.0 and message-pickup 4.0: mail for who fetches it.

use serde_json::{Value, json};
use signet_didcomm::MAX_ENVELOPE;
use signet_mediator::desk::now;
use signet_protocol::mediator::{Way, limit};

use super::agent::{
    Agent, MEDIATION_3, PICKUP_3, PICKUP_4, delivered, ids, letter, letter_of, letters, request,
};
use super::{World, code};

const BOB: &str = "did:example:bob";
const ROB: &str = "did:example:rob";

/// An account with mail for two of its DIDs.
async fn two_dids(world: &World) -> Agent {
    let bob = world.account(BOB).await;
    world.update(&bob, &[("add", ROB)]).await;
    for (to, text) in [(BOB, "1"), (ROB, "2"), (BOB, "3")] {
        assert_eq!(world.forward(to, &letter(text)).await, None);
    }
    bob
}

#[tokio::test]
async fn the_status_says_how_much_waits_in_the_units_of_its_version() {
    let world = World::new();
    let before = now();
    let bob = two_dids(&world).await;
    let after = now();

    for (protocol, unit) in [(PICKUP_3, 1000), (PICKUP_4, 1)] {
        let mut asked = request(protocol, "status-request", json!({}));
        asked["id"] = "how-much".into();
        let status = world.ask(&bob, asked).await.unwrap();
        let body = &status["body"];

        assert_eq!(status["type"], format!("{protocol}/status"));
        assert_eq!(status["thid"], "how-much");
        assert_eq!(body["message_count"], 3);
        assert_eq!(body["total_bytes"], 3 * letter("1").len());
        assert_eq!(body.get("recipient_did"), None);
        let time = |name: &str| body[name].as_u64().unwrap();
        assert!(before.0 / unit <= time("oldest_received_time"));
        assert!(time("oldest_received_time") <= time("newest_received_time"));
        assert!(time("newest_received_time") <= after.0 / unit);
        let waited = body.get("longest_waited_seconds");
        assert_eq!(waited.is_some(), protocol == PICKUP_3);
    }
}

#[tokio::test]
async fn what_is_asked_for_one_did_is_answered_for_it() {
    let world = World::new();
    let bob = two_dids(&world).await;
    for protocol in [PICKUP_3, PICKUP_4] {
        for (did, expected) in [
            (BOB, &["1", "3"][..]),
            (ROB, &["2"]),
            ("did:example:x", &[]),
        ] {
            let body = json!({"recipient_did": did});
            let status = world.answer(&bob, protocol, "status-request", body).await;
            assert_eq!(status["body"]["recipient_did"], did);
            assert_eq!(status["body"]["message_count"], expected.len());

            let body = json!({"recipient_did": did, "limit": 10, "message_count_limit": 10});
            let answer = world.answer(&bob, protocol, "delivery-request", body).await;
            assert_eq!(answer["body"]["recipient_did"], did);
            if !expected.is_empty() {
                let expected: Vec<_> = expected.iter().map(|text| letter(text)).collect();
                assert_eq!(letters(&answer), expected);
            }
        }
        let body = json!({"limit": 10, "message_count_limit": 10});
        let answer = world.answer(&bob, protocol, "delivery-request", body).await;
        assert_eq!(answer["body"], json!({}));
        assert_eq!(letters(&answer).len(), 3);
    }
}

#[tokio::test]
async fn an_empty_queue_is_answered_by_the_status_in_3_and_by_an_empty_delivery_in_4() {
    let world = World::new();
    let bob = world.account(BOB).await;

    let body = json!({"limit": 5});
    let answer = world.answer(&bob, PICKUP_3, "delivery-request", body).await;
    assert_eq!(answer["type"], format!("{PICKUP_3}/status"));
    assert_eq!(answer["body"]["message_count"], 0);

    for limit in ["limit", "message_count_limit"] {
        let body = json!({limit: 5});
        let answer = world.answer(&bob, PICKUP_4, "delivery-request", body).await;
        assert_eq!(answer["type"], format!("{PICKUP_4}/delivery"));
        assert_eq!(answer["attachments"], json!([]));
    }
}

#[tokio::test]
async fn no_more_is_delivered_than_was_asked_for_and_the_oldest_first() {
    let world = World::new();
    let bob = world.account(BOB).await;
    for n in 0..150 {
        world.forward(BOB, &letter(&n.to_string())).await;
    }
    let deliver = async |limit: Value| {
        let body = json!({"limit": limit});
        world.answer(&bob, PICKUP_3, "delivery-request", body).await
    };

    let expected: Vec<_> = (0..150).map(|n| letter(&n.to_string())).collect();
    assert_eq!(letters(&deliver(json!(1)).await), expected[..1]);
    assert_eq!(letters(&deliver(json!(7)).await), expected[..7]);
    assert_eq!(
        letters(&deliver(json!(u64::MAX)).await),
        expected[..limit::DELIVERY]
    );
    let nothing = deliver(json!(0)).await;
    assert_eq!(nothing["body"]["message_count"], 150);
    for odd in [json!(null), json!(-1), json!("all")] {
        let refused = deliver(odd).await;
        assert_eq!(refused["type"], super::agent::PROBLEM);
    }
}

#[tokio::test]
async fn a_delivery_fits_into_an_envelope_whatever_waits() {
    let world = World::new();
    let bob = world.account(BOB).await;
    let sizes = [
        1000,
        200_000,
        limit::DELIVERY_BYTES - 201_000,
        limit::ENVELOPE,
        limit::DELIVERY_BYTES,
        100,
        limit::ENVELOPE,
    ];
    let sent: Vec<_> = sizes.into_iter().map(letter_of).collect();
    for letter in &sent {
        assert_eq!(world.forward(BOB, letter).await, None);
    }

    let mut came = Vec::new();
    for _ in &sent {
        let asked = request(PICKUP_3, "delivery-request", json!({"limit": 10}));
        let asked = bob.seal(&world.mediator, asked);
        let envelope = world.post(&asked).await.response.envelope.unwrap();
        assert!(envelope.len() <= MAX_ENVELOPE);
        let answer = bob.open(world.did(), &envelope);
        let body = json!({"message_id_list": ids(&answer)});
        let left = world
            .answer(&bob, PICKUP_3, "messages-received", body)
            .await;
        came.extend(letters(&answer));
        if left["body"]["message_count"] == 0 {
            break;
        }
    }
    assert_eq!(came, sent);
}

#[tokio::test]
async fn nothing_goes_before_it_was_received_and_nothing_else_with_it() {
    let world = World::new();
    let bob = two_dids(&world).await;
    let first = world.deliver(&bob).await;
    assert_eq!(
        world.deliver(&bob).await["attachments"],
        first["attachments"]
    );
    let all = delivered(&first);

    let body = json!({"message_id_list": [all[1].0, "no-number", "999999", ""]});
    let status = world
        .answer(&bob, PICKUP_3, "messages-received", body)
        .await;
    assert_eq!(status["type"], format!("{PICKUP_3}/status"));
    assert_eq!(status["body"]["message_count"], 2);
    assert_eq!(world.fetch(&bob).await, [letter("1"), letter("3")]);

    let body = json!({"message_id_list": [all[0].0, all[2].0]});
    let asked = request(PICKUP_4, "messages-received", body);
    assert_eq!(world.ask(&bob, asked).await, None);
    assert!(world.fetch(&bob).await.is_empty());
}

#[tokio::test]
async fn a_repeated_acknowledgement_takes_nothing_that_came_later() {
    let world = World::new();
    let bob = two_dids(&world).await;
    let body = json!({"message_id_list": ids(&world.deliver(&bob).await)});
    let received = request(PICKUP_3, "messages-received", body);
    let envelope = bob.seal(&world.mediator, received);
    world.post(&envelope).await;

    world.forward(BOB, &letter("later")).await;
    for _ in 0..3 {
        assert_eq!(world.post(&envelope).await.response.refused, None);
    }

    assert_eq!(world.fetch(&bob).await, [letter("later")]);
}

#[tokio::test]
async fn mail_is_its_owners_only() {
    let world = World::new();
    let bob = two_dids(&world).await;
    let mallory = world.account("did:example:mallory").await;
    let before = world.deliver(&bob).await;

    let body = json!({"message_id_list": ids(&before)});
    let status = world
        .answer(&mallory, PICKUP_3, "messages-received", body)
        .await;
    assert_eq!(status["body"]["message_count"], 0);
    for did in [BOB, bob.did.as_str()] {
        let body = json!({"limit": 10, "recipient_did": did});
        let answer = world
            .answer(&mallory, PICKUP_3, "delivery-request", body)
            .await;
        assert_eq!(answer["type"], format!("{PICKUP_3}/status"));
        assert_eq!(answer["body"]["message_count"], 0);
        assert_eq!(answer["body"].get("total_bytes"), Some(&json!(0)));
    }
    assert_eq!(world.recipients(&mallory).await, ["did:example:mallory"]);
    assert_eq!(
        world.update(&mallory, &[("remove", BOB)]).await,
        ["no_change"]
    );

    assert_eq!(
        world.deliver(&bob).await["attachments"],
        before["attachments"]
    );
    world.forward(BOB, &letter("4")).await;
    assert_eq!(world.fetch(&bob).await.len(), 4);
}

#[tokio::test]
async fn what_waits_for_a_did_that_was_removed_is_still_delivered() {
    let world = World::new();
    let bob = two_dids(&world).await;
    world.update(&bob, &[("remove", BOB)]).await;
    world.forward(BOB, &letter("4")).await;

    // Whoever has the DID next does not get what came before.
    let next = world.account(BOB).await;
    world.forward(BOB, &letter("5")).await;

    assert_eq!(
        world.take(&bob).await,
        [letter("1"), letter("2"), letter("3")]
    );
    assert_eq!(world.take(&next).await, [letter("5")]);
}

#[tokio::test]
async fn live_delivery_is_for_connections_that_stay() {
    let world = World::new();
    let bob = world.account(BOB).await;
    for protocol in [PICKUP_3, PICKUP_4] {
        let mut asked = request(
            protocol,
            "live-delivery-change",
            json!({"live_delivery": true}),
        );
        asked["id"] = "live".into();
        let handled = world.post(&bob.seal(&world.mediator, asked.clone())).await;
        assert_eq!(handled.response.live, None);
        let report = bob.open(world.did(), &handled.response.envelope.unwrap());
        assert_eq!(code(&report, "live"), "e.m.live-mode-not-supported");
        assert!(report["body"]["comment"].is_string());

        for live in [true, false] {
            asked["body"]["live_delivery"] = live.into();
            let mut way = Way {
                stays: true,
                returns: false,
            };
            let envelope = bob.seal(&world.mediator, asked.clone());
            let response = world.desk.handle(&envelope, &mut way).await.response;
            let (account, _, is_live) = response.live.unwrap();
            assert_eq!((&account, is_live), (&bob.did, live));
            let status = bob.open(world.did(), &response.envelope.unwrap());
            assert_eq!(status["type"], format!("{protocol}/status"));
            assert_eq!(status["thid"], "live");
            assert_eq!(status["body"]["live_delivery"], live);
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_live_where_nothing_may_go_back() {
    let world = World::new();
    let bob = world.account(BOB).await;
    let mut way = Way {
        stays: true,
        returns: false,
    };
    let mut asked = request(
        PICKUP_3,
        "live-delivery-change",
        json!({"live_delivery": true}),
    );
    asked.as_object_mut().unwrap().remove("return_route");
    let envelope = bob.seal(&world.mediator, asked);

    let response = world.desk.handle(&envelope, &mut way).await.response;
    assert_eq!((response.live, response.envelope), (None, None));

    // One message that allows it is enough for the connection.
    let ping = request(MEDIATION_3, "recipient-query", json!({}));
    let ping = bob.seal(&world.mediator, ping);
    world.desk.handle(&ping, &mut way).await;
    let response = world.desk.handle(&envelope, &mut way).await.response;
    assert!(response.live.is_some() && response.envelope.is_some());
}
