//! Bob moves from one mediator to another while Alice goes on writing.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use serde_json::json;
use signet_loopback::{Mediator, Person};

use crate::{Outcome, apart, of, outcome};

/// So often Alice writes.
const PAUSE: Duration = Duration::from_millis(20);
/// And so often at least after the first mediator was switched off.
const AFTERWARDS: usize = 1_000;

#[test]
fn bob_moves_from_one_mediator_to_another_amid_traffic_and_the_first_ends_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Mediator::new(folder.path(), "first").unwrap();
    let mut second = Mediator::new(folder.path(), "second").unwrap();
    first.start().unwrap();
    second.start().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap();
    let mut bob = Person::new(folder.path(), "Bob").unwrap();
    // Alice has one of her own, so that the first ends with nobody.
    let mut hers = Mediator::new(folder.path(), "hers").unwrap();
    hers.start().unwrap();
    let (to_bob, to_alice) = apart(&mut alice, &mut bob, [&hers, &first]);

    let is_over = AtomicBool::new(false);
    let (sent, waiting) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut sent = Vec::new();
            let mut more = of(AFTERWARDS);
            while more > 0 {
                sent.push(format!("message {}", sent.len()));
                alice.writes(&to_bob, sent.last().unwrap()).unwrap();
                more -= usize::from(is_over.load(Ordering::Relaxed));
                thread::sleep(PAUSE);
            }
            sent
        });
        let swap = json!({"old": first.did, "new": second.link});
        let swapped = bob.call("mediator.swap", swap).unwrap();
        assert_eq!(swapped["state"], "granted", "{swapped}");
        bob.until("nobody writes by the first any more", || {
            let all = bob.call("mediator.list", json!({})).ok()?;
            let all = all.as_array()?;
            let old = all.iter().find(|m| m["did"] == first.did.as_str())?;
            (old["contacts"] == 0 && old["state"] == "empty").then_some(())
        })
        .unwrap();
        let waiting = first.count("waiting").unwrap_or_default();
        let remove = json!({"did": first.url()});
        bob.call("mediator.remove", remove).unwrap();
        first.kill();
        is_over.store(true, Ordering::Relaxed);
        (writer.join().unwrap(), waiting)
    });

    let result = outcome((&alice, &to_bob), (&bob, &to_alice), &sent);
    println!("\n| messages | lost | repeated | out of order | not acknowledged |");
    println!("|---|---|---|---|---|");
    println!(
        "| {} | {} | {} | {} | {} |\n",
        sent.len(),
        result.lost,
        result.repeated,
        result.out_of_order,
        result.not_acknowledged
    );
    assert_eq!(result, Outcome::default());
    assert_eq!(waiting, 0);
    let left = bob.call("mediator.list", json!({})).unwrap();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
}
