//! When the proxy gives a rig another lease within a job: what the miner sessions do.

use crate::work::Slot;

/// A lease is renewed when this part of its nonces is scanned.
const RENEW_AT: f64 = 0.75;

/// A scan this many times beyond what its shares are worth is no scan upward from 0.
const PLAUSIBLE: f64 = 8.0;

/// What the proxy makes of the nonces of one scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Renewal {
    began: f64,
    work: f64,
    /// When the lease is renewed, in seconds.
    pub(super) due: f64,
}

impl Renewal {
    /// Of a scan that began now.
    pub(super) const fn new(now: f64) -> Self {
        Self {
            began: now,
            work: 0.0,
            due: f64::INFINITY,
        }
    }

    /// A share came: the lease is due when as many nonces will be scanned, at the same pace.
    pub(super) fn note(&mut self, counter: u32, worth: f64, now: f64) {
        let limit = RENEW_AT * f64::from(Slot::NONCES);
        let scanned = f64::from(counter);
        self.work += worth;
        let elapsed = now - self.began;
        if scanned > PLAUSIBLE * (self.work + worth) || scanned < 1.0 || elapsed <= 0.0 {
            return;
        }
        let due = if scanned >= limit {
            now
        } else {
            self.began + limit * elapsed / scanned
        };
        self.due = self.due.min(due);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_due_when_three_quarters_are_scanned_unless_the_scan_is_incredible() {
        let mut renewal = Renewal::new(100.0);
        renewal.note(1 << 21, 1e6, 110.0);
        assert!((renewal.due - 160.0).abs() < 1e-9);
        renewal.note(1 << 23, 1e3, 200.0);
        assert!((renewal.due - 160.0).abs() < 1e-9, "the earliest counts");
        let mut incredible = Renewal::new(0.0);
        incredible.note(1 << 23, 1e3, 10.0);
        assert!(incredible.due.is_infinite());
    }
}
