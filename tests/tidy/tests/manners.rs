//! The manners of the repository: names, sizes, and what no file of ours contains.
//!
//! Words that are looked for stand here in two halves, so that this file does not find itself.

use signet_tidy::{File, files, root};

/// Names that say nothing; a module is a noun of the program.
const EMPTY_NAMES: [&str; 9] = [
    "common", "util", "utils", "core", "helper", "helpers", "manager", "managers", "misc",
];

/// Longer than this and there is a second noun in the file.
const LONGEST: usize = 500;

const CODE: [&str; 3] = ["rs", "ts", "svelte"];

fn offenders(files: &[File], judge: impl Fn(&File) -> Option<String>) {
    assert!(files.len() > 50, "only {} files were found", files.len());
    let found: Vec<String> = files
        .iter()
        .filter_map(|file| judge(file).map(|what| format!("{}: {what}", file.path)))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The number of the first line that holds one of the words, and the word.
fn first(text: &str, words: &[String]) -> Option<String> {
    text.lines().zip(1..).find_map(|(line, number)| {
        let word = words.iter().find(|word| line.contains(word.as_str()))?;
        Some(format!("line {number} has {word}"))
    })
}

fn joined(halves: &[(&str, &str)]) -> Vec<String> {
    halves
        .iter()
        .map(|(start, end)| format!("{start}{end}"))
        .collect()
}

#[test]
fn every_module_is_named_for_what_it_is() {
    offenders(&files().unwrap(), |file| {
        let name = file
            .path
            .split('/')
            .map(|part| part.split('.').next().unwrap_or(part))
            .find(|part| EMPTY_NAMES.contains(&part.to_lowercase().as_str()))?;
        file.is(&CODE).then(|| format!("{name} is no name"))
    });
}

#[test]
fn no_file_of_code_is_longer_than_500_lines() {
    offenders(&files().unwrap(), |file| {
        let lines = file.text.lines().count();
        (file.is(&CODE) && lines > LONGEST).then(|| format!("{lines} lines"))
    });
}

#[test]
fn no_test_is_left_out() {
    let rust = joined(&[("#[ign", "ore"), ("ign", "ore = \"")]);
    let script = joined(&[(".sk", "ip("), (".on", "ly("), (".to", "do("), ("xi", "t(")]);

    offenders(&files().unwrap(), |file| match () {
        () if file.is(&["rs"]) => first(&file.text, &rust),
        () if file.path.ends_with(".test.ts") => first(&file.text, &script),
        () => None,
    });
}

#[test]
fn no_file_names_a_path_of_a_machine() {
    let mut places = joined(&[("/ro", "ot/"), ("/wo", "rk/")]);
    let here = root().canonicalize().unwrap();
    places.push(here.to_string_lossy().into_owned());
    // On a machine that is told no home of its own there is one path less to look for.
    if let Some(home) = std::env::home_dir().filter(|home| home.iter().count() > 1) {
        places.push(format!("{}/", home.display()));
    }

    offenders(&files().unwrap(), |file| first(&file.text, &places));
}

#[test]
fn no_lock_or_setting_names_a_registry() {
    offenders(&files().unwrap(), |file| {
        let name = file.path.rsplit('/').next()?;
        match name {
            "package-lock.json" => first(&file.text, &["\"resolved\"".to_owned()]),
            ".npmrc" => first(&file.text, &["registry=".to_owned(), "//".to_owned()]),
            "config.toml" if file.path.starts_with(".cargo/") => first(
                &file.text,
                &[
                    "[source".to_owned(),
                    "[registr".to_owned(),
                    "index".to_owned(),
                ],
            ),
            "Cargo.lock" => file
                .text
                .lines()
                .filter(|line| line.starts_with("source = "))
                .find(|line| {
                    *line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
                })
                .map(str::to_owned),
            _ => None,
        }
    });
}

#[test]
fn one_file_of_the_ui_talks_to_tauri() {
    let files = files().unwrap();
    let talkers: Vec<&str> = files
        .iter()
        .filter(|file| file.path.starts_with("ui/src/") && file.is(&["ts", "svelte"]))
        .filter(|file| file.text.contains("\"@tauri-apps/"))
        .map(|file| file.path.as_str())
        // It plays Tauri's side, for pictures without a Rust side.
        .filter(|path| *path != "ui/src/mock.ts")
        .collect();

    assert_eq!(talkers, ["ui/src/lib/api.ts"]);
}

#[test]
fn the_pure_crates_look_at_no_clock_no_disk_and_no_chance() {
    let words = joined(&[
        ("System", "Time"),
        ("Instant::", "now"),
        ("std::", "fs"),
        ("std::", "net"),
        ("std::", "env"),
        ("std::", "thread"),
        ("std::", "process"),
        ("Os", "Rng"),
        ("System", "Random"),
        ("thread_", "rng"),
    ]);

    offenders(&files().unwrap(), |file| {
        let pure = ["crates/didcomm/src/", "crates/protocol/src/"]
            .iter()
            .any(|folder| file.path.starts_with(folder));
        // Tests may read published vectors from a folder.
        let code = file.text.split("#[cfg(test)]").next()?;
        (pure && !file.path.ends_with("tests.rs"))
            .then(|| first(code, &words))
            .flatten()
    });
}
