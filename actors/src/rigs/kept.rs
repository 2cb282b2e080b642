//! What the judge knows of rigs, for whoever keeps it over a restart of the process.

use std::time::Instant;

use zartrux_models::judge::{JudgePolicy, RigRemembered};
use zartrux_models::ledger::BadRecord;
use zartrux_models::share::RigKey;

use super::{JudgeStuck, RigBoard};

/// A rig that has changed, and what is to be written down of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRig {
    /// Which.
    pub rig: RigKey,
    /// What [`RigBoard::restore`] takes.
    pub bytes: Box<[u8]>,
    /// Whether it is in quarantine, so that its entry is to be kept longer.
    pub quarantined: bool,
}

impl RigBoard {
    /// Up to `most` rigs that have changed since they were last told of here, those that changed
    /// first first. `unix_ms` is what the wall clock shows at `now`. The judge is kept waiting for
    /// a few rigs at a time; what is not known any more is left out.
    ///
    /// # Errors
    /// A step of the judge hangs, and nothing was collected.
    pub fn changed_since_last(
        &self,
        most: usize,
        now: Instant,
        unix_ms: u64,
    ) -> Result<Vec<ChangedRig>, JudgeStuck> {
        let mut all = Vec::new();
        let mut few = Vec::with_capacity(Self::AT_A_TIME);
        while all.len() < most {
            let at_most = Self::AT_A_TIME.min(most - all.len());
            match self.look() {
                Ok(mut memory) => few.extend(memory.changed(at_most, (now, unix_ms))),
                Err(stuck) if all.is_empty() => return Err(stuck),
                // What was taken must be told of.
                Err(_) => break,
            }
            let was_last = few.len() < at_most;
            all.extend(few.drain(..).map(|(rig, kept)| ChangedRig {
                rig,
                bytes: kept.to_bytes().into(),
                quarantined: kept.quarantine.is_some(),
            }));
            if was_last {
                break;
            }
        }
        Ok(all)
    }

    /// What was collected of these rigs could not be kept: it will be told of again.
    ///
    /// # Errors
    /// A step of the judge hangs.
    pub fn collect_again(&self, rigs: &[RigKey]) -> Result<(), JudgeStuck> {
        for few in rigs.chunks(Self::AT_A_TIME) {
            let mut memory = self.look()?;
            few.iter().for_each(|rig| memory.mark_changed(*rig));
        }
        Ok(())
    }

    /// Takes back what an earlier run of the process wrote down of a rig, unless the rig has been
    /// heard of since; whether it did. To be done before miners come in. `unix_ms` is what the
    /// wall clock shows at `now`.
    ///
    /// # Errors
    /// The bytes are damaged, or were written by a later version.
    pub fn restore(
        &self,
        policy: &JudgePolicy,
        rig: RigKey,
        bytes: &[u8],
        now: Instant,
        unix_ms: u64,
    ) -> Result<bool, BadRecord> {
        let kept = RigRemembered::from_bytes(bytes)?;
        Ok(self.lock().restore(policy, rig, &kept, (now, unix_ms)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::Clock;
    use crate::supervision::{ActorHealth, Guard};
    use zartrux_models::judge::ProofNoted;
    use zartrux_models::share::ShareId;
    use zartrux_models::work::Difficulty;

    #[test]
    fn every_rig_that_changed_is_collected_once_and_comes_back_as_it_was() {
        let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
        let policy = JudgePolicy::default();
        let (board, now, unix_ms) = (RigBoard::new(1_000), Clock.now(), 1_700_000_000_000);
        for rig in 0..200 {
            let proof = ProofNoted {
                rig: RigKey(rig),
                share: ShareId::new(0, rig),
                asked: Difficulty::new(1_000),
                good: rig % 3 != 0,
                now,
            };
            board.note_proof(&guard, &policy, &proof);
        }
        let first = board.changed_since_last(150, now, unix_ms).unwrap();
        let rest = board.changed_since_last(150, now, unix_ms).unwrap();
        assert_eq!((first.len(), rest.len()), (150, 50));
        assert!(
            board
                .changed_since_last(1, now, unix_ms)
                .unwrap()
                .is_empty()
        );
        board.collect_again(&[RigKey(7)]).unwrap();
        assert_eq!(
            board.changed_since_last(9, now, unix_ms).unwrap(),
            [first[7].clone()]
        );

        let next = RigBoard::new(1_000);
        for changed in first.iter().chain(&rest) {
            assert_eq!(changed.quarantined, changed.rig.0 % 3 == 0);
            let restored = next.restore(&policy, changed.rig, &changed.bytes, now, unix_ms);
            assert_eq!(restored, Ok(true));
        }
        for rig in (0..200).map(RigKey) {
            assert_eq!(next.report(rig, now), board.report(rig, now));
            assert_eq!(next.is_quarantined(rig), board.is_quarantined(rig));
        }
        assert!(
            next.restore(&policy, RigKey(1), &[9, 9], now, unix_ms)
                .is_err()
        );
    }
}
