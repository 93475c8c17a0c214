//! The program on several machines, as its database sees it.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{
    agent::{Agent, PICKUP_3, delivered, letter, request},
    program::{PATIENCE, Server},
};

const HOME: &str = "did:example:home";

async fn node(database: &str) -> Server {
    let public = "http://balancer.example/";
    Server::start(&["--database", database, "--public-url", public]).await
}

/// A socket by which the agent's mail comes.
async fn live(node: &Server, agent: &Agent) -> WebSocketStream<TcpStream> {
    let tcp = TcpStream::connect(node.at).await.unwrap();
    let (mut socket, _) = client_async(format!("ws://{}/", node.at), tcp)
        .await
        .unwrap();
    let wish = request(
        PICKUP_3,
        "live-delivery-change",
        json!({"live_delivery": true}),
    );
    let sealed = agent.seal(&node.mediator, wish);
    socket.send(Message::binary(sealed)).await.unwrap();
    let status = next(&mut socket, node, agent).await;
    assert_eq!(status["body"]["live_delivery"], true);
    socket
}

async fn next(socket: &mut WebSocketStream<TcpStream>, node: &Server, agent: &Agent) -> Value {
    let coming = async {
        loop {
            if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
                return agent.open(node.did(), text.as_bytes());
            }
        }
    };
    timeout(PATIENCE, coming).await.unwrap()
}

pub async fn two_nodes_of_the_program_are_one_mediator(database: &str) {
    let (mut a, b) = (node(database).await, node(database).await);
    assert_eq!(a.did(), b.did());
    let alice = a.account(HOME).await;
    let mut socket = live(&a, &alice).await;

    // What one node takes comes by the other at once.
    assert_eq!(b.forward(HOME, &letter("first")).await.status, 202);
    let come = delivered(&next(&mut socket, &a, &alice).await);
    assert_eq!(come[0].1, letter("first"));

    // One that is gone takes nothing with it: whoever was with it goes on with the other.
    a.child.kill().await.unwrap();
    assert_eq!(b.forward(HOME, &letter("second")).await.status, 202);
    let mut socket = live(&b, &alice).await;
    let mut letters = Vec::new();
    while letters.len() < 2 {
        letters.extend(delivered(&next(&mut socket, &b, &alice).await));
    }
    let texts: Vec<_> = letters.iter().map(|(_, text)| text.clone()).collect();
    assert_eq!(texts, [letter("first"), letter("second")]);
    let ids: Vec<String> = letters.into_iter().map(|(id, _)| id).collect();
    let status = b.received(&alice, &ids).await;
    assert_eq!(status["body"]["message_count"], 0);
}

pub async fn the_program_keeps_its_mail_in_several_databases(databases: &[String]) {
    let start = async |databases: &[&String]| {
        let mut flags = vec!["--public-url", "http://balancer.example/"];
        flags.extend(
            databases
                .iter()
                .flat_map(|one| ["--database", one.as_str()]),
        );
        Server::start(&flags).await
    };
    let [a, b] = databases else {
        panic!("{databases:?}");
    };
    let mut one = start(&[a]).await;
    let alice = one.account(HOME).await;
    one.terminate();
    assert!(one.ended().await.success());

    // The second is added, in whatever order, and who was in the first is served as before.
    let [x, y] = [start(&[b, a]).await, start(&[a, b]).await];
    assert_eq!([x.did(), y.did()], [one.did(), one.did()]);
    let mut people = vec![(HOME.to_owned(), alice)];
    for n in 0..10 {
        let home = format!("{HOME}{n}");
        let agent = x.account(&home).await;
        people.push((home, agent));
    }
    for (home, agent) in &people {
        let mut socket = live(&x, agent).await;
        assert_eq!(y.forward(home, &letter(home)).await.status, 202);
        let come = delivered(&next(&mut socket, &x, agent).await);
        assert_eq!(come[0].1, letter(home));
        let status = y.received(agent, &[come[0].0.clone()]).await;
        assert_eq!(status["body"]["message_count"], 0);
    }
    assert_eq!(x.get("/health").await.status, 200);
}
