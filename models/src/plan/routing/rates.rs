//! How fast a rig hashes an algorithm: what was measured, and whether it or what the rig said counts.

use std::time::Duration;

use super::worth::OTHER_ALGORITHM;
use crate::work::Algorithm;

/// A rate that a caller measures is an average over up to about this time, seconds.
const FADES: f64 = 600.0;

/// Before so much time with an algorithm nothing that was measured counts, seconds.
pub(super) const TRUSTED: f64 = 240.0;

/// What was measured counts as if it took at most this time, so that later changes show, seconds.
const MEMORY: f64 = 4.0 * 3_600.0;

/// What was measured longer ago is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(86_400);

/// A share comes about this often, seconds: errors of rates follow from it.
const PACE: f64 = 30.0;

/// Standard errors that what was measured is off before a rig's own word is plainly wrong.
const PLAINLY: f64 = 4.0;

/// Error of the word of a rig that was plainly wrong on another algorithm.
const CAUGHT: f64 = 0.3;

/// Most algorithms of a rig of which measurements are kept, besides the one that it hashes.
const MOST: usize = 4;

/// Fastest rate that is believed: no target asks for more in a second.
const FASTEST: f64 = 4_294_967_296.0 * 4_294_967_296.0;

/// A rate that was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Measured {
    /// Hashes a second.
    mean: f64,
    /// For how long, at most [`MEMORY`].
    seconds: f64,
}

impl Measured {
    fn and(self, other: Self) -> Self {
        let seconds = self.seconds + other.seconds;
        if seconds <= 0.0 {
            return self;
        }
        Self {
            mean: self.mean + (other.mean - self.mean) * (other.seconds / seconds),
            seconds: seconds.min(MEMORY),
        }
    }
}

/// What is believed of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    /// Hashes a second.
    pub(super) rate: f64,
    /// Relative standard error; zero where the rig's word is taken.
    pub(super) error: f64,
}

/// The algorithm that a rig hashes now.
#[derive(Debug, Clone)]
struct Visit {
    algorithm: Algorithm,
    since: Duration,
    /// Time without work after it came, seconds.
    idle: f64,
    /// When it was measured last.
    last: Duration,
    measured: Measured,
}

/// What was measured of one rig.
#[derive(Debug, Default, Clone)]
pub(super) struct Rates {
    visit: Option<Visit>,
    /// Earlier ones, and when each ended.
    known: Vec<(Algorithm, Measured, Duration)>,
    /// The rig's word on an algorithm was plainly wrong; those on others are tried.
    caught: bool,
}

impl Rates {
    /// The rig hashes this algorithm from now on; none: none, or one that is not known. Whether
    /// that is another one than before.
    pub(super) fn begin(&mut self, algorithm: Option<&Algorithm>, now: Duration) -> bool {
        if self.visit.as_ref().map(|visit| &visit.algorithm) == algorithm {
            return false;
        }
        let idle = if self.visit.is_some() {
            OTHER_ALGORITHM
        } else {
            0.0
        };
        if let Some(visit) = self.visit.take()
            && visit.measured.seconds > 0.0
        {
            self.keep(visit, now);
        }
        self.visit = algorithm.map(|algorithm| Visit {
            algorithm: algorithm.clone(),
            since: now,
            idle,
            last: now,
            measured: Measured::default(),
        });
        true
    }

    fn keep(&mut self, visit: Visit, now: Duration) {
        let is_old = |at: Duration| now.saturating_sub(at) >= FORGOTTEN;
        self.known.retain(|(_, _, at)| !is_old(*at));
        let same = self.known.iter().position(|it| it.0 == visit.algorithm);
        let earlier = same.map(|at| self.known.remove(at).1);
        let measured = earlier.unwrap_or_default().and(visit.measured);
        if self.known.len() >= MOST {
            // The one that ended first is first.
            self.known.remove(0);
        }
        self.known.push((visit.algorithm, measured, now));
    }

    /// A rate was measured, as an average since the rig came to its algorithm that may fade; `said`
    /// is the rig's word on it.
    pub(super) fn note(
        &mut self,
        rate: f64,
        said: impl FnOnce(&Algorithm) -> Option<f64>,
        now: Duration,
    ) {
        let Some(visit) = &mut self.visit else {
            return;
        };
        let passed = now.saturating_sub(visit.last).as_secs_f64().min(FADES);
        let here = now.saturating_sub(visit.since).as_secs_f64();
        visit.last = now;
        // The average is over the time without work as well.
        let worked = (here - visit.idle).max(1.0);
        let rate = (rate * here.max(1.0) / worked).min(FASTEST);
        let measured = &mut visit.measured;
        if here <= FADES {
            // It says all by itself.
            *measured = Measured {
                mean: rate,
                seconds: worked,
            };
        } else if passed > 0.0 {
            measured.seconds = (measured.seconds + passed).min(MEMORY);
            measured.mean += (rate - measured.mean) * (passed / measured.seconds);
        }
        let algorithm = visit.algorithm.clone();
        if let (Some(said), Some(it)) = (said(&algorithm), self.measured(&algorithm, now)) {
            self.caught |= is_off(&it, said);
        }
    }

    /// A rig of which nothing at all was measured for longer than it takes does not hash the
    /// algorithm, if it did hash others.
    pub(super) fn note_silence(&mut self, now: Duration) {
        let Some(visit) = &self.visit else { return };
        let here = now.saturating_sub(visit.since).as_secs_f64();
        let worked = self
            .known
            .iter()
            .any(|(_, measured, _)| measured.mean > 0.0);
        if visit.measured.seconds <= 0.0 && worked && here > FADES {
            self.note(0.0, |_| None, now);
        }
    }

    /// What was measured of an algorithm, once it counts.
    pub(super) fn measured(&self, algorithm: &Algorithm, now: Duration) -> Option<Estimate> {
        let visit = self.visit.as_ref().filter(|it| it.algorithm == *algorithm);
        let earlier = self.known.iter().find(|(of, _, at)| {
            of == algorithm && (visit.is_some() || now.saturating_sub(*at) < FORGOTTEN)
        });
        let here = visit.map(|visit| visit.measured).unwrap_or_default();
        let all = earlier.map(|it| it.1).unwrap_or_default().and(here);
        (all.seconds >= TRUSTED).then(|| Estimate {
            rate: all.mean,
            error: (PACE / all.seconds).sqrt(),
        })
    }

    /// What is believed of an algorithm of which the rig said this.
    pub(super) fn estimate(
        &self,
        algorithm: &Algorithm,
        said: Option<f64>,
        now: Duration,
    ) -> Option<Estimate> {
        let measured = self.measured(algorithm, now);
        let Some(said) = said else { return measured };
        let off = |it: &Estimate| is_off(it, said);
        let caught = self.caught && measured.is_none();
        let said = Estimate {
            rate: said,
            error: if caught { CAUGHT } else { 0.0 },
        };
        Some(measured.filter(off).unwrap_or(said))
    }
}

/// Whether what was measured is so far from what was said that luck can't be it. Counts of shares
/// are Poisson, of which the root has the same error everywhere.
fn is_off(measured: &Estimate, said: f64) -> bool {
    ((measured.rate / said).sqrt() - 1.0).abs() > PLAINLY / 2.0 * measured.error
}
