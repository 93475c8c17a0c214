//! Everybody with everybody.

use std::time::{Duration, Instant};

use signet_loopback::{Nat, is_campaign};

use crate::{Online, Resident};

/// How long two may take to find a straight way, and how long one is looked for that is not there.
const PATIENCE: Duration = Duration::from_secs(45);
fn in_vain() -> Duration {
    Duration::from_secs(if is_campaign() { 20 } else { 5 })
}

/// Whether a straight way is there for two behind such routers.
fn is_straight(one: Nat, other: Nat) -> bool {
    use Nat::{FullCone, Ipv6Only, Open, Symmetric};
    let pair = [one, other];
    match pair.contains(&Ipv6Only) {
        true => pair == [Ipv6Only, Ipv6Only],
        // A symmetric router shows another port to each, so somebody has to be found without a hole.
        false => {
            let is_found = pair.contains(&Open) || pair.contains(&FullCone);
            is_found || !pair.contains(&Symmetric)
        }
    }
}

/// What was seen of two.
struct Seen {
    first: Duration,
    route: String,
    /// Until messages took that route.
    settled: Duration,
}

fn pair(one: Nat, other: Nat) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let online = Online::new(folder.path()).unwrap();
    let alice = online.resident(folder.path(), "Alice", one).unwrap();
    let bob = online.resident(folder.path(), "Bob", other).unwrap();
    let patience = match is_straight(one, other) {
        true => PATIENCE,
        false => in_vain(),
    };
    seen(&alice, &bob, patience)
}

fn seen(alice: &Resident, bob: &Resident, patience: Duration) -> Seen {
    let (alice, bob) = (&alice.person, &bob.person);
    let link = alice.invites().unwrap();
    let begun = Instant::now();
    let to_alice = bob.accepts(&link).unwrap();
    bob.writes(&to_alice, "first").unwrap();
    let to_bob = alice.only_contact().unwrap();
    alice.until_received(&to_bob, &["first"]).unwrap();
    let first = begun.elapsed();

    alice.until_state(&to_bob, "connected").unwrap();
    bob.until_state(&to_alice, "connected").unwrap();
    let mut texts = vec!["first".to_owned()];
    loop {
        texts.push(format!("message {}", texts.len()));
        let id = bob.writes(&to_alice, texts.last().unwrap()).unwrap();
        bob.until_message(&to_alice, &id, "delivered").unwrap();
        let route = bob.until_way(&to_alice, &id).unwrap();
        let settled = begun.elapsed();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        alice.until_received(&to_bob, &texts).unwrap();
        if route == "direct" || settled > patience {
            return Seen {
                first,
                route,
                settled,
            };
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn whoever_they_are_what_they_write_arrives() {
    if let Err(why) = signet_loopback::Internet::new() {
        return println!("SKIPPED, because no network can be made here: {why:#}");
    }
    let some = [
        (Nat::Restricted, Nat::Restricted),
        (Nat::Symmetric, Nat::Restricted),
        (Nat::UdpBlocked, Nat::Ipv6Only),
    ];
    let each = Nat::ALL.iter().enumerate();
    let all = each.flat_map(|(n, &one)| Nat::ALL[n..].iter().map(move |&other| (one, other)));
    let pairs: Vec<_> = match is_campaign() {
        true => all.collect(),
        false => some.to_vec(),
    };
    println!("\n| one | other | first message | route | after |\n|---|---|---|---|---|");
    for (one, other) in pairs {
        let seen = pair(one, other);
        println!(
            "| {one} | {other} | {} ms | {} | {:.1} s |",
            seen.first.as_millis(),
            seen.route,
            seen.settled.as_secs_f64()
        );
        let expected = match is_straight(one, other) {
            true => "direct",
            false => "relayed",
        };
        assert_eq!(seen.route, expected);
    }
    println!();
}
