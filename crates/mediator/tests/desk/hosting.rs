//! Invitations that those it serves have hosted.
//!
//! Source: didcomm.org, "shorten-url/1.0".

use serde_json::{Value, json};
use signet_didcomm::out_of_band::{Invitation, InvitationError};
use signet_mediator::desk::now;
use signet_protocol::mediator::limit;

use super::agent::{Agent, EMPTY, request};
use super::{PAGE, World, code};

const SHORTEN: &str = "https://didcomm.org/shorten-url/1.0";

fn invitation(agent: &Agent) -> Invitation {
    Invitation::new("an-invitation", agent.did.clone())
}

fn wish(url: &str) -> Value {
    json!({"url": url, "requested_validity_seconds": 0, "goal_code": "shorten.oobv2"})
}

async fn asked(world: &World, agent: &Agent, body: Value) -> Value {
    world
        .answer(agent, SHORTEN, "request-shortened-url", body)
        .await
}

async fn invalidated(world: &World, agent: &Agent, url: &str) -> Value {
    let body = json!({"shortened_url": url});
    world
        .answer(agent, SHORTEN, "invalidate-shortened-url", body)
        .await
}

/// What is behind a short link now.
async fn behind(world: &World, url: &str) -> Option<Invitation> {
    let Err(InvitationError::Short { id, .. }) = Invitation::from_url(url) else {
        panic!("{url} is not short");
    };
    let json = world.desk.invitation(id.parse().unwrap()).await.unwrap()?;
    Some(Invitation::from_bytes(&json).unwrap())
}

async fn refused(world: &World, agent: &Agent, body: Value) -> String {
    let mut asked = request(SHORTEN, "request-shortened-url", body);
    asked["id"] = "said".into();
    let report = world.ask(agent, asked).await.unwrap();
    code(&report, "said")
}

#[tokio::test]
async fn an_invitation_gets_a_short_link_until_it_is_taken_back() {
    let world = World::new();
    let alice = world.account("did:example:alice").await;
    let long = invitation(&alice).to_url("signet://invitation");

    let mut wanted = request(SHORTEN, "request-shortened-url", wish(&long));
    wanted["id"] = "said".into();
    let answer = world.ask(&alice, wanted).await.unwrap();

    assert_eq!(answer["type"], format!("{SHORTEN}/shortened-url"));
    assert_eq!(answer["thid"], "said");
    let short = answer["body"]["shortened_url"].as_str().unwrap();
    assert!(short.starts_with(PAGE) && short.len() < 60, "{short}");
    let expires = answer["body"]["expires_time"].as_u64().unwrap();
    let longest = now().after(limit::HOSTING).seconds();
    assert!(expires <= longest && expires > longest - 600, "{expires}");
    assert_eq!(behind(&world, short).await, Some(invitation(&alice)));

    let over = invalidated(&world, &alice, short).await;
    assert_eq!(over["type"], EMPTY);
    assert_eq!(over["ack"].as_array().unwrap().len(), 1);
    assert_eq!(behind(&world, short).await, None);
}

#[tokio::test]
async fn who_has_no_account_has_nothing_hosted() {
    let world = World::new();
    let stranger = Agent::peer2();
    let long = invitation(&stranger).to_url(PAGE);

    let said = refused(&world, &stranger, wish(&long)).await;

    assert_eq!(said, "e.p.req.mediation-not-granted");
}

#[tokio::test]
async fn nothing_but_an_invitation_is_hosted() {
    let world = World::new();
    let alice = world.account("did:example:alice").await;
    let long = invitation(&alice).to_url(PAGE);
    let with = |name: &str, value: Value| {
        let mut body = wish(&long);
        body[name] = value;
        body
    };
    let huge = format!("{long}&more={}", "x".repeat(8 * 1024));
    let mut over = invitation(&alice);
    over.expires_time = Some(now().seconds() - 10);
    let over = over.to_url(PAGE);
    let bare = String::from_utf8(invitation(&alice).to_message().to_vec()).unwrap();
    for (body, word) in [
        (wish("https://elsewhere.example/"), "invalid_url"),
        (wish("https://elsewhere.example/?_oob=e30"), "invalid_url"),
        (wish("https://elsewhere.example/?_oobid=1"), "invalid_url"),
        (wish(&bare), "invalid_url"),
        (wish(&huge), "invalid_url"),
        (wish(&over), "invalid_url"),
        (with("url", json!(7)), "invalid_url"),
        (with("goal_code", json!("shorten")), "invalid_goal_code"),
        (with("goal_code", Value::Null), "invalid_goal_code"),
        (with("short_url_slug", json!("me")), "slugs_not_supported"),
        (
            with("requested_validity_seconds", json!(u64::MAX)),
            "validity_too_long",
        ),
    ] {
        let said = refused(&world, &alice, body.clone()).await;
        assert_eq!(said, format!("e.p.req.{word}"), "{body}");
    }
}

#[tokio::test]
async fn a_page_lives_no_longer_than_is_asked_or_than_its_invitation() {
    let world = World::new();
    let alice = world.account("did:example:alice").await;
    let soon = now().seconds() + 3600;
    let mut short_lived = invitation(&alice);
    short_lived.expires_time = Some(soon);

    let answer = asked(&world, &alice, wish(&short_lived.to_url(PAGE))).await;
    assert_eq!(answer["body"]["expires_time"], soon);

    let mut body = wish(&invitation(&alice).to_url(PAGE));
    body["requested_validity_seconds"] = json!(60);
    let answer = asked(&world, &alice, body).await;
    let expires = answer["body"]["expires_time"].as_u64().unwrap();
    assert!(expires <= now().seconds() + 60, "{expires}");
}

#[tokio::test]
async fn nobody_takes_back_what_is_not_theirs_nor_learns_that_it_is_there() {
    let world = World::new();
    let alice = world.account("did:example:alice").await;
    let bob = world.account("did:example:bob").await;
    let answer = asked(&world, &alice, wish(&invitation(&alice).to_url(PAGE))).await;
    let short = answer["body"]["shortened_url"].as_str().unwrap();
    let unknown = format!("{PAGE}?_oobid=AAAAAAAAAAAAAAAAAAAAAA");
    for url in [short, &unknown, "https://elsewhere.example/", ""] {
        let report = invalidated(&world, &bob, url).await;
        assert_eq!(report["body"]["code"], "e.p.req.short_url_invalid", "{url}");
    }
    let stranger = invalidated(&world, &Agent::peer2(), short).await;
    let code = &stranger["body"]["code"];
    assert_eq!(code, "e.p.req.mediation-not-granted");

    assert_eq!(behind(&world, short).await, Some(invitation(&alice)));
}

#[tokio::test]
async fn it_says_that_it_hosts_invitations() {
    let world = World::new();
    let discover = "https://didcomm.org/discover-features/2.0";
    let queries =
        json!({"queries": [{"feature-type": "protocol", "match": format!("{SHORTEN}*")}]});

    let answer = world
        .answer(&Agent::peer2(), discover, "queries", queries)
        .await;

    let told = &answer["body"]["disclosures"][0];
    assert_eq!(told["id"], SHORTEN);
    assert_eq!(told["roles"], json!(["url-shortener"]));
}
