//! The few inputs that reach most.
//!
//! The fuzzer's own smallest set still holds hundreds, because it leaves out nothing that any input
//! alone reaches. What is kept for every run of the tests is the beginning of the same list.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

/// What the fuzzer wrote of each input: its file, and the edges it reaches.
pub struct Inputs {
    files: Vec<String>,
    reached: BTreeMap<usize, BTreeSet<u32>>,
    sizes: BTreeMap<usize, usize>,
}

impl Inputs {
    /// Reads the file that libFuzzer's `-merge_control_file` names: the number of inputs, how many
    /// of them are not to be judged, their files, and then of each a line with its size (`STARTED`)
    /// and one with what it reaches (`FT`).
    pub fn read(text: &str) -> Result<Inputs> {
        let mut lines = text.lines();
        let count = lines.next().and_then(|line| line.parse().ok());
        let count: usize = count.context("the fuzzer's list does not begin with a number")?;
        let files = lines.by_ref().skip(1).take(count).map(str::to_owned);
        let files = files.collect();
        let (mut reached, mut sizes) = (BTreeMap::new(), BTreeMap::new());
        for line in lines {
            let mut words = line.split_whitespace();
            let (Some(kind), Some(index)) = (words.next(), words.next()) else {
                continue;
            };
            let index: usize = index
                .parse()
                .context("the fuzzer's list is not understood")?;
            match kind {
                "STARTED" => {
                    let size = words.next().and_then(|word| word.parse().ok());
                    sizes.insert(index, size.context("an input without a size")?);
                }
                "FT" => {
                    let edges = words.map(str::parse).collect::<Result<_, _>>()?;
                    reached.insert(index, edges);
                }
                _ => {}
            }
        }
        Ok(Inputs {
            files,
            reached,
            sizes,
        })
    }

    /// At most so many files, each the one that adds most to those before it; of two that add as
    /// much the smaller one. Files for which `is_kept_anyway` holds are counted in, and not named.
    pub fn best(mut self, most: usize, is_kept_anyway: impl Fn(&str) -> bool) -> Vec<String> {
        let mut covered = BTreeSet::new();
        for (index, file) in self.files.iter().enumerate() {
            if is_kept_anyway(file) {
                covered.extend(self.reached.remove(&index).unwrap_or_default());
            }
        }
        let mut best = Vec::new();
        while best.len() < most {
            let gain = |(index, edges): (&usize, &BTreeSet<u32>)| {
                let size = self.sizes.get(index).copied().unwrap_or_default();
                let gain = edges.difference(&covered).count();
                (gain, std::cmp::Reverse(size), *index)
            };
            let Some((1.., _, index)) = self.reached.iter().map(gain).max() else {
                break;
            };
            covered.extend(self.reached.remove(&index).unwrap_or_default());
            best.extend(self.files.get(index).cloned());
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "5\n0\na/one\na/two\na/seed-three\na/four\na/five\n\
        STARTED 0 10\nFT 0 1 2 3\nCOV 0 7\nSTARTED 1 10\nFT 1 1 2 3 4 5\nSTARTED 2 10\nFT 2 1 2\n\
        STARTED 3 5\nFT 3 6 7\nSTARTED 4 9\nFT 4 6 7\n";

    #[test]
    fn the_one_that_adds_most_comes_first_and_who_adds_nothing_never() {
        let is_seed = |file: &str| file.contains("seed-");
        let best = |most| Inputs::read(LIST).unwrap().best(most, is_seed);

        assert_eq!(best(9), ["a/two", "a/four"]);
        assert_eq!(best(1), ["a/two"]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for wrong in [
            "",
            "many\n",
            "1\n0\na\nFT 0 x\n",
            "1\n0\na\nSTARTED 0\n",
            "0\n0\nFT\nFT x 1\n",
        ] {
            assert!(Inputs::read(wrong).is_err(), "{wrong:?}");
        }
    }
}
