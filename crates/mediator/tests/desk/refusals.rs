//! Who is not answered, and who is told no.

use serde_json::{Value, json};
use signet_didcomm::sign;
use signet_protocol::{Verdict, mediator::Way};

use super::agent::{
    Agent, MEDIATION_2, MEDIATION_3, PICKUP_3, PICKUP_4, letter, message, request, seal_anonymously,
};
use super::{World, code};

const BOB: &str = "did:example:bob";

/// Everything that can be asked for.
fn requests() -> Vec<Value> {
    let update = json!({"recipient_did": BOB, "action": "remove"});
    let updates = json!({"updates": [update]});
    let received = json!({"message_id_list": ["1", "2"]});
    let live = json!({"live_delivery": true});
    vec![
        request(MEDIATION_2, "mediate-request", json!({})),
        request(MEDIATION_3, "mediate-request", json!({})),
        request(MEDIATION_2, "keylist-update", updates.clone()),
        request(MEDIATION_3, "recipient-update", updates),
        request(MEDIATION_3, "recipient-query", json!({})),
        request(PICKUP_3, "status-request", json!({})),
        request(PICKUP_3, "delivery-request", json!({"limit": 1})),
        request(PICKUP_4, "messages-received", received.clone()),
        request(PICKUP_3, "messages-received", received),
        request(PICKUP_3, "live-delivery-change", live),
    ]
}

#[tokio::test]
async fn what_proves_nobody_is_refused_and_changes_nothing() {
    let world = World::new();
    let bob = world.account(BOB).await;
    world.forward(BOB, &letter("1")).await;
    let mut staying = Way {
        stays: true,
        returns: true,
    };

    for asked in requests() {
        let mut plain = asked.clone();
        plain["from"] = bob.did.as_str().into();
        let plain = message(&world.mediator, plain);
        for envelope in [
            seal_anonymously(&world.mediator, asked.clone()),
            plain.to_vec(),
            sign(&bob.message(&world.mediator, asked), &bob.keys).unwrap(),
        ] {
            let handled = world.desk.handle(&envelope, &mut staying).await;
            assert_eq!(handled.response.refused, Some(Verdict::No));
            assert_eq!(handled.response.envelope, None);
            assert_eq!(handled.response.live, None);
        }
    }

    assert_eq!(world.recipients(&bob).await, [BOB]);
    assert_eq!(world.fetch(&bob).await, [letter("1")]);
}

#[tokio::test]
async fn garbage_is_refused() {
    let world = World::new();
    let bob = Agent::peer2();
    let ping = request(PICKUP_3, "status-request", json!({}));
    let sound = bob.seal(&world.mediator, ping.clone());
    let mut changed = sound.clone();
    let middle = changed.len() - 40;
    changed[middle] ^= 1;
    let for_another = bob.seal(&Agent::peer2().document(), ping);

    for envelope in [
        &b""[..],
        b"{}",
        b"\xff",
        &sound[1..],
        &changed,
        &for_another,
    ] {
        let handled = world.post(envelope).await;
        assert_eq!(handled.response.refused, Some(Verdict::No));
        assert_eq!(handled.response.envelope, None);
    }
}

#[tokio::test]
async fn a_stranger_is_told_that_he_is_one_and_nothing_else() {
    let world = World::new();
    let bob = world.account(BOB).await;
    world.forward(BOB, &letter("1")).await;
    let stranger = Agent::peer4();

    for mut asked in requests().into_iter().skip(4) {
        asked["id"] = "asked".into();
        asked["body"]["recipient_did"] = BOB.into();
        let mut staying = Way {
            stays: true,
            returns: false,
        };
        let envelope = stranger.seal(&world.mediator, asked);
        let response = world.desk.handle(&envelope, &mut staying).await.response;
        assert_eq!(response.live, None);
        let report = stranger.open(world.did(), &response.envelope.unwrap());
        assert_eq!(code(&report, "asked"), "e.p.req.mediation-not-granted");
        assert!(!report.to_string().contains(BOB));
    }

    assert_eq!(world.fetch(&bob).await, [letter("1")]);
}

#[tokio::test]
async fn nothing_goes_back_where_nobody_allowed_it() {
    let world = World::new();
    let bob = Agent::peer2();
    for route in [None, Some("none"), Some("thread"), Some("sometimes")] {
        let mut asked = requests().swap_remove(1);
        asked.as_object_mut().unwrap().remove("return_route");
        if let Some(route) = route {
            asked["return_route"] = route.into();
        }
        assert_eq!(world.ask(&bob, asked).await, None);
    }

    // It was done all the same.
    assert_eq!(world.update(&bob, &[("add", BOB)]).await, ["success"]);
    let mut asked = requests().swap_remove(4);
    asked["id"] = "asked".into();
    asked["return_route"] = "thread".into();
    asked["return_route_thread"] = "another".into();
    assert_eq!(world.ask(&bob, asked.clone()).await, None);
    asked["return_route_thread"] = "asked".into();
    assert!(world.ask(&bob, asked).await.is_some());
}

#[tokio::test]
async fn what_has_expired_is_not_done() {
    let world = World::new();
    let bob = Agent::peer2();
    let mut asked = requests().swap_remove(1);
    asked["expires_time"] = 1_500_000_000.into();
    let envelope = bob.seal(&world.mediator, asked);

    assert_eq!(
        world.post(&envelope).await.response.refused,
        Some(Verdict::No)
    );
    assert_eq!(world.update(&bob, &[("add", BOB)]).await, ["client_error"]);
}
