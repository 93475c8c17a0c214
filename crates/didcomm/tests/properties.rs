//! What holds of all messages, names and envelopes, tried with arbitrary ones.
//!
//! `cargo xtask campaign properties` tries a hundred times as many.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "properties/changes.rs"]
mod changes;
#[path = "properties/messages.rs"]
mod messages;
#[path = "properties/names.rs"]
mod names;
#[path = "properties/packing.rs"]
mod packing;
#[path = "properties/party.rs"]
mod party;

use std::fmt::Debug;
use std::sync::Once;
use std::time::Instant;

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};

const NOW: u64 = 1_700_000_000;

/// How many times more a campaign tries than each run of the tests.
const CAMPAIGN: u32 = 100;

/// Tries `property` with so many values, and keeps the seed of one for which it does not hold.
fn holds<S: Strategy<Value: Debug>>(
    name: &str,
    each_time: u32,
    values: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let is_campaign = std::env::var("SIGNET_CAMPAIGN").is_ok_and(|size| size == "full");
    let cases = if is_campaign {
        each_time * CAMPAIGN
    } else {
        each_time
    };
    let begin = Instant::now();
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    });
    if let Err(error) = runner.run(values, property) {
        panic!("{name}: {error}");
    }
    static HEAD: Once = Once::new();
    HEAD.call_once(|| println!("\n| property | arbitrary values | seconds |\n|---|---|---|"));
    println!(
        "\n| {name} | {cases} | {:.1} |",
        begin.elapsed().as_secs_f32()
    );
}
