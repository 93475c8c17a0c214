//! Measures, each against a floor taken in the same run: what the bare libraries and the bare
//! machine need for the same bytes.
//!
//! A measure and its floor take turns, so that a drift of the machine meets both; what is told is
//! the median of the rounds, with the lowest and the highest, and the median of the ratios round by
//! round. Each module says what its floor counts and what it leaves out.

pub mod didcomm;
pub mod envelope;
pub mod line;
pub mod machine;
pub mod mediator;
pub mod people;
mod primitives;
pub mod row;
pub mod window;

use row::Row;

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// What the README's table is made of.
    Full,
    /// The same code with tiny numbers; they mean nothing.
    Quick,
}

impl Size {
    /// One of two numbers.
    #[must_use]
    pub fn of<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// A measure's name on the command line, and itself.
pub type Measure = (&'static str, fn(Size) -> anyhow::Result<Vec<Row>>);

/// All of them, in the order of the table.
pub const MEASURES: [Measure; 5] = [
    ("envelope", envelope::measure),
    ("line", line::measure),
    ("window", window::measure),
    ("people", people::measure),
    ("mediator", mediator::measure),
];
