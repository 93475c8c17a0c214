//! What was promised is kept, whenever the process is killed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use tokio::net::TcpStream;

use super::agent::{delivered, forward, letter};
use super::server::{Server, post, say, until};

const BOB: &str = "did:example:bob";
const ENCRYPTED: &str = "application/didcomm-encrypted+json";
const ROUNDS: usize = 6;
const SENDERS: usize = 4;
const LETTERS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_taken_is_lost_when_it_is_killed() {
    let mut server = Server::start(&["--rate", "0"]).await;
    let bob = server.account(BOB).await;
    let number = Arc::new(AtomicUsize::new(0));
    let promised: Arc<Mutex<BTreeSet<Vec<u8>>>> = Arc::default();
    let mut seen: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut received: BTreeSet<String> = BTreeSet::new();

    for round in 1..=ROUNDS {
        let mut senders = Vec::new();
        for _ in 0..SENDERS {
            let (at, mediator) = (server.at, server.mediator.clone());
            let (number, promised) = (Arc::clone(&number), Arc::clone(&promised));
            senders.push(tokio::spawn(async move {
                loop {
                    let letter = letter(&number.fetch_add(1, SeqCst).to_string());
                    let envelope = forward(&mediator, BOB, &letter);
                    let Ok(mut stream) = TcpStream::connect(at).await else {
                        return;
                    };
                    let head = post(ENCRYPTED, envelope.len());
                    match say(&mut stream, &head, &envelope).await {
                        Some(reply) if reply.status == 202 => {
                            promised.lock().unwrap().insert(letter);
                        }
                        Some(reply) => panic!("{reply:?}"),
                        None => return,
                    }
                }
            }));
        }
        until(async || promised.lock().unwrap().len() >= round * LETTERS).await;
        server = server.kill_and_start().await;
        for sender in senders {
            sender.await.unwrap();
        }

        // Some is fetched; what was acknowledged does not come again, and no id names two letters.
        let came = delivered(&server.deliver(&bob).await);
        let half: Vec<String> = came.iter().take(15).map(|(id, _)| id.clone()).collect();
        for (id, letter) in came {
            assert!(!received.contains(&id));
            assert_eq!(seen.entry(id).or_insert_with(|| letter.clone()), &letter);
        }
        server.received(&bob, &half).await;
        received.extend(half);
    }

    loop {
        let answer = server.deliver(&bob).await;
        if answer
            .get("attachments")
            .is_none_or(|a| a.as_array().unwrap().is_empty())
        {
            break;
        }
        let came = delivered(&answer);
        let ids: Vec<String> = came.iter().map(|(id, _)| id.clone()).collect();
        for (id, letter) in came {
            assert!(!received.contains(&id));
            assert_eq!(seen.entry(id).or_insert_with(|| letter.clone()), &letter);
        }
        server.received(&bob, &ids).await;
        received.extend(ids);
    }
    let came: BTreeSet<Vec<u8>> = seen.values().cloned().collect();
    assert_eq!(came.len(), seen.len());
    let promised = promised.lock().unwrap();
    assert!(promised.len() >= ROUNDS * LETTERS);
    assert!(promised.is_subset(&came));
}
