//! The table: each work with the times of everybody, and what is missed in bold.

use std::fmt;

use crate::row::{Unit, percentile};

/// How many times faster than `didcomm` ours should be.
const FASTER: f64 = 2.0;

/// The head of the table.
pub(super) fn head() -> String {
    format!(
        "| | Signet | floor | of the floor | aim | `didcomm` 0.4.1 (≥ {FASTER} ×) | \
         `affinidi-messaging-didcomm` 0.15.11 |\n|---|---|---|---|---|---|---|\n"
    )
}

/// One line of it: seconds, round by round.
pub(super) struct Line {
    name: String,
    aim: f64,
    /// Ours, the floor's, affinidi's, and those of `didcomm` where it has such a thing.
    rounds: Vec<Vec<f64>>,
}

impl Line {
    pub(super) fn new(name: String, aim: f64) -> Self {
        Self {
            name,
            aim,
            rounds: Vec::new(),
        }
    }

    /// One round.
    pub(super) fn add(&mut self, seconds: Vec<f64>) {
        self.rounds.push(seconds);
    }

    fn median(&self, who: usize) -> Option<f64> {
        self.median_of(|round| round.get(who).copied())
    }

    /// How often ours would be done in the time of another, by the median of the rounds.
    fn faster_than(&self, who: usize) -> Option<f64> {
        self.median_of(|round| Some(round.get(who)? / round.first()?))
    }

    fn median_of(&self, one: impl Fn(&Vec<f64>) -> Option<f64>) -> Option<f64> {
        let values: Option<Vec<f64>> = self.rounds.iter().map(one).collect();
        values.map(|values| percentile(&values, 50))
    }

    fn other(&self, who: usize, least: f64) -> String {
        match (self.median(who), self.faster_than(who)) {
            (Some(seconds), Some(times)) => {
                let times = bold(format!("{times:.1} ×"), times >= least);
                format!("{} ({times})", Unit::Seconds.show(seconds))
            }
            _ => "—".to_owned(),
        }
    }
}

/// In bold unless the aim is met.
pub(super) fn bold(text: String, is_met: bool) -> String {
    match is_met {
        true => text,
        false => format!("**{text}**"),
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |who| Unit::Seconds.show(self.median(who).unwrap_or_default());
        let part = self.faster_than(1).unwrap_or_default();
        write!(
            f,
            "| {} | {} | {} | {} | ≥ {:.0} % | {} | {} |",
            self.name,
            show(0),
            show(1),
            bold(format!("{:.0} %", part * 100.0), part >= self.aim),
            self.aim * 100.0,
            self.other(3, FASTER),
            self.other(2, 0.0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_medians_and_their_ratios_and_a_dash_for_who_has_no_such_thing() {
        let mut line = Line::new("authcrypt".to_owned(), 0.85);
        for times in [1.0, 9.0, 1.1] {
            line.add([100e-6, 90e-6, 300e-6].map(|time| time * times).to_vec());
        }

        assert_eq!(
            line.to_string(),
            "| authcrypt | 110 µs | 99 µs | 90 % | ≥ 85 % | — | 330 µs (3.0 ×) |"
        );
    }

    #[test]
    fn what_is_missed_is_bold() {
        let mut line = Line::new("sign".to_owned(), 0.75);
        line.add(vec![2e-3, 1e-3, 3e-3, 3e-3]);

        assert_eq!(
            line.to_string(),
            "| sign | 2.00 ms | 1.00 ms | **50 %** | ≥ 75 % | 3.00 ms (**1.5 ×**) | 3.00 ms (1.5 ×) |"
        );
    }
}
