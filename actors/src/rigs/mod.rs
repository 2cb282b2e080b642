//! What a lane remembers of its rigs and of its last shares, to be read from any thread without
//! asking an actor.

mod counts;
mod memory;
mod names;
mod record;
mod records;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use zartrux_models::judge::{Case, JudgePolicy, ProofNoted, RigReport, Ruling};
use zartrux_models::share::RigKey;

use crate::supervision::{Faulted, Guard};

pub use counts::JudgeCounts;
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
/// for each share, which nobody contends for and so costs nanoseconds; a reader takes it for one
/// rig at a time, and gives up when a step of the judge hangs.
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
    /// How often a reader looks whether the judge's step has ended, yielding in between: a step
    /// takes a microsecond, so only one that hangs is given up on.
    const LOOKS: u32 = 20_000;
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

    fn look(&self) -> Result<MutexGuard<'_, Memory>, JudgeStuck> {
        for _ in 0..Self::LOOKS {
            match self.memory.try_lock() {
                Ok(memory) => return Ok(memory),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
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
        let rigs: Vec<RigKey> = self.look()?.core.keys().collect();
        let mut reports = Vec::with_capacity(Self::AT_A_TIME.min(rigs.len()));
        for few in rigs.chunks(Self::AT_A_TIME) {
            {
                let memory = self.look()?;
                let report = |rig: &RigKey| Some((*rig, memory.core.rig(*rig, now)?));
                reports.extend(few.iter().filter_map(report));
            }
            for (rig, report) in reports.drain(..) {
                tell(rig, report);
            }
        }
        Ok(())
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

    /// Has the judge's core decide on a share.
    ///
    /// # Errors
    /// The core failed at it; its memory began anew, with all rigs in quarantine that were.
    pub fn decide(
        &self,
        guard: &Guard,
        policy: &JudgePolicy,
        case: &Case,
    ) -> Result<Ruling, Faulted> {
        self.lock()
            .step(guard, policy, |core| core.decide(policy, case))
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
        let _ = self
            .lock()
            .step(guard, policy, |core| core.note_unproved(rig));
    }

    pub(crate) fn forget_idle(&self, guard: &Guard, policy: &JudgePolicy, now: Instant) {
        let mut memory = self.lock();
        // A core that fails at this has nothing idle left.
        let _ = memory.step(guard, policy, |core| core.forget_idle(policy, now));
        memory.forget_with_core(now);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::clock::Clock;

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
}
