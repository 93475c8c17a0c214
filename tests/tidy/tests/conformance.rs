//! The table of the specification's rows: complete, without repeats, and true about its tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use signet_tidy::{File, files, root};

const TABLE: &str = "crates/didcomm/CONFORMANCE.md";

/// The sections of the checklist, and how many rows each has.
const SECTIONS: [(&str, usize); 28] = [
    ("MT", 9),
    ("NE", 6),
    ("PT", 18),
    ("AC", 7),
    ("EN", 23),
    ("SG", 9),
    ("RO", 24),
    ("TH", 7),
    ("AK", 7),
    ("TM", 4),
    ("AT", 12),
    ("LN", 5),
    ("PR", 11),
    ("TR", 1),
    ("RT", 13),
    ("SE", 10),
    ("TP", 11),
    ("RR", 4),
    ("LP", 4),
    ("FS", 6),
    ("OB", 12),
    ("TG", 2),
    ("DF", 5),
    ("PF", 2),
    ("GC", 1),
    ("SV", 1),
    ("NO", 25),
    // The checklist has it between two numbers.
    ("SG-4b", 1),
];

const LEVELS: [&str; 6] = ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "DERIVED"];

/// One line of the table.
struct Row {
    id: String,
    level: String,
    says: String,
    held_by: String,
}

impl Row {
    /// The names of tests in it.
    fn tests(&self) -> Vec<&str> {
        let cell = self.held_by.split('`').skip(1).step_by(2);
        cell.filter(|name| name.contains("::")).collect()
    }

    /// Why there is none.
    fn has_reason(&self) -> bool {
        let why = self
            .held_by
            .split_once(": ")
            .filter(|(start, _)| *start == "Not ours" || start.starts_with("Comes with "));
        why.is_some_and(|(_, why)| why.split(' ').count() > 1)
    }
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join(TABLE)).unwrap();
    let lines = text.lines().filter(|line| {
        let id = line.trim_start_matches("| ");
        line.starts_with("| ") && id.starts_with(|c: char| c.is_ascii_uppercase())
    });
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [id, level, says, held_by] = cells[..] else {
        panic!("not four cells: {line}");
    };
    Row {
        id: id.to_owned(),
        level: level.to_owned(),
        says: says.to_owned(),
        held_by: held_by.to_owned(),
    }
}

/// The functions in a file that are tests.
fn tests_of(file: &File) -> BTreeSet<&str> {
    let mut tests = BTreeSet::new();
    let mut is_test = false;
    for line in file.text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
            continue;
        }
        let Some((before, after)) = line.split_once("fn ") else {
            continue;
        };
        let is_plain = ["", "async ", "pub "].contains(&before);
        let name = after.split('(').next().unwrap_or_default();
        if is_plain && std::mem::take(&mut is_test) {
            tests.insert(name);
        }
    }
    tests
}

/// The tests of the repository, by the names that the table gives them.
fn named(files: &[File]) -> BTreeMap<String, BTreeSet<&str>> {
    let mut named: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is(&["rs"])) {
        let parts: Vec<&str> = file.path.trim_end_matches(".rs").split('/').collect();
        let ["crates" | "tests", package, "src" | "tests", path @ ..] = &parts[..] else {
            continue;
        };
        let place = format!("{package}::{}", path.join("::"));
        named.entry(place).or_default().extend(tests_of(file));
    }
    named
}

fn none(found: Vec<String>) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_row_of_every_section_stands_in_the_table_once() {
    let rows = rows();
    let mut expected = BTreeSet::new();
    for (section, count) in SECTIONS {
        if section.contains('-') {
            expected.insert(section.to_owned());
            continue;
        }
        expected.extend((1..=count).map(|number| format!("{section}-{number}")));
    }

    let ids: BTreeSet<String> = rows.iter().map(|row| row.id.clone()).collect();

    assert_eq!(ids.len(), rows.len(), "a row stands twice");
    assert_eq!(ids, expected);
}

#[test]
fn every_row_has_a_level_and_a_statement_of_its_own() {
    let rows = rows();
    let statements: BTreeSet<&str> = rows.iter().map(|row| &*row.says).collect();

    none(
        rows.iter()
            .filter(|row| !LEVELS.contains(&&*row.level) || row.says.is_empty())
            .map(|row| format!("{}: level {}, {}", row.id, row.level, row.says))
            .collect(),
    );
    assert_eq!(statements.len(), rows.len(), "two rows say the same");
}

#[test]
fn every_row_names_a_test_or_says_why_there_is_none() {
    none(
        rows()
            .iter()
            .filter(|row| row.tests().is_empty() != row.has_reason())
            .map(|row| format!("{} ({}): {}", row.id, row.level, row.held_by))
            .collect(),
    );
}

#[test]
fn every_test_that_the_table_names_exists() {
    let files = files().unwrap();
    let named = named(&files);
    let mut found = Vec::new();
    for row in rows() {
        for name in row.tests() {
            let exists = name
                .rsplit_once("::")
                .and_then(|(place, test)| Some(named.get(place)?.contains(test)));
            if exists != Some(true) {
                found.push(format!("{}: there is no test {name}", row.id));
            }
        }
    }
    none(found);
}
