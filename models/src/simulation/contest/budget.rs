//! The prover that every policy gets: so many proofs a second and no more.

use std::time::Duration;

/// Proofs a second and how many of them may be saved up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProvingRate {
    per_second: f64,
    burst: f64,
}

impl ProvingRate {
    /// Proofs a second; `None` unless it is a positive number. As many as are made in
    /// `burst_seconds` may be saved up while nobody asks for any, at least one.
    #[must_use]
    pub fn new(per_second: f64, burst_seconds: f64) -> Option<Self> {
        let burst = per_second * burst_seconds;
        (per_second > 0.0 && per_second.is_finite() && burst.is_finite()).then_some(Self {
            per_second,
            burst: burst.max(1.0),
        })
    }

    /// Proofs a second.
    #[must_use]
    pub const fn per_second(self) -> f64 {
        self.per_second
    }

    /// Most proofs saved up.
    #[must_use]
    pub const fn burst(self) -> f64 {
        self.burst
    }
}

/// A token bucket that may be overdrawn: what is owed is the queue in front of the prover, and
/// paying it off is the time that the next share would wait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prover {
    /// `None`: a proof takes no time and there is no end of them.
    limit: Option<ProvingRate>,
    tokens: f64,
    at_ms: u64,
    proofs: u64,
}

impl Prover {
    /// A prover with a full bucket, or without a limit.
    #[must_use]
    pub fn new(limit: Option<ProvingRate>) -> Self {
        Self {
            limit,
            tokens: limit.map_or(0.0, ProvingRate::burst),
            at_ms: 0,
            proofs: 0,
        }
    }

    /// What it makes a second, for a judge that asks: without a limit, more than any farm sends.
    #[must_use]
    pub const fn capacity(&self) -> f64 {
        match self.limit {
            Some(rate) => rate.per_second(),
            None => 1e9,
        }
    }

    /// How long a share that comes at this millisecond would wait for its proof. Time that goes
    /// back counts as standing still.
    pub fn wait(&mut self, at_ms: u64) -> Duration {
        let Some(rate) = self.limit else {
            return Duration::ZERO;
        };
        let passed = Duration::from_millis(at_ms.saturating_sub(self.at_ms));
        self.at_ms = self.at_ms.max(at_ms);
        let earned = passed.as_secs_f64() * rate.per_second();
        self.tokens = (self.tokens + earned).min(rate.burst());
        let missing = (1.0 - self.tokens).max(0.0);
        Duration::try_from_secs_f64(missing / rate.per_second()).unwrap_or(Duration::MAX)
    }

    /// Takes a share on.
    pub fn take(&mut self) {
        self.proofs += 1;
        if self.limit.is_some() {
            self.tokens -= 1.0;
        }
    }

    /// Hashes recomputed so far.
    #[must_use]
    pub const fn proofs(&self) -> u64 {
        self.proofs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten proofs a second, two seconds' worth saved.
    fn ten_a_second() -> Prover {
        Prover::new(ProvingRate::new(10.0, 2.0))
    }

    #[test]
    fn what_was_saved_up_is_spent_without_waiting() {
        let mut prover = ten_a_second();
        for _ in 0..20 {
            assert_eq!(prover.wait(0), Duration::ZERO);
            prover.take();
        }
        assert_eq!(prover.wait(0), Duration::from_millis(100));
        assert_eq!(prover.wait(60), Duration::from_millis(40));
        assert_eq!(prover.wait(100), Duration::ZERO);
        assert_eq!(prover.proofs(), 20);
    }

    #[test]
    fn no_more_is_saved_up_than_the_burst() {
        let mut prover = ten_a_second();
        prover.wait(3_600_000);
        for _ in 0..20 {
            prover.take();
        }
        assert!(prover.wait(3_600_000) > Duration::ZERO);
    }

    #[test]
    fn in_the_long_run_nobody_gets_more_than_the_rate() {
        let mut prover = ten_a_second();
        for at_ms in 0..1_000_000 {
            if prover.wait(at_ms) == Duration::ZERO {
                prover.take();
            }
        }
        assert!((10_000..=10_021).contains(&prover.proofs()), "{prover:?}");
    }

    #[test]
    fn those_who_wait_queue_behind_each_other() {
        let mut prover = ten_a_second();
        for _ in 0..50 {
            prover.take();
        }
        assert_eq!(prover.wait(0), Duration::from_millis(3_100));
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let mut prover = Prover::new(None);
        for _ in 0..1_000 {
            prover.take();
        }
        assert_eq!((prover.wait(0), prover.proofs()), (Duration::ZERO, 1_000));
    }

    #[test]
    fn a_rate_that_is_none_is_refused() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(ProvingRate::new(bad, 1.0), None, "{bad}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_earns_nothing() {
        let mut prover = ten_a_second();
        prover.wait(1_000);
        for _ in 0..20 {
            prover.take();
        }
        prover.wait(0);
        assert_eq!(prover.wait(1_000), Duration::from_millis(100));
    }
}
