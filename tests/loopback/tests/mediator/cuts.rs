//! The direct wire of one or the other is cut, again and again, while both write.

use std::{thread::sleep, time::Duration};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use signet_loopback::{Lab, Mediator, Person, acquainted};

use crate::{Outcome, mediated, of, outcome};

/// Messages that each writes around one cut.
const WRITTEN: usize = 5;
/// Cuts of each one's wire.
const CUTS: usize = 100;

#[test]
fn with_each_ones_direct_wire_cut_at_random_everything_arrives_once_and_in_order() {
    let lab = match Lab::new() {
        Ok(lab) => lab,
        Err(why) => return println!("SKIPPED, because no network can be made here: {why:#}"),
    };
    let folder = tempfile::tempdir().unwrap();
    let mut mediator = Mediator::new(folder.path(), "mediator").unwrap();
    mediator = mediator.with(&["--rate", "0"]).inside(&lab);
    mediator.start().unwrap();
    let mut alice = Person::new(folder.path(), "Alice").unwrap().inside(&lab);
    let mut bob = Person::new(folder.path(), "Bob").unwrap().inside(&lab);
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    mediated(&alice, &mediator, 1);
    mediated(&bob, &mediator, 1);

    let mut chance = ChaCha8Rng::seed_from_u64(4);
    let mut below = |most: u32| Duration::from_millis(u64::from(chance.next_u32() % most));
    let (mut hers, mut his) = (Vec::new(), Vec::new());
    let cuts = of(CUTS);
    for cut in 0..2 * cuts {
        let ports = match cut % 2 {
            0 => alice.ports(),
            _ => bob.ports(),
        };
        for n in 0..2 * WRITTEN {
            if n == WRITTEN / 2 {
                lab.block(&ports).unwrap();
            }
            let (from, contact, sent) = match n % 2 {
                0 => (&alice, &to_bob, &mut hers),
                _ => (&bob, &to_alice, &mut his),
            };
            sent.push(format!("message {}", sent.len()));
            from.writes(contact, sent.last().unwrap()).unwrap();
            sleep(below(30));
        }
        sleep(below(1_000));
        lab.unblock().unwrap();
        sleep(below(1_000));
    }

    println!(
        "\n| who | cuts | messages | by mediator | lost | repeated | out of order | not acknowledged |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let (she, he) = ((&alice, to_bob.as_str()), (&bob, to_alice.as_str()));
    for (from, to, sent) in [(she, he, &hers), (he, she, &his)] {
        let result = outcome(from, to, sent);
        let history = from.0.history(from.1).unwrap();
        let ways = history.iter().filter(|entry| entry["route"] == "mediator");
        println!(
            "| {} | {cuts} | {} | {} | {} | {} | {} | {} |",
            from.0.name,
            sent.len(),
            ways.count(),
            result.lost,
            result.repeated,
            result.out_of_order,
            result.not_acknowledged
        );
        assert_eq!(result, Outcome::default());
    }
    println!();
}
