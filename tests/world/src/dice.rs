//! Throws of the one seeded generator that decides everything in a world.

use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

/// What a world asks of chance.
pub(crate) trait Dice: Rng {
    /// Happens with this probability.
    fn chance(&mut self, probability: f64) -> bool {
        f64::from(self.next_u32()) < probability * 4_294_967_296.0
    }

    /// A number of `from..=to`.
    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.next_u64() % (to - from + 1)
    }

    /// Any order of the items is as likely as any other.
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.between(0, i as u64) as usize;
            items.swap(i, j);
        }
    }

    /// A message id as agents write them, a version 4 UUID.
    fn uuid(&mut self) -> String {
        let (a, b) = (self.next_u64(), self.next_u64());
        let (b, d) = (b >> 32, b as u32);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{d:08x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | (b & 0x3fff),
            (b >> 16) & 0xffff
        )
    }
}

impl Dice for ChaCha8Rng {}
