//! The mediator as a did:web.

use serde_json::json;
use signet_didcomm::{Did, Document, did::web};

use super::{
    agent::{Agent, MEDIATION_3, PICKUP_3, letter, letters},
    server::Server,
    socket::Socket,
};

const BOB: &str = "did:example:bob";

async fn document(server: &Server) -> Document {
    let did = Did::parse("did:web:mail.example.org").unwrap();
    let reply = server.get("/.well-known/did.json").await;
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("content-type: application/json\r\n"));
    web::resolve(&did, &reply.body).unwrap()
}

#[tokio::test]
async fn whoever_knows_it_by_its_did_web_is_served_under_that() {
    let mut server = Server::start(&["--public-url", "https://mail.example.org/"]).await;
    let web = document(&server).await;
    let endpoints = |document: &Document| -> Vec<String> {
        document.endpoints().map(|e| e.uri.clone()).collect()
    };
    assert_eq!(web.also_known_as, [server.did().clone()]);
    assert_eq!(endpoints(&web), endpoints(&server.mediator));

    let own = std::mem::replace(&mut server.mediator, web.clone());
    let agent = server.account(BOB).await;
    let grant = server
        .ask(&agent, MEDIATION_3, "mediate-request", json!({}))
        .await;
    assert_eq!(grant["body"]["routing_did"], json!([web.id]));
    let mut socket = Socket::open(&server).await;
    socket.live(&server, &agent, PICKUP_3).await;

    // Who writes to it by either name reaches the same people.
    assert_eq!(
        server.forward(BOB, &letter("by its did:web")).await.status,
        202
    );
    let come = socket.come(&agent, 1).await;
    assert_eq!(come[0].1, letter("by its did:web"));
    server.mediator = own;
    assert_eq!(server.forward(BOB, &letter("by its own")).await.status, 202);
    assert_eq!(socket.come(&agent, 1).await[0].1, letter("by its own"));

    // The one who asks decides under which it answers.
    let delivery = server.deliver(&agent).await;
    assert_eq!(letters(&delivery).len(), 2);
    let stranger = Agent::peer2();
    let grant = server
        .ask(&stranger, MEDIATION_3, "mediate-request", json!({}))
        .await;
    assert_eq!(grant["body"]["routing_did"], json!([server.did()]));
}

#[tokio::test]
async fn a_mediator_without_a_name_has_no_did_web() {
    let server = Server::start(&[]).await;

    assert_eq!(server.get("/.well-known/did.json").await.status, 404);
    let web = Did::parse("did:web:mail.example.org").unwrap();
    let stranger = Document {
        id: web.clone(),
        ..server.mediator.under(&web)
    };
    let asked = Agent::peer2().seal(&stranger, json!({"type": "x", "body": {}}));
    assert_eq!(server.post(&asked).await.status, 400);
}
