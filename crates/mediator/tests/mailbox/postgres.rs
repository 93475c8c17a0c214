//! What only PostgreSQL is asked for: several nodes, and a server that goes and comes back.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use signet_didcomm::did::Did;
use signet_mediator::Postgres;
use signet_postgres::Server;
use signet_protocol::mediator::{Change, Hosted, HostedId, Mailbox, MailboxError, Outcome};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinSet,
    time::timeout,
};

use crate::{database::connect, stage::*};

/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);

async fn node(url: &str) -> (Postgres, UnboundedReceiver<Did>) {
    let (sender, woken) = unbounded_channel();
    (Postgres::open(url, WIDE, sender).await.unwrap(), woken)
}

async fn next(woken: &mut UnboundedReceiver<Did>) -> Did {
    timeout(PATIENCE, woken.recv()).await.unwrap().unwrap()
}

pub async fn a_node_is_woken_by_what_another_puts(server: &Server, database: &str) {
    let url = server.url(database);
    let (a, mut woken) = node(&url).await;
    let (b, mut other) = node(&url).await;
    let (alice, bob) = (long(1), did("bob"));
    let [home, work] = ["home", "work"].map(did);
    a.settle(&alice, &[&home]).await;
    a.settle(&bob, &[&work]).await;

    a.attend(&alice, true).await;
    b.make(put(&home, "x")).await;
    assert_eq!(next(&mut woken).await, alice);

    // What the node puts itself, and what is for others, is not told; the next that is shows it.
    a.make(put(&home, "x")).await;
    b.make(put(&work, "x")).await;
    a.attend(&bob, true).await;
    b.make(put(&work, "x")).await;
    assert_eq!(next(&mut woken).await, bob);

    a.attend(&alice, false).await;
    b.make(put(&home, "x")).await;
    b.all(vec![put(&home, "x"), put(&work, "x")]).await;
    assert_eq!(next(&mut woken).await, bob);
    // Who begins to wait may be told of what came just before.
    while let Ok(heard) = woken.try_recv() {
        assert_eq!(heard, bob);
    }
    assert!(other.try_recv().is_err());
}

pub async fn who_begins_to_wait_while_an_envelope_goes_in_is_woken(
    server: &Server,
    database: &str,
) {
    let url = server.url(database);
    let (a, mut woken) = node(&url).await;
    let (b, _) = node(&url).await;
    let [alice, home] = ["alice", "home"].map(did);
    a.settle(&alice, &[&home]).await;
    let mut client = connect(server, database).await;
    let held = client.transaction().await.unwrap();
    held.execute("select from total for update", &[])
        .await
        .unwrap();
    let waiting = "select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'";

    let mut going_in = pin!(b.make(put(&home, "x")));
    let begun = async {
        while held.query(waiting, &[&database]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        outcome = &mut going_in => panic!("nothing held it up: {outcome:?}"),
        () = begun => {}
    }
    a.attend(&alice, true).await;
    assert_eq!(a.texts(&alice).await, Vec::<String>::new());
    held.rollback().await.unwrap();

    assert_eq!(going_in.await, stored(&alice));
    assert_eq!(next(&mut woken).await, alice);
}

pub async fn an_account_that_moves_goes_on_being_attended(server: &Server, database: &str) {
    let url = server.url(database);
    let (a, mut woken) = node(&url).await;
    let (b, _) = node(&url).await;
    let [alice, next_alice, home] = ["alice", "next-alice", "home"].map(did);
    a.settle(&alice, &[&home]).await;
    a.attend(&alice, true).await;

    b.make(move_to(&alice, &next_alice)).await;
    b.make(put(&home, "x")).await;
    assert_eq!(next(&mut woken).await, alice);

    a.attend(&next_alice, true).await;
    a.attend(&alice, false).await;
    b.make(put(&home, "x")).await;
    assert_eq!(next(&mut woken).await, next_alice);
}

pub async fn a_node_that_gives_no_sign_of_life_is_forgotten(server: &Server, database: &str) {
    let url = server.url(database);
    let (a, woken) = node(&url).await;
    let [alice, home] = ["alice", "home"].map(did);
    a.settle(&alice, &[&home]).await;
    a.attend(&alice, true).await;
    drop((a, woken));
    let client = connect(server, database).await;
    let old = "update node set heartbeat = now() - interval '61 s'";
    client.batch_execute(old).await.unwrap();

    let _next = node(&url).await;

    let row = client
        .query_one(
            "select (select count(*) from node), (select count(*) from presence)",
            &[],
        )
        .await
        .unwrap();
    assert_eq!((row.get(0), row.get(1)), (1_i64, 0_i64));
}

pub async fn a_newer_database_is_refused(server: &Server, database: &str) {
    let url = server.url(database);
    drop(node(&url).await);
    let client = connect(server, database).await;
    let newer = "update version set number = number + 1";
    client.batch_execute(newer).await.unwrap();

    let (sender, _woken) = unbounded_channel();
    let refused = Postgres::open(&url, WIDE, sender).await;

    let Err(MailboxError::Broken(text)) = refused else {
        panic!("{refused:?}");
    };
    assert!(text.contains("version"), "{text}");
}

pub async fn what_comes_together_goes_in_together_and_in_order(server: &Server, database: &str) {
    let (mailbox, _woken) = node(&server.url(database)).await;
    let accounts = [1, 2].map(long);
    let homes: Vec<Did> = (0..4).map(|n| did(&format!("home{n}"))).collect();
    mailbox.settle(&accounts[0], &[&homes[0], &homes[1]]).await;
    mailbox.settle(&accounts[1], &[&homes[2], &homes[3]]).await;

    let puts = (0..100_usize).map(|n| mailbox.make(put(&homes[n % 4], vec![n as u8])));
    let outcomes = futures::future::join_all(puts).await;

    for (n, outcome) in outcomes.iter().enumerate() {
        assert_eq!(*outcome, stored(&accounts[n % 4 / 2]));
    }
    let client = connect(server, database).await;
    let batches = "select string_agg(encode(envelope, 'hex'), '' order by id) from mail
        group by xmin::text, account";
    let batches = client.query(batches, &[]).await.unwrap();
    let batches: Vec<String> = batches.iter().map(|row| row.get(0)).collect();
    assert!(batches.len() < 20, "{batches:?}");
    for batch in batches {
        let places: Vec<&str> = (0..batch.len() / 2).map(|n| &batch[2 * n..][..2]).collect();
        assert!(places.is_sorted(), "{places:?}");
    }
}

pub async fn who_is_locked_holds_up_nobody_else(server: &Server, database: &str) {
    let (mailbox, _woken) = node(&server.url(database)).await;
    let mailbox = Arc::new(mailbox);
    let [alice, home, bob, work] = ["alice", "home", "bob", "work"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.settle(&bob, &[&work]).await;
    let client = connect(server, database).await;
    let lock = "begin; select from recipient order by id limit 1 for update";
    client.batch_execute(lock).await.unwrap();

    let stuck = tokio::spawn({
        let (mailbox, home) = (Arc::clone(&mailbox), home.clone());
        async move {
            let puts = (0..20).map(|_| mailbox.make(put(&home, "x")));
            futures::future::join_all(puts).await
        }
    });
    let puts = (0..200).map(|_| mailbox.make(put(&work, "x")));
    for outcome in futures::future::join_all(puts).await {
        assert_eq!(outcome, stored(&bob));
    }

    assert!(!stuck.is_finished());
    client.batch_execute("commit").await.unwrap();
    for outcome in stuck.await.unwrap() {
        assert_eq!(outcome, stored(&alice));
    }
}

pub async fn an_older_database_is_brought_up_to_date(server: &Server, database: &str) {
    let client = connect(server, database).await;
    let first = include_str!("../../src/postgres/schema.sql");
    client.batch_execute(first).await.unwrap();
    let version = "create table version (number bigint not null); insert into version values (1)";
    client.batch_execute(version).await.unwrap();

    let (node, _) = node(&server.url(database)).await;

    let alice = did("alice");
    node.settle(&alice, &[]).await;
    let hosted = Hosted {
        account: alice,
        id: HostedId([1; 16]),
        invitation: b"{}".to_vec(),
        until: LAST,
    };
    let outcome = node.make(Change::Host(hosted)).await;
    assert!(matches!(outcome, Outcome::Hosted { .. }), "{outcome:?}");
}

pub async fn nodes_that_start_at_once_make_the_tables_once(server: &Server, database: &str) {
    let url = server.url(database);
    let mut nodes = JoinSet::new();
    for _ in 0..4 {
        let url = url.clone();
        nodes.spawn(async move { node(&url).await });
    }
    let nodes = nodes.join_all().await;
    let [alice, home] = ["alice", "home"].map(did);

    nodes[0].0.settle(&alice, &[&home]).await;

    // All name DIDs by the same key.
    for (node, _) in &nodes {
        assert_eq!(node.make(put(&home, "x")).await, stored(&alice));
    }
}

pub async fn a_server_that_cannot_be_reached_is_away(server: &Server, _: &str) {
    let (sender, _woken) = unbounded_channel();
    let url = "host=/nonexistent user=signet dbname=signet";
    let away = Postgres::open(url, WIDE, sender.clone()).await;
    assert!(is_away(&away), "{away:?}");

    let broken = Postgres::open(&server.url("nonexistent"), WIDE, sender).await;
    assert!(matches!(broken, Err(MailboxError::Broken(_))), "{broken:?}");
}

pub async fn a_full_disk_refuses_what_does_not_fit_and_nothing_else(server: &Server, _: &str) {
    let Some((database, disk)) = server.small_database(24).unwrap() else {
        println!("SKIPPED the full disk: no small disk can be mounted here");
        return;
    };
    let (mailbox, _woken) = node(&server.url(&database)).await;
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    let envelope = vec![7; 100_000];

    let mut acknowledged = 0;
    let error = loop {
        match mailbox.apply(vec![put(&home, envelope.clone())], T).await {
            Ok(outcomes) => assert_eq!(outcomes, [stored(&alice)]),
            Err(error) => break error,
        }
        acknowledged += 1;
    };
    assert_eq!(error, MailboxError::Full);
    assert!(acknowledged > 10);
    let status = mailbox.status(&alice).await;
    assert_eq!(status.room, room(acknowledged, acknowledged * 100_000));
    assert_eq!(mailbox.ids(&alice).await.len() as u64, acknowledged);

    disk.resize(48);
    let outcome = mailbox.make(put(&home, envelope)).await;
    assert_eq!(outcome, stored(&alice));
    drop(mailbox);
    server.drop_database(&database).unwrap();
}

pub async fn nothing_acknowledged_is_lost_when_the_server_restarts(
    server: &Server,
    database: &str,
) {
    let url = server.url(database);
    let (mailbox, mut woken) = node(&url).await;
    let mailbox = Arc::new(mailbox);
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.attend(&alice, true).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let (made, failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (mailbox, home, alice) = (mailbox.clone(), home.clone(), alice.clone());
        let (is_over, made, failed) = (is_over.clone(), made.clone(), failed.clone());
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0_u32.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let text = format!("{writer}-{n}");
                match mailbox.apply(vec![put(&home, text.as_str())], T).await {
                    Ok(outcomes) => {
                        assert_eq!(outcomes, [stored(&alice)]);
                        acknowledged.push(text);
                        made.fetch_add(1, Ordering::Relaxed);
                    }
                    result => {
                        assert!(is_away(&result), "{result:?}");
                        failed.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
            }
            acknowledged
        });
    }
    let reaches = async |count: &AtomicUsize, most: usize| {
        let most = count.load(Ordering::Relaxed) + most;
        let reached = timeout(PATIENCE, async {
            while count.load(Ordering::Relaxed) < most {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        reached.await.unwrap();
    };

    reaches(&made, 100).await;
    server.stop();
    reaches(&failed, 16).await;
    let away = mailbox.look(question(&alice), T).await;
    assert!(is_away(&away), "{away:?}");
    assert!(is_away(&mailbox.sweep(T).await));
    server.resume().unwrap();
    reaches(&made, 100).await;
    is_over.store(true, Ordering::Relaxed);
    let acknowledged = writers.join_all().await.concat();

    let texts = mailbox.texts(&alice).await;
    for text in &acknowledged {
        assert!(texts.contains(text), "{text}");
    }
    let status = mailbox.status(&alice).await;
    assert_eq!(status.room.messages, texts.len() as u64);
    assert_eq!(mailbox.make(forget(&did("x"))).await, Outcome::Unchanged);

    // It listens again by itself.
    let (other, _) = node(&url).await;
    let heard = async {
        loop {
            other.make(put(&home, "x")).await;
            let heard = timeout(Duration::from_millis(100), woken.recv()).await;
            if let Ok(heard) = heard {
                return heard;
            }
        }
    };
    assert_eq!(timeout(PATIENCE, heard).await.unwrap(), Some(alice));
}

fn question(account: &Did) -> signet_protocol::mediator::Question {
    signet_protocol::mediator::Question::Account(account.clone())
}
