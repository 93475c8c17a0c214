//! Many seeds of one story, and which of them failed.

use std::{
    ops::AddAssign,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Instant,
};

use crate::World;

/// How many times more a campaign plays a story than CI does, if the story says nothing else.
const CAMPAIGN: u64 = 20;

/// How many seeds a story is played with.
#[derive(Clone, Copy, Debug)]
pub struct Seeds {
    /// At every run of the tests.
    pub each_time: u64,
    /// When `SIGNET_CAMPAIGN=full`.
    pub campaign: u64,
}

impl From<u64> for Seeds {
    fn from(each_time: u64) -> Self {
        Self {
            each_time,
            campaign: each_time * CAMPAIGN,
        }
    }
}

/// What happened in the worlds of one campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Steps of the machines.
    pub steps: u64,
    /// Batches committed.
    pub commits: u64,
    /// Crashes, each with a restart.
    pub crashes: u64,
    /// Attempts handed to the wires.
    pub attempts: u64,
    /// Envelopes stored by mediators.
    pub stored: u64,
    /// Times that a restored machine was compared with the running one.
    pub restores: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.commits += other.commits;
        self.crashes += other.crashes;
        self.attempts += other.attempts;
        self.stored += other.stored;
        self.restores += other.restores;
    }
}

/// Plays a story with so many seeds (a plain number means twenty times as many in a campaign), or
/// with the one that `SIGNET_SEED` names. A failing seed is named before its panic goes on.
pub fn with_seeds(
    story_name: &str,
    count: impl Into<Seeds>,
    story: impl Fn(u64) -> World,
) -> Tally {
    let count = count.into();
    let full = std::env::var("SIGNET_CAMPAIGN").is_ok_and(|v| v == "full");
    let one: Option<u64> = std::env::var("SIGNET_SEED")
        .ok()
        .and_then(|v| v.parse().ok());
    let seeds = match one {
        Some(seed) => seed..seed + 1,
        None if full => 0..count.campaign,
        None => 0..count.each_time,
    };
    let (begin, played) = (Instant::now(), seeds.end - seeds.start);
    let mut tally = Tally::default();
    for seed in seeds {
        match catch_unwind(AssertUnwindSafe(|| story(seed).tally())) {
            Ok(one) => tally += one,
            Err(panic) => {
                eprintln!("{story_name}: seed {seed} failed");
                resume_unwind(panic);
            }
        }
    }
    println!(
        "{story_name}: {played} seeds in {:.1} s, {tally:?}",
        begin.elapsed().as_secs_f32()
    );
    tally
}
