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
#[path = "mailbox/away.rs"]
mod away;
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
#[path = "mailbox/shards.rs"]
mod shards;
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
use shards::Databases;
use signet_postgres::Server;
use sled::Folder;
use tokio::runtime::Runtime;

/// Totals of a mailbox in several databases are for each of these, so what is told here of several
/// accounts is true of those in one database only.
const OF_ONE_TOTAL: [&str; 7] = [
    "accounts::there_are_no_more_accounts_than_allowed",
    "accounts::a_forgotten_account_makes_room",
    "accounts::everything_is_there_after_a_restart",
    "putting::the_mailbox_has_room_for_so_many_bytes",
    "time::sweeping_makes_room",
    "concurrency::one_of_many_gets_the_last_account",
    "hosting::hosted_invitations_take_room_and_give_it_back",
];

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

macro_rules! on_databases {
    ($tests:ident, $runtime:ident, $server:ident: $($module:ident::$case:ident,)+) => {
        $({
            let name = concat!("shards::", stringify!($case));
            if $tests.wants(name) {
                let databases = [(); 3].map(|()| $server.database().unwrap());
                $tests.run(name, $runtime, $module::$case(&$server, &databases));
                for database in databases {
                    $server.drop_database(&database).unwrap();
                }
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
    for (case, story) in suite::cases::<Databases>() {
        let name = format!("shards::{case}");
        if tests.wants(&name) && !OF_ONE_TOTAL.contains(&case) {
            let databases = [(); 3].map(|()| server.database().unwrap());
            let stage = Databases::of(&server, &databases);
            tests.run(&name, runtime, story(stage));
            for database in databases {
                server.drop_database(&database).unwrap();
            }
        }
    }
    on_server!(tests, runtime, server:
        a_node_is_woken_by_what_another_puts,
        who_begins_to_wait_while_an_envelope_goes_in_is_woken,
        an_account_that_moves_goes_on_being_attended,
        a_node_that_gives_no_sign_of_life_is_forgotten,
        a_newer_database_is_refused,
        what_comes_together_goes_in_together_and_in_order,
        who_is_locked_holds_up_nobody_else,
        an_older_database_is_brought_up_to_date,
        nodes_that_start_at_once_make_the_tables_once,
        a_server_that_cannot_be_reached_is_away,
        a_full_disk_refuses_what_does_not_fit_and_nothing_else,
        nothing_acknowledged_is_lost_when_the_server_restarts,
    );
    on_databases!(tests, runtime, server:
        shards::accounts_spread_and_an_added_database_moves_nobody,
        shards::each_database_takes_so_many_accounts,
        shards::one_of_many_in_all_databases_gets_a_did,
        shards::several_dids_are_registered_by_one_or_the_other,
        shards::one_did_is_one_account,
        shards::a_claim_that_is_left_over_holds_nothing,
        shards::a_guess_that_is_wrong_loses_nothing,
        shards::a_node_that_misses_a_database_gives_nothing_away,
        shards::databases_that_do_not_belong_together_are_refused,
        shards::who_waits_is_woken_whatever_database_he_is_in,
        away::while_one_is_away_the_others_are_served,
    );
    let name = "shards::the_program_keeps_its_mail_in_several_databases";
    if tests.wants(name) {
        let databases = [(); 2].map(|()| server.database().unwrap());
        let urls: Vec<String> = databases.iter().map(|name| server.url(name)).collect();
        let story = nodes::the_program_keeps_its_mail_in_several_databases(&urls);
        tests.run(name, runtime, story);
        for database in &databases {
            server.drop_database(database).unwrap();
        }
    }
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
