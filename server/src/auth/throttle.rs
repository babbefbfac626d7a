//! How often one may guess a password.
//!
//! From the fifth failure on an attempt is looked at only after a delay that doubles up to 15 minutes. Failures are
//! counted for the account and for the address they come from. A device the user has signed in from before has a
//! lane of its own, so that a stranger who guesses cannot lock its owner out. Nothing is locked for good, and counts
//! are forgotten an hour after the last failure or when the server restarts.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use domain::ids::DeviceId;

use crate::host::{HOUR, MINUTE, Millis, SECOND};

/// Failures that cost nothing.
const FREE: u32 = 4;
const LONGEST: Millis = 15 * MINUTE;
const FORGET: Millis = HOUR;
/// Lanes kept at most; old ones are forgotten first.
const LANES: usize = 100_000;

/// Where failures are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lane {
    /// An account, by the name typed (whether it exists or not).
    Account(String),
    /// A network the attempts come from: /24 of IPv4, /56 of IPv6.
    Address(IpAddr),
    /// A device its user has signed in from before.
    Device(DeviceId),
}

impl Lane {
    /// The lane of an address.
    pub fn address(ip: IpAddr) -> Self {
        Self::Address(match ip.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                IpAddr::from([a, b, c, 0])
            }
            IpAddr::V6(v6) => {
                let mut bytes = v6.octets();
                bytes[7..].fill(0);
                IpAddr::from(bytes)
            }
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Count {
    failures: u32,
    last: Millis,
}

impl Count {
    fn open_at(self) -> Millis {
        let Some(over) = self.failures.checked_sub(FREE + 1) else { return Millis::MIN };
        let delay = if over < 10 { SECOND << over } else { LONGEST };
        self.last + delay.min(LONGEST)
    }
}

/// Counts failures per lane.
#[derive(Debug, Default)]
pub struct Throttle {
    lanes: Mutex<HashMap<Lane, Count>>,
}

impl Throttle {
    /// Seconds to wait before an attempt on these lanes is looked at; `None` when it is now.
    pub fn wait(&self, lanes: &[Lane], now: Millis) -> Option<i64> {
        let counts = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let open_at = lanes.iter().filter_map(|lane| counts.get(lane)).map(|c| c.open_at()).max()?;
        (open_at > now).then(|| (open_at - now + SECOND - 1) / SECOND)
    }

    /// Counts a failure.
    pub fn failed(&self, lanes: &[Lane], now: Millis) {
        let mut counts = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() + lanes.len() > LANES {
            make_room(&mut counts, now);
        }
        for lane in lanes {
            let count = counts.entry(lane.clone()).or_insert(Count { failures: 0, last: now });
            if now - count.last > FORGET {
                count.failures = 0;
            }
            count.failures = count.failures.saturating_add(1);
            count.last = now;
        }
    }

    /// Forgets an account's or a device's failures after the right password. An address keeps its count: an attacker
    /// who owns one account must not be able to clear it.
    pub fn succeeded(&self, lanes: &[Lane]) {
        let mut counts = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in lanes.iter().filter(|lane| !matches!(lane, Lane::Address(_))) {
            counts.remove(lane);
        }
    }
}

fn make_room(counts: &mut HashMap<Lane, Count>, now: Millis) {
    counts.retain(|_, count| now - count.last <= FORGET);
    if counts.len() > LANES / 2 {
        let mut ages: Vec<Millis> = counts.values().map(|c| c.last).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        counts.retain(|_, count| count.last > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> [Lane; 1] {
        [Lane::Account("wang".to_owned())]
    }

    #[test]
    fn the_fifth_failure_starts_a_delay_that_doubles() {
        let throttle = Throttle::default();
        for _ in 0..FREE {
            throttle.failed(&account(), 0);
        }
        assert_eq!(throttle.wait(&account(), 0), None);
        let delays: Vec<_> = (0..12)
            .map(|_| {
                throttle.failed(&account(), 0);
                throttle.wait(&account(), 0).unwrap()
            })
            .collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(throttle.wait(&account(), 15 * MINUTE), None);
    }

    #[test]
    fn success_clears_the_account_but_not_the_address() {
        let throttle = Throttle::default();
        let lanes = [account()[0].clone(), Lane::address([10, 0, 0, 7].into())];
        for _ in 0..6 {
            throttle.failed(&lanes, 0);
        }
        throttle.succeeded(&lanes);
        assert_eq!(throttle.wait(&account(), 0), None);
        assert_eq!(throttle.wait(&[Lane::address([10, 0, 0, 200].into())], 0), Some(2));
    }

    #[test]
    fn an_hour_forgets() {
        let throttle = Throttle::default();
        for _ in 0..9 {
            throttle.failed(&account(), 0);
        }
        throttle.failed(&account(), FORGET + 1);
        assert_eq!(throttle.wait(&account(), FORGET + 1), None);
    }

    #[test]
    fn many_lanes_do_not_fill_the_memory() {
        let throttle = Throttle::default();
        for n in 0..(LANES as i64 + 10) {
            throttle.failed(&[Lane::Account(n.to_string())], n / 1_000);
        }
        assert!(throttle.lanes.lock().unwrap().len() <= LANES);
    }
}
