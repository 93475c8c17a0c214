//! Envelopes by POST.

use serde_json::json;
use signet_didcomm::MAX_ENVELOPE;

use super::agent::{Agent, PICKUP_3, PICKUP_4, PING, ids, letter, letters, request};
use super::server::Server;

const BOB: &str = "did:example:bob";
const ENCRYPTED: &str = "application/didcomm-encrypted+json";

#[tokio::test]
async fn a_forward_is_taken_and_fetched_in_the_response() {
    let server = Server::start(&[]).await;
    let bob = server.account(BOB).await;

    for (next, text) in [(BOB, "1"), ("did:example:nobody", "2"), (BOB, "3")] {
        let reply = server.forward(next, &letter(text)).await;
        assert_eq!((reply.status, reply.body.len()), (202, 0));
    }

    let delivery = server.deliver(&bob).await;
    assert_eq!(letters(&delivery), [letter("1"), letter("3")]);
    let status = server.received(&bob, &ids(&delivery)).await;
    assert_eq!(status["body"]["message_count"], 0);

    let body = json!({"message_id_list": []});
    let received = bob.seal(
        &server.mediator,
        request(PICKUP_4, "messages-received", body),
    );
    assert_eq!(server.post(&received).await.status, 202);
    let quiet = json!({"type": PING, "body": {}});
    let quiet = bob.seal(&server.mediator, quiet);
    assert_eq!(server.post(&quiet).await.status, 202);
}

#[tokio::test]
async fn what_is_no_envelope_is_told_so_by_its_status() {
    let server = Server::start(&[]).await;
    let anybody = Agent::peer2();
    let ping = json!({"type": PING, "body": {}, "return_route": "all"});
    let sound = anybody.seal(&server.mediator, ping.clone());
    let plain = anybody.message(&server.mediator, ping).to_vec();

    let with_charset = format!("{}; charset=utf-8", ENCRYPTED.to_uppercase());
    assert_eq!(server.post_as(&with_charset, &sound).await.status, 200);
    for (kind, body, status) in [
        (ENCRYPTED, &b""[..], 400),
        (ENCRYPTED, b"{}", 400),
        (ENCRYPTED, &sound[..sound.len() - 1], 400),
        ("application/didcomm-plain+json", &plain, 400),
        ("application/json", &sound, 415),
        ("text/plain", &sound, 415),
        ("", &sound, 415),
    ] {
        let reply = server.post_as(kind, body).await;
        assert_eq!((reply.status, reply.body.len()), (status, 0), "{kind}");
    }
    let without = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n", sound.len());
    assert_eq!(server.say(&without, &sound).await.status, 415);
    for method in ["PUT", "DELETE", "PATCH"] {
        let reply = server.say(&format!("{method} / HTTP/1.1\r\n"), b"").await;
        assert_eq!(reply.status, 405);
    }
    assert_eq!(server.get("/elsewhere").await.status, 404);
    let half = "GET / HTTP/1.1\r\nUpgrade: websocket\r\n";
    assert_eq!(server.say(half, b"").await.status, 426);
    assert_eq!(server.say("nonsense\r\n", b"").await.status, 400);
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_not_waited_for() {
    let server = Server::start(&[]).await;

    let large = vec![b' '; MAX_ENVELOPE];
    assert_eq!(server.post(&large).await.status, 400);
    let larger = vec![b' '; MAX_ENVELOPE + 1];
    assert_eq!(server.post(&larger).await.status, 413);
    // Of one that is announced nothing has to come.
    let announced = super::server::post(ENCRYPTED, 100_000_000);
    assert_eq!(server.say(&announced, b"").await.status, 413);
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: application/didcomm-encrypted+json\r\n";
    let size = format!("{:x}\r\n", larger.len());
    let body = [size.as_bytes(), &larger, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(server.say(chunked, &body).await.status, 413);
    let long_head = format!("GET / HTTP/1.1\r\nA: {}\r\n", "a".repeat(20_000));
    assert_eq!(server.say(&long_head, b"").await.status, 431);

    assert_eq!(server.get("/health").await.status, 200);
}

#[tokio::test]
async fn who_asks_too_often_is_put_off_and_nobody_else() {
    let server = Server::start(&["--rate", "2"]).await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(server.post(b"{}").await);
    }
    let put_off: Vec<_> = statuses.iter().filter(|r| r.status == 429).collect();
    assert!(put_off.len() >= 20, "{}", put_off.len());
    assert!(put_off[0].head.contains("retry-after: 5\r\n"));
    assert_eq!(statuses[0].status, 400);

    let mut stream = server.connect_from(super::server::ELSEWHERE).await;
    let head = super::server::post(ENCRYPTED, 2);
    let reply = super::server::say(&mut stream, &head, b"{}").await;
    assert_eq!(reply.unwrap().status, 400);
}

#[tokio::test]
async fn live_delivery_is_not_for_a_post() {
    let server = Server::start(&[]).await;
    let bob = server.account(BOB).await;

    let live = json!({"live_delivery": true});
    let report = server
        .ask(&bob, PICKUP_3, "live-delivery-change", live)
        .await;

    assert_eq!(report["body"]["code"], "e.m.live-mode-not-supported");
}
