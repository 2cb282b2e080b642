//! How fast a pool's jobs go on to miners.

use std::time::{Duration, Instant};

/// Lets some jobs pass at once and then a few in each second: every one goes to all miners, and
/// pools send a new one each second at most.
#[derive(Debug, Clone, Default)]
pub struct JobPace {
    /// When all is as if nothing had passed yet.
    rested_at: Option<Instant>,
}

impl JobPace {
    /// Jobs that pass at once.
    pub const BURST: u32 = 20;
    /// Between two that pass after these.
    pub const EVERY: Duration = Duration::from_millis(250);

    /// When the next job may pass; none: now.
    #[must_use]
    pub fn next(&self, now: Instant) -> Option<Instant> {
        let next = self.rested_at?.checked_sub(Self::EVERY * (Self::BURST - 1));
        next.filter(|next| *next > now)
    }

    /// A job passes.
    pub fn pass(&mut self, now: Instant) {
        let rested_at = self.rested_at.map_or(now, |at| at.max(now));
        self.rested_at = Some(rested_at + Self::EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "only differences count")]
    fn start() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn a_burst_passes_at_once_and_what_follows_four_times_a_second() {
        let start = start();
        let mut pace = JobPace::default();
        for _ in 0..JobPace::BURST {
            assert_eq!(pace.next(start), None);
            pace.pass(start);
        }
        for job in 1..100 {
            let next = start + JobPace::EVERY * job;
            assert_eq!(pace.next(start), Some(next));
            assert_eq!(pace.next(next), None);
            pace.pass(next);
        }
    }

    #[test]
    fn a_pool_with_a_job_each_second_never_waits_and_rest_gives_the_burst_back() {
        let mut now = start();
        let mut pace = JobPace::default();
        for _ in 0..100 {
            assert_eq!(pace.next(now), None);
            pace.pass(now);
            now += Duration::from_secs(1);
        }
        for _ in 0..JobPace::BURST {
            assert_eq!(pace.next(now), None);
            pace.pass(now);
        }
        assert!(pace.next(now).is_some());
        assert_eq!(pace.next(now + JobPace::EVERY * JobPace::BURST), None);
    }
}
