//! The system's clock and randomness: the only place of this package that asks for them.

use std::time::{SystemTime, UNIX_EPOCH};

use client_core::Error;
use client_core::host::{Clock, Host, Rng};

struct SystemClock;

impl Clock for SystemClock {
    // The one place where a phone reads its clock; what it says is advisory.
    #[allow(clippy::disallowed_methods)]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

struct SystemRng;

impl Rng for SystemRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| Error::NoRandomness)
    }
}

/// The host of an app.
pub(crate) fn system() -> Host {
    Host::new(Box::new(SystemClock), Box::new(SystemRng))
}
