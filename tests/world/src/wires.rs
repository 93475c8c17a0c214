//! The wires: what they lose, repeat, mix up and hold back, and who is connected with whom.

use std::collections::{BTreeMap, BTreeSet};

/// How bad the wires are. Probabilities are per envelope or answer.
#[derive(Clone, Debug)]
pub(crate) struct Wires {
    /// An envelope, or the answer to it, is lost.
    pub(crate) lose: f64,
    /// An envelope arrives twice.
    pub(crate) duplicate: f64,
    /// An envelope takes up to [`MIXED`] longer.
    pub(crate) reorder: f64,
    /// The longest ordinary way, in milliseconds.
    pub(crate) delay: u64,
    /// How much of what is lost is never even reported.
    pub(crate) silence: f64,
    /// A hop loses what it took custody of.
    pub(crate) forget: f64,
    /// Pairs that cannot reach each other.
    pub(crate) cut: BTreeSet<(usize, usize)>,
    /// Pairs of people with a direct connection that stands.
    pub(crate) connected: BTreeSet<(usize, usize)>,
    /// How many envelopes each sent straight to another.
    pub(crate) straight: BTreeMap<(usize, usize), u64>,
}

/// How much longer an envelope takes when it is mixed up with others, in milliseconds.
pub(crate) const MIXED: u64 = 4_000;
/// How long a hop keeps an envelope before it tries again, in milliseconds.
pub(crate) const HOP_WAITS: u64 = 30_000;

impl Default for Wires {
    fn default() -> Self {
        Self {
            lose: 0.0,
            duplicate: 0.0,
            reorder: 0.0,
            delay: 40,
            silence: 0.0,
            forget: 0.0,
            cut: BTreeSet::new(),
            connected: BTreeSet::new(),
            straight: BTreeMap::new(),
        }
    }
}

/// One name for both directions.
pub(crate) fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}
