//! SIGKILL at any moment: every message once, in order, and all delivered in the end.
//!
//! Each of two people writes to the other while each is killed again and again, in the middle of
//! whatever it does, and restarted; every fifth time on another port. A call that broke off is
//! repeated with the same message id, as a program would that wants to be sure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

use std::{
    collections::BTreeSet,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use signet_loopback::{Person, Refused, acquainted, is_campaign};

/// The longest that a kill comes after the message that it waited for, in microseconds.
const JITTER: u64 = 30_000;

struct Plan {
    messages: usize,
    kills: usize,
    seed: u64,
}

#[test]
fn whoever_is_killed_loses_nothing_and_says_nothing_twice() {
    let (messages, kills) = if is_campaign() { (1000, 20) } else { (50, 3) };
    let plan = Plan {
        messages,
        kills,
        seed: 20_261_122,
    };
    let folder = tempfile::tempdir().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    let begun = Instant::now();

    // While one is at another port, the other must stay where it is until it has heard of it:
    // two who move at the same moment lose each other, and no protocol between them can help.
    let moving = Mutex::new(());
    let moves = thread::scope(|scope| {
        let one = scope.spawn(|| live(&mut alice, &to_bob, &plan, 1, &moving));
        let other = scope.spawn(|| live(&mut bob, &to_alice, &plan, 2, &moving));
        one.join().unwrap() + other.join().unwrap()
    });

    let patience = Duration::from_secs(if is_campaign() { 900 } else { 180 });
    for (person, contact) in [(&alice, &to_bob), (&bob, &to_alice)] {
        person
            .until_for(patience, "all messages are delivered", || {
                let states = person.states(contact).ok()?;
                states
                    .iter()
                    .all(|state| state == "delivered")
                    .then_some(())
            })
            .unwrap();
    }
    let seconds = begun.elapsed().as_secs();
    for (person, contact) in [(&alice, &to_bob), (&bob, &to_alice)] {
        let expected: Vec<String> = (1..=messages).map(text).collect();
        assert_eq!(
            person.received(contact).unwrap(),
            expected,
            "what {} received",
            person.name
        );
        assert_eq!(person.states(contact).unwrap().len(), messages);
    }
    println!(
        "\n| messages each way | kills of each | restarts on another port | seconds | lost | repeated | out of order |"
    );
    println!("|---|---|---|---|---|---|---|");
    println!("| {messages} | {kills} | {moves} | {seconds} | 0 | 0 | 0 |");
}

fn text(number: usize) -> String {
    format!("message {number} of many")
}

/// Writes all messages while being killed; how often it moved to another port.
fn live(person: &mut Person, contact: &str, plan: &Plan, who: u64, moving: &Mutex<()>) -> usize {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed + who);
    let mut at: BTreeSet<usize> = BTreeSet::new();
    while at.len() < plan.kills {
        at.insert(rng.random_range(1..=plan.messages));
    }
    let mut killed = 0;
    let mut moves = 0;
    let mut still = None;
    for number in 1..=plan.messages {
        if !at.contains(&number) {
            // Written since the move, so whoever acknowledges it has heard of the move before.
            let wait = still.is_some().then_some("delivered");
            write(person, contact, who, number, wait);
            still = None;
            continue;
        }
        killed += 1;
        // The first kill moves too, so that a small run has one.
        let is_move = killed % 5 == 1;
        if is_move && still.is_none() {
            still = Some(moving.lock().unwrap());
        }
        let delay = Duration::from_micros(rng.random_range(0..JITTER));
        thread::scope(|scope| {
            let client = person.client();
            scope.spawn(move || {
                // Not a wait for something, but the random moment that the test is about.
                thread::sleep(delay);
                client.kill();
            });
            let id = id(who, number);
            while client
                .call(
                    "send",
                    json!({"contact": contact, "id": id, "text": text(number)}),
                )
                .is_ok()
            {}
        });
        let started = if is_move {
            person.start_elsewhere()
        } else {
            person.start()
        };
        started.unwrap();
        write(person, contact, who, number, None);
        moves += usize::from(is_move);
    }
    moves
}

fn id(who: u64, number: usize) -> String {
    format!("{who}-{number:06}")
}

/// Writes one message; a repeat of its id is the same message.
fn write(person: &Person, contact: &str, who: u64, number: usize, wait: Option<&str>) {
    let mut params = json!({"contact": contact, "id": id(who, number), "text": text(number)});
    if let Some(wait) = wait {
        params["wait"] = wait.into();
        params["timeout"] = "80s".into();
    }
    match person.call("send", params) {
        Ok(_) => {}
        Err(Refused::Said { sentence, .. }) => panic!("{}: {sentence}", person.name),
        Err(Refused::Gone) => panic!("{} is gone without having been killed", person.name),
    }
}
