//! Cases and proofs for the judge's tests.
#![cfg(test)]

use std::time::{Duration, Instant};

use crate::filter::{CascadeEvidence, Cause, Evidence, Stage};
use crate::share::{RigKey, ShareId, TargetClass};
use crate::work::Difficulty;

use super::{
    AtProver, BanRisk, Case, JudgeCore, JudgePolicy, ProofNoted, QuarantineChange, RigRemembered,
    Ruling,
};

pub(super) const RIG: RigKey = RigKey(1);
pub(super) const ASKED: Difficulty = Difficulty::new(1_000);

#[expect(
    clippy::disallowed_methods,
    reason = "an Instant has no other origin; the tests only add to it"
)]
pub(super) fn start() -> Instant {
    Instant::now()
}

/// Evidence that joins to about `log_e`: five filters without an opinion, one that has won.
pub(super) fn evidence(log_e: f64) -> CascadeEvidence {
    let mut all = CascadeEvidence::default();
    for stage in Stage::ALL {
        all.set(stage, Evidence::NoOpinion);
    }
    let won = log_e + 6f64.ln();
    let pace = Evidence::Weighed {
        log_e: won,
        cause: Cause::FewerSharesThanHashes,
    };
    all.set(Stage::Pace, pace);
    all
}

/// A judge with its policy and a clock.
pub(super) struct Bench {
    pub(super) core: JudgeCore,
    pub(super) policy: JudgePolicy,
    pub(super) now: Instant,
    shares: u64,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self {
            core: JudgeCore::default(),
            policy: JudgePolicy::default(),
            now: start(),
            shares: 0,
        }
    }

    /// A share of [`RIG`] that could be proved at once.
    pub(super) fn case(&self, class: TargetClass) -> Case {
        Case {
            rig: RIG,
            class,
            asked: ASKED,
            late: false,
            evidence: CascadeEvidence::default(),
            provable: true,
            expected_wait: Some(Duration::ZERO),
            capacity: 0.0,
            at_prover: AtProver::default(),
            ban_risk: BanRisk::Bearable,
            draw: 0.999,
            waited: None,
            now: self.now,
        }
    }

    /// What the core knows, by way of bytes, in a core of the next run.
    pub(super) fn restarted(&self, unix_ms: u64) -> JudgeCore {
        let mut next = JudgeCore::default();
        for rig in self.core.keys() {
            let kept = self.core.remembered(rig, self.now, unix_ms).unwrap();
            let read = RigRemembered::from_bytes(&kept.to_bytes()).unwrap();
            assert!(next.restore(&self.policy, rig, &read, self.now, unix_ms));
        }
        next
    }

    pub(super) fn decide(&mut self, case: &Case) -> Ruling {
        self.core.decide(&self.policy, case)
    }

    pub(super) fn prove(&mut self, rig: RigKey, asked: Difficulty, good: bool) -> QuarantineChange {
        self.shares += 1;
        let proof = ProofNoted {
            rig,
            share: ShareId::new(0, self.shares),
            asked,
            good,
            now: self.now,
        };
        self.core.note_proof(&self.policy, &proof)
    }

    /// [`RIG`] proves enough to be trusted.
    pub(super) fn earn_trust(&mut self) {
        for _ in 0..30 {
            self.prove(RIG, ASKED, true);
        }
    }

    /// [`RIG`] proves a bad share.
    pub(super) fn fail(&mut self) -> QuarantineChange {
        self.prove(RIG, ASKED, false)
    }
}
