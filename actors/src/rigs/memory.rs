//! The judge's memory, kept where it can be read without asking the judge, and kept through its
//! faults.

use std::panic::{AssertUnwindSafe, catch_unwind};

use zartrux_models::judge::{JudgeCore, JudgePolicy, ProofNoted, QuarantineChange};
use zartrux_models::share::RigKey;

use crate::rig_map::RigMap;
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
///
/// After each step what lies beside the core tells of the same rigs as the core: one that it has
/// released or forgotten must not be in quarantine again after a fault.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) core: JudgeCore,
    /// The last bad proof of each rig in quarantine.
    convicted: RigMap<ProofNoted>,
    /// The rigs that the core knows, in the order in which it came to know them: a list that can be
    /// read a few at a time.
    roster: Vec<RigKey>,
}

impl Memory {
    /// Has the core make a step that may let it know `of`, if anybody.
    pub(super) fn step<R>(
        &mut self,
        guard: &Guard,
        policy: &JudgePolicy,
        of: Option<RigKey>,
        step: impl FnOnce(&mut JudgeCore) -> R,
    ) -> Result<R, Faulted> {
        let newcomer = of.filter(|rig| !self.core.knows(*rig));
        let outcome = guard.run_or_reset(&mut self.core, step);
        if outcome.is_err() {
            self.convict_again(policy);
        }
        self.keep_in_step(newcomer);
        outcome
    }

    /// Costs nothing but when the core has forgotten some rigs, which it does for many at once.
    fn keep_in_step(&mut self, newcomer: Option<RigKey>) {
        let core = &self.core;
        let newcomer = newcomer.filter(|rig| core.knows(*rig));
        if self.roster.len() + usize::from(newcomer.is_some()) != core.known() {
            self.roster.retain(|rig| core.knows(*rig));
        }
        self.roster.extend(newcomer);
        if self.convicted.len() != core.quarantined() {
            self.convicted.retain(|rig, _| core.is_quarantined(*rig));
        }
    }

    /// Some of the rigs that the core knows, from a place in their list; none when that is its end.
    pub(super) fn roster(&self, from: usize, most: usize) -> &[RigKey] {
        let rest = self.roster.get(from..).unwrap_or_default();
        rest.get(..most).unwrap_or(rest)
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
        let step = |core: &mut JudgeCore| core.note_proof(policy, proof);
        match self.step(guard, policy, Some(proof.rig), step) {
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
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
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

    /// What lies beside the core tells of the same rigs as the core.
    fn assert_in_step(memory: &Memory) {
        let core = &memory.core;
        assert_eq!(memory.quarantined(), core.quarantined());
        let convicted = memory.convicted.keys();
        assert!(convicted.copied().all(|rig| core.is_quarantined(rig)));
        let listed: HashSet<RigKey> = memory.roster.iter().copied().collect();
        assert_eq!(
            (listed.len(), memory.roster.len()),
            (core.known(), core.known())
        );
        assert!(listed.iter().all(|rig| core.knows(*rig)));
    }

    #[test]
    fn convictions_never_outnumber_the_rigs_that_are_remembered() {
        let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
        for max_rigs in [0, 1, 2, 7, 40] {
            let policy = JudgePolicy {
                max_rigs,
                ..JudgePolicy::default()
            };
            let mut memory = Memory::default();
            for rig in 0..500 {
                memory.note_proof(&guard, &policy, &proof(rig, rig % 5 == 0));
                assert!(memory.convicted.len() <= max_rigs.max(1));
                assert_in_step(&memory);
                if rig % 50 == 0 {
                    guard.health().drill.arm_panics(1);
                }
            }
        }
    }

    #[test]
    fn a_rig_whose_file_was_dropped_is_not_put_back_in_quarantine_by_a_later_fault() {
        let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
        let policy = JudgePolicy {
            max_rigs: 8,
            ..JudgePolicy::default()
        };
        let mut memory = Memory::default();
        let note = |memory: &mut Memory, rig| {
            memory.note_proof(&guard, &policy, &proof(rig, false));
        };
        note(&mut memory, 0);
        let mut last = 0;
        while memory.core.knows(RigKey(0)) {
            last += 1;
            note(&mut memory, last);
        }
        assert!(!memory.is_quarantined(RigKey(0)));
        guard.health().drill.arm_panics(1);
        note(&mut memory, last);
        assert!(!memory.core.knows(RigKey(0)));
        assert!(memory.is_quarantined(RigKey(last)));
        assert_in_step(&memory);
    }

    #[test]
    fn rigs_that_are_forgotten_for_their_silence_leave_the_list_and_quarantine() {
        let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
        let policy = JudgePolicy::default();
        let mut memory = Memory::default();
        for (rig, good) in [(1, true), (2, false), (3, true)] {
            memory.note_proof(&guard, &policy, &proof(rig, good));
        }
        assert_eq!(memory.roster(0, 2), [RigKey(1), RigKey(2)]);
        assert_eq!(memory.roster(2, 2), [RigKey(3)]);
        for (after, left) in [(2, 1), (5, 0)] {
            let now = Clock.now() + policy.forget_after * after;
            let forget = |core: &mut JudgeCore| core.forget_idle(&policy, now);
            memory.step(&guard, &policy, None, forget).unwrap();
            assert_eq!((memory.roster.len(), memory.quarantined()), (left, left));
            assert_in_step(&memory);
        }
    }
}
