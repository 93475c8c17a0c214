//! Counting what the test runners report.
//!
//! Cargo names each test program (`Running tests/story.rs (…)`, `Doc-tests …`) before its
//! `test result:` line; vitest ends with ` Tests  3 passed (3)`. A runner that reports nothing,
//! or that no test came out of, has not shown anything, so it counts as a failure.

/// The sum of several runners.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// A chore that either holds or not, counted as one test.
    pub fn one(holds: bool) -> Tally {
        Tally {
            passed: holds.into(),
            failed: (!holds).into(),
        }
    }
}

/// Reads cargo's test programs line by line.
#[derive(Default)]
pub struct CargoTests {
    tally: Tally,
    current: Option<String>,
    empty: Vec<String>,
}

impl CargoTests {
    pub fn line(&mut self, line: &str) {
        let line = plain(line);
        let line = line.trim();
        if let Some(program) = line.strip_prefix("Running ") {
            self.current = program.split(" (").next().map(str::to_owned);
        } else if line.starts_with("Doc-tests ") {
            self.current = None;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            let passed = before(result, "passed");
            let failed = before(result, "failed");
            // A library may have its tests elsewhere; a file of tests without one is a mistake.
            if let Some(program) = self.current.take()
                && program.starts_with("tests")
                && passed + failed == 0
            {
                self.empty.push(program);
            }
            self.tally.add(Tally { passed, failed });
        }
    }

    /// The sum, and a sentence for everything that is wrong beside failed tests.
    pub fn end(self, ended_well: bool) -> (Tally, Vec<String>) {
        let complaints = self
            .empty
            .iter()
            .map(|program| format!("{program} ran no test"))
            .collect();
        finish(self.tally, ended_well, "cargo test", complaints)
    }
}

/// Reads vitest line by line.
#[derive(Default)]
pub struct Vitest {
    tally: Tally,
}

impl Vitest {
    pub fn line(&mut self, line: &str) {
        let line = plain(line);
        if let Some(result) = line.trim().strip_prefix("Tests ") {
            self.tally = Tally {
                passed: before(result, "passed"),
                failed: before(result, "failed"),
            };
        }
    }

    pub fn end(self, ended_well: bool) -> (Tally, Vec<String>) {
        finish(self.tally, ended_well, "vitest", Vec::new())
    }
}

fn finish(
    mut tally: Tally,
    ended_well: bool,
    runner: &str,
    mut complaints: Vec<String>,
) -> (Tally, Vec<String>) {
    if tally == Tally::default() {
        complaints.push(format!("{runner} ran no test"));
    } else if !ended_well && tally.failed == 0 {
        complaints.push(format!("{runner} ended badly though no test failed"));
    }
    tally.failed += complaints.len() as u64;
    (tally, complaints)
}

/// The number that stands before a word: 3 in "1 failed | 3 passed (4)".
fn before(text: &str, word: &str) -> u64 {
    let words: Vec<&str> = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words
        .iter()
        .position(|&found| found == word)
        .and_then(|place| words.get(place.checked_sub(1)?)?.parse().ok())
        .unwrap_or(0)
}

/// A line without the terminal's colours.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => {
                letters.by_ref().skip(1).find(char::is_ascii_alphabetic);
            }
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cargo(lines: &[&str], ended_well: bool) -> (Tally, Vec<String>) {
        let mut tests = CargoTests::default();
        lines.iter().for_each(|line| tests.line(line));
        tests.end(ended_well)
    }

    #[test]
    fn the_results_of_all_programs_add_up() {
        let (tally, complaints) = cargo(
            &[
                "     Running unittests src/lib.rs (target/debug/deps/a-1)",
                "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
                "     Running tests/story.rs (target/debug/deps/story-1)",
                "\u{1b}[1mtest result: \u{1b}[31mFAILED\u{1b}[0m. 2 passed; 1 failed; 0 ignored; 0 measured",
                "   Doc-tests a",
                "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            ],
            false,
        );

        assert_eq!(
            tally,
            Tally {
                passed: 6,
                failed: 1
            }
        );
        assert!(complaints.is_empty());
    }

    #[test]
    fn a_file_of_tests_without_a_test_fails() {
        let lines = [
            "     Running unittests src/lib.rs (target/debug/deps/a-1)",
            "test result: ok. 4 passed; 0 failed; 0 ignored",
            "     Running tests/story.rs (target/debug/deps/story-1)",
            "test result: ok. 0 passed; 0 failed; 0 ignored",
        ];

        let (tally, complaints) = cargo(&lines, true);

        assert_eq!(
            tally,
            Tally {
                passed: 4,
                failed: 1
            }
        );
        assert_eq!(complaints, ["tests/story.rs ran no test"]);
    }

    #[test]
    fn a_runner_that_ran_nothing_or_broke_down_fails() {
        assert_eq!(
            cargo(&["error: could not compile"], false).0,
            Tally {
                passed: 0,
                failed: 1
            }
        );
        let crashed = ["test result: ok. 3 passed; 0 failed", "error: signal: 11"];
        assert_eq!(
            cargo(&crashed, false).0,
            Tally {
                passed: 3,
                failed: 1
            }
        );
        assert_eq!(
            Vitest::default().end(true).0,
            Tally {
                passed: 0,
                failed: 1
            }
        );
    }

    #[test]
    fn vitest_is_read_with_and_without_failures() {
        for (line, expected) in [
            ("      Tests  12 passed (12)", (12, 0)),
            (
                "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[31m2 failed\u{1b}[39m | 10 passed (12)",
                (10, 2),
            ),
        ] {
            let mut vitest = Vitest::default();
            vitest.line(" Test Files  3 passed (3)");
            vitest.line(line);

            let (passed, failed) = expected;
            assert_eq!(vitest.end(failed == 0).0, Tally { passed, failed });
        }
    }
}
