//! A row of the table: a measure, its floor, their ratio and the aim.

use std::fmt;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Less is better.
    Seconds,
    /// Less is better.
    Bytes,
    /// How many in a second: more is better.
    PerSecond,
}

/// What the ratio should be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Aim {
    /// At least this part of the floor's speed.
    Speed(f64),
    /// At most this many times the floor.
    Within(f64),
    /// Only told.
    None,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// What is counted.
    pub unit: Unit,
    /// Round by round.
    pub ours: Vec<f64>,
    /// Round by round, in turn with ours.
    pub floor: Vec<f64>,
    /// What the ratio should be.
    pub aim: Aim,
}

/// The head of the table.
pub const HEAD: &str = "\
| | Signet | floor | ratio | aim |
|---|---|---|---|---|";

impl Row {
    /// A row without rounds yet.
    #[must_use]
    pub fn new(name: impl Into<String>, unit: Unit, aim: Aim) -> Self {
        Self {
            name: name.into(),
            unit,
            ours: Vec::new(),
            floor: Vec::new(),
            aim,
        }
    }

    /// Adds one round.
    pub fn add(&mut self, ours: f64, floor: f64) {
        self.ours.push(ours);
        self.floor.push(floor);
    }

    /// The median of the ratios round by round: the part of the floor's speed, or how many times
    /// the floor, as the aim is said.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let rounds = self.ours.iter().zip(&self.floor);
        let ratios = rounds.map(|(ours, floor)| match (self.aim, self.unit) {
            (Aim::Speed(_), Unit::Seconds | Unit::Bytes) => floor / ours,
            (Aim::Speed(_), Unit::PerSecond) | (Aim::Within(_) | Aim::None, _) => ours / floor,
        });
        percentile(&ratios.collect::<Vec<f64>>(), 50)
    }

    /// Whether the aim is met; what has none always is.
    #[must_use]
    pub fn is_met(&self) -> bool {
        match self.aim {
            Aim::Speed(least) => self.ratio() >= least,
            Aim::Within(most) => self.ratio() <= most,
            Aim::None => true,
        }
    }

    fn spread(&self, rounds: &[f64]) -> String {
        let show = |at| self.unit.show(percentile(rounds, at));
        match rounds.len() {
            1 => show(50),
            _ => format!("{} ({} – {})", show(50), show(0), show(100)),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ours, floor) = (self.spread(&self.ours), self.spread(&self.floor));
        let ratio = self.ratio();
        let (ratio, aim) = match self.aim {
            Aim::Speed(least) => (
                format!("{:.0} %", ratio * 100.0),
                format!("≥ {:.0} %", least * 100.0),
            ),
            Aim::Within(most) => (format!("{ratio:.2} ×"), format!("≤ {most} ×")),
            Aim::None => (format!("{ratio:.2} ×"), String::new()),
        };
        let name = &self.name;
        let ratio = match self.is_met() {
            true => ratio,
            false => format!("**{ratio}**"),
        };
        write!(f, "| {name} | {ours} | {floor} | {ratio} | {aim} |")
    }
}

impl Unit {
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Seconds if value < 1e-3 => format!("{:.0} µs", value * 1e6),
            Self::Seconds if value < 1.0 => format!("{:.2} ms", value * 1e3),
            Self::Seconds => format!("{value:.2} s"),
            Self::Bytes if value < 1e6 => format!("{:.1} kB", value / 1e3),
            Self::Bytes => format!("{:.0} MB", value / 1e6),
            Self::PerSecond => format!("{value:.0}/s"),
        }
    }
}

/// The value below which `percent` of the samples lie; zero of none.
#[must_use]
pub fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len().saturating_sub(1) * percent + 50) / 100;
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_medians_spread_and_whether_the_aim_is_met() {
        let mut row = Row::new("pack", Unit::Seconds, Aim::Speed(0.8));
        for (ours, floor) in [(100e-6, 90e-6), (300e-6, 270e-6), (110e-6, 99e-6)] {
            row.add(ours, floor);
        }

        assert!(row.is_met());
        assert_eq!(
            row.to_string(),
            "| pack | 110 µs (100 µs – 300 µs) | 99 µs (90 µs – 270 µs) | 90 % | ≥ 80 % |"
        );
    }

    #[test]
    fn a_missed_aim_is_bold() {
        let mut row = Row::new("p50", Unit::Seconds, Aim::Within(2.0));
        row.add(5e-3, 2e-3);

        assert!(!row.is_met());
        assert_eq!(
            row.to_string(),
            "| p50 | 5.00 ms | 2.00 ms | **2.50 ×** | ≤ 2 × |"
        );
        let mut rate = Row::new("rate", Unit::PerSecond, Aim::Speed(0.5));
        rate.add(400.0, 1000.0);
        assert!(!rate.is_met());
    }
}
