//! Accounts that go on under another DID, or end.

use serde_json::{Value, json};
use signet_didcomm::from_prior;
use signet_protocol::Verdict;

use super::agent::{
    Agent, EMPTY, MEDIATION_3, PICKUP_3, PING, PROBLEM, letter, request, seal_anonymously,
};
use super::{World, code};

const BOB: &str = "did:example:bob";

/// Says who it was before.
fn rotated(mut message: Value, before: &Agent, after: Option<&Agent>) -> Value {
    let after = after.map(|after| &after.did);
    let proof = from_prior::sign(&before.keys, &before.did, after, 1_700_000_000).unwrap();
    message["from_prior"] = proof.into();
    message
}

fn status() -> Value {
    let mut asked = request(PICKUP_3, "status-request", json!({}));
    asked["id"] = "asked".into();
    asked
}

async fn is_nobody(world: &World, agent: &Agent) {
    let report = world.ask(agent, status()).await.unwrap();
    assert_eq!(code(&report, "asked"), "e.p.req.mediation-not-granted");
    let results = world.update(agent, &[("add", "did:example:more")]).await;
    assert_eq!(results, ["client_error"]);
}

/// The mediator forgets an account whose DID ends.
fn ending(world: &World, agent: &Agent) -> Vec<u8> {
    let end = rotated(json!({"type": EMPTY, "body": {}}), agent, None);
    seal_anonymously(&world.mediator, end)
}

#[tokio::test]
async fn an_account_keeps_what_it_has_under_another_did() {
    let messages = [
        status(),
        request(PING, "", json!({})),
        request(MEDIATION_3, "mediate-request", json!({})),
        request(MEDIATION_3, "recipient-query", json!({})),
        json!({"type": EMPTY, "body": {}}),
    ];
    for message in messages {
        let world = World::new();
        let before = world.account(BOB).await;
        world.forward(BOB, &letter("1")).await;
        let after = Agent::peer4();
        let envelope = after.seal(&world.mediator, rotated(message, &before, Some(&after)));

        for _ in 0..2 {
            assert_eq!(world.post(&envelope).await.response.refused, None);
        }

        assert_eq!(world.recipients(&after).await, [BOB]);
        world.forward(BOB, &letter("2")).await;
        assert_eq!(world.take(&after).await, [letter("1"), letter("2")]);
        is_nobody(&world, &before).await;
        let again = world.update(&after, &[("remove", BOB), ("add", BOB)]).await;
        assert_eq!(again, ["success", "success"]);
    }
}

#[tokio::test]
async fn updates_in_the_message_that_rotates_have_their_own_results() {
    let world = World::new();
    let before = world.account(BOB).await;
    let after = Agent::peer2();
    let update = |did: &str| json!({"recipient_did": did, "action": "add"});
    let updates = [update(BOB), update("no"), update("did:example:2")];
    let asked = request(MEDIATION_3, "recipient-update", json!({"updates": updates}));

    let answer = world
        .ask(&after, rotated(asked, &before, Some(&after)))
        .await
        .unwrap();

    let updated = answer["body"]["updated"].as_array().unwrap();
    let results: Vec<&Value> = updated.iter().map(|one| &one["result"]).collect();
    assert_eq!(results, ["no_change", "client_error", "success"]);
}

#[tokio::test]
async fn a_did_that_was_left_leads_nowhere_else() {
    let world = World::new();
    let before = world.account(BOB).await;
    let (after, thief) = (Agent::peer2(), Agent::peer2());
    world
        .ask(&after, rotated(status(), &before, Some(&after)))
        .await;

    // Whoever has the old keys moves nobody.
    world
        .ask(&thief, rotated(status(), &before, Some(&thief)))
        .await;

    is_nobody(&world, &thief).await;
    assert_eq!(world.recipients(&after).await, [BOB]);
    world.post(&ending(&world, &before)).await;
    assert_eq!(world.recipients(&after).await, [BOB]);
}

#[tokio::test]
async fn nobody_takes_over_an_account_without_its_word_or_with_one_of_his_own() {
    let world = World::new();
    let bob = world.account(BOB).await;
    let mallory = world.account("did:example:mallory").await;
    let thief = Agent::peer2();
    world.forward(BOB, &letter("1")).await;

    // Signed by another key, and about somebody else than the sender.
    let mut forged = rotated(status(), &mallory, Some(&thief));
    let proof = from_prior::sign(&bob.keys, &bob.did, Some(&mallory.did), 1).unwrap();
    forged["from_prior"] = proof.clone().into();
    let handled = world.post(&thief.seal(&world.mediator, forged)).await;
    assert_eq!(handled.response.refused, Some(Verdict::No));

    // An account that has something does not swallow another.
    let mut merging = status();
    merging["from_prior"] = proof.into();
    world.ask(&mallory, merging).await;

    assert_eq!(world.recipients(&bob).await, [BOB]);
    assert_eq!(world.recipients(&mallory).await, ["did:example:mallory"]);
    assert_eq!(world.fetch(&bob).await, [letter("1")]);
}

#[tokio::test]
async fn an_account_that_ends_is_forgotten_with_all_that_it_had() {
    let world = World::new();
    let bob = world.account(BOB).await;
    world.forward(BOB, &letter("1")).await;

    let handled = world.post(&ending(&world, &bob)).await;
    let response = handled.response;
    assert_eq!((response.refused, response.envelope), (None, None));

    is_nobody(&world, &bob).await;
    assert_eq!(world.forward(BOB, &letter("2")).await, None);
    let next = world.account(BOB).await;
    assert!(world.fetch(&next).await.is_empty());
    world.grant(&bob).await;
    assert!(world.fetch(&bob).await.is_empty());
    assert!(world.recipients(&bob).await.is_empty());
}

#[tokio::test]
async fn an_end_that_another_signed_ends_nobody() {
    let world = World::new();
    let bob = world.account(BOB).await;
    let stranger = Agent::peer2();

    assert_eq!(
        world
            .post(&ending(&world, &stranger))
            .await
            .response
            .refused,
        None
    );

    assert_eq!(world.recipients(&bob).await, [BOB]);
}

#[tokio::test]
async fn the_short_form_is_enough_once_the_long_one_was_seen() {
    let world = World::new();
    let mut bob = Agent::peer4();
    let long = bob.did.clone();
    bob.did = long.short();
    let first = request(MEDIATION_3, "mediate-request", json!({}));
    let envelope = bob.seal(&world.mediator, first);
    let refused = world.post(&envelope).await.response.refused;
    assert_eq!(refused, Some(Verdict::No));

    bob.did = long;
    world.grant(&bob).await;
    bob.did = bob.did.short();

    assert_eq!(world.update(&bob, &[("add", BOB)]).await, ["success"]);
    world.forward(BOB, &letter("1")).await;
    assert_eq!(world.take(&bob).await, [letter("1")]);

    // Also when it is left for another one.
    let after = Agent::peer4();
    let moved = rotated(status(), &bob, Some(&after));
    let answer = world.ask(&after, moved).await.unwrap();
    assert_ne!(answer["type"], PROBLEM);
    assert_eq!(world.recipients(&after).await, [BOB]);
    let mut after = after;
    after.did = after.did.short();
    assert_eq!(world.recipients(&after).await, [BOB]);
}
