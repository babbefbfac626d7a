//! When to try again.

use crate::error::Error;
use crate::host::Rng;

/// Jittered exponential delays from 1 s to 5 min, so that devices which lost the server together do not
/// come back together.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

const FIRST_MS: u64 = 1_000;
const LONGEST_MS: u64 = 300_000;

impl Backoff {
    /// No failure yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long to wait after one more failure, in ms: between half of the step and the whole of it.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn failed(&mut self, rng: &mut dyn Rng) -> Result<u64, Error> {
        let step = FIRST_MS.saturating_mul(1 << self.failures.min(20)).min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        let mut random = [0; 8];
        rng.fill(&mut random)?;
        Ok(step / 2 + u64::from_le_bytes(random) % (step / 2 + 1))
    }

    /// The server answered.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}
