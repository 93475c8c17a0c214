//! From `send` to `delivered` between two processes on loopback, alone and as a stream.
//!
//! Ours: two `signet run`, profiles on disk; the time runs from the request written to Alice to her
//! event that the message is delivered. The floor is in [`floor`]: three durable appends one
//! behind the other (Alice's promise, Bob's before he acknowledges, Alice's before she tells it),
//! each as long as our average commit, and one echo of as many bytes as envelope and
//! acknowledgement have. Sustained there are two floors: a stream in which every message costs the
//! appends that a message alone was counted to cost, and one with as few appends as ours needed for
//! them all, which says what ciphers, protocol and database cost where no disk is waited for.

pub mod floor;
mod person;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::{
    Size, envelope, machine,
    row::{Aim, Row, Unit, percentile},
};
use floor::{Floor, Load};
use person::{Commits, Person};

/// A message as people write them.
const TEXT: &str =
    "Der Zug hat zwanzig Minuten Verspätung, fangt ruhig schon ohne mich an zu essen.";
/// Longer than any message may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Four rows: the median, the slowest hundredth, and how many in a second beside each floor.
///
/// # Errors
/// There is no `signet` beside this program, or two of them do not get on.
pub fn measure(size: Size) -> Result<Vec<Row>> {
    let folder = tempfile::Builder::new()
        .prefix("line-")
        .tempdir_in(machine::disk()?)?;
    let mut alice = Person::start(&folder.path().join("alice"), "Alice")?;
    let mut bob = Person::start(&folder.path().join("bob"), "Bob")?;
    let contact = person::acquaint(&mut alice, &mut bob)?;
    let bytes = envelope::on_the_wire(TEXT)?;
    one_by_one(&mut alice, &contact, size.of(50, 2))?;

    let mut median = Row::new("send → delivered, p50", Unit::Seconds, Aim::Within(2.0));
    let mut slowest = Row::new("send → delivered, p99", Unit::Seconds, Aim::None);
    let often = size.of(200, 3);
    let mut alone = None;
    for _ in 0..size.of(9, 1) {
        let before = [alice.commits()?, bob.commits()?];
        let ours = one_by_one(&mut alice, &contact, often)?;
        let commits = since(&before, &alice, &bob)?;
        tell(&commits, often);
        alone = Some(commits.map(|commits| commits.of_one(often)));
        let load = Load {
            bytes,
            append: commits.map(|commits| commits.average()),
        };
        let floor = Floor::start(folder.path(), &load)?.one_by_one(often)?;
        median.add(percentile(&ours, 50), percentile(&floor, 50));
        slowest.add(percentile(&ours, 99), percentile(&floor, 99));
    }

    let mut sustained = Row::new("delivered, sustained", Unit::PerSecond, Aim::Speed(0.5));
    let mut grouped = Row::new("the same beside as few appends", Unit::PerSecond, Aim::None);
    let often = size.of(2000, 20);
    for _ in 0..size.of(5, 1) {
        let before = [alice.commits()?, bob.commits()?];
        let ours = as_a_stream(&mut alice, &contact, often)?;
        let commits = since(&before, &alice, &bob)?;
        tell(&commits, often);
        let per_second = |seconds: f64| f64::from(often) / seconds;
        if let Some(alone) = alone {
            let each = alone.map(|commits| commits.times(often));
            let floor = Floor::stream(folder.path(), bytes, often, &each)?;
            sustained.add(per_second(ours), per_second(floor));
        }
        let floor = Floor::stream(folder.path(), bytes, often, &commits)?;
        grouped.add(per_second(ours), per_second(floor));
    }
    Ok(vec![median, slowest, sustained, grouped])
}

fn since(before: &[Commits; 2], alice: &Person, bob: &Person) -> Result<[Commits; 2]> {
    let [alice_before, bob_before] = before;
    Ok([
        alice.commits()?.since(alice_before),
        bob.commits()?.since(bob_before),
    ])
}

fn tell([alice, bob]: &[Commits; 2], messages: u32) {
    let each = |commits: &Commits| commits.count as f64 / f64::from(messages);
    eprintln!(
        "  {messages} messages: {:.2} commits of {} bytes each at the sender, {:.2} of {} at the receiver",
        each(alice),
        alice.average(),
        each(bob),
        bob.average()
    );
}

/// The seconds from each request to its delivery.
fn one_by_one(alice: &mut Person, contact: &str, often: u32) -> Result<Vec<f64>> {
    let mut seconds = Vec::new();
    for _ in 0..often {
        let start = Instant::now();
        let id = alice.send(contact, TEXT)?;
        let end = loop {
            let (delivered, at) = alice.delivered(PATIENCE)?;
            if delivered == id {
                break at;
            }
        };
        seconds.push(end.duration_since(start).as_secs_f64());
    }
    Ok(seconds)
}

/// The seconds from the first request to the last delivery of so many messages.
fn as_a_stream(alice: &mut Person, contact: &str, often: u32) -> Result<f64> {
    let start = Instant::now();
    let mut open = BTreeSet::new();
    for _ in 0..often {
        open.insert(alice.send(contact, TEXT)?);
    }
    let mut last = start;
    while !open.is_empty() {
        let (delivered, at) = alice.delivered(PATIENCE)?;
        open.remove(&delivered);
        last = at;
    }
    ensure!(last > start, "nothing was delivered");
    Ok(last.duration_since(start).as_secs_f64())
}
