//! `cargo xtask fuzz`: what a stranger can send, tried by chance.
//!
//! The targets are those of `crates/didcomm/fuzz`. A run begins with the committed corpus and with
//! what earlier runs on this machine found, which lies in the target folder; `--keep` takes
//! those that reach most into the repository, where every run of the tests replays them. The compiler is the pinned one: it is only asked to count what is reached.

mod smallest;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::smallest::Inputs;
use crate::place::Place;
use crate::program::Program;
use crate::setup;

const CARGO_FUZZ: (&str, &str) = ("cargo-fuzz", "0.13.2");

/// Enough for every target: whichever of both is reached first.
const SECONDS: u64 = 20 * 60;
const RUNS: u64 = 10_000_000;

/// The longest input that is tried, and kept; envelopes of a short text have half of it.
const LONGEST: &str = "-max_len=4096";

/// How many inputs `--keep` keeps of each target, besides those with a name.
const KEPT: usize = 64;

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    /// All of them if there is none.
    target: Option<String>,
    seconds: Option<u64>,
    runs: Option<u64>,
    keep: bool,
}

impl Wish {
    fn read(arguments: &[&str]) -> Result<Wish> {
        let mut wish = Wish::default();
        let mut rest = arguments.iter();
        while let Some(&word) = rest.next() {
            let mut number = || -> Result<Option<u64>> {
                let text = rest
                    .next()
                    .with_context(|| format!("{word} needs a number"))?;
                let number = text.parse().ok().filter(|number| *number > 0);
                number
                    .map(Some)
                    .with_context(|| format!("{text} is no number for {word}"))
            };
            match word {
                "--seconds" => wish.seconds = number()?,
                "--runs" => wish.runs = number()?,
                "--keep" => wish.keep = true,
                name if !name.starts_with('-') && wish.target.is_none() => {
                    wish.target = Some(name.to_owned());
                }
                other => bail!("fuzz does not know {other}"),
            }
        }
        if wish.seconds.is_some() && wish.runs.is_some() {
            bail!("either --seconds or --runs ends a run, not both");
        }
        Ok(wish)
    }

    /// What ends a run, in the fuzzer's words.
    fn ends(&self) -> Vec<String> {
        let (seconds, runs) = match (self.seconds, self.runs) {
            (None, None) => (Some(SECONDS), Some(RUNS)),
            asked => asked,
        };
        let seconds = seconds.map(|seconds| format!("-max_total_time={seconds}"));
        seconds
            .into_iter()
            .chain(runs.map(|runs| format!("-runs={runs}")))
            .collect()
    }
}

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    executions: String,
    reached: String,
    /// The file of an input that did not hold.
    finding: Option<String>,
}

impl Figures {
    /// Takes in a line of the fuzzer and says whether a person wants to see it.
    fn line(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["stat::number_of_executed_units:", number] = words[..] {
            self.executions = number.to_owned();
        }
        if let Some(place) = words.iter().position(|word| *word == "cov:") {
            let reached = words.get(place + 1).copied().unwrap_or_default();
            self.reached = reached.to_owned();
        }
        if let Some((_, file)) = line.split_once("Test unit written to ") {
            self.finding = Some(file.trim().to_owned());
        }
        // Each new input is told in a line of its own, some thousands of them.
        let is_step = words.first().is_some_and(|word| word.starts_with('#'));
        let is_mark = |word: &&str| ["INITED", "pulse", "DONE"].contains(word);
        let is_dictionary = line.starts_with('"') || line.starts_with("######");
        !is_dictionary && (!is_step || words.get(1).is_some_and(is_mark))
    }
}

/// Runs one target, or all of them one after the other.
pub fn fuzz(place: &Place, arguments: &[&str]) -> Result<()> {
    let wish = Wish::read(arguments)?;
    let all = targets(place)?;
    let chosen: Vec<&String> =
        match &wish.target {
            None => all.iter().collect(),
            Some(name) => {
                let found = all.get(name);
                let names = || all.iter().cloned().collect::<Vec<_>>().join(", ");
                vec![found.with_context(|| {
                    format!("there is no target {name}; there are: {}", names())
                })?]
            }
        };
    let cargo_fuzz = setup::tool(place, CARGO_FUZZ.0, CARGO_FUZZ.1)?;
    cargo_fuzz_on(place, &cargo_fuzz, "build", &[])?.run()?;

    let (mut told, mut failed) = (Vec::new(), Vec::new());
    for target in chosen {
        println!("== {target}");
        match run(place, &cargo_fuzz, target, &wish) {
            Ok(figures) => told.push(format!(
                "{target}: {} executions, {} edges reached, no finding",
                figures.executions, figures.reached
            )),
            Err(error) => {
                told.push(format!("{error:#}"));
                failed.push(target.as_str());
                continue;
            }
        }
        if wish.keep {
            keep(place, &cargo_fuzz, target)?;
        }
    }
    println!();
    for line in told {
        println!("{line}");
    }
    if !failed.is_empty() {
        bail!("not in order: {}", failed.join(", "));
    }
    Ok(())
}

/// The programs in `targets`, by name.
fn targets(place: &Place) -> Result<BTreeSet<String>> {
    let folder = folder(place).join("targets");
    let mut names = BTreeSet::new();
    for file in fs::read_dir(&folder).with_context(|| format!("{} is missing", folder.display()))? {
        let path = file?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        names.extend(name.map(str::to_owned));
    }
    Ok(names)
}

fn folder(place: &Place) -> PathBuf {
    place.root.join("crates/didcomm/fuzz")
}

fn kept(place: &Place, target: &str) -> PathBuf {
    folder(place).join("corpus").join(target)
}

fn cargo_fuzz_on(place: &Place, tool: &Path, verb: &str, rest: &[&str]) -> Result<Program> {
    let (fuzz, built) = (folder(place), place.target.join("fuzz"));
    let (fuzz, built) = (text(&fuzz)?, text(&built)?);
    let arguments = [&[verb, "--fuzz-dir", fuzz, "--target-dir", built], rest].concat();
    // The tool asks cargo for what only nightly compilers promise to keep.
    Ok(Program::new(tool, &arguments, &place.root).env("RUSTC_BOOTSTRAP", "1"))
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .context("the path of the repository is no text")
}

fn run(place: &Place, tool: &Path, target: &str, wish: &Wish) -> Result<Figures> {
    let (found, kept) = (found(place, target)?, kept(place, target));
    let ends = wish.ends();
    let ends = ends.iter().map(String::as_str);
    let options = [
        target,
        text(&found)?,
        text(&kept)?,
        "--",
        "-print_final_stats=1",
        LONGEST,
    ];
    let options: Vec<&str> = options.into_iter().chain(ends).collect();
    let mut figures = Figures::default();
    let program = cargo_fuzz_on(place, tool, "run", &options)?;
    let ended_well = program.sifted(|line| figures.line(line))?;
    if let Some(finding) = figures.finding.as_ref().filter(|_| !ended_well) {
        bail!(
            "{target} has a finding: {}\nPut it into {} under a name such as found-this, and \
             mend what the corpus shows then: cargo test -p signet-didcomm --test corpus",
            finding,
            kept.display()
        );
    }
    if !ended_well {
        bail!("{target} ended badly, and left no finding");
    }
    Ok(figures)
}

/// Where the inputs lie that were found on this machine.
fn found(place: &Place, target: &str) -> Result<PathBuf> {
    let folder = place.target.join("fuzz/corpus").join(target);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Puts those that reach most in the place of the committed corpus. What has a name stays: seeds,
/// and what was once a finding.
fn keep(place: &Place, tool: &Path, target: &str) -> Result<()> {
    let (found, kept) = (found(place, target)?, kept(place, target));
    let smallest = place.target.join("fuzz/smallest");
    if smallest.exists() {
        fs::remove_dir_all(&smallest)?;
    }
    fs::create_dir_all(smallest.join("all"))?;
    let all = smallest.join("all");
    let folders = [text(&all)?, text(&found)?, text(&kept)?];
    let list = smallest.join("list");
    let list_there = format!("-merge_control_file={}", text(&list)?);
    // How often an edge is reached is left out.
    let merge = [
        "--",
        "-set_cover_merge=1",
        "-use_counters=0",
        &list_there,
        LONGEST,
    ];
    let options = [&[target], &folders[..], &merge[..]].concat();
    if !cargo_fuzz_on(place, tool, "run", &options)?.sifted(|line| line.contains("ERROR"))? {
        bail!("what the inputs of {target} reach could not be listed");
    }

    let name = |file: &Path| -> Result<String> {
        let name = file.file_name().and_then(|name| name.to_str());
        Ok(name.context("an input without a name")?.to_owned())
    };
    let stays = |file: &str| Path::new(file).parent() == Some(&kept) && has_name(file);
    let best = Inputs::read(&fs::read_to_string(&list)?)?.best(KEPT, stays);
    let mut contents = Vec::new();
    for file in best {
        let path = Path::new(&file);
        contents.push((name(path)?, fs::read(path)?));
    }
    for file in fs::read_dir(&kept)? {
        let path = file?.path();
        if !has_name(&name(&path)?) {
            fs::remove_file(path)?;
        }
    }
    for (name, bytes) in &contents {
        fs::write(kept.join(name), bytes)?;
    }
    println!(
        "{} inputs without a name are kept in {}",
        contents.len(),
        kept.display()
    );
    Ok(())
}

/// The fuzzer names files by their hash; a person does not.
fn has_name(file: &str) -> bool {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.contains('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read_in_any_order_and_ends_a_run_one_way() {
        let wish = Wish::read(&["--seconds", "5", "did", "--keep"]).unwrap();
        assert_eq!(wish.target.as_deref(), Some("did"));
        assert!(wish.keep);
        assert_eq!(wish.ends(), ["-max_total_time=5"]);
        let wish = Wish::read(&["--runs", "7"]).unwrap();
        assert_eq!(
            (wish.target.as_ref(), wish.ends()),
            (None, vec!["-runs=7".to_owned()])
        );
        assert_eq!(
            Wish::read(&[]).unwrap().ends(),
            ["-max_total_time=1200", "-runs=10000000"]
        );
    }

    #[test]
    fn what_is_no_wish_is_refused() {
        for wrong in [
            &["--seconds"][..],
            &["--seconds", "soon"],
            &["--runs", "0"],
            &["--seconds", "1", "--runs", "1"],
            &["did", "document"],
            &["--fast"],
        ] {
            assert!(Wish::read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_figures_are_read_and_single_steps_are_not_shown() {
        let mut figures = Figures::default();
        let unit = "artifact_prefix='a/'; Test unit written to a/crash-1";
        for (line, is_shown) in [
            (unit, true),
            (
                "INFO: seed corpus: files: 16 min: 4b max: 736b total: 3446b",
                true,
            ),
            (
                "#17\tINITED cov: 1773 ft: 3819 corp: 15/3Kb exec/s: 0 rss: 45Mb",
                true,
            ),
            (
                "#18\tNEW    cov: 1774 ft: 3820 corp: 16/3Kb lim: 277 exec/s: 9 rss: 45Mb",
                false,
            ),
            (
                "#19\tREDUCE cov: 1774 ft: 3820 corp: 16/3Kb lim: 277 exec/s: 9 rss: 45Mb",
                false,
            ),
            (
                "#32768\tpulse  cov: 1780 ft: 3820 corp: 16/3Kb exec/s: 9 rss: 45Mb",
                true,
            ),
            ("\"did:web:\" # Uses: 56", false),
            ("thread panicked at somewhere", true),
            (
                "#99\tDONE   cov: 1790 ft: 3820 corp: 16/3Kb exec/s: 9 rss: 45Mb",
                true,
            ),
            ("stat::number_of_executed_units: 99", true),
        ] {
            assert_eq!(figures.line(line), is_shown, "{line}");
        }

        let expected = Figures {
            executions: "99".into(),
            reached: "1790".into(),
            finding: Some("a/crash-1".into()),
        };
        assert_eq!(figures, expected);
    }
}
