//! Mail that waits at mediators: whatever fails, everything arrives once and in order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "mediators/failures.rs"]
mod failures;
#[path = "mediators/hosting.rs"]
mod hosting;
#[path = "mediators/moves.rs"]
mod moves;
#[path = "mediators/only.rs"]
mod only;
#[path = "mediators/waiting.rs"]
mod waiting;

use std::time::Duration;

use signet_world::{Keeper, Who, World};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Waits until these have nothing left to do about their mediators.
fn served(world: &mut World, people: &[Who]) {
    let all = |world: &World| people.iter().all(|who| world.is_served(*who));
    let is_done = world.until(12 * HOUR, all);
    let services: Vec<String> = people.iter().map(|who| world.service(*who)).collect();
    assert!(is_done, "all are served: {services:#?}");
}

/// Alice and Bob, with a mediator that each knows and no way to each other but that.
fn apart(world: &mut World) -> (Who, Who, Keeper) {
    let weather = world.shelter();
    let (alice, bob) = world.acquainted("alice", "bob");
    let keeper = world.mediator("m");
    world.join(alice, keeper);
    world.join(bob, keeper);
    served(world, &[alice, bob]);
    world.partition(alice, bob);
    world.expose(weather);
    (alice, bob, keeper)
}

/// Does what somebody wishes for, when they are there, and nobody falls before it is on disk.
fn surely(world: &mut World, who: Who, wish: impl FnOnce(&mut World)) {
    let weather = world.shelter();
    assert!(world.until(HOUR, |world| world.is_up(who)));
    wish(world);
    assert!(world.until(HOUR, |world| world.is_committed(who)));
    world.expose(weather);
}

/// Two who write to each other, and what each wrote.
struct Talk {
    alice: Who,
    bob: Who,
    hers: Vec<String>,
    his: Vec<String>,
}

impl Talk {
    fn between(alice: Who, bob: Who) -> Self {
        let (hers, his) = (Vec::new(), Vec::new());
        Self {
            alice,
            bob,
            hers,
            his,
        }
    }

    /// One of them writes.
    fn go_on(&mut self, world: &mut World) {
        let text = format!("{:03}", self.hers.len() + self.his.len());
        let (who, with, sent) = match world.any(0, 1) {
            0 => (self.alice, self.bob, &mut self.hers),
            _ => (self.bob, self.alice, &mut self.his),
        };
        world.send(who, with, &text);
        sent.push(text);
    }

    /// They write so often, with so many milliseconds between at most.
    fn for_a_while(&mut self, world: &mut World, times: usize, pause: u64) {
        for _ in 0..times {
            self.go_on(world);
            let wait = world.any(0, pause);
            world.pass(Duration::from_millis(wait));
        }
    }

    /// In calm, all of it arrives, each once.
    fn arrives(&self, world: &mut World) {
        self.arrives_within(world, DAY);
    }

    fn arrives_within(&self, world: &mut World, longest: Duration) {
        world.calm();
        let (alice, bob) = (self.alice, self.bob);
        let all = |world: &World| {
            world.is_committed(alice)
                && world.is_committed(bob)
                && world.undelivered(alice, bob).is_empty()
                && world.undelivered(bob, alice).is_empty()
        };
        let is_done = world.until(longest, all);
        let (hers, his) = (world.undelivered(alice, bob), world.undelivered(bob, alice));
        assert!(is_done, "alice: {hers:?}, bob: {his:?}");
        assert_eq!(sorted(world.read(bob, alice)), self.hers);
        assert_eq!(sorted(world.read(alice, bob)), self.his);
        assert_eq!(
            (world.contact_count(alice), world.contact_count(bob)),
            (1, 1)
        );
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

fn bad(seed: u64) -> World {
    World::seeded(seed)
        .losing(0.2)
        .duplicating(0.2)
        .reordering(0.3)
        .silent(0.3)
}
