//! The jobs that one session was given.

use crate::handover::{AssignmentWire, BadPart};
use crate::share::RefusalReason;
use crate::stratum::MinerJobId;
use crate::work::{Difficulty, JobKey, Slot};

/// A job as one session got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// The upstream job.
    pub job: JobKey,
    /// The top byte of its nonces: the one that the job's plan gives its lease.
    pub slot: Slot,
    /// The lowest difficulty the session was asked for on this job.
    pub difficulty: Difficulty,
}

/// The last few assignments of a session, newest first.
#[derive(Debug, Clone, Copy)]
pub struct Assignments {
    recent: [Option<Assignment>; Self::KEPT],
    /// Whether each was given with different difficulties.
    retargeted: [bool; Self::KEPT],
    /// It was given none up to there.
    none_up_to: JobKey,
}

impl Assignments {
    /// Current and previous job, and room for two leases renewed within them.
    pub const KEPT: usize = 4;

    /// None yet; the lane's last job is `last`.
    #[must_use]
    pub const fn after(last: JobKey) -> Self {
        Self {
            recent: [None; Self::KEPT],
            retargeted: [false; Self::KEPT],
            none_up_to: last,
        }
    }

    /// As it is written down.
    pub(super) fn pack(&self) -> (Vec<AssignmentWire>, u32) {
        let places = self.recent.iter().zip(&self.retargeted);
        let wire = |(given, retargeted): (&Option<Assignment>, &bool)| {
            given.map(|given| AssignmentWire {
                job: given.job.0,
                slot: given.slot.0,
                difficulty: given.difficulty.get(),
                retargeted: *retargeted,
            })
        };
        (places.filter_map(wire).collect(), self.none_up_to.0)
    }

    /// As it was written down.
    pub(super) fn unpack(recent: &[AssignmentWire], none_up_to: u32) -> Result<Self, BadPart> {
        if recent.len() > Self::KEPT {
            return Err(BadPart("more assignments than a session keeps"));
        }
        let mut all = Self::after(JobKey(none_up_to));
        for (at, wire) in recent.iter().enumerate() {
            if wire.difficulty == 0 {
                return Err(BadPart("a difficulty of 0"));
            }
            all.recent[at] = Some(Assignment {
                job: JobKey(wire.job),
                slot: Slot(wire.slot),
                difficulty: Difficulty::new(wire.difficulty),
            });
            all.retargeted[at] = wire.retargeted;
        }
        Ok(all)
    }

    /// Notes what the session is given now.
    pub fn give(&mut self, given: Assignment) {
        for (had, retargeted) in self.recent.iter_mut().zip(&mut self.retargeted) {
            if let Some(same) = had
                && (same.job, same.slot) == (given.job, given.slot)
            {
                // Asked again with another difficulty: shares found before it still count.
                *retargeted |= same.difficulty != given.difficulty;
                same.difficulty = same.difficulty.min(given.difficulty);
                return;
            }
        }
        self.recent.rotate_right(1);
        self.retargeted.rotate_right(1);
        self.recent[0] = Some(given);
        self.retargeted[0] = false;
        // Its first job may be one that the lane had before the session began.
        let before = JobKey(given.job.0.saturating_sub(1));
        self.none_up_to = self.none_up_to.min(before);
    }

    /// What the session works on.
    #[must_use]
    pub const fn current(&self) -> Option<Assignment> {
        self.recent[0]
    }

    /// Whether the session was asked for different difficulties on this assignment, so that
    /// nobody knows for which of them a share of it was looked for.
    #[must_use]
    pub fn was_retargeted(&self, assignment: &Assignment) -> bool {
        let same = |had: &Option<Assignment>| {
            had.is_some_and(|had| (had.job, had.slot) == (assignment.job, assignment.slot))
        };
        let mut places = self.recent.iter().zip(&self.retargeted);
        places.any(|(had, retargeted)| same(had) && *retargeted)
    }

    /// The assignment under an id as given out.
    ///
    /// # Errors
    /// `UnknownJob` when this session can't have been given it, `Expired` when it is merely older
    /// than what is kept: xmrig hangs up on the former.
    pub fn of(&self, id: &str) -> Result<Assignment, RefusalReason> {
        let id = MinerJobId::parse(id).ok_or(RefusalReason::UnknownJob)?;
        let newest = self.recent[0].ok_or(RefusalReason::UnknownJob)?;
        self.recent
            .iter()
            .flatten()
            .find(|given| given.job == id.job && given.slot == id.slot)
            .copied()
            .ok_or(if id.job > self.none_up_to && id.job <= newest.job {
                RefusalReason::Expired
            } else {
                RefusalReason::UnknownJob
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(job: u32, difficulty: u64) -> Assignment {
        Assignment {
            job: JobKey(job),
            slot: Slot(1),
            difficulty: Difficulty::new(difficulty),
        }
    }

    #[test]
    fn what_was_given_is_found_what_is_old_is_expired_and_the_rest_is_unknown() {
        let mut assignments = Assignments::after(JobKey(9));
        assert_eq!(assignments.of("0000000a01"), Err(RefusalReason::UnknownJob));
        for job in 10..16 {
            assignments.give(given(job, 5));
        }
        assert_eq!(assignments.of("0000000f01"), Ok(given(15, 5)));
        assert_eq!(assignments.of("0000000c01"), Ok(given(12, 5)));
        assert_eq!(assignments.of("0000000b01"), Err(RefusalReason::Expired));
        assert_eq!(assignments.of("0000000901"), Err(RefusalReason::UnknownJob));
        assert_eq!(assignments.of("0000001001"), Err(RefusalReason::UnknownJob));
        assert_eq!(assignments.of("nonsense"), Err(RefusalReason::UnknownJob));
    }

    #[test]
    fn the_job_that_was_there_when_the_session_began_expires_like_any_other() {
        let mut assignments = Assignments::after(JobKey(9));
        for job in 9..16 {
            assignments.give(given(job, 5));
        }
        assert_eq!(assignments.of("0000000901"), Err(RefusalReason::Expired));
        assert_eq!(assignments.of("0000000801"), Err(RefusalReason::UnknownJob));
    }

    #[test]
    fn a_share_found_before_the_difficulty_rose_still_counts() {
        let mut assignments = Assignments::after(JobKey(0));
        assignments.give(given(1, 100));
        assignments.give(given(1, 400));
        let current = assignments.current().unwrap();
        assert_eq!(current.difficulty.get(), 100);
        assert!(assignments.was_retargeted(&current));
        assignments.give(given(2, 400));
        assert!(!assignments.was_retargeted(&assignments.current().unwrap()));
        assert!(assignments.was_retargeted(&current));
    }
}
