//! On what was measured, in one line.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result};

/// Commit, day, processor, memory, system.
#[must_use]
pub fn line() -> String {
    let commit = ask("git", &["describe", "--always", "--dirty", "--abbrev=12"]);
    let day = ask("date", &["-u", "+%Y-%m-%d"]);
    let system = ask("uname", &["-srm"]);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor =
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| "a processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .unwrap_or_default();
    let memory = memory / f64::from(1 << 20);
    format!("Commit {commit}, {day}: {cores} cores of {processor}, {memory:.0} GiB, {system}.")
}

fn ask(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Bytes that a process holds in memory: the part of shared pages that falls to it, if the system
/// says so, else all of them. Zero if there is no such process.
#[must_use]
pub fn resident(process: u32) -> f64 {
    let folder = format!("/proc/{process}");
    field(&format!("{folder}/smaps_rollup"), "Pss")
        .or_else(|| field(&format!("{folder}/status"), "VmRSS"))
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or(0.0, |kib| kib * 1024.0)
}

/// The folder of this program: on a disk, where a temporary folder may be memory.
///
/// # Errors
/// Nobody knows where this program lies.
pub fn disk() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    Ok(here
        .parent()
        .context("this program lies nowhere")?
        .to_owned())
}

/// A program of ours: what the variable names, else the one beside this program.
///
/// # Errors
/// It was not built.
pub fn beside(name: &str, variable: &str) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return Ok(named.into());
    }
    let here = disk()?;
    [here.join(name), here.join("..").join(name)]
        .into_iter()
        .find(|program| program.is_file())
        .with_context(|| {
            format!(
                "there is no {name} beside this program, and {variable} names none: build it first"
            )
        })
}

/// A process and all below it.
#[must_use]
pub fn family(process: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let child = entry.file_name().to_str()?.parse().ok()?;
            let parent = field(&format!("/proc/{child}/status"), "PPid")?;
            Some((child, parent.parse().ok()?))
        })
        .collect();
    let mut family = vec![process];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(
            parents
                .iter()
                .filter(|(_, of)| *of == parent)
                .map(|(child, _)| child),
        );
        next += 1;
    }
    family
}
