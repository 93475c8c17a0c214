//! Two nodes on one database, behind a balancer: either may go, and the database too.

use std::path::Path;

use serde_json::json;
use signet_loopback::{Balancer, Mediator, Person};
use signet_postgres::Server;

use crate::{Outcome, apart, of, outcome};

/// Messages written around each blow.
const WRITTEN: usize = 2_000;

#[test]
fn a_node_that_goes_and_a_database_that_restarts_lose_nothing() {
    let server = match Server::start(Path::new("/tmp")) {
        Ok(server) => server,
        Err(why) => return println!("SKIPPED, because there is {why:#}"),
    };
    let database = server.url(&server.database().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let node = |name| {
        let node = Mediator::new(folder.path(), name).unwrap();
        node.on_database(&database)
    };
    let (first, second) = (node("first"), node("second"));
    let balancer = Balancer::new(vec![first.port(), second.port()]).unwrap();
    let url = balancer.url();
    let options = ["--public-url", &url, "--rate", "0"];
    let (mut first, mut second) = (first.with(&options), second.with(&options));
    first.start().unwrap();
    second.start().unwrap();
    assert_eq!(first.did, second.did);
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    let (to_bob, to_alice) = apart(&mut alice, &mut bob, [&first, &first]);

    let mut sent = Vec::new();
    let mut write = |count: usize| {
        for _ in 0..count {
            sent.push(format!("message {}", sent.len()));
            alice.writes(&to_bob, sent.last().unwrap()).unwrap();
        }
    };
    write(of(WRITTEN));
    first.kill();
    write(of(WRITTEN));
    first.start().unwrap();
    second.kill();
    write(of(WRITTEN));
    second.start().unwrap();
    server.stop();
    write(of(WRITTEN));
    alice
        .until("it is seen that the mediator does not answer", || {
            let all = alice.call("mediator.list", json!({})).ok()?;
            (all[0]["state"] == "not answering").then_some(())
        })
        .unwrap();
    server.resume().unwrap();
    write(of(WRITTEN));

    let result = outcome((&alice, &to_bob), (&bob, &to_alice), &sent);
    println!("\n| nodes | messages | lost | repeated | out of order | not acknowledged |");
    println!("|---|---|---|---|---|---|");
    println!(
        "| 2 | {} | {} | {} | {} | {} |\n",
        sent.len(),
        result.lost,
        result.repeated,
        result.out_of_order,
        result.not_acknowledged
    );
    assert_eq!(result, Outcome::default());
}
