//! `cargo xtask bench` and `cargo xtask campaign`: numbers at full size.
//!
//! A campaign is a file of tests, `{tests,crates}/*/tests/NAME.rs`, that reads `SIGNET_CAMPAIGN` for its
//! size and prints tables in Markdown, each line beginning with `|`, whatever else stands between
//! the rows of one. They are kept with the commit, the machine and the command, so that they can be
//! believed and repeated.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::program::Program;
use crate::setup;

/// The window as people get it, and an empty one to compare it with.
const WINDOWS: [&str; 10] = [
    "build",
    "--release",
    "-p",
    "signet-desktop",
    "--features",
    "custom-protocol",
    "--bin",
    "signet-desktop",
    "--example",
    "empty",
];

/// Builds what the named measures start, all of them if none is named, and measures.
pub fn bench(place: &Place, names: &[&str]) -> Result<()> {
    let is_wanted = |name| names.is_empty() || names.contains(&name);
    if is_wanted("line") {
        Program::cargo(place, &["build", "--release", "-p", "signet-cli"]).run()?;
    }
    if is_wanted("mediator") {
        Program::cargo(place, &["build", "--release", "-p", "signet-mediator"]).run()?;
    }
    if is_wanted("window") {
        setup::system(true)?;
        setup::ui(place)?;
        setup::pages(place)?;
        Program::cargo(place, &WINDOWS).run()?;
    }
    // It starts a program of its own package, which `run` alone does not build.
    if names.contains(&"didcomm") {
        Program::cargo(place, &["build", "--release", "-p", "signet-bench"]).run()?;
    }
    Program::cargo(
        place,
        &[&["run", "--release", "-p", "signet-bench", "--"], names].concat(),
    )
    .run()
}

pub fn campaign(place: &Place, name: &str) -> Result<()> {
    let package = package(place, name)?;
    let programs = ["-p", "signet-cli", "-p", "signet-mediator"];
    Program::cargo(place, &[&["build", "--release"], &programs[..]].concat()).run()?;
    let mut table: Vec<String> = Vec::new();
    let ended_well = Program::cargo(
        place,
        &[
            "test",
            "--release",
            "-p",
            &package,
            "--test",
            name,
            "--",
            "--nocapture",
            "--test-threads=1",
        ],
    )
    .env("SIGNET_CAMPAIGN", "full")
    .env("SIGNET_BIN", place.built("release", "signet"))
    .env(
        "SIGNET_MEDIATOR_BIN",
        place.built("release", "signet-mediator"),
    )
    .lines(|line| {
        if line.starts_with("|---") && table.len() > 1 {
            // Another table begins with the line before.
            table.insert(table.len() - 1, String::new());
        }
        if line.starts_with('|') {
            table.push(line.to_owned());
        }
    })?;
    if !ended_well {
        bail!("the campaign {name} failed; no table is kept");
    }
    if table.is_empty() {
        bail!("the campaign {name} printed no table");
    }
    let folder = place.root.join("tests/campaigns");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.md"));
    fs::write(
        &file,
        format!(
            "# {name}\n\n{}\n\n{}\n",
            circumstances(place, name),
            table.join("\n")
        ),
    )?;
    println!("The table is kept in {}", file.display());
    Ok(())
}

/// The package that has a file of tests of this name.
fn package(place: &Place, name: &str) -> Result<String> {
    let mut known = Vec::new();
    let packages = |folder: &str| fs::read_dir(place.root.join(folder));
    for folder in packages("tests")?.chain(packages("crates")?) {
        let folder = folder?.path();
        let files = fs::read_dir(folder.join("tests"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|file| file.path());
        for file in
            files.filter(|file: &PathBuf| file.extension().is_some_and(|ending| ending == "rs"))
        {
            let Some(stem) = file.file_stem().and_then(|stem| stem.to_str()) else {
                continue;
            };
            if stem == name {
                return package_name(&folder.join("Cargo.toml"));
            }
            if fs::read_to_string(&file)?.contains("SIGNET_CAMPAIGN") {
                known.push(stem.to_owned());
            }
        }
    }
    known.sort();
    bail!(
        "there is no campaign {name}; there are: {}",
        known.join(", ")
    )
}

fn package_name(manifest: &std::path::Path) -> Result<String> {
    let text = fs::read_to_string(manifest)?;
    text.lines()
        .find_map(|line| line.strip_prefix("name = "))
        .map(|name| name.trim_matches('"').to_owned())
        .with_context(|| format!("{} names no package", manifest.display()))
}

/// Commit, machine and command, each on a line.
fn circumstances(place: &Place, name: &str) -> String {
    let ask = |program: &str, arguments: &[&str]| {
        Program::new(program, arguments, &place.root)
            .answer()
            .unwrap_or_default()
    };
    let commit = ask("git", &["describe", "--always", "--abbrev=12"]);
    // The table of a campaign before this one changes nothing of what is measured.
    let elsewhere = [".", ":(exclude)tests/campaigns"];
    let changed = ask(
        "git",
        &[&["diff", "--name-only", "HEAD", "--"], &elsewhere[..]].concat(),
    );
    let dirty = if changed.is_empty() { "" } else { "-dirty" };
    let day = ask("date", &["-u", "+%Y-%m-%d"]);
    let system = ask("uname", &["-srm"]);
    let processor = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(": ")?.1.to_owned())
        })
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "Commit {commit}{dirty}, {day}, {cores} cores of {processor}, {system}.\n\n    cargo xtask campaign {name}"
    )
}
