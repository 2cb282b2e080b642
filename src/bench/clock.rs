//! The generator's clock: the one place here that asks the system for the time.

use std::time::{Duration, Instant};

/// A moment, in nanoseconds since the generator's clock was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nanos(pub(crate) u64);

impl Nanos {
    /// Nanoseconds from `earlier` to this moment; 0 if it is not earlier.
    pub(crate) const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Seconds from `earlier` to this moment.
    pub(crate) fn seconds_since(self, earlier: Self) -> f64 {
        Duration::from_nanos(self.since(earlier)).as_secs_f64()
    }

    /// The moment this much later.
    pub(crate) fn after(self, span: Duration) -> Self {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

/// A monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
    /// The same moment by the system's clock, which all processes share, ns.
    monotonic: u64,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a load generator measures real time; everything else in this folder takes it from here"
)]
impl Clock {
    /// A clock that reads zero now.
    pub(crate) fn start() -> Self {
        Self {
            origin: Instant::now(),
            monotonic: monotonic(),
        }
    }

    /// The moment at which it read zero by the clock that all processes of the system share, ns.
    pub(crate) const fn monotonic(&self) -> u64 {
        self.monotonic
    }

    /// The moment at which it read zero.
    pub(crate) const fn origin(&self) -> Instant {
        self.origin
    }

    /// The time now.
    pub(crate) fn now(&self) -> Nanos {
        let span = self.origin.elapsed();
        Nanos(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// The system's monotonic clock, which [`Instant`] is on too, ns.
fn monotonic() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    part(time.tv_sec)
        .saturating_mul(1_000_000_000)
        .saturating_add(part(time.tv_nsec))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_runs_backwards() {
        let clock = Clock::start();
        let first = clock.now();
        assert!(clock.now() >= first);
    }

    #[test]
    fn spans_are_measured_both_ways_without_wrapping() {
        let later = Nanos(5).after(Duration::from_secs(2));
        assert_eq!(later, Nanos(2_000_000_005));
        assert_eq!(later.since(Nanos(5)), 2_000_000_000);
        assert_eq!(Nanos(5).since(later), 0);
        assert!((later.seconds_since(Nanos(5)) - 2.0).abs() < 1e-12);
    }
}
