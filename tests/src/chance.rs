//! Chance with a seed: printed, and replayed with `FL_SEED`.

/// A small generator (SplitMix64): the same seed gives the same life.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// From `FL_SEED`, or from the clock; says which.
    #[must_use]
    #[allow(clippy::disallowed_methods, clippy::print_stdout)] // the one place where a test's luck comes from
    pub fn from_env(test: &str) -> Self {
        let seed = std::env::var("FL_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.map_or(1, |d| d.as_nanos() as u64)
        });
        println!("{test}: FL_SEED={seed} replays this run");
        Self(seed)
    }

    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws the next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.draw() % n }
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let n = self.below(items.len() as u64);
        &items[usize::try_from(n).unwrap_or(0)]
    }
}
