//! What one address can use, and that others are served meanwhile.

use std::net::Ipv4Addr;

use futures::future::join_all;
use signet_didcomm::MAX_ENVELOPE;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, Instant, timeout},
};
use tokio_tungstenite::client_async;

use super::server::{ELSEWHERE, PATIENCE, Server, begun, reply, say, until};

const HERE: std::net::IpAddr = std::net::IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Whether a connection from there is served.
async fn is_served(server: &Server, from: std::net::IpAddr) -> bool {
    let mut stream = server.connect_from(from).await;
    let reply = say(&mut stream, "GET /health HTTP/1.1\r\n", b"").await;
    reply.is_some_and(|reply| reply.status == 200)
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_others_have_theirs() {
    let server = Server::start(&["--connections-each", "3"]).await;
    let mut idle = Vec::new();
    for _ in 0..3 {
        let mut stream = server.connect_from(HERE).await;
        let asked = b"GET /health HTTP/1.1\r\nHost: m\r\n\r\n";
        stream.write_all(asked).await.unwrap();
        assert!(stream.read(&mut [0; 500]).await.unwrap() > 0);
        idle.push(stream);
    }

    assert!(!is_served(&server, HERE).await);
    assert!(is_served(&server, ELSEWHERE).await);

    idle.pop();
    until(async || is_served(&server, HERE).await).await;
}

#[tokio::test]
async fn a_web_socket_keeps_its_place_and_gives_it_back() {
    let server = Server::start(&["--connections-each", "1"]).await;
    let url = format!("ws://{}/", server.at);
    let tcp = server.connect_from(HERE).await;
    let (socket, _) = client_async(url, tcp).await.unwrap();

    assert!(!is_served(&server, HERE).await);
    assert!(is_served(&server, ELSEWHERE).await);

    drop(socket);
    until(async || is_served(&server, HERE).await).await;
}

#[tokio::test]
async fn half_a_head_is_cut_off_while_others_are_served() {
    let server = Server::start(&["--connections-each", "400"]).await;
    let begun = Instant::now();
    let halves = join_all((0..300).map(async |n| {
        let mut stream = server.connect_from(HERE).await;
        let head = match n % 3 {
            0 => "",
            1 => "POST / HTTP/1.1\r\nHost:",
            _ => "G",
        };
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }));
    let mut halves = halves.await;
    let connections = "signet_mediator_connections";
    until(async || server.metric(connections).await > 300).await;

    let trickle = async |stream: &mut TcpStream| {
        let mut byte = [0; 256];
        loop {
            tokio::select! {
                read = stream.read(&mut byte) => match read {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                },
                () = tokio::time::sleep(Duration::from_secs(1)) => {
                    let _ = stream.write_all(b"a").await;
                }
            }
        }
    };
    let served = async {
        while begun.elapsed() < Duration::from_secs(5) {
            let asked = Instant::now();
            assert!(is_served(&server, HERE).await);
            assert!(asked.elapsed() < Duration::from_secs(3));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let cut = join_all(halves.iter_mut().map(trickle));
    let (cut, ()) = tokio::join!(timeout(Duration::from_secs(20), cut), served);

    assert!(cut.is_ok());
    assert!(begun.elapsed() > Duration::from_secs(8));
    until(async || server.metric(connections).await == 1).await;
}

#[tokio::test]
async fn bodies_that_do_not_end_shut_nobody_else_out() {
    let server = Server::start(&["--connections-each", "400"]).await;
    let body = [b' '; 10_000];
    let head = super::server::post("application/didcomm-encrypted+json", body.len());
    let ask = async |from| {
        let mut stream = server.connect_from(from).await;
        say(&mut stream, &head, &body).await.unwrap()
    };
    let mut waiting = Vec::new();
    // They all fit in, and nearly fill the room.
    for (count, length) in [(300, 100), (32, MAX_ENVELOPE - 1000)] {
        assert_eq!(ask(HERE).await.status, 400);
        for _ in 0..count {
            let mut stream = server.connect_from(HERE).await;
            let half = [begun(length).as_bytes(), &vec![b' '; length - 1]].concat();
            stream.write_all(&half).await.unwrap();
            waiting.push(stream);
        }
    }
    until(async || ask(HERE).await.status == 503).await;
    assert!(ask(HERE).await.head.contains("retry-after: 5\r\n"));

    assert_eq!(ask(ELSEWHERE).await.status, 400);
    drop(waiting);
    until(async || ask(HERE).await.status == 400).await;
}

#[tokio::test]
async fn it_ends_in_time_whoever_is_connected() {
    let mut server = Server::start(&["--connections-each", "400"]).await;
    let mut idle = server.connect_from(HERE).await;
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: m\r\n\r\n")
        .await
        .unwrap();
    assert!(idle.read(&mut [0; 500]).await.unwrap() > 0);
    let mut half = server.connect_from(HERE).await;
    half.write_all(begun(1000).as_bytes()).await.unwrap();
    until(async || server.metric("signet_mediator_connections").await == 3).await;

    server.terminate();

    let ended = timeout(PATIENCE, server.ended()).await.unwrap();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(server.said(), "");
    assert!(reply(&mut half).await.is_none());
}
