//! What a lane remembers of its rigs and of its last shares, to be read from any thread without
//! asking an actor.

mod counts;
mod kept;
mod memory;
mod names;
mod record;
mod records;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use zartrux_models::judge::{Case, JudgePolicy, ProofNoted, RigReport, Ruling, SuspicionChange};
use zartrux_models::share::RigKey;

use crate::supervision::{Faulted, Guard};

pub use counts::JudgeCounts;
pub use kept::ChangedRig;
pub use memory::Turn;
pub use names::RigNames;
pub use record::{
    LatencyRecord, ModelsRecord, ProofShown, RulingRecord, SettlementRecord, ShareRecord,
    StageLatency, StageRecord, stage_records,
};
pub use records::{SettledShare, ShareRecords};

use memory::Memory;
use names::NameBook;

/// The rigs of a lane: what they are called, and the judge's memory of them.
///
/// The memory lies here, and not in the judge, so that it exists once: the judge takes the lock
/// for each share, which nobody contends for and so costs nanoseconds; a reader takes it for a few
/// rigs at a time, and gives up when a step of the judge hangs. Until then it blocks for up to half
/// a second, so it is not to be a thread that others wait for.
#[derive(Debug)]
pub struct RigBoard {
    memory: Mutex<Memory>,
    names: NameBook,
    counts: JudgeCounts,
}

/// The judge is in the midst of a step that does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the judge is busy with a step that does not end")]
pub struct JudgeStuck;

impl RigBoard {
    /// How long a reader waits between two looks whether the judge's step has ended.
    const PAUSE: Duration = Duration::from_millis(1);
    /// How often it looks before it gives up: half a second. A step takes microseconds, and some
    /// milliseconds when it forgets many rigs; on a machine that is loaded the judge's thread may
    /// be kept from its processor for some hundred more.
    const LOOKS: u32 = 500;
    /// Rigs that a reader copies under one lock: some microseconds.
    const AT_A_TIME: usize = 32;

    /// An empty one that names up to `max_rigs` rigs.
    #[must_use]
    pub fn new(max_rigs: usize) -> Self {
        Self {
            memory: Mutex::default(),
            names: NameBook::new(max_rigs),
            counts: JudgeCounts::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits in real time, not by the clock, which may be a test's.
    fn look(&self) -> Result<MutexGuard<'_, Memory>, JudgeStuck> {
        for _ in 0..Self::LOOKS {
            match self.memory.try_lock() {
                Ok(memory) => return Ok(memory),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                // Nobody unparks a reader: it comes back by itself.
                Err(TryLockError::WouldBlock) => std::thread::park_timeout(Self::PAUSE),
            }
        }
        Err(JudgeStuck)
    }

    /// How often each rule decided, and what proofs showed.
    #[must_use]
    pub const fn counts(&self) -> &JudgeCounts {
        &self.counts
    }

    /// A rig is there and calls itself so.
    pub fn note_names(&self, rig: RigKey, user: &str, rig_id: &str, agent: &str) {
        self.names
            .note(rig, RigNames::of_login(user, rig_id, agent));
    }

    /// How a rig calls itself.
    #[must_use]
    pub fn names(&self, rig: RigKey) -> Option<Arc<RigNames>> {
        self.names.of(rig)
    }

    /// All rigs that have a name.
    #[must_use]
    pub fn named(&self) -> Vec<(RigKey, Arc<RigNames>)> {
        self.names.all()
    }

    /// A rig's name for a line of the log, escaped.
    #[must_use]
    pub fn name_for_log(&self, rig: RigKey) -> String {
        self.names
            .of(rig)
            .map_or_else(|| "unknown".to_owned(), |names| names.for_log())
    }

    /// What the judge remembers of a rig.
    ///
    /// # Errors
    /// A step of the judge hangs.
    pub fn report(&self, rig: RigKey, now: Instant) -> Result<Option<RigReport>, JudgeStuck> {
        Ok(self.look()?.core.rig(rig, now))
    }

    /// Tells of every rig that the judge remembers, in no order. The judge is kept waiting for a
    /// few rigs at a time, not for all of them; one that comes or goes meanwhile may be missed.
    ///
    /// # Errors
    /// A step of the judge hangs.
    pub fn each_report(
        &self,
        now: Instant,
        mut tell: impl FnMut(RigKey, RigReport),
    ) -> Result<(), JudgeStuck> {
        let mut reports = Vec::with_capacity(Self::AT_A_TIME);
        let mut next = 0;
        loop {
            {
                let memory = self.look()?;
                let few = memory.roster(next, Self::AT_A_TIME);
                if few.is_empty() {
                    return Ok(());
                }
                next += few.len();
                let report = |rig: &RigKey| Some((*rig, memory.core.rig(*rig, now)?));
                reports.extend(few.iter().filter_map(report));
            }
            for (rig, report) in reports.drain(..) {
                tell(rig, report);
            }
        }
    }

    /// How many rigs are in quarantine.
    ///
    /// # Errors
    /// A step of the judge hangs.
    pub fn quarantined(&self) -> Result<usize, JudgeStuck> {
        Ok(self.look()?.quarantined())
    }

    pub(crate) fn is_quarantined(&self, rig: RigKey) -> bool {
        self.lock().is_quarantined(rig)
    }

    /// Has the judge's core decide on a share; also tells whether the share has changed what is
    /// suspected of its rig.
    ///
    /// # Errors
    /// The core failed at it; its memory began anew, with all rigs in quarantine that were.
    pub fn decide(
        &self,
        guard: &Guard,
        policy: &JudgePolicy,
        case: &Case,
    ) -> Result<(Ruling, Option<SuspicionChange>), Faulted> {
        self.lock().step(guard, policy, Some(case.rig), |core| {
            core.decide_and_tell(policy, case)
        })
    }

    /// Tells the judge's core what a proof showed; says whether that changed where its rig stands.
    pub fn note_proof(
        &self,
        guard: &Guard,
        policy: &JudgePolicy,
        proof: &ProofNoted,
    ) -> Option<Turn> {
        self.lock().note_proof(guard, policy, proof)
    }

    pub(crate) fn note_unproved(&self, guard: &Guard, policy: &JudgePolicy, rig: RigKey) {
        // Losing this step to a fault costs a note, not the share.
        let mut memory = self.lock();
        let _ = memory.step(guard, policy, None, |core| core.note_unproved(rig));
        memory.mark_changed(rig);
    }

    pub(crate) fn forget_idle(&self, guard: &Guard, policy: &JudgePolicy, now: Instant) {
        // A core that fails at this has nothing idle left.
        let _ = self
            .lock()
            .step(guard, policy, None, |core| core.forget_idle(policy, now));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::clock::Clock;
    use crate::supervision::ActorHealth;
    use zartrux_models::judge::Standing;
    use zartrux_models::share::ShareId;
    use zartrux_models::work::Difficulty;

    #[test]
    fn a_step_that_hangs_keeps_no_reader() {
        let board = RigBoard::new(1);
        let (begun, has_begun) = channel();
        let (end, may_end) = channel::<()>();
        let shared = &board;
        let looked = std::thread::scope(|scope| {
            scope.spawn(move || {
                let _step = shared.lock();
                begun.send(()).unwrap();
                may_end.recv().unwrap();
            });
            has_begun.recv().unwrap();
            let looked = (
                board.quarantined(),
                board.each_report(Clock.now(), |_, _| ()),
            );
            end.send(()).unwrap();
            looked
        });
        assert_eq!(looked, (Err(JudgeStuck), Err(JudgeStuck)));
        assert_eq!(board.quarantined(), Ok(0));
    }

    #[test]
    fn a_step_that_takes_a_tenth_of_a_second_is_waited_for() {
        let board = RigBoard::new(1);
        let (begun, has_begun) = channel();
        let (_end, ended) = channel::<()>();
        let shared = &board;
        let looked = std::thread::scope(|scope| {
            scope.spawn(move || {
                let _step = shared.lock();
                begun.send(()).unwrap();
                ended.recv_timeout(Duration::from_millis(100)).unwrap_err();
            });
            has_begun.recv().unwrap();
            board.quarantined()
        });
        assert_eq!(looked, Ok(0));
    }

    #[test]
    fn every_rig_is_told_of_once_though_a_few_are_looked_at_at_a_time() {
        let board = RigBoard::new(1_000);
        let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
        let policy = JudgePolicy::default();
        for rig in 0..200 {
            let proof = ProofNoted {
                rig: RigKey(rig),
                share: ShareId::new(0, rig),
                asked: Difficulty::new(1_000),
                good: rig % 3 != 0,
                now: Clock.now(),
            };
            board.note_proof(&guard, &policy, &proof);
        }
        let (mut told, mut quarantined) = (Vec::new(), 0);
        let tell = |rig: RigKey, report: RigReport| {
            told.push(rig.0);
            quarantined += usize::from(report.standing == Standing::Quarantined);
        };
        board.each_report(Clock.now(), tell).unwrap();
        assert_eq!(told, (0..200).collect::<Vec<_>>());
        assert_eq!(board.quarantined(), Ok(quarantined));
    }
}
