//! One address that does as much as it may, and tries more, while others come from elsewhere.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use futures::future::join_all;
use signet_didcomm::MAX_ENVELOPE;
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout},
};

use super::{
    agent::{forward, letter},
    frames,
    mouth::{From, Heard, Manner, Mouth},
    others::Others,
    row::{Row, resident},
    server::{PATIENCE, Server, begun, post, until},
    size,
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Connections of the flood, at once; one address may have 256.
const AT_ONCE: usize = 64;
const ENCRYPTED: &str = "application/didcomm-encrypted+json";
const CHUNKED: &str = "POST / HTTP/1.1\r\nContent-Type: application/didcomm-encrypted+json\r\n\
                       Transfer-Encoding: chunked\r\n\r\n";

/// Says this, and nothing else, as often as can be: how often, and how often it was not put off.
async fn flood(server: &Server, manner: Manner, bytes: &[u8]) -> (u64, u64) {
    let end = Instant::now() + Duration::from_secs(size(2, 20) as u64);
    let mouths = (0..AT_ONCE).map(async |_| {
        let mut mouth = Mouth::new(server, From::One(HERE));
        let mut counts = (0, 0);
        while Instant::now() < end {
            let heard = mouth.say(manner, bytes).await;
            counts.0 += 1;
            let is_taken = matches!(heard, Heard::Status(202 | 400) | Heard::PassedOver);
            counts.1 += u64::from(is_taken);
        }
        counts
    });
    let counts = join_all(mouths).await.into_iter();
    counts.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_that_floods_shuts_nobody_else_out() {
    let server = Server::start(&[]).await;
    let mut others = Others::of(&server).await;
    let envelope = forward(&server.mediator, "did:example:nobody", &letter("1"));
    let whole = |body: &[u8]| {
        let head = format!("{}Host: m\r\n\r\n", post(ENCRYPTED, body.len()));
        [head.as_bytes(), body].concat()
    };
    let large = vec![b' '; MAX_ENVELOPE];
    let chunk = [b"10000\r\n", &large[..0x10000], b"\r\n"].concat();
    let endless = [CHUNKED.as_bytes(), &chunk.repeat(20)].concat();
    let announced = begun(1 << 40);
    for (name, manner, bytes) in [
        ("forwards", Manner::Request, whole(&envelope)),
        (
            "forwards by WebSocket",
            Manner::Frame,
            frames::binary(&envelope),
        ),
        ("connections", Manner::Last, Vec::new()),
        ("bodies of 1 MiB", Manner::Request, whole(&large)),
        ("bodies without an end", Manner::Last, endless),
        (
            "bodies announced as 1 TiB",
            Manner::Last,
            announced.into_bytes(),
        ),
    ] {
        others.again();
        let before = resident(&server);
        let start = Instant::now();
        let (count, taken) = others.during(flood(&server, manner, &bytes)).await;
        println!("{name}: {count}, of which {taken} were looked at");
        let row = Row {
            name,
            count,
            took: start.elapsed(),
            before,
            after: resident(&server),
        };
        row.print(&others);
    }
    assert_eq!(server.said(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_do_not_end_shut_nobody_else_out() {
    let server = Server::start(&[]).await;
    let mut others = Others::of(&server).await;
    let count = size(50, 250);
    let half = frames::begun(&vec![b' '; MAX_ENVELOPE - 1]);
    let half = [&half[..], &frames::ping(b"?")].concat();
    let before = resident(&server);
    let start = Instant::now();

    let halves = join_all((0..count).map(async |_| {
        let mut stream = Mouth::new(&server, From::One(HERE)).open().await?;
        let _ = stream.write_all(&half).await;
        let stands = frames::until_pong(&mut stream, b"?").await;
        stands.then_some(stream)
    }));
    let halves = others.during(timeout(PATIENCE, halves)).await.unwrap();
    for _ in 0..size(20, 200) {
        others.ask().await;
    }
    let after = resident(&server);
    let standing = halves.iter().flatten().count();
    println!("{standing} stand");
    drop(halves);
    let mut mouth = Mouth::new(&server, From::One(HERE));
    let whole = frames::binary(&vec![b' '; MAX_ENVELOPE]);
    until(async || mouth.say(Manner::Frame, &whole).await == Heard::PassedOver).await;
    for _ in 0..50 {
        assert_eq!(mouth.say(Manner::Frame, &whole).await, Heard::PassedOver);
    }

    let row = Row {
        name: "halves of messages of 1 MiB by WebSocket",
        count: count as u64,
        took: start.elapsed(),
        before,
        after,
    };
    row.print(&others);
    assert!((20..32).contains(&standing));
    assert!(after - before < 128.0);
    assert_eq!(server.said(), "");
}
