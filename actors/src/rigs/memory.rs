//! The judge's memory, kept where it can be read without asking the judge, and kept through its
//! faults.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use zartrux_models::judge::{JudgeCore, JudgePolicy, ProofNoted, QuarantineChange};
use zartrux_models::share::RigKey;

use crate::supervision::{Faulted, Guard};

/// What a proof changed of where a rig stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is in quarantine from now on.
    Quarantined,
    /// It has left quarantine.
    Released,
}

/// The core, and beside it, untouched by its steps, the proofs that put rigs in quarantine.
///
/// A core that panics is thrown away, since nobody knows what of it still holds: trust is earned
/// anew, which costs proofs and no share, and suspicion comes back with the next share, because
/// the filters carry it. Quarantine would come back with the next bad share only, so its proofs
/// are told to the new core.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) core: JudgeCore,
    convicted: HashMap<RigKey, ProofNoted>,
}

impl Memory {
    pub(super) fn step<R>(
        &mut self,
        guard: &Guard,
        policy: &JudgePolicy,
        step: impl FnOnce(&mut JudgeCore) -> R,
    ) -> Result<R, Faulted> {
        let outcome = guard.run_or_reset(&mut self.core, step);
        if outcome.is_err() {
            self.convict_again(policy);
        }
        outcome
    }

    /// Not guarded like a step: what is rehearsed on the judge is not to fail here again.
    fn convict_again(&mut self, policy: &JudgePolicy) {
        for proof in self.convicted.values() {
            let core = &mut self.core;
            if catch_unwind(AssertUnwindSafe(|| core.note_proof(policy, proof))).is_err() {
                tracing::error!(rig = %proof.rig, "the judge could not take a rig back into quarantine");
            }
        }
    }

    pub(super) fn note_proof(
        &mut self,
        guard: &Guard,
        policy: &JudgePolicy,
        proof: &ProofNoted,
    ) -> Option<Turn> {
        // Noted first: the step may fail just when it has a bad proof in hand.
        let was_convicted = if proof.good {
            self.convicted.contains_key(&proof.rig)
        } else {
            self.convicted.insert(proof.rig, *proof).is_some()
        };
        let entered = (!proof.good && !was_convicted).then_some(Turn::Quarantined);
        match self.step(guard, policy, |core| core.note_proof(policy, proof)) {
            Ok(QuarantineChange::Entered) => {
                self.convicted.entry(proof.rig).or_insert(*proof);
                Some(Turn::Quarantined)
            }
            Ok(QuarantineChange::Left) => {
                self.convicted.remove(&proof.rig);
                Some(Turn::Released)
            }
            Ok(QuarantineChange::Unchanged) => {
                if entered.is_some() {
                    // The core did not take it for more than it is.
                    self.convicted.remove(&proof.rig);
                }
                None
            }
            Err(Faulted) => entered,
        }
    }

    pub(super) fn is_quarantined(&self, rig: RigKey) -> bool {
        self.convicted.contains_key(&rig)
    }

    pub(super) fn quarantined(&self) -> usize {
        self.convicted.len()
    }

    /// Lets go of proofs about rigs that the core has forgotten.
    pub(super) fn forget_with_core(&mut self, now: std::time::Instant) {
        let core = &self.core;
        self.convicted
            .retain(|rig, _| core.rig(*rig, now).is_some());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::Clock;
    use crate::supervision::ActorHealth;
    use zartrux_models::share::ShareId;
    use zartrux_models::work::Difficulty;

    fn proof(rig: u64, good: bool) -> ProofNoted {
        ProofNoted {
            rig: RigKey(rig),
            share: ShareId::new(0, rig),
            asked: Difficulty::new(1_000),
            good,
            now: Clock.now(),
        }
    }

    #[test]
    fn a_fault_at_the_very_proof_that_convicts_a_rig_does_not_spare_it() {
        let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
        let policy = JudgePolicy::default();
        let mut memory = Memory::default();
        let mut note = |proof| memory.note_proof(&guard, &policy, &proof);
        assert_eq!(note(proof(1, false)), Some(Turn::Quarantined));
        guard.health().drill.arm_panics(1);
        assert_eq!(note(proof(2, false)), Some(Turn::Quarantined));
        assert_eq!(note(proof(2, false)), None, "it is there already");
        guard.health().drill.arm_panics(1);
        assert_eq!(note(proof(3, true)), None);
        assert_eq!(memory.core.quarantined(), 2);
        assert!(memory.is_quarantined(RigKey(1)) && memory.is_quarantined(RigKey(2)));
        assert!(!memory.is_quarantined(RigKey(3)));
    }

    #[test]
    fn a_rig_that_has_proved_its_work_is_released_once_and_stays_so_after_a_fault() {
        let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
        let policy = JudgePolicy::default();
        let mut memory = Memory::default();
        memory.note_proof(&guard, &policy, &proof(1, false));
        let turns: Vec<Turn> = (0..1_000)
            .filter_map(|_| memory.note_proof(&guard, &policy, &proof(1, true)))
            .collect();
        assert_eq!(turns, [Turn::Released]);
        guard.health().drill.arm_panics(1);
        memory.note_proof(&guard, &policy, &proof(2, true));
        assert_eq!((memory.core.quarantined(), memory.quarantined()), (0, 0));
    }
}
