//! Clock, randomness and waiting of a desktop: the only place that asks for them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use client_core::Error;
use client_core::host::{Clock, Host, Rng};

/// The system's clock.
struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // everything else is given the time from here
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The system's random bytes.
pub struct SystemRng;

impl Rng for SystemRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| Error::NoRandomness)
    }
}

/// This machine.
pub fn system() -> Host {
    Host::new(Box::new(SystemClock), Box::new(SystemRng))
}

/// Waits between two looks of `sync --watch`.
#[allow(clippy::disallowed_methods)] // there is nothing to wait for but the time
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
