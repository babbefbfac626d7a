//! Chance that comes out the same every time: the demo organisation is the same for everybody who
//! looks at it on the same day.

use std::cell::Cell;

use uuid::Uuid;

/// A sequence of numbers from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Dice(Cell<u64>);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    pub(super) fn next(&self) -> u64 {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut z = self.0.get();
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).unsigned_abs() + 1;
        low + i64::try_from(self.next() % span).unwrap_or(0)
    }

    /// Whether something of this likelihood, in per cent, happens.
    pub(super) fn chance(&self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// An index below `len`.
    pub(super) fn index(&self, len: usize) -> usize {
        usize::try_from(self.next() % (len.max(1) as u64)).unwrap_or(0)
    }

    /// One of several; the slice must not be empty.
    pub(super) fn pick<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.index(all.len())]
    }

    /// One of several words; the slice must not be empty.
    pub(super) fn word(&self, all: &[&'static str]) -> &'static str {
        all[self.index(all.len())]
    }

    /// A UUIDv7 of this moment.
    pub(super) fn id(&self, at: i64) -> Uuid {
        let mut bytes = [0u8; 10];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        let at = u64::try_from(at).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(at, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_throws() {
        let (a, b) = (Dice::new(7), Dice::new(7));
        for _ in 0..100 {
            assert_eq!(a.between(-3, 9), b.between(-3, 9));
        }
        assert_eq!(a.id(1_790_000_000_000), b.id(1_790_000_000_000));
        assert_ne!(Dice::new(1).next(), Dice::new(2).next());
        let dice = Dice::new(1);
        assert!((0..1000).all(|_| (3..=5).contains(&dice.between(3, 5))));
    }
}
