//! The suite of tests that every mailbox is held to, on each there is.
//!
//! It has a `main` of its own, because one PostgreSQL serves all its tests and has to be stopped at
//! the end. Arguments are parts of names: only tests whose name has one of them run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "these are tests"
)]

#[path = "desk/agent.rs"]
mod agent;
#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "wire/server.rs"]
mod program;

#[path = "mailbox/accounts.rs"]
mod accounts;
#[path = "mailbox/concurrency.rs"]
mod concurrency;
#[path = "mailbox/database.rs"]
mod database;
#[path = "mailbox/fetching.rs"]
mod fetching;
#[path = "mailbox/hosting.rs"]
mod hosting;
#[path = "mailbox/kept.rs"]
mod kept;
#[path = "mailbox/memory.rs"]
mod memory;
#[path = "mailbox/nodes.rs"]
mod nodes;
#[path = "mailbox/postgres.rs"]
mod postgres;
#[path = "mailbox/putting.rs"]
mod putting;
#[path = "mailbox/recipients.rs"]
mod recipients;
#[path = "mailbox/sled.rs"]
mod sled;
#[path = "mailbox/speed.rs"]
mod speed;
#[path = "mailbox/stage.rs"]
mod stage;
#[path = "mailbox/suite.rs"]
mod suite;
#[path = "mailbox/time.rs"]
mod time;

use std::{
    env,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::ExitCode,
};

use database::Database;
use memory::Kept;
use signet_postgres::Server;
use sled::Folder;
use tokio::runtime::Runtime;

/// Runs tests one after the other and says how they went.
struct Tests {
    wanted: Vec<String>,
    ran: usize,
    failed: Vec<String>,
}

impl Tests {
    fn run(&mut self, name: &str, runtime: &Runtime, test: impl Future<Output = ()>) {
        self.ran += 1;
        let passed = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test))).is_ok();
        let word = if passed { "ok" } else { "FAILED" };
        println!("test {name} ... {word}");
        if !passed {
            self.failed.push(name.to_owned());
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|part| name.contains(part))
    }
}

fn main() -> ExitCode {
    let arguments = env::args().skip(1);
    let mut tests = Tests {
        wanted: arguments.filter(|word| !word.starts_with('-')).collect(),
        ran: 0,
        failed: Vec::new(),
    };
    let runtime = Runtime::new().unwrap();

    in_memory(&mut tests, &runtime);
    on_sled(&mut tests, &runtime);
    on_postgres(&mut tests, &runtime);

    let failed = tests.failed.len();
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let passed = tests.ran - failed;
    println!("\ntest result: {word}. {passed} passed; {failed} failed");
    for name in &tests.failed {
        println!("    {name}");
    }
    if failed > 0 {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn in_memory(tests: &mut Tests, runtime: &Runtime) {
    for (case, story) in suite::cases::<Kept>() {
        let name = format!("memory::{case}");
        if tests.wants(&name) {
            tests.run(&name, runtime, story(Kept::default()));
        }
    }
}

fn on_sled(tests: &mut Tests, runtime: &Runtime) {
    if env::args().any(|word| word == "--speed") {
        println!("sled:");
        runtime.block_on(speed::measure(&Folder::new()));
        return;
    }
    for (case, story) in suite::cases::<Folder>() {
        let name = format!("sled::{case}");
        if tests.wants(&name) {
            tests.run(&name, runtime, story(Folder::new()));
        }
    }
}

macro_rules! on_server {
    ($tests:ident, $runtime:ident, $server:ident: $($case:ident,)+) => {
        $({
            let name = concat!("postgres::", stringify!($case));
            if $tests.wants(name) {
                let database = $server.database().unwrap();
                $tests.run(name, $runtime, postgres::$case(&$server, &database));
                $server.drop_database(&database).unwrap();
            }
        })+
    };
}

fn on_postgres(tests: &mut Tests, runtime: &Runtime) {
    let server = match Server::start(Path::new("/tmp")) {
        Ok(server) => server,
        Err(why) => {
            println!("SKIPPED: all tests of the PostgreSQL mailbox, because there is {why:#}");
            return;
        }
    };
    if env::args().any(|word| word == "--speed") {
        let database = server.database().unwrap();
        let stage = Database::new(server.url(&database));
        runtime.block_on(speed::measure(&stage));
        return;
    }
    for (case, story) in suite::cases::<Database>() {
        let name = format!("postgres::{case}");
        if tests.wants(&name) {
            let database = server.database().unwrap();
            let stage = Database::new(server.url(&database));
            tests.run(&name, runtime, story(stage));
            server.drop_database(&database).unwrap();
        }
    }
    on_server!(tests, runtime, server:
        a_node_is_woken_by_what_another_puts,
        an_account_that_moves_goes_on_being_attended,
        a_node_that_gives_no_sign_of_life_is_forgotten,
        a_newer_database_is_refused,
        what_comes_together_goes_in_together_and_in_order,
        an_older_database_is_brought_up_to_date,
        nodes_that_start_at_once_make_the_tables_once,
        a_server_that_cannot_be_reached_is_away,
        a_full_disk_refuses_what_does_not_fit_and_nothing_else,
        nothing_acknowledged_is_lost_when_the_server_restarts,
    );
    let name = "postgres::two_nodes_of_the_program_are_one_mediator";
    if tests.wants(name) {
        let database = server.database().unwrap();
        let url = server.url(&database);
        tests.run(
            name,
            runtime,
            nodes::two_nodes_of_the_program_are_one_mediator(&url),
        );
        server.drop_database(&database).unwrap();
    }
}
