//! Forgeries: whatever an attacker hands to a machine that has contacts and a history is refused with
//! its own error, changes nothing, is answered by nothing, and costs little.
//!
//! A machine refuses with [`Rejected`], out of `open` or out of `handle_message`. There is no `Step`
//! then, so there is neither a `Change` to commit nor an `Effect` to perform; that also nothing comes of
//! it later is seen in the records, in the history and on the wires. Each forgery is handed in twice, as
//! nobody is told that it failed. What it may cost is counted in bytes allocated, never in time.
//!
//! Two things are answered and stand elsewhere: whoever knocks at an invitation that is used up gets
//! one short report, not often (`strangers`), and a contact whose message comes again gets its
//! acknowledgement again (here, `replays`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "forgeries/bombs.rs"]
mod bombs;
#[path = "forgeries/case.rs"]
mod case;
#[path = "forgeries/curves.rs"]
mod curves;
#[path = "forgeries/form.rs"]
mod form;
#[path = "forgeries/replays.rs"]
mod replays;
#[path = "forgeries/rotations.rs"]
mod rotations;
#[path = "forgeries/senders.rs"]
mod senders;
#[path = "forgeries/stage.rs"]
mod stage;

use std::{
    alloc::System,
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use case::{Attacker, Case};
use signet_protocol::Rejected;
use stage::{Scene, Stage};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time, or one would count what the other allocates.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

type Family = fn(&Scene) -> Vec<Case>;

const FAMILIES: [Family; 4] = [form::cases, senders::cases, rotations::cases, bombs::cases];

fn play(family: Family) {
    let _alone = alone();
    let mut stage = Stage::new();

    for case in family(&stage.scene) {
        stage.refuses(&case);
    }

    stage.assert_unhurt();
}

#[test]
fn what_is_no_envelope_is_refused() {
    play(form::cases);
}

#[test]
fn whoever_is_not_who_they_say_is_refused() {
    play(senders::cases);
}

#[test]
fn a_rotation_that_is_stolen_repeated_or_invented_is_refused() {
    play(rotations::cases);
}

#[test]
fn what_is_made_to_burst_us_is_refused_and_costs_little() {
    play(bombs::cases);
}

#[test]
fn there_are_more_than_sixty_forgeries_by_every_attacker_and_no_two_are_the_same() {
    let _alone = alone();
    let stage = Stage::new();
    let cases: Vec<Case> = FAMILIES.iter().flat_map(|f| f(&stage.scene)).collect();

    let names: BTreeSet<&str> = cases.iter().map(|case| &*case.name).collect();
    let envelopes: BTreeSet<&[u8]> = cases.iter().map(|case| &*case.envelope).collect();
    let attackers: BTreeSet<Attacker> = cases.iter().map(|case| case.by).collect();

    assert!(cases.len() > 60, "only {}", cases.len());
    assert_eq!((names.len(), envelopes.len()), (cases.len(), cases.len()));
    assert_eq!(attackers, Attacker::ALL.into());
}

#[test]
fn the_forger_s_envelopes_are_taken_until_they_are_changed() {
    let _alone = alone();
    for (number, envelope) in stage::good(&Stage::new().scene).into_iter().enumerate() {
        let mut stage = Stage::new();
        let taken: Result<(), Rejected> = stage.world.offer(stage.alice, &envelope);
        assert!(taken.is_ok(), "{number}: {taken:?}");
        stage.world.settle();
        assert_ne!(stage.snapshot(), Stage::new().snapshot(), "{number}");
    }
}
