//! The judge's memory, kept where it can be read without asking the judge, and kept through its
//! faults.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use zartrux_models::judge::{JudgeCore, JudgePolicy, ProofNoted, QuarantineChange, RigRemembered};
use zartrux_models::share::RigKey;

use crate::changed::ChangedRigs;
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
    /// Those of them that have changed since they were last written down.
    changed: ChangedRigs,
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
        if let Some(rig) = of.filter(|rig| self.core.knows(*rig)) {
            self.changed.mark(rig);
        }
        outcome
    }

    /// Takes back what an earlier run of the process knew of a rig; whether it did. Beside the
    /// core lies then what puts the rig in quarantine again after a fault.
    ///
    /// Guarded by itself: there may be no judge yet whose fault it could be.
    pub(super) fn restore(
        &mut self,
        policy: &JudgePolicy,
        rig: RigKey,
        kept: &RigRemembered,
        (now, unix_ms): (Instant, u64),
    ) -> bool {
        let newcomer = (!self.core.knows(rig)).then_some(rig);
        let core = &mut self.core;
        let restore = || core.restore(policy, rig, kept, now, unix_ms);
        let restored = catch_unwind(AssertUnwindSafe(restore)).unwrap_or_else(|_| {
            tracing::error!(%rig, "the judge could not take a rig back");
            self.core = JudgeCore::default();
            self.convict_again(policy);
            false
        });
        if restored {
            match kept.bad_proof(rig, now, unix_ms) {
                Some(proof) => self.convicted.insert(rig, proof),
                None => self.convicted.remove(&rig),
            };
        }
        self.keep_in_step(newcomer);
        restored
    }

    /// What is to be written down of up to `most` rigs that have changed.
    pub(super) fn changed(
        &mut self,
        most: usize,
        (now, unix_ms): (Instant, u64),
    ) -> impl Iterator<Item = (RigKey, RigRemembered)> {
        let (core, changed) = (&self.core, &mut self.changed);
        std::iter::from_fn(move || {
            loop {
                let rig = changed.take()?;
                if let Some(kept) = core.remembered(rig, now, unix_ms) {
                    return Some((rig, kept));
                }
            }
        })
        .take(most)
    }

    /// A rig's file differs from what is written of it.
    pub(super) fn mark_changed(&mut self, rig: RigKey) {
        if self.core.knows(rig) {
            self.changed.mark(rig);
        }
    }

    /// Costs nothing but when the core has forgotten some rigs, which it does for many at once.
    fn keep_in_step(&mut self, newcomer: Option<RigKey>) {
        let core = &self.core;
        let newcomer = newcomer.filter(|rig| core.knows(*rig));
        if self.roster.len() + usize::from(newcomer.is_some()) != core.known() {
            self.roster.retain(|rig| core.knows(*rig));
            self.changed.keep(|rig| core.knows(rig));
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
            self.changed.mark(proof.rig);
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
mod tests;
