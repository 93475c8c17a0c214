//! `cargo xtask check`: what can be judged without running the program.
//!
//! Every step runs, whatever became of the others, so that one call tells everything.

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::program::Program;
use crate::setup;
use crate::tally::CargoTests;
use crate::test::ALL;

const CARGO_DENY: (&str, &str) = ("cargo-deny", "0.20.2");

/// Where the types of the Rust side are kept for the UI.
const BINDINGS: &str = "ui/src/lib/bindings";

type Step = fn(&Place) -> Result<()>;

const STEPS: [(&str, Step); 8] = [
    ("formatting", formatting),
    ("locks", locks),
    ("pages", setup::pages),
    ("lints", lints),
    ("docs", documentation),
    ("bindings", bindings),
    ("ui", ui_types),
    ("dependencies", dependencies),
];

/// All steps, or those that are named.
pub fn check(place: &Place, names: &[&str]) -> Result<()> {
    if let Some(unknown) = names
        .iter()
        .find(|name| STEPS.iter().all(|(step, _)| step != *name))
    {
        let steps = STEPS.map(|(step, _)| step).join(", ");
        bail!("there is no step {unknown}; there are: {steps}");
    }
    setup::system(false)?;
    setup::ui(place)?;
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        if !names.is_empty() && !names.contains(&name) {
            continue;
        }
        println!("== {name}");
        if let Err(error) = step(place) {
            println!("{error:#}");
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("not in order: {}", failed.join(", "));
    }
    println!("all in order");
    Ok(())
}

fn formatting(place: &Place) -> Result<()> {
    Program::cargo(place, &["fmt", "--all", "--check"]).run()
}

/// A lock file that names hosts would tie everybody to the registry of whoever wrote it.
fn locks(place: &Place) -> Result<()> {
    let lock = std::fs::read_to_string(place.ui().join("package-lock.json"))?;
    if lock.contains("\"resolved\": \"http") {
        bail!("ui/package-lock.json names hosts; take its `resolved` lines out");
    }
    Program::cargo(
        place,
        &["metadata", "--locked", "--format-version", "1", "--no-deps"],
    )
    .answer()
    .context("Cargo.lock is not up to date")?;
    Ok(())
}

fn lints(place: &Place) -> Result<()> {
    Program::cargo(
        place,
        &[
            &["clippy", "--all-targets"],
            &ALL[..],
            &["--", "-D", "warnings"],
        ]
        .concat(),
    )
    .run()
}

fn documentation(place: &Place) -> Result<()> {
    Program::cargo(
        place,
        &[&["doc", "--no-deps", "--quiet"], &ALL[..]].concat(),
    )
    .env("RUSTDOCFLAGS", "-D warnings")
    .run()
}

/// The tests that `ts-rs` adds to each type write the files; the repository must hold the same.
fn bindings(place: &Place) -> Result<()> {
    let mut written = CargoTests::default();
    let ended_well = Program::cargo(
        place,
        &[
            &["test", "--quiet", "--lib", "--bins"],
            &ALL[..],
            &["export_bindings"],
        ]
        .concat(),
    )
    .lines(|line| written.line(line))?;
    let (tally, complaints) = written.end(ended_well);
    if tally.failed > 0 {
        bail!("the types were not written {}", complaints.join(", "));
    }
    let changed = Program::new(
        "git",
        &["status", "--porcelain", "--", BINDINGS],
        &place.root,
    )
    .answer()
    .context("git could not be asked")?;
    if !changed.is_empty() {
        bail!("the types in {BINDINGS} were not current; they are now, commit them:\n{changed}");
    }
    Ok(())
}

fn ui_types(place: &Place) -> Result<()> {
    Program::npm(place, &["run", "check", "--silent"]).run()
}

fn dependencies(place: &Place) -> Result<()> {
    let (name, version) = CARGO_DENY;
    let deny = setup::tool(place, name, version)?;
    Program::new(
        &deny,
        &["check", "bans", "licenses", "sources"],
        &place.root,
    )
    .run()?;
    // Only the advisories need a database from elsewhere, which not every machine may fetch.
    if Program::new(&deny, &["fetch", "db"], &place.root)
        .answer()
        .is_none()
    {
        println!("The database of advisories could not be reached, so they were not compared.");
        return Ok(());
    }
    Program::new(&deny, &["check", "advisories"], &place.root).run()
}
