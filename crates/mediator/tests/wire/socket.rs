//! WebSockets: answers, and mail as it comes.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use signet_didcomm::Document;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

use super::agent::{
    Agent, PICKUP_3, PICKUP_4, PING, delivered, forward, ids, letter, letters, request,
};
use super::server::{PATIENCE, Server, until};

const BOB: &str = "did:example:bob";

pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    mediator: Document,
}

impl Socket {
    pub async fn open(server: &Server) -> Self {
        let tcp = TcpStream::connect(server.at).await.unwrap();
        let url = format!("ws://{}/", server.at);
        Self {
            stream: client_async(url, tcp).await.unwrap().0,
            mediator: server.mediator.clone(),
        }
    }

    async fn send(&mut self, server: &Server, agent: &Agent, message: Value) {
        let sealed = agent.seal(&server.mediator, message);
        let frame = Message::binary(sealed);
        self.stream.send(frame).await.unwrap();
    }

    async fn frame(&mut self) -> Message {
        let coming = async {
            loop {
                match self.stream.next().await.unwrap().unwrap() {
                    Message::Ping(_) | Message::Pong(_) => {}
                    other => return other,
                }
            }
        };
        timeout(PATIENCE, coming).await.unwrap()
    }

    /// The next message to the agent.
    async fn next(&mut self, agent: &Agent) -> Value {
        match self.frame().await {
            Message::Text(text) => agent.open_of(&self.mediator, text.as_bytes()),
            other => panic!("{other:?}"),
        }
    }

    async fn ask(&mut self, server: &Server, agent: &Agent, message: Value) -> Value {
        self.send(server, agent, message).await;
        self.next(agent).await
    }

    /// Wants mail as it comes.
    pub async fn live(&mut self, server: &Server, agent: &Agent, protocol: &str) {
        let live = json!({"live_delivery": true});
        let live = request(protocol, "live-delivery-change", live);
        let status = self.ask(server, agent, live).await;
        assert_eq!(status["type"], format!("{protocol}/status"));
        assert_eq!(status["body"]["live_delivery"], true);
    }

    /// So many letters as they come, and their ids.
    pub async fn come(&mut self, agent: &Agent, count: usize) -> Vec<(String, Vec<u8>)> {
        let mut come = Vec::new();
        while come.len() < count {
            let delivery = self.next(agent).await;
            assert!(delivery["type"].as_str().unwrap().ends_with("/delivery"));
            come.extend(delivered(&delivery));
        }
        assert_eq!(come.len(), count);
        come
    }

    async fn received(&mut self, server: &Server, agent: &Agent, ids: &[String]) -> Value {
        let received = json!({"message_id_list": ids});
        let received = request(PICKUP_3, "messages-received", received);
        self.ask(server, agent, received).await
    }

    /// A ping is answered, and nothing came before the answer.
    async fn is_quiet(&mut self, server: &Server, agent: &Agent) {
        let ping = json!({"type": PING, "body": {}, "return_route": "all"});
        let answer = self.ask(server, agent, ping).await;
        let type_ = "https://didcomm.org/trust-ping/2.0/ping-response";
        assert_eq!(answer["type"], type_);
    }
}

async fn post(server: &Server, texts: &[&str]) {
    for text in texts {
        assert_eq!(server.forward(BOB, &letter(text)).await.status, 202);
    }
}

#[tokio::test]
async fn live_mail_comes_in_a_delivery_and_goes_when_it_was_received() {
    for protocol in [PICKUP_3, PICKUP_4] {
        let server = Server::start(&[]).await;
        let bob = server.account(BOB).await;
        let mut socket = Socket::open(&server).await;
        post(&server, &["before"]).await;
        socket.is_quiet(&server, &bob).await;

        socket.live(&server, &bob, protocol).await;
        let came = socket.come(&bob, 1).await;
        assert_eq!(came[0].1, letter("before"));
        post(&server, &["1"]).await;
        let more = socket.come(&bob, 1).await;
        assert_eq!(more[0].1, letter("1"));

        assert_eq!(
            server.deliver(&bob).await["attachments"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        let ids = [came[0].0.clone(), more[0].0.clone()];
        let status = socket.received(&server, &bob, &ids).await;
        assert_eq!(status["body"]["message_count"], 0);
        socket.is_quiet(&server, &bob).await;

        let quiet = request(
            protocol,
            "live-delivery-change",
            json!({"live_delivery": false}),
        );
        let status = socket.ask(&server, &bob, quiet).await;
        assert_eq!(status["body"]["live_delivery"], false);
        post(&server, &["2"]).await;
        socket.is_quiet(&server, &bob).await;
        assert_eq!(letters(&server.deliver(&bob).await), [letter("2")]);
    }
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_on_the_next_connection() {
    let server = Server::start(&[]).await;
    let bob = server.account(BOB).await;
    post(&server, &["1", "2", "3"]).await;
    let mut socket = Socket::open(&server).await;
    socket.live(&server, &bob, PICKUP_4).await;
    let came = socket.come(&bob, 3).await;
    let first = [came[0].0.clone()];
    socket.received(&server, &bob, &first).await;
    // The same socket does not hand them out again.
    post(&server, &["4"]).await;
    assert_eq!(socket.come(&bob, 1).await[0].1, letter("4"));
    socket.is_quiet(&server, &bob).await;
    drop(socket);

    let mut socket = Socket::open(&server).await;
    socket.is_quiet(&server, &bob).await;
    socket.live(&server, &bob, PICKUP_4).await;
    let again = socket.come(&bob, 3).await;

    assert_eq!(again[..2], came[1..]);
    assert_eq!(again[2].1, letter("4"));
}

#[tokio::test]
async fn two_sockets_of_one_account_both_hear_of_mail() {
    let server = Server::start(&[]).await;
    let bob = server.account(BOB).await;
    let mut first = Socket::open(&server).await;
    let mut second = Socket::open(&server).await;
    first.live(&server, &bob, PICKUP_3).await;
    second.live(&server, &bob, PICKUP_4).await;

    post(&server, &["1"]).await;
    let came = first.come(&bob, 1).await;
    assert_eq!(second.come(&bob, 1).await, came);
    let received = [came[0].0.clone()];
    for socket in [&mut first, &mut second] {
        let status = socket.received(&server, &bob, &received).await;
        assert_eq!(status["body"]["message_count"], 0);
    }

    drop(first);
    post(&server, &["2"]).await;
    assert_eq!(second.come(&bob, 1).await[0].1, letter("2"));
}

#[tokio::test]
async fn mail_of_one_account_does_not_wake_another() {
    let server = Server::start(&[]).await;
    let bob = server.account(BOB).await;
    let carol = server.account("did:example:carol").await;
    let mut socket = Socket::open(&server).await;
    socket.live(&server, &carol, PICKUP_3).await;

    post(&server, &["1"]).await;
    socket.is_quiet(&server, &carol).await;

    assert_eq!(letters(&server.deliver(&bob).await), [letter("1")]);
}

#[tokio::test]
async fn a_flood_comes_whole_while_it_is_acknowledged() {
    let server = Server::start(&["--rate", "0"]).await;
    let bob = server.account(BOB).await;
    let mut socket = Socket::open(&server).await;
    socket.live(&server, &bob, PICKUP_4).await;
    let mut sender = Socket::open(&server).await;
    let texts: Vec<String> = (0..600).map(|n| n.to_string()).collect();
    for text in &texts {
        let envelope = forward(&server.mediator, BOB, &letter(text));
        sender.stream.send(Message::binary(envelope)).await.unwrap();
    }

    let mut came = Vec::new();
    while came.len() < texts.len() {
        let delivery = socket.next(&bob).await;
        came.extend(letters(&delivery));
        let body = json!({"message_id_list": ids(&delivery)});
        let received = request(PICKUP_4, "messages-received", body);
        socket.send(&server, &bob, received).await;
    }

    let sent: Vec<_> = texts.iter().map(|text| letter(text)).collect();
    assert_eq!(came, sent);
}

#[tokio::test]
async fn mail_that_is_acknowledged_elsewhere_holds_nothing_back() {
    let server = Server::start(&["--rate", "0"]).await;
    let bob = server.account(BOB).await;
    let mut socket = Socket::open(&server).await;
    socket.live(&server, &bob, PICKUP_3).await;

    for _ in 0..4 {
        let texts: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        post(&server, &texts).await;
        let came = socket.come(&bob, 100).await;
        let ids: Vec<String> = came.into_iter().map(|(id, _)| id).collect();
        server.received(&bob, &ids).await;
    }
}

#[tokio::test]
async fn what_one_account_leaves_unacknowledged_holds_back_no_other_on_the_same_socket() {
    let server = Server::start(&["--rate", "0"]).await;
    let bob = server.account(BOB).await;
    let carol = server.account("did:example:carol").await;
    let mut socket = Socket::open(&server).await;
    socket.live(&server, &bob, PICKUP_3).await;
    let texts: Vec<String> = (0..256).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    post(&server, &texts).await;
    socket.come(&bob, 256).await;

    socket.live(&server, &carol, PICKUP_3).await;
    let reply = server.forward("did:example:carol", &letter("1")).await;
    assert_eq!(reply.status, 202);

    assert_eq!(socket.come(&carol, 1).await[0].1, letter("1"));
}

#[tokio::test]
async fn a_frame_that_is_no_envelope_is_passed_over_and_one_too_large_ends_it() {
    let server = Server::start(&[]).await;
    let bob = server.account(BOB).await;
    let mut socket = Socket::open(&server).await;
    for garbage in ["", "{}", "nonsense"] {
        socket.stream.send(Message::text(garbage)).await.unwrap();
    }
    socket.is_quiet(&server, &bob).await;

    let large = vec![b' '; 2_000_000];
    let _ = socket.stream.send(Message::binary(large)).await;
    let ended = timeout(PATIENCE, async {
        while let Some(Ok(frame)) = socket.stream.next().await {
            if frame.is_close() {
                return;
            }
        }
    });
    ended.await.unwrap();
    let mut socket = Socket::open(&server).await;
    socket.is_quiet(&server, &bob).await;
}

#[tokio::test]
async fn who_sends_too_much_is_shown_out() {
    let server = Server::start(&["--rate", "4"]).await;
    let mut socket = Socket::open(&server).await;
    for _ in 0..60 {
        let _ = socket.stream.send(Message::text("{}")).await;
    }

    match socket.frame().await {
        Message::Close(Some(close)) => assert_eq!(close.code, CloseCode::Policy),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_that_goes_on_under_another_did_hears_of_its_mail() {
    let server = Server::start(&[]).await;
    let bob = server.account(BOB).await;
    let mut socket = Socket::open(&server).await;
    socket.live(&server, &bob, PICKUP_3).await;
    let after = Agent::peer2();
    let proof = signet_didcomm::from_prior::sign(&bob.keys, &bob.did, Some(&after.did), 1);
    let mut ping = json!({"type": PING, "body": {}, "return_route": "all"});
    ping["from_prior"] = proof.unwrap().into();
    socket.ask(&server, &after, ping).await;

    post(&server, &["1"]).await;

    assert_eq!(socket.come(&after, 1).await[0].1, letter("1"));
}

#[tokio::test]
async fn it_ends_in_order_when_it_is_asked_to() {
    let mut server = Server::start(&[]).await;
    let bob = server.account(BOB).await;
    let mut socket = Socket::open(&server).await;
    socket.live(&server, &bob, PICKUP_3).await;
    until(async || server.metric("signet_mediator_sockets").await == 1).await;

    server.terminate();

    match socket.frame().await {
        Message::Close(Some(close)) => assert_eq!(close.code, CloseCode::Away),
        other => panic!("{other:?}"),
    }
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(TcpStream::connect(server.at).await.is_err());
}
