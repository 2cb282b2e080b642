//! When a filter that keeps failing is left out, and when it is tried again. Facts in, decision
//! out.

use std::time::{Duration, Instant};

use crate::supervision::Backoff;

/// What changed for a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It failed too often: shares pass it by.
    LeftOut {
        /// For so long.
        lasts: Duration,
        /// When it is to be tried again.
        until: Instant,
    },
    /// It looks at shares again; one fault and it is left out for longer.
    OnTrial,
    /// It has worked for a while: what was is forgotten.
    TakenBack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Working,
    Out {
        until: Instant,
    },
    Trial {
        /// When it is over, counted from the first share that went well.
        passed_at: Option<Instant>,
    },
}

/// Whether a filter is asked.
#[derive(Debug)]
pub struct Bypass {
    phase: Phase,
    /// The last faults while it worked, oldest first.
    recent: [Option<Instant>; Self::TOLERATED],
    backoff: Backoff,
}

impl Default for Bypass {
    fn default() -> Self {
        Self {
            phase: Phase::Working,
            recent: [None; Self::TOLERATED],
            backoff: Backoff::between(Self::SHORTEST, Self::LONGEST),
        }
    }
}

impl Bypass {
    /// Faults within [`Self::WINDOW`] that a filter may have.
    pub const TOLERATED: usize = 3;
    /// Faults further apart than this do not add up; also how long a trial lasts.
    pub const WINDOW: Duration = Duration::from_secs(60);
    /// How long a filter is left out the first time.
    pub const SHORTEST: Duration = Duration::from_secs(10);
    /// How long at most.
    pub const LONGEST: Duration = Duration::from_secs(600);

    /// Nothing is wrong.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.phase == Phase::Working
    }

    /// Shares pass the filter by.
    #[must_use]
    pub const fn is_out(&self) -> bool {
        matches!(self.phase, Phase::Out { .. })
    }

    /// Time has passed: a filter that was left out for long enough is put on trial.
    pub fn on_time(&mut self, now: Instant) -> Option<Change> {
        match self.phase {
            Phase::Out { until } if now >= until => {
                self.phase = Phase::Trial { passed_at: None };
                Some(Change::OnTrial)
            }
            Phase::Out { .. } | Phase::Working | Phase::Trial { .. } => None,
        }
    }

    /// The filter has another core, which may not have the former's fault: it need not wait.
    pub fn on_new_core(&mut self) -> Option<Change> {
        self.is_out().then(|| {
            self.phase = Phase::Trial { passed_at: None };
            Change::OnTrial
        })
    }

    /// The filter looked at a share and nothing happened.
    pub fn on_success(&mut self, now: Instant) -> Option<Change> {
        match self.phase {
            Phase::Trial { passed_at: None } => {
                self.phase = Phase::Trial {
                    passed_at: Some(now + Self::WINDOW),
                };
                None
            }
            Phase::Trial {
                passed_at: Some(at),
            } if now >= at => {
                self.phase = Phase::Working;
                self.backoff.reset();
                Some(Change::TakenBack)
            }
            Phase::Trial { .. } | Phase::Working | Phase::Out { .. } => None,
        }
    }

    /// The filter failed.
    pub fn on_fault(&mut self, now: Instant) -> Option<Change> {
        let too_often = match self.phase {
            Phase::Out { .. } => return None,
            Phase::Trial { .. } => true,
            Phase::Working => self.recent.iter().all(|fault| {
                fault.is_some_and(|at| now.saturating_duration_since(at) <= Self::WINDOW)
            }),
        };
        if !too_often {
            self.recent.rotate_left(1);
            self.recent[Self::TOLERATED - 1] = Some(now);
            return None;
        }
        self.recent = [None; Self::TOLERATED];
        let lasts = self.backoff.next_delay();
        let until = now + lasts;
        self.phase = Phase::Out { until };
        Some(Change::LeftOut { lasts, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn left_out(change: Option<Change>) -> Option<u64> {
        match change {
            Some(Change::LeftOut { lasts, .. }) => Some(lasts.as_secs()),
            Some(Change::OnTrial | Change::TakenBack) | None => None,
        }
    }

    #[test]
    fn three_faults_within_a_minute_are_borne_and_the_fourth_is_not() {
        let (mut bypass, start) = (Bypass::default(), Clock.now());
        for second in [0, 20, 40] {
            assert_eq!(bypass.on_fault(start + secs(second)), None);
        }
        assert_eq!(left_out(bypass.on_fault(start + secs(60))), Some(10));
        assert!(bypass.is_out());
    }

    #[test]
    fn faults_that_are_far_apart_never_add_up() {
        let (mut bypass, start) = (Bypass::default(), Clock.now());
        for fault in 0..100 {
            assert_eq!(bypass.on_fault(start + secs(21 * fault)), None);
        }
        assert!(bypass.is_working());
    }

    #[test]
    fn a_filter_that_fails_on_trial_is_left_out_twice_as_long_up_to_ten_minutes() {
        let (mut bypass, mut now) = (Bypass::default(), Clock.now());
        for _ in 0..3 {
            bypass.on_fault(now);
        }
        let mut waits = Vec::new();
        for _ in 0..8 {
            let wait = left_out(bypass.on_fault(now)).unwrap();
            waits.push(wait);
            assert_eq!(bypass.on_time(now + secs(wait) - secs(1)), None);
            now += secs(wait);
            assert_eq!(bypass.on_time(now), Some(Change::OnTrial));
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 600, 600]);
    }

    #[test]
    fn a_trial_is_passed_by_a_minute_of_shares_that_went_well_and_then_all_is_forgotten() {
        let (mut bypass, start) = (Bypass::default(), Clock.now());
        for _ in 0..4 {
            bypass.on_fault(start);
        }
        bypass.on_time(start + secs(10));
        assert_eq!(
            bypass.on_success(start + secs(500)),
            None,
            "silence proves nothing"
        );
        assert_eq!(bypass.on_success(start + secs(559)), None);
        assert_eq!(
            bypass.on_success(start + secs(560)),
            Some(Change::TakenBack)
        );
        assert!(bypass.is_working());
        for _ in 0..3 {
            assert_eq!(bypass.on_fault(start + secs(561)), None);
        }
        assert_eq!(left_out(bypass.on_fault(start + secs(561))), Some(10));
    }

    #[test]
    fn another_core_need_not_wait_for_its_trial() {
        let (mut bypass, start) = (Bypass::default(), Clock.now());
        assert_eq!(bypass.on_new_core(), None);
        for _ in 0..4 {
            bypass.on_fault(start);
        }
        assert_eq!(bypass.on_new_core(), Some(Change::OnTrial));
        assert_eq!(left_out(bypass.on_fault(start)), Some(20));
    }

    #[test]
    fn while_it_is_left_out_nothing_else_counts() {
        let (mut bypass, start) = (Bypass::default(), Clock.now());
        for _ in 0..4 {
            bypass.on_fault(start);
        }
        assert_eq!(bypass.on_fault(start + secs(1)), None);
        assert_eq!(bypass.on_success(start + secs(70)), None);
        assert!(bypass.is_out());
    }
}
