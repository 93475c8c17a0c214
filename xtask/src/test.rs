//! `cargo xtask test`: every test there is.
//!
//! All of Rust is built and tested by one selection of packages, because another selection would
//! unite features differently and build half of the dependencies again. The tests in the real
//! window find a display, the programs and the WebDriver bridge through their environment:
//! `SIGNET_BIN`, `SIGNET_MEDIATOR_BIN`, `SIGNET_DESKTOP`, `SIGNET_TAURI_DRIVER`, `SIGNET_PICTURES`.

use anyhow::{Result, bail};

use crate::place::Place;
use crate::program::Program;
use crate::screen::Screen;
use crate::setup;
use crate::tally::{CargoTests, Tally, Vitest};

/// The one selection, also for lints and types. A finished window carries its pages inside.
pub const ALL: [&str; 3] = [
    "--workspace",
    "--features",
    "signet-desktop/custom-protocol",
];

pub fn test(place: &Place) -> Result<()> {
    setup::everything(place)?;
    let mut tally = Tally::default();
    let mut complaints = Vec::new();
    let stages = [ui_types, ui_tests, rust_tests];
    for stage in stages {
        let (counted, sentences) =
            stage(place).unwrap_or_else(|error| (Tally::one(false), vec![format!("{error:#}")]));
        tally.add(counted);
        complaints.extend(sentences);
    }

    println!();
    for complaint in complaints {
        println!("{complaint}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 || tally.passed == 0 {
        bail!("the tests failed");
    }
    Ok(())
}

type Outcome = Result<(Tally, Vec<String>)>;

fn ui_types(place: &Place) -> Outcome {
    Program::npm(place, &["run", "check", "--silent"]).run()?;
    Ok((Tally::one(true), Vec::new()))
}

fn ui_tests(place: &Place) -> Outcome {
    let mut vitest = Vitest::default();
    let ended_well = Program::npm(place, &["test", "--silent"])
        .env("CI", "1")
        .lines(|line| vitest.line(line))?;
    Ok(vitest.end(ended_well))
}

fn rust_tests(place: &Place) -> Outcome {
    setup::pages(place)?;
    let driver = setup::tauri_driver(place)?;
    std::fs::create_dir_all(place.pictures())?;
    Program::cargo(place, &[&["build", "--all-targets"], &ALL[..]].concat()).run()?;

    let screen = Screen::start(place)?;
    let mut tests = CargoTests::default();
    let ended_well = Program::cargo(place, &[&["test", "--no-fail-fast"], &ALL[..]].concat())
        .envs(screen.variables())
        .without_env("WAYLAND_DISPLAY")
        .env("SIGNET_BIN", place.built("debug", "signet"))
        .env(
            "SIGNET_MEDIATOR_BIN",
            place.built("debug", "signet-mediator"),
        )
        .env("SIGNET_DESKTOP", place.built("debug", "signet-desktop"))
        .env("SIGNET_TAURI_DRIVER", driver)
        .env("SIGNET_PICTURES", place.pictures())
        .lines(|line| tests.line(line))?;
    Ok(tests.end(ended_well))
}
