//! routing: envelopes for those who registered.

use std::time::Duration;

use serde_json::{Value, json};
use signet_didcomm::MAX_ENVELOPE;
use signet_mediator::desk::now;
use signet_protocol::{
    Verdict,
    mediator::{Admission, Quota, Room, limit},
};

use super::agent::{Agent, base64, forward, forward_of, letter, letter_of, seal_anonymously};
use super::{QUOTA, World};

const BOB: &str = "did:example:bob";

#[tokio::test]
async fn mail_reaches_a_did_and_the_did_url_of_a_key() {
    let world = World::new();
    let bob = world.account(BOB).await;

    assert_eq!(world.forward(BOB, &letter("1")).await, None);
    let key = format!("{BOB}#key-2");
    assert_eq!(world.forward(&key, &letter("2")).await, None);

    assert_eq!(world.take(&bob).await, [letter("1"), letter("2")]);
}

#[tokio::test]
async fn either_form_of_a_did_finds_its_mail() {
    let world = World::new();
    let (short, long) = (Agent::peer4().did, Agent::peer4().did);
    let bob = world.account(short.short().as_str()).await;
    world.update(&bob, &[("add", long.as_str())]).await;

    world.forward(short.as_str(), &letter("1")).await;
    world.forward(long.short().as_str(), &letter("2")).await;
    let key = format!("{}#key-2", long.short());
    world.forward(&key, &letter("3")).await;

    assert_eq!(
        world.take(&bob).await,
        [letter("1"), letter("2"), letter("3")]
    );
}

#[tokio::test]
async fn an_envelope_goes_on_unchanged() {
    let world = World::new();
    let bob = world.account(BOB).await;
    let odd = b"{ \"tag\" :\"\\u0061\",\n \"a\": 1.50 }".to_vec();
    let json = json!({"z": "1", "a": {"b": [1, null, "\u{e9}"]}});

    let data = vec![
        json!({"base64": base64(&odd)}),
        json!({"json": json}),
        json!({"base64": base64(&letter("3"))}),
    ];
    let envelope = forward_of(&world.mediator, BOB, json!({}), data);
    assert_eq!(world.post(&envelope).await.response.refused, None);

    let came = world.take(&bob).await;
    assert_eq!(came.len(), 3);
    assert_eq!(came[0], odd);
    assert_eq!(serde_json::from_slice::<Value>(&came[1]).unwrap(), json);
    assert_eq!(came[2], letter("3"));
}

#[tokio::test]
async fn nobody_learns_who_is_served() {
    let world = World::new();
    let bob = world.account(BOB).await;
    world.update(&bob, &[("add", "did:example:former")]).await;
    world
        .update(&bob, &[("remove", "did:example:former")])
        .await;

    for next in [
        BOB,
        "did:example:nobody",
        "did:example:former",
        "did:example:nobody#key-1",
        "nobody at all",
        "",
        world.did().as_str(),
        bob.did.as_str(),
    ] {
        let handled = world
            .post(&forward(&world.mediator, next, &letter("1")))
            .await;
        let response = handled.response;
        assert_eq!(
            (response.refused, response.envelope),
            (None, None),
            "{next}"
        );
        let handled = world
            .post(&forward(
                &world.mediator,
                next,
                &letter_of(limit::ENVELOPE + 1),
            ))
            .await;
        assert_eq!(handled.response.refused, Some(Verdict::No), "{next}");
    }
    assert_eq!(world.take(&bob).await, [letter("1")]);
}

#[tokio::test]
async fn what_says_when_it_expires_is_not_delivered_after_it() {
    let world = World::new();
    let bob = world.account(BOB).await;
    let data = |text| vec![json!({"base64": base64(&letter(text))})];
    let soon = now().seconds() + 100;

    let past = json!({"expires_time": soon - 200});
    let envelope = forward_of(&world.mediator, BOB, past, data("late"));
    assert_eq!(
        world.post(&envelope).await.response.refused,
        Some(Verdict::No)
    );
    let envelope = forward_of(
        &world.mediator,
        BOB,
        json!({"expires_time": soon}),
        data("1"),
    );
    assert_eq!(world.post(&envelope).await.response.refused, None);
    let envelope = forward_of(
        &world.mediator,
        BOB,
        json!({"expires_time": u64::MAX / 2}),
        data("2"),
    );
    assert_eq!(world.post(&envelope).await.response.refused, None);

    let after = |time| now().after(time);
    assert_eq!(world.due(&bob, now()).await, [letter("1"), letter("2")]);
    let later = after(Duration::from_secs(110));
    assert_eq!(world.due(&bob, later).await, [letter("2")]);
    // Whatever its sender says, it is not kept for ever.
    let much_later = after(limit::HOLD + Duration::from_secs(1));
    assert!(world.due(&bob, much_later).await.is_empty());
}

#[tokio::test]
async fn mail_is_held_back_for_as_long_as_its_sender_says() {
    let world = World::new();
    let bob = world.account(BOB).await;
    let data = |text| vec![json!({"base64": base64(&letter(text))})];
    for (delay, text) in [
        (json!(60_000), "minute"),
        (json!(0), "0"),
        (json!(i64::MAX), "for ever"),
        (json!("soon"), "no number"),
    ] {
        let headers = json!({"delay_milli": delay});
        let envelope = forward_of(&world.mediator, BOB, headers, data(text));
        assert_eq!(world.post(&envelope).await.response.refused, None);
    }

    let at = |seconds| now().after(Duration::from_secs(seconds));
    assert_eq!(
        world.due(&bob, at(30)).await,
        [letter("0"), letter("no number")]
    );
    assert_eq!(world.due(&bob, at(61)).await.len(), 3);
    let last = now().after(limit::DELAY + Duration::from_secs(1));
    assert_eq!(world.due(&bob, last).await.len(), 4);
}

#[tokio::test]
async fn a_negative_delay_is_a_random_one_up_to_so_long() {
    let world = World::new();
    let bob = world.account(BOB).await;
    for n in 0..40 {
        let headers = json!({"delay_milli": -1_000_000});
        let data = vec![json!({"base64": base64(&letter(&n.to_string()))})];
        let envelope = forward_of(&world.mediator, BOB, headers, data);
        assert_eq!(world.post(&envelope).await.response.refused, None);
    }

    let half = now().after(Duration::from_secs(500));
    let due = world.due(&bob, half).await.len();
    assert!((5..36).contains(&due), "{due} of 40");
    let end = now().after(Duration::from_secs(1000));
    assert_eq!(world.due(&bob, end).await.len(), 40);
}

#[tokio::test]
async fn the_largest_envelope_comes_back_in_one_delivery_that_opens() {
    let world = World::new();
    let bob = Agent::peer4();
    world.grant(&bob).await;
    world.update(&bob, &[("add", BOB)]).await;
    let large = letter_of(limit::ENVELOPE);
    let as_json = forward(&world.mediator, BOB, &large);
    let data = vec![json!({"base64": base64(&large)})];
    let as_base64 = forward_of(&world.mediator, BOB, json!({}), data);

    for envelope in [as_json, as_base64] {
        assert!(envelope.len() <= MAX_ENVELOPE);
        assert_eq!(world.post(&envelope).await.response.refused, None);
        assert_eq!(world.take(&bob).await, [large.as_slice()]);
    }
    let data = vec![
        json!({"json": {}}),
        json!({"base64": base64(&[large, b" ".to_vec()].concat())}),
    ];
    let envelope = forward_of(&world.mediator, BOB, json!({}), data);
    assert_eq!(
        world.post(&envelope).await.response.refused,
        Some(Verdict::No)
    );
    assert!(world.fetch(&bob).await.is_empty());
}

#[tokio::test]
async fn a_flood_for_one_did_is_put_off_and_hinders_no_other() {
    let quota = Quota {
        recipient: Room {
            messages: 3,
            bytes: 100_000,
        },
        ..QUOTA
    };
    let world = World::with(Admission::Open, quota);
    let bob = world.account(BOB).await;
    world.update(&bob, &[("add", "did:example:quiet")]).await;

    for n in 0..3 {
        assert_eq!(world.forward(BOB, &letter(&n.to_string())).await, None);
    }
    assert_eq!(world.forward(BOB, &letter("3")).await, Some(Verdict::Later));
    assert_eq!(world.forward("did:example:quiet", &letter("4")).await, None);

    assert_eq!(world.take(&bob).await.len(), 4);
    assert_eq!(world.forward(BOB, &letter("5")).await, None);
    assert_eq!(
        world.forward(BOB, &letter_of(100_000)).await,
        Some(Verdict::Later)
    );
    assert_eq!(world.take(&bob).await, [letter("5")]);
}

#[tokio::test]
async fn nobody_is_acknowledged_a_forward() {
    let world = World::new();
    world.account(BOB).await;
    let headers =
        json!({"please_ack": [""], "return_route": "all", "from": Agent::peer2().did.as_str()});
    let data = vec![json!({"base64": base64(&letter("1"))})];
    let envelope = forward_of(&world.mediator, BOB, headers, data.clone());

    let response = world.post(&envelope).await.response;

    assert_eq!((response.refused, response.envelope), (None, None));
    let sender = Agent::peer2();
    let forward = json!({
        "type": "https://didcomm.org/routing/2.0/forward", "please_ack": [""],
        "return_route": "all", "body": {"next": BOB}, "attachments": [{"data": data[0]}],
    });
    assert_eq!(world.ask(&sender, forward).await, None);
}

#[tokio::test]
async fn what_carries_nothing_that_can_go_on_is_not_taken() {
    let world = World::new();
    let bob = world.account(BOB).await;
    let link = json!({"links": ["https://example.org/"], "hash": "zQm"});
    let many = vec![json!({"json": {}}); 65];

    for data in [
        vec![],
        vec![link.clone()],
        vec![json!({"base64": "?"})],
        many,
    ] {
        let envelope = forward_of(&world.mediator, BOB, json!({}), data);
        let handled = world.post(&envelope).await;
        assert_eq!(handled.response.refused, Some(Verdict::No));
    }
    let nowhere = json!({
        "type": "https://didcomm.org/routing/2.0/forward",
        "body": {}, "attachments": [{"data": {"json": {}}}],
    });
    let handled = world
        .post(&seal_anonymously(&world.mediator, nowhere))
        .await;
    assert_eq!(handled.response.refused, Some(Verdict::No));
    assert!(world.fetch(&bob).await.is_empty());

    // Padding does no harm.
    let data = vec![json!({"json": {"tag": "1"}}), link];
    let envelope = forward_of(&world.mediator, BOB, json!({}), data);
    assert_eq!(world.post(&envelope).await.response.refused, None);
    assert_eq!(world.take(&bob).await, [b"{\"tag\":\"1\"}"]);
}

#[tokio::test]
async fn a_sender_who_wraps_for_the_mediator_twice_is_understood() {
    let world = World::new();
    let bob = world.account(BOB).await;
    let inner = forward(&world.mediator, BOB, &letter("1"));
    let outer = forward(&world.mediator, world.did().as_str(), &inner);

    assert_eq!(world.post(&outer).await.response.refused, None);

    assert_eq!(world.take(&bob).await, [letter("1")]);
}
