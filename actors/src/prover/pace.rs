//! How long a hash takes here and now, by measurement only.

use std::time::{Duration, Instant};

/// What can be expected of a prover now, by measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// The time until the answer to a request made now; `None` if its seed is not ready or no
    /// thread is fit.
    pub expected_wait: Option<Duration>,
    /// Proofs a second of all fit threads together; 0 while no hash was measured.
    pub capacity: f64,
}

/// Measured hash times of one mode.
#[derive(Debug, Default)]
pub(super) struct Pace {
    measured: Option<Measured>,
}

#[derive(Debug)]
struct Measured {
    /// Smoothed time: what to expect.
    usual: Duration,
    /// The shortest of late, slowly forgotten: what may be hoped for.
    best: Duration,
    at: Instant,
    /// A request was given up since as hopeless.
    gave_up: bool,
}

impl Pace {
    /// A doubtful measurement this old is taken again.
    const STALE: Duration = Duration::from_secs(5);

    /// Notes that a hash took this long.
    pub(super) fn note(&mut self, took: Duration, now: Instant) {
        let (usual, best) = self.measured.as_ref().map_or((took, took), |before| {
            (
                (before.usual * 7 + took) / 8,
                (before.best * 21 / 20).min(took),
            )
        });
        self.measured = Some(Measured {
            usual,
            best,
            at: now,
            gave_up: false,
        });
    }

    /// The time to expect, if any hash was measured.
    pub(super) fn usual(&self) -> Option<Duration> {
        self.measured.as_ref().map(|measured| measured.usual)
    }

    /// Whether a hash begun now has no prospect of being done by the deadline.
    pub(super) fn is_hopeless(&mut self, deadline: Instant, now: Instant) -> bool {
        let left = deadline.saturating_duration_since(now);
        match &mut self.measured {
            Some(measured) if left < measured.best => {
                measured.gave_up = true;
                true
            }
            _ => left.is_zero(),
        }
    }

    /// When the measurement should be taken again though nobody asks: a slow spell must not
    /// keep askers away for good and so never be seen to have ended.
    pub(super) fn doubtful_from(&self) -> Option<Instant> {
        let measured = self.measured.as_ref()?;
        let doubtful = measured.gave_up || measured.usual > measured.best * 3 / 2;
        doubtful.then(|| measured.at + Self::STALE)
    }

    /// Whether the caller is to take the measurement again now; others are not, then.
    pub(super) fn take_doubt(&mut self, now: Instant) -> bool {
        let due = self.doubtful_from().is_some_and(|from| from <= now);
        if let Some(measured) = self.measured.as_mut().filter(|_| due) {
            measured.at = now;
        }
        due
    }
}

/// How often a hash was not what was claimed, of late, and so was computed a second time.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// Smoothed, 0 to 1.
    share: f64,
}

impl Doubts {
    /// Notes whether a request's hash was computed twice.
    pub(super) fn note(&mut self, twice: bool) {
        self.share += (f64::from(u8::from(twice)) - self.share) / 8.0;
    }

    /// What a request costs a thread: its hash, and now and then a second one. At most both.
    pub(super) fn cost(&self, hash: Duration, second: Duration) -> Duration {
        hash.saturating_add(second.mul_f64(self.share.clamp(0.0, 1.0)))
    }
}

/// The time until the answer to a new request: its own hash, and what those before it `cost`.
///
/// `ahead` requests wait before it, `busy` of `threads` threads are at work, each perhaps at
/// the beginning of its hash.
pub(super) fn expected_wait(
    hash: Duration,
    cost: Duration,
    threads: usize,
    busy: usize,
    ahead: usize,
) -> Option<Duration> {
    let threads = u32::try_from(threads).ok().filter(|threads| *threads > 0)?;
    let must_end_first = (ahead + busy + 1).saturating_sub(threads as usize);
    let must_end_first = u32::try_from(must_end_first).unwrap_or(u32::MAX);
    Some(hash.saturating_add((cost / threads).saturating_mul(must_end_first)))
}

/// Proofs a second of `threads` threads whom each costs this much.
pub(super) fn capacity(cost: Duration, threads: usize) -> f64 {
    let seconds = cost.as_secs_f64();
    let threads = u32::try_from(threads).map_or(f64::from(u32::MAX), f64::from);
    if seconds > 0.0 {
        threads / seconds
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const HASH: Duration = Duration::from_millis(30);

    #[test]
    fn an_idle_thread_costs_only_the_hash_itself() {
        assert_eq!(expected_wait(HASH, HASH, 2, 1, 0), Some(HASH));
        assert_eq!(expected_wait(HASH, HASH, 0, 0, 0), None);
    }

    #[test]
    fn what_threads_manage_is_counted_from_the_time_of_a_hash() {
        assert!((capacity(HASH, 3) - 100.0).abs() < 1e-9);
        assert!(capacity(HASH, 0).abs() < f64::EPSILON);
        assert!(capacity(Duration::ZERO, 2).abs() < f64::EPSILON);
    }

    #[test]
    fn each_request_ahead_costs_a_threads_share_of_a_hash() {
        assert_eq!(expected_wait(HASH, HASH, 1, 1, 0), Some(HASH * 2));
        assert_eq!(expected_wait(HASH, HASH, 2, 2, 3), Some(HASH * 3));
        assert!(expected_wait(HASH, HASH, 1, 1, usize::MAX - 2).is_some());
    }

    #[test]
    fn a_flood_of_bad_shares_costs_two_hashes_each_and_is_forgotten_when_it_ends() {
        let mut doubts = Doubts::default();
        assert_eq!(doubts.cost(HASH, HASH), HASH);
        for _ in 0..1_000 {
            doubts.note(true);
            assert!(doubts.cost(HASH, HASH) <= HASH * 2);
        }
        let flooded = doubts.cost(HASH, HASH);
        assert!(flooded > HASH * 199 / 100);
        let wait = |ahead| expected_wait(HASH, flooded, 1, 1, ahead);
        assert!(wait(9) > Some(HASH * 20), "one hash, and ten requests");
        assert_eq!(
            expected_wait(HASH, flooded, 2, 1, 0),
            Some(HASH),
            "an idle thread keeps nobody away"
        );
        for _ in 0..40 {
            doubts.note(false);
        }
        assert!(doubts.cost(HASH, HASH) < HASH * 101 / 100);
    }

    #[test]
    fn a_slow_spell_is_doubted_and_forgotten_when_it_ends() {
        let start = Clock.now();
        let mut pace = Pace::default();
        assert_eq!((pace.usual(), pace.doubtful_from()), (None, None));
        pace.note(HASH, start);
        assert_eq!((pace.usual(), pace.doubtful_from()), (Some(HASH), None));
        pace.note(HASH * 30, start);
        assert!(pace.usual() > Some(HASH * 4));
        assert_eq!(pace.doubtful_from(), Some(start + Pace::STALE));
        assert!(!pace.take_doubt(start));
        assert!(pace.take_doubt(start + Pace::STALE));
        assert!(!pace.take_doubt(start + Pace::STALE), "one thread measures");
        for _ in 0..40 {
            pace.note(HASH, start);
        }
        assert!(pace.usual() < Some(HASH * 3 / 2));
        assert_eq!(pace.doubtful_from(), None);
    }

    #[test]
    fn only_what_even_the_quickest_hash_would_miss_is_given_up() {
        let now = Clock.now();
        let mut pace = Pace::default();
        assert!(
            pace.is_hopeless(now, now),
            "a passed deadline needs no measurement"
        );
        assert!(!pace.is_hopeless(now + HASH / 2, now));
        pace.note(HASH, now);
        pace.note(HASH * 9, now);
        assert!(!pace.is_hopeless(now + HASH * 2, now));
        assert!(pace.is_hopeless(now + HASH / 2, now));
        assert!(pace.doubtful_from().is_some());
    }
}
