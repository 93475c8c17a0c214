//! The project's chores: `cargo xtask run | test | check | demo | bench | campaign |
//! fuzz`.
//!
//! Each brings up whatever it needs on a machine that has never seen the project, says what it
//! does, and ends with one plain line and an honest exit status. `CARGO_TARGET_DIR` is respected.

mod campaign;
mod check;
mod fuzz;
mod place;
mod png;
mod program;
mod run;
mod screen;
mod setup;
mod tally;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::place::Place;
use crate::program::Program;

const USAGE: &str = "\
usage: cargo xtask CHORE

  run              bring up the app and open its window
  test             run every test there is, the end-to-end ones in the real window included
  check [STEP]     formatting, lints, documentation, licences, generated types
  demo             two people, from invitation to export, told as a story
  bench [NAME]     measure against a floor taken in the same run
  campaign NAME    one \"must be shown\" line at full size; its table stays in tests/campaigns
  fuzz [TARGET] [--seconds N | --runs N] [--keep]
                   bytes of a stranger by chance, 20 minutes or 10 million executions each;
                   with --keep what reached most becomes the corpus that the tests replay
  setup            only what the others do first: system packages, UI packages, tools";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match chore(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn chore(arguments: &[String]) -> Result<()> {
    let place = Place::find()?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["run"] => run::run(&place),
        ["test"] => test::test(&place),
        ["check", ref steps @ ..] => check::check(&place, steps),
        ["demo"] => demo(&place),
        ["bench", ref names @ ..] => campaign::bench(&place, names),
        ["campaign", name] => campaign::campaign(&place, name),
        ["fuzz", ref rest @ ..] => fuzz::fuzz(&place, rest),
        ["setup"] => setup::everything(&place),
        _ => bail!("{USAGE}"),
    }
}

fn demo(place: &Place) -> Result<()> {
    Program::cargo(place, &["build", "-q", "-p", "signet-cli"]).run()?;
    Program::cargo(
        place,
        &["run", "-q", "-p", "signet-loopback", "--bin", "demo"],
    )
    .env("SIGNET_BIN", place.built("debug", "signet"))
    .run()
}
