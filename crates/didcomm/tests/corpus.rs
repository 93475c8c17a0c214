//! What the fuzzer found worth keeping, replayed through what the fuzzer runs.
//!
//! The corpus lies in `fuzz/corpus`, a folder a target. `cargo xtask fuzz` goes on from there:
//! `--keep` puts what reached most beside the named ones, which are the seeds and what was a
//! finding once. `SIGNET_SEEDS=write` writes the seeds again, as they are needed when an envelope
//! or a message changes its form.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "../fuzz/src/lib.rs"]
mod fuzz;
#[path = "corpus/seeds.rs"]
mod seeds;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

/// A corpus is read by people too, and replayed at each run of the tests.
const MAX_FILE: usize = 4096;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The files of a target's corpus, in the order of their names.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder().join("corpus").join(name)).unwrap();
    let mut files: Vec<_> = files
        .map(|file| {
            let file = file.unwrap();
            let bytes = fs::read(file.path()).unwrap();
            (file.file_name().into_string().unwrap(), bytes)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn whatever_was_kept_holds() {
    for (name, target) in TARGETS {
        let (mut taken, mut refused) = (0, 0);
        for (file, bytes) in corpus(name) {
            assert!(bytes.len() <= MAX_FILE, "{name}/{file} is large");
            println!("{name}/{file}");
            match target(&bytes) {
                true => taken += 1,
                false => refused += 1,
            }
        }
        assert!(taken >= 5, "{name}: only {taken} files are taken");
        assert!(refused >= 5, "{name}: only {refused} files are refused");
    }
}

#[test]
fn every_seed_is_taken_for_what_it_is() {
    let is_written = std::env::var("SIGNET_SEEDS").is_ok_and(|word| word == "write");
    for (name, target) in TARGETS {
        let seeds = seeds::of(name);
        assert!(seeds.len() >= 5, "{name} has too few seeds");
        for (seed, bytes) in seeds {
            assert!(bytes.len() <= MAX_FILE, "{name}/{seed} is large");
            let is_good = !seed.starts_with("seed-no-");
            assert_eq!(target(&bytes), is_good, "{name}/{seed}");
            if is_written {
                let folder = folder().join("corpus").join(name);
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(seed), bytes).unwrap();
            }
        }
    }
}

#[test]
fn every_target_has_its_program_and_its_corpus() {
    let names: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let inside = |folder: PathBuf| -> BTreeSet<String> {
        let files = fs::read_dir(folder).unwrap();
        let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        files.map(|file| stem(file.unwrap().path())).collect()
    };

    assert_eq!(inside(folder().join("targets")), names);
    assert_eq!(inside(folder().join("corpus")), names);
}
