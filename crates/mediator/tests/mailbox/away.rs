//! One of several databases is away.

use std::path::Path;

use signet_postgres::Server;
use signet_protocol::mediator::{Change, Facts, Mailbox, Outcome, Question};

use crate::{
    shards::{accounts, node},
    stage::*,
};

pub async fn while_one_is_away_the_others_are_served(server: &Server, databases: &[String; 3]) {
    let other = Server::start(Path::new("/tmp")).unwrap();
    let far = other.database().unwrap();
    let urls = [server.url(&databases[0]), other.url(&far)];
    let (mailbox, _) = node(&urls).await;
    let keep = Change::Keep {
        name: "identity",
        value: b"who".to_vec(),
    };
    mailbox.make(keep.clone()).await;
    assert_eq!(mailbox.make(keep.clone()).await, Outcome::Unchanged);
    let mut people = Vec::new();
    for n in 0..20 {
        let [account, home] = ["a", "h"].map(|word| did(&format!("{word}{n}")));
        mailbox.settle(&account, &[&home]).await;
        assert_eq!(mailbox.make(put(&home, "before")).await, stored(&account));
        people.push((account, home));
    }
    let near = accounts(server, &databases[0]);
    let (near, far): (Vec<_>, Vec<_>) = people
        .into_iter()
        .partition(|(account, _)| near.contains(account.as_str()));
    // One that guesses where they are, and one that has to ask.
    let fresh = node(&urls).await.0;
    let identity = Facts::Kept(Some(b"who".to_vec()));
    let kept = Question::Kept("identity");
    assert_eq!(fresh.ask(kept.clone()).await, identity);
    other.stop();

    for mailbox in [&mailbox, &fresh] {
        assert_eq!(mailbox.ask(kept.clone()).await, identity);
        for (account, home) in &near {
            assert_eq!(mailbox.make(put(home, "x")).await, stored(account));
            assert_eq!(mailbox.make(grant(account)).await, Outcome::Unchanged);
            assert_eq!(
                mailbox.make(register(account, home)).await,
                Outcome::Unchanged
            );
            let texts = mailbox.texts(account).await;
            mailbox
                .make(remove(account, mailbox.ids(account).await))
                .await;
            assert_eq!(texts.last().map(String::as_str), Some("x"));
        }
        let (account, home) = &near[0];
        let (gone, gone_home) = &far[0];
        for change in [
            put(gone_home, "x"),
            put(&did("nobody"), "x"),
            remove(gone, []),
            forget(gone),
            forget(&did("nobody")),
            grant(gone),
            grant(&did("somebody")),
            register(account, &did("other")),
            register(account, gone_home),
            register(gone, home),
            move_to(account, gone),
            move_to(gone, &did("somebody")),
        ] {
            let result = mailbox.apply(vec![change.clone()], T).await;
            assert!(is_away(&result), "{change:?} {result:?}");
        }
        for account in [gone, &did("nobody")] {
            let result = mailbox.look(Question::Account(account.clone()), T).await;
            assert!(is_away(&result), "{result:?}");
        }
        assert_eq!(mailbox.make(unregister(account, home)).await, Outcome::Done);
        let again = mailbox.apply(vec![register(account, home)], T).await;
        assert!(is_away(&again), "{again:?}");
        assert!(is_away(&mailbox.sweep(T).await));
        other.resume().unwrap();
        assert_eq!(mailbox.make(register(account, home)).await, Outcome::Done);
        other.stop();
    }

    other.resume().unwrap();
    for (account, home) in &far {
        assert_eq!(mailbox.make(put(home, "after")).await, stored(account));
        assert_eq!(mailbox.texts(account).await, ["before", "after"]);
    }
    assert_eq!(
        mailbox.make(put(&did("nobody"), "x")).await,
        Outcome::Refused
    );
    assert_eq!(mailbox.make(keep).await, Outcome::Unchanged);
}
