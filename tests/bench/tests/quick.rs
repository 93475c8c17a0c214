//! The measures run, with tiny numbers that mean nothing.

use std::process::Command;

/// The rows of the table that the bench prints: a measure, ours, the floor, their ratio.
#[expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]
fn rows(names: &[&str]) -> Vec<Vec<String>> {
    let output = Command::new(env!("CARGO_BIN_EXE_signet-bench"))
        .arg("--quick")
        .args(names)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let table = String::from_utf8(output.stdout).unwrap();
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    let rows: Vec<Vec<String>> = table
        .split("\n\n")
        .flat_map(|table| table.lines().filter(|line| line.starts_with('|')).skip(2))
        .map(cells)
        .collect();
    for row in rows.iter().filter(|row| !row[1].starts_with("memory of")) {
        let [_, _, ours, floor, ratio, ..] = &row[..] else {
            panic!("a row is short: {row:?}");
        };
        for cell in [ours, floor, ratio] {
            let starts_with_number = cell
                .trim_start_matches('*')
                .starts_with(|c: char| c.is_ascii_digit());
            assert!(starts_with_number, "no number: {row:?}");
        }
    }
    rows
}

#[test]
fn packing_has_a_row_for_each_size_and_direction() {
    assert_eq!(rows(&["envelope"]).len(), 4);
}

#[test]
fn two_processes_have_a_row_for_each_measure_and_floor() {
    assert_eq!(rows(&["line"]).len(), 4);
}

#[test]
fn restoring_has_a_row_for_time_and_one_for_memory() {
    assert_eq!(rows(&["people"]).len(), 2);
}

#[test]
fn a_mediator_has_rows_for_what_it_stores_how_soon_it_delivers_and_what_waits() {
    // Five of them need PostgreSQL.
    assert!([6, 11].contains(&rows(&["mediator"]).len()));
}

#[test]
fn envelopes_have_a_row_for_each_work_curve_and_size_and_one_for_each_memory() {
    let rows = rows(&["didcomm"]);

    // To and from another only at the smallest size; no signatures on P-384.
    let (curves, sizes) = (3, 3);
    let times = curves * sizes * 4 + curves * 2 + (curves - 1) * sizes * 2;
    assert_eq!(rows.len(), times + 6);
    for row in &rows {
        let [_, name, .., published, affinidi, _] = &row[..] else {
            panic!("a row is short: {row:?}");
        };
        assert_eq!(published == "—", name.contains("P-384"), "{row:?}");
        assert_ne!(affinidi, "—", "{row:?}");
    }
}

#[test]
fn an_unknown_measure_is_refused_with_the_names_of_all() {
    let output = Command::new(env!("CARGO_BIN_EXE_signet-bench"))
        .arg("speed")
        .output()
        .unwrap();

    assert!(!output.status.success());
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaint.contains("envelope, line, window, people, mediator, didcomm"),
        "{complaint}"
    );
}
