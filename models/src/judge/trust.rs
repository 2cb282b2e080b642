//! Trust: earned by proven work, lost by one bad proof.

use crate::work::Difficulty;

use super::budget::part;

/// What a rig has proved since its last bad proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Trust {
    work: u64,
    good_proofs: u32,
}

impl Trust {
    /// Proven work that earns trust, in multiples of the difficulty asked for, as in nodejs-pool
    /// (`share_blocks.js`). Whoever asks for a higher difficulty has to earn trust at that height.
    pub(super) const WORK: u64 = 30;
    /// Good proofs that it takes besides: work alone could be one lucky share at a difficulty
    /// that was lowered afterwards.
    pub(super) const PROOFS: u32 = 10;
    /// Good proofs after which one more tells half as much as the first.
    const HALF_TOLD: f64 = 8.0;

    /// As it was written down.
    pub(super) const fn of_parts(work: u64, good_proofs: u32) -> Self {
        Self { work, good_proofs }
    }

    /// A share that stands for so much work was proved good.
    pub(super) const fn good(&mut self, asked: Difficulty) {
        self.work = self.work.saturating_add(asked.get());
        self.good_proofs = self.good_proofs.saturating_add(1);
    }

    /// Whether a share of this difficulty comes from a trusted rig.
    pub(super) fn covers(&self, asked: Difficulty) -> bool {
        self.good_proofs >= Self::PROOFS && self.work >= Self::needed(asked)
    }

    /// Proven work that a share of this difficulty takes to be trusted.
    pub(super) const fn needed(asked: Difficulty) -> u64 {
        asked.get().saturating_mul(Self::WORK)
    }

    /// In hashes, by the difficulties asked for.
    pub(super) const fn work(&self) -> u64 {
        self.work
    }

    /// In a row.
    pub(super) const fn good_proofs(&self) -> u32 {
        self.good_proofs
    }

    /// How much a proof of one more share would tell, against one of a rig never seen: in (0, 1]
    /// and not below `least`, raised towards 1 by `lean`, the evidence's place between nothing
    /// and suspicion.
    ///
    /// Of a rig whose failing part is unknown (scale-free prior, Beta with a small first
    /// parameter), the chance that the next proof is bad after `n` good ones falls as 1/(n + n₀).
    /// Proofs go where that chance is highest, so the least proven rigs catch up first, and a rig
    /// that fails at all is found with as few proofs in the whole farm as possible.
    pub(super) fn need(&self, least: f64, lean: f64) -> f64 {
        let told = 1.0 / (1.0 + f64::from(self.good_proofs) / Self::HALF_TOLD);
        let need = told.max(part(least));
        need + (1.0 - need) * lean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(proofs: u32, asked: u64) -> Trust {
        let mut trust = Trust::default();
        for _ in 0..proofs {
            trust.good(Difficulty::new(asked));
        }
        trust
    }

    #[test]
    fn trust_takes_thirty_times_the_difficulty_and_ten_proofs() {
        let asked = Difficulty::new(1_000);
        assert!(!after(29, 1_000).covers(asked));
        assert!(after(30, 1_000).covers(asked));
        assert!(!after(9, 1_000_000).covers(asked), "nine lucky ones");
        assert!(after(10, 3_000).covers(asked));
    }

    #[test]
    fn a_rig_that_raises_its_difficulty_has_to_earn_trust_at_that_height() {
        let trust = after(30, 1_000);
        assert!(!trust.covers(Difficulty::new(1_001)));
        assert!(trust.covers(Difficulty::new(999)));
    }

    #[test]
    fn work_without_end_does_not_overflow() {
        let trust = after(20, u64::MAX);
        assert_eq!(trust.work(), u64::MAX);
        assert!(trust.covers(Difficulty::new(u64::MAX)));
    }

    #[test]
    fn a_proof_tells_less_the_more_there_were_and_more_as_evidence_leans_against_the_rig() {
        assert!((after(0, 1).need(0.05, 0.0) - 1.0).abs() < 1e-12);
        assert!((after(8, 1).need(0.05, 0.0) - 0.5).abs() < 1e-12);
        assert!((after(1_000, 1).need(0.05, 0.0) - 0.05).abs() < 1e-12);
        assert!((after(1_000, 1).need(0.05, 0.5) - 0.525).abs() < 1e-12);
        assert!((after(1_000, 1).need(0.05, 1.0) - 1.0).abs() < 1e-12);
        assert!(after(1_000, 1).need(f64::NAN, 0.0) > 0.0);
    }
}
