//! The browser's clock and randomness.

use client_core::Error;
use client_core::host::{Clock, Host, Rng};

struct BrowserClock;

impl Clock for BrowserClock {
    // `Date.now()` is a whole number of milliseconds, far below 2^53.
    #[allow(clippy::cast_possible_truncation)]
    fn now_ms(&self) -> i64 {
        js_sys::Date::now() as i64
    }
}

struct BrowserRng;

impl Rng for BrowserRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| Error::NoRandomness)
    }
}

/// The host of a browser's worker.
pub(crate) fn browser() -> Host {
    Host::new(Box::new(BrowserClock), Box::new(BrowserRng))
}
