//! When jobs are replaced: the same for all rigs of a farm.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::chance;
use crate::work::JobKey;

/// Pool sessions that a farm may have: each has its own keys for the jobs, which come at the same
/// time, for they are one pool's.
pub(super) const SESSIONS: u32 = 256;

/// A schedule of jobs: a function of its seed, so that each rig may walk through it by itself.
///
/// Most jobs last exponential times, as blocks and new templates come; a few are replaced after 1
/// to 5 seconds, and a few stay for 20 minutes. The mean is a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jobs {
    seed: u64,
}

/// One job, and its time as the pool's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JobSpan {
    ordinal: u32,
    /// When it came, in seconds.
    pub from: f64,
    /// When it is replaced, in seconds.
    pub until: f64,
}

/// A walk through a schedule.
#[derive(Debug, Clone)]
pub struct JobWalk {
    rng: Xoshiro256PlusPlus,
    current: JobSpan,
    next: JobSpan,
}

impl Jobs {
    /// Mean time of a job, in seconds.
    pub const MEAN: f64 = 60.0;
    const SHORT_PART: f64 = 0.08;
    const SHORT: (f64, f64) = (1.0, 5.0);
    const LONG_PART: f64 = 0.01;
    const LONG: f64 = 1200.0;

    /// The schedule of this number.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// A walk from the first job, which comes at 0.
    #[must_use]
    pub fn walk(&self) -> JobWalk {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let first = JobSpan {
            ordinal: 1,
            from: 0.0,
            until: Self::duration(&mut rng),
        };
        JobWalk {
            current: first,
            next: first.followed_by(Self::duration(&mut rng)),
            rng,
        }
    }

    fn duration(rng: &mut Xoshiro256PlusPlus) -> f64 {
        let (low, high) = Self::SHORT;
        let others =
            Self::MEAN - Self::SHORT_PART * f64::midpoint(low, high) - Self::LONG_PART * Self::LONG;
        let rest = 1.0 - Self::SHORT_PART - Self::LONG_PART;
        let kind = chance::uniform(rng);
        if kind < Self::SHORT_PART {
            low + (high - low) * chance::uniform(rng)
        } else if kind < Self::SHORT_PART + Self::LONG_PART {
            Self::LONG
        } else {
            others / rest * chance::exponential(rng)
        }
    }
}

impl JobSpan {
    /// Its key on a pool session: another one on each of 256.
    #[must_use]
    pub const fn key(&self, session: u32) -> JobKey {
        JobKey(
            self.ordinal
                .wrapping_mul(SESSIONS)
                .wrapping_add(session % SESSIONS),
        )
    }

    const fn followed_by(&self, duration: f64) -> Self {
        Self {
            ordinal: self.ordinal.wrapping_add(1),
            from: self.until,
            until: self.until + duration,
        }
    }
}

impl JobWalk {
    /// The job at which the walk is.
    #[must_use]
    pub const fn current(&self) -> &JobSpan {
        &self.current
    }

    /// The one that replaces it.
    #[must_use]
    pub const fn next(&self) -> &JobSpan {
        &self.next
    }

    /// Goes on to the next job.
    pub fn advance(&mut self) {
        self.current = self.next;
        self.next = self.current.followed_by(Jobs::duration(&mut self.rng));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_walk_through_a_schedule_see_the_same_jobs_and_another_seed_has_others() {
        let jobs = Jobs::new(7);
        let (mut one, mut other, mut foreign) = (jobs.walk(), jobs.walk(), Jobs::new(8).walk());
        let mut alike = 0;
        for _ in 0..1_000 {
            one.advance();
            assert_eq!(one.next().from.to_bits(), one.current().until.to_bits());
            other.advance();
            foreign.advance();
            assert_eq!(one.current(), other.current());
            alike += u32::from(one.current().from.to_bits() == foreign.current().from.to_bits());
        }
        assert_eq!(alike, 0);
    }

    #[test]
    fn jobs_last_a_minute_on_average_some_seconds_some_twenty_minutes() {
        let mut walk = Jobs::new(1).walk();
        let (mut short, mut long) = (0, 0);
        let jobs = 100_000;
        for _ in 0..jobs {
            let span = walk.current().until - walk.current().from;
            short += u32::from(span < 5.0);
            long += u32::from(span > 1_199.0 && span < 1_201.0);
            walk.advance();
        }
        let mean = walk.current().from / f64::from(jobs);
        // Standard deviation of the mean: 0.43 s.
        assert!((mean - Jobs::MEAN).abs() < 2.0, "{mean}");
        // 8 % on purpose, and the exponential ones below 5 s.
        assert!((14_000..19_000).contains(&short), "{short}");
        assert!((800..1_200).contains(&long), "{long}");
    }

    #[test]
    fn a_job_has_another_key_on_each_pool_session_and_no_other_job_has_them() {
        let mut walk = Jobs::new(3).walk();
        let mut keys = std::collections::HashSet::new();
        for _ in 0..50 {
            for session in 0..SESSIONS {
                assert!(keys.insert(walk.current().key(session)));
            }
            walk.advance();
        }
    }
}
