//! The mediator is killed again and again while mail goes through it.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use signet_loopback::{Mediator, Person};
use signet_postgres::Server;

use crate::{Outcome, apart, of, outcome};

/// How long each life of the mediator lasts.
const LIFE: Duration = Duration::from_secs(2);

#[test]
fn killed_every_two_seconds_with_its_mail_on_disk_it_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mediator = Mediator::new(folder.path(), "mediator").unwrap();
    killed("sled", folder.path(), mediator);
}

#[test]
fn killed_every_two_seconds_with_its_mail_in_postgresql_it_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = match Server::start(Path::new("/tmp")) {
        Ok(server) => server,
        Err(why) => return println!("SKIPPED, because there is {why:#}"),
    };
    let database = server.database().unwrap();
    let mediator = Mediator::new(folder.path(), "mediator").unwrap();
    let mediator = mediator.on_database(&server.url(&database));
    killed("PostgreSQL", folder.path(), mediator);
}

fn killed(mailbox: &str, folder: &Path, mediator: Mediator) {
    // Both are one address, whose requests are bounded otherwise.
    let mut mediator = mediator.with(&["--rate", "0"]);
    mediator.start().unwrap();
    let mut alice = Person::new(folder, "Alice").unwrap();
    let mut bob = Person::new(folder, "Bob").unwrap();
    let (to_bob, to_alice) = apart(&mut alice, &mut bob, [&mediator, &mediator]);
    let begun = Instant::now();
    let is_over = AtomicBool::new(false);
    let (kills, result, count) = thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let mut kills = 0;
            while !is_over.load(Ordering::Relaxed) {
                mediator.kill();
                mediator.start().unwrap();
                kills += 1;
                // A life is as long as it is said to be.
                thread::sleep(LIFE);
            }
            kills
        });
        let sent: Vec<String> = (0..of(10_000)).map(|n| format!("message {n}")).collect();
        for text in &sent {
            alice.writes(&to_bob, text).unwrap();
        }
        let result = outcome((&alice, &to_bob), (&bob, &to_alice), &sent);
        is_over.store(true, Ordering::Relaxed);
        (killer.join().unwrap(), result, sent.len())
    });
    println!(
        "\n| mailbox | messages | kills of the mediator | seconds | lost | repeated | out of order | not acknowledged |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    println!(
        "| {mailbox} | {count} | {kills} | {} | {} | {} | {} | {} |\n",
        begun.elapsed().as_secs(),
        result.lost,
        result.repeated,
        result.out_of_order,
        result.not_acknowledged
    );
    assert_eq!(result, Outcome::default());
}
