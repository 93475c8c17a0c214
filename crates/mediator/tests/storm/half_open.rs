//! Sockets that are opened and do not go on: silent ones, halves of everything, bytes that trickle,
//! and who asks and does not read. The program closes each in its own time.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use futures::{StreamExt, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{
    others::Others,
    port,
    row::{Row, resident},
    server::{Server, begun},
    size,
};

/// Sockets of one address, which may have 256.
const EACH: usize = 200;
/// Longer than the program leaves anything open.
const LONG: Duration = Duration::from_secs(90);
/// Others who write while the sockets are open.
const OTHERS: usize = 200;
const CONNECTIONS: &str = "signet_mediator_connections";

/// What comes after the first words.
#[derive(Clone, Copy)]
enum Then {
    Silence,
    /// A byte each second.
    Trickle,
    /// The answers are not read.
    Deafness,
}

fn first_words(number: usize) -> (String, Then) {
    let head = "POST / HTTP/1.1\r\nHost: m\r\nContent-Type: ";
    let handshake = "GET / HTTP/1.1\r\nHost: m\r\nConnection: upgrade\r\nUpgrade: web";
    let half = format!("{}{{\"protected\":\"", begun(1000));
    match number % 9 {
        0 => (String::new(), Then::Silence),
        1 => ("PO".into(), Then::Silence),
        2 => (head.into(), Then::Silence),
        3 => (head.into(), Then::Trickle),
        4 => (half, Then::Silence),
        5 => (half, Then::Trickle),
        6 => (handshake.into(), Then::Silence),
        7 => (
            "GET /health HTTP/1.1\r\nHost: m\r\n\r\n".into(),
            Then::Silence,
        ),
        _ => {
            let asked = "GET / HTTP/1.1\r\nHost: m\r\n\r\n".repeat(300);
            (asked, Then::Deafness)
        }
    }
}

/// One more socket, with its first words said.
async fn open(server: &Server, number: usize) -> (TcpStream, Then) {
    let (words, then) = first_words(number);
    let last = u8::try_from(number / EACH + 1).unwrap();
    let from = IpAddr::V4(Ipv4Addr::new(127, 0, 7, last));
    let mut stream = port::connect(from, server.at, |socket| {
        if let Then::Deafness = then {
            socket.set_recv_buffer_size(4096).unwrap();
        }
    })
    .await;
    stream.write_all(words.as_bytes()).await.unwrap();
    (stream, then)
}

/// Waits until the program closes it.
async fn hold(mut stream: TcpStream, then: Then) {
    let mut heard = [0; 512];
    loop {
        if let Then::Deafness = then {
            // Only an error is heard without reading.
            while stream.take_error().unwrap().is_none() && stream.write(b" ").await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
            return;
        }
        tokio::select! {
            read = stream.read(&mut heard) => match read {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            },
            () = sleep(Duration::from_secs(1)) => if let Then::Trickle = then {
                let _ = stream.write_all(b"a").await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_sockets_shut_nobody_out_and_are_closed() {
    let own = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: own.maximum,
        maximum: own.maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    let server = Server::start(&["--connections", "12000"]).await;
    let mut others = Others::of(&server).await;
    let count = size(500, 10_000);
    let before = resident(&server);
    let start = Instant::now();

    let mut open = stream::iter(0..count)
        .map(|number| open(&server, number))
        .buffer_unordered(64);
    let mut held = JoinSet::new();
    while let Some((stream, then)) = open.next().await {
        held.spawn(hold(stream, then));
    }
    drop(open);
    let standing = server.metric(CONNECTIONS).await;
    let most = resident(&server);
    println!("{count} opened in {:?}, {standing} stand", start.elapsed());
    for _ in 0..OTHERS {
        others.ask().await;
    }
    let closing = async {
        while server.metric(CONNECTIONS).await > 1 {
            others.ask().await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    let all_closed = timeout(LONG, closing).await;
    println!(
        "{} stand after {:?}",
        server.metric(CONNECTIONS).await,
        start.elapsed()
    );

    let row = Row {
        name: "half-open sockets",
        count: count as u64,
        took: start.elapsed(),
        before,
        after: most,
    };
    row.print(&others);
    assert!(all_closed.is_ok());
    assert_eq!(server.said(), "");
}
