//! What only several databases are asked for: that they are one mailbox.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use signet_didcomm::did::Did;
use signet_mediator::{Postgres, Shards};
use signet_postgres::Server;
use signet_protocol::mediator::{Change, Facts, Mailbox, MailboxError, Outcome, Question, Quota};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinSet,
    time::timeout,
};

use crate::stage::*;

/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// Databases on one server.
pub struct Databases(Vec<String>);

impl Databases {
    pub fn of(server: &Server, names: &[String]) -> Self {
        Self(names.iter().map(|name| server.url(name)).collect())
    }
}

impl Stage for Databases {
    type Mailbox = Shards;

    async fn open(&self, quota: Quota) -> Shards {
        let (woken, _) = unbounded_channel();
        Shards::open(&self.0, quota, woken).await.unwrap()
    }
}

pub async fn node(urls: &[String]) -> (Arc<Shards>, UnboundedReceiver<Did>) {
    let (sender, woken) = unbounded_channel();
    (
        Arc::new(Shards::open(urls, WIDE, sender).await.unwrap()),
        woken,
    )
}

async fn refusal(urls: &[String]) -> String {
    let (sender, _woken) = unbounded_channel();
    match Shards::open(urls, WIDE, sender).await {
        Err(MailboxError::Broken(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// The DIDs of its accounts.
pub fn accounts(server: &Server, database: &str) -> BTreeSet<String> {
    let dids = server.execute(database, "select did from account").unwrap();
    dids.lines().map(str::to_owned).collect()
}

/// How often the DID is registered, anywhere.
fn registrations(server: &Server, databases: &[String], did: &Did) -> usize {
    let count = format!("select count(*) from recipient where did = '{did}' and is_registered");
    let counts = databases.iter().map(|d| server.execute(d, &count).unwrap());
    counts.map(|count| count.parse::<usize>().unwrap()).sum()
}

/// An account in each of the databases.
async fn one_in_each(server: &Server, databases: &[String], mailbox: &Shards) -> Vec<Did> {
    let mut homes = vec![None; databases.len()];
    for n in 0.. {
        let account = did(&format!("one{n}"));
        mailbox.settle(&account, &[]).await;
        for (home, database) in homes.iter_mut().zip(databases) {
            if home.is_none() && accounts(server, database).contains(account.as_str()) {
                *home = Some(account.clone());
            }
        }
        if homes.iter().all(Option::is_some) {
            break;
        }
    }
    homes.into_iter().flatten().collect()
}

pub async fn accounts_spread_and_an_added_database_moves_nobody(
    server: &Server,
    databases: &[String; 3],
) {
    let Databases(urls) = Databases::of(server, databases);
    let (mailbox, _) = node(&urls[..2]).await;
    let people: Vec<Did> = (0..60).map(|n| did(&format!("a{n}"))).collect();
    for (n, account) in people.iter().enumerate() {
        mailbox.settle(account, &[&did(&format!("r{n}"))]).await;
    }
    let before: Vec<_> = databases
        .iter()
        .take(2)
        .map(|d| accounts(server, d))
        .collect();
    assert!(before.iter().all(|dids| dids.len() > 10), "{before:?}");
    drop(mailbox);

    let turned: Vec<String> = urls.iter().rev().cloned().collect();
    let (mailbox, _) = node(&turned).await;

    for (n, account) in people.iter().enumerate() {
        assert_eq!(mailbox.make(grant(account)).await, Outcome::Unchanged);
        let outcome = mailbox.make(put(&did(&format!("r{n}")), "x")).await;
        assert_eq!(outcome, stored(account));
        assert_eq!(mailbox.texts(account).await, ["x"]);
    }
    let after: Vec<_> = databases
        .iter()
        .take(2)
        .map(|d| accounts(server, d))
        .collect();
    assert_eq!(after, before);
    for n in 60..120 {
        mailbox.settle(&did(&format!("a{n}")), &[]).await;
    }
    let added = accounts(server, &databases[2]);
    assert!(added.len() > 5 && added.len() < 50, "{added:?}");
}

pub async fn each_database_takes_so_many_accounts(server: &Server, databases: &[String; 3]) {
    let quota = Quota {
        accounts: 3,
        ..WIDE
    };
    let mailbox = Databases::of(server, databases).open(quota).await;
    let people: Vec<Did> = (0..20).map(|n| did(&format!("a{n}"))).collect();

    let asking = people.iter().map(|account| mailbox.make(grant(account)));
    let outcomes = futures::future::join_all(asking).await;

    let granted = outcomes.iter().filter(|one| **one == Outcome::Done).count();
    assert_eq!(granted, 9, "{outcomes:?}");
    for database in databases {
        assert_eq!(accounts(server, database).len(), 3);
    }
    for (account, outcome) in people.iter().zip(outcomes) {
        let again = match outcome {
            Outcome::Done => Outcome::Unchanged,
            full => full,
        };
        assert_eq!(mailbox.make(grant(account)).await, again);
    }
}

pub async fn one_of_many_in_all_databases_gets_a_did(server: &Server, databases: &[String; 3]) {
    let Databases(urls) = Databases::of(server, databases);
    let nodes = [node(&urls).await.0, node(&urls).await.0];
    let people = one_in_each(server, databases, &nodes[0]).await;

    for n in 0..40 {
        let home = did(&format!("home{n}"));
        let mut asking = JoinSet::new();
        for node in &nodes {
            for account in &people {
                let (node, change) = (node.clone(), register(account, &home));
                let account = account.clone();
                asking.spawn(async move { (account, node.make(change).await) });
            }
        }
        let answers = asking.join_all().await;

        let of = |wanted: Outcome| -> Vec<Did> {
            let wanted = answers.iter().filter(|(_, outcome)| *outcome == wanted);
            wanted.map(|(account, _)| account.clone()).collect()
        };
        let (done, again) = (of(Outcome::Done), of(Outcome::Unchanged));
        // Each asks at both nodes.
        assert_eq!([done.len(), again.len()], [1, 1], "{answers:?}");
        assert_eq!(done, again);
        assert_eq!(of(Outcome::Refused).len(), 4);
        assert_eq!(registrations(server, databases, &home), 1);
        for node in &nodes {
            assert_eq!(node.make(put(&home, "x")).await, stored(&done[0]));
        }
    }
    for database in databases {
        let left = server.execute(database, "select count(*) from claim");
        assert_eq!(left.unwrap(), "0");
    }
}

pub async fn several_dids_are_registered_by_one_or_the_other(
    server: &Server,
    databases: &[String; 3],
) {
    let Databases(urls) = Databases::of(server, databases);
    let nodes = [node(&urls).await.0, node(&urls).await.0];
    let people = one_in_each(server, databases, &nodes[0]).await;

    for round in 0..10 {
        let mut homes: Vec<Did> = (0..6).map(|n| did(&format!("h{round}-{n}"))).collect();
        let mut asking = JoinSet::new();
        for (node, account) in nodes.iter().cycle().zip(people.clone()) {
            let changes: Vec<Change> = homes.iter().map(|home| register(&account, home)).collect();
            let node = node.clone();
            asking.spawn(async move { node.all(changes).await });
            homes.rotate_left(2);
            homes.reverse();
        }
        let outcomes = asking.join_all().await.concat();

        let done = outcomes.iter().filter(|one| **one == Outcome::Done).count();
        assert_eq!((done, outcomes.len()), (6, 18), "{outcomes:?}");
        for home in &homes {
            assert_eq!(registrations(server, databases, home), 1);
        }
    }
}

pub async fn one_did_is_one_account(server: &Server, databases: &[String; 3]) {
    let Databases(urls) = Databases::of(server, databases);
    let nodes = [node(&urls).await.0, node(&urls).await.0];
    let mut people = one_in_each(server, databases, &nodes[0]).await;

    for n in 0..20 {
        let next = did(&format!("next{n}"));
        let mut asking = JoinSet::new();
        for (node, account) in nodes.iter().cycle().zip(people.clone()) {
            let (node, change) = (node.clone(), move_to(&account, &next));
            asking.spawn(async move { (Some(account), node.make(change).await) });
        }
        let (node, change) = (nodes[1].clone(), grant(&next));
        asking.spawn(async move { (None, node.make(change).await) });
        let answers = asking.join_all().await;

        let done: Vec<_> = answers
            .iter()
            .filter(|(_, o)| *o == Outcome::Done)
            .collect();
        assert_eq!(done.len(), 1, "{answers:?}");
        let homes = databases
            .iter()
            .filter(|d| accounts(server, d).contains(next.as_str()));
        assert_eq!(homes.count(), 1);
        match &done[0].0 {
            Some(moved) => people
                .iter_mut()
                .filter(|one| *one == moved)
                .for_each(|one| {
                    *one = next.clone();
                }),
            None => assert_eq!(nodes[0].make(forget(&next)).await, Outcome::Done),
        }
    }
}

pub async fn a_claim_that_is_left_over_holds_nothing(server: &Server, databases: &[String; 3]) {
    let Databases(urls) = Databases::of(server, databases);
    let (mailbox, _) = node(&urls).await;
    let people = one_in_each(server, databases, &mailbox).await;
    let [home, work] = ["home", "work"].map(did);
    for (n, account) in people.iter().enumerate() {
        // As if somebody had died before giving away what he claimed, weak or strong, just now or
        // some time ago.
        for (home, token, since) in [
            (&home, i64::MIN, "now()"),
            (&work, i64::MAX, "now() - '11 s'::interval"),
        ] {
            mailbox.make(register(account, home)).await;
            let claim = format!(
                "insert into claim select name, false, {token}, {since} from recipient
                where did = '{home}'"
            );
            server.execute(&databases[n], &claim).unwrap();
            mailbox.make(unregister(account, home)).await;
        }
    }

    for account in &people {
        for home in [&home, &work] {
            assert_eq!(mailbox.make(register(account, home)).await, Outcome::Done);
            assert_eq!(mailbox.make(put(home, "x")).await, stored(account));
            assert_eq!(mailbox.make(unregister(account, home)).await, Outcome::Done);
        }
    }
    let old = "insert into claim select name, true, 7, now() - '11 min'::interval from account";
    server.execute(&databases[0], old).unwrap();
    mailbox.sweep(T).await.unwrap();
    let left = server.execute(&databases[0], "select count(*) from claim where is_account");
    assert_eq!(left.unwrap(), "0");
}

pub async fn a_guess_that_is_wrong_loses_nothing(server: &Server, databases: &[String; 3]) {
    let Databases(urls) = Databases::of(server, databases);
    let [(a, _), (b, _)] = [node(&urls).await, node(&urls).await];
    let people = one_in_each(server, databases, &a).await;
    let home = did("home");
    // The first node knows where it was, and the second one moves it.
    for (n, account) in people.iter().enumerate() {
        assert_eq!(b.make(register(account, &home)).await, Outcome::Done);
        assert_eq!(a.make(put(&home, format!("{n}"))).await, stored(account));
        let changes = vec![
            put(&home, "one"),
            put(&did("nobody"), "x"),
            put(&home, "two"),
        ];
        let expected = [stored(account), Outcome::Refused, stored(account)];
        assert_eq!(a.all(changes).await, expected);
        let texts = a.texts(account).await;
        assert_eq!(texts, [&n.to_string(), "one", "two"]);
        assert_eq!(b.make(unregister(account, &home)).await, Outcome::Done);
    }
    assert_eq!(a.make(put(&home, "x")).await, Outcome::Refused);

    // An account that was forgotten and comes again is another, and may be elsewhere.
    let alice = &people[0];
    let ids = a.ids(alice).await;
    assert_eq!(b.make(forget(alice)).await, Outcome::Done);
    assert_eq!(
        a.ask(Question::Account(alice.clone())).await,
        Facts::NoAccount
    );
    assert_eq!(a.make(remove(alice, ids)).await, Outcome::Refused);
    assert_eq!(a.make(forget(alice)).await, Outcome::Unchanged);
    assert_eq!(b.make(move_to(&people[1], alice)).await, Outcome::Done);
    assert_eq!(a.texts(alice).await, ["1", "one", "two"]);
}

pub async fn a_node_that_misses_a_database_gives_nothing_away(
    server: &Server,
    databases: &[String; 3],
) {
    let Databases(urls) = Databases::of(server, databases);
    let (old, _) = node(&urls[..1]).await;
    let [alice, home] = ["alice", "home"].map(did);
    old.settle(&alice, &[&home]).await;
    let (new, _) = node(&urls[..2]).await;
    let people = one_in_each(server, &databases[..2], &new).await;
    let work = did("work");
    assert_eq!(new.make(register(&people[1], &work)).await, Outcome::Done);

    assert_eq!(old.make(put(&home, "x")).await, stored(&alice));
    assert_eq!(old.texts(&alice).await, ["x"]);
    for change in [
        put(&work, "x"),
        register(&alice, &work),
        register(&alice, &did("other")),
        grant(&people[1]),
        grant(&did("bob")),
        move_to(&alice, &people[1]),
    ] {
        let result = old.apply(vec![change.clone()], T).await;
        assert!(is_away(&result), "{change:?} {result:?}");
    }
    let question = Question::Account(people[1].clone());
    assert!(is_away(&old.look(question, T).await));
    drop(old);

    let text = refusal(&urls[..1]).await;
    assert!(
        text.contains("2 databases, and 1 of them is not given"),
        "{text}"
    );
    let (sender, _woken) = unbounded_channel();
    let alone = Postgres::open(&urls[1], WIDE, sender).await;
    assert!(matches!(alone, Err(MailboxError::Broken(_))), "{alone:?}");
    let (both, _) = node(&urls[..2]).await;
    assert_eq!(both.make(put(&work, "x")).await, stored(&people[1]));
}

pub async fn databases_that_do_not_belong_together_are_refused(
    server: &Server,
    databases: &[String; 3],
) {
    let Databases(urls) = Databases::of(server, databases);
    let keep = Change::Keep {
        name: "identity",
        value: b"who".to_vec(),
    };
    let twice = [urls[0].clone(), urls[0].clone()];
    let text = refusal(&twice).await;
    assert!(text.contains("the same database"), "{text}");
    for url in &urls[..2] {
        let (mailbox, _) = node(std::slice::from_ref(url)).await;
        assert_eq!(mailbox.make(keep.clone()).await, Outcome::Done);
    }
    let text = refusal(&urls).await;
    assert!(text.contains("different mediators"), "{text}");

    let text = refusal(&[urls[0].clone(), server.url("nonexistent")]).await;
    assert!(text.contains("database 2 of 2: "), "{text}");

    // Nothing came of it: each goes on by itself, or with one that is nobody's.
    drop(node(&urls[..1]).await);
    let (mailbox, _) = node(&urls[1..]).await;
    assert_eq!(mailbox.make(keep).await, Outcome::Unchanged);
}

pub async fn who_waits_is_woken_whatever_database_he_is_in(
    server: &Server,
    databases: &[String; 3],
) {
    let Databases(urls) = Databases::of(server, databases);
    let (a, mut woken) = node(&urls).await;
    let (b, _) = node(&urls).await;
    for (n, account) in one_in_each(server, databases, &b).await.iter().enumerate() {
        let home = did(&format!("home{n}"));
        b.make(register(account, &home)).await;

        a.attend(account, true).await;
        b.make(put(&home, "x")).await;

        let heard = timeout(PATIENCE, woken.recv()).await.unwrap();
        assert_eq!(heard.as_ref(), Some(account));
        a.attend(account, false).await;
    }
    for database in databases {
        let present = server.execute(database, "select count(*) from presence");
        assert_eq!(present.unwrap(), "0");
    }
}
