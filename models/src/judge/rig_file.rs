//! What is remembered of a rig.

use std::time::{Duration, Instant};

use crate::filter::{Cause, Stage};
use crate::work::Difficulty;

use super::quarantine::{Quarantine, QuarantineChange};
use super::suspicion::Suspicion;
use super::trust::Trust;
use super::{Case, Decision, JudgePolicy, ProofCounts, ProofNoted, Ruling};

/// A rig's file.
#[derive(Debug, Clone)]
pub(super) struct RigFile {
    pub(super) last_seen: Instant,
    /// The difficulty of its last share.
    pub(super) asked: Difficulty,
    pub(super) trust: Trust,
    pub(super) suspicion: Suspicion,
    pub(super) quarantine: Option<Quarantine>,
    pub(super) quarantines: u32,
    /// Joined evidence at its last share.
    pub(super) joined: f64,
    pub(super) strongest: Option<(Stage, f64, Cause)>,
    /// Probability of a proof at its last share.
    pub(super) chance: f64,
    pub(super) proofs: ProofCounts,
    /// Asked for, and neither come nor given up.
    at_prover: u32,
    last_to_prover: Option<Instant>,
}

impl RigFile {
    /// A rig of which nothing is known.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            last_seen: now,
            asked: Difficulty::ONE,
            trust: Trust::default(),
            suspicion: Suspicion::default(),
            quarantine: None,
            quarantines: 0,
            joined: 0.0,
            strongest: None,
            chance: 0.0,
            proofs: ProofCounts::default(),
            at_prover: 0,
            last_to_prover: None,
        }
    }

    /// A share came.
    pub(super) fn share_came(&mut self, policy: &JudgePolicy, case: &Case, threshold: f64) {
        self.last_seen = case.now;
        self.asked = case.asked;
        self.joined = case.evidence.joined();
        self.strongest = case.evidence.strongest();
        self.suspicion.weigh(self.joined, threshold);
        // No proof is waited for longer than this: whatever was not reported is lost, and must
        // not keep a rig in quarantine from proving itself.
        let longest = policy.deadline_quarantine.max(policy.deadline_unknown);
        if self.since_prover(case.now) > longest {
            self.at_prover = 0;
        }
    }

    /// The share was ruled on.
    pub(super) const fn ruled(&mut self, ruling: &Ruling, now: Instant) {
        self.chance = ruling.chance;
        match ruling.decision {
            Decision::ProveFirst { .. } => {
                self.proofs.asked = self.proofs.asked.saturating_add(1);
                self.at_prover = self.at_prover.saturating_add(1);
                self.last_to_prover = Some(now);
            }
            Decision::PassOn | Decision::Hold => {}
        }
    }

    /// A proof came.
    pub(super) fn proof_came(&mut self, proof: &ProofNoted) -> QuarantineChange {
        self.at_prover = self.at_prover.saturating_sub(1);
        if proof.good {
            self.proofs.good = self.proofs.good.saturating_add(1);
            self.good_proof(proof.asked)
        } else {
            self.proofs.bad = self.proofs.bad.saturating_add(1);
            self.bad_proof(proof)
        }
    }

    /// A proof did not come.
    pub(super) const fn proof_missed(&mut self) {
        self.at_prover = self.at_prover.saturating_sub(1);
        self.proofs.none = self.proofs.none.saturating_add(1);
    }

    /// Whether the prover may take one more of its shares while it is in quarantine.
    pub(super) const fn may_prove_in_quarantine(&self) -> bool {
        self.at_prover < Quarantine::AT_PROVER
    }

    fn good_proof(&mut self, asked: Difficulty) -> QuarantineChange {
        match &mut self.quarantine {
            // Work that was owed earns no trust.
            Some(quarantine) => {
                if quarantine.good(asked) {
                    self.quarantine = None;
                    QuarantineChange::Left
                } else {
                    QuarantineChange::Unchanged
                }
            }
            None => {
                self.trust.good(asked);
                self.suspicion.good();
                QuarantineChange::Unchanged
            }
        }
    }

    fn bad_proof(&mut self, proof: &ProofNoted) -> QuarantineChange {
        self.trust = Trust::default();
        self.suspicion = Suspicion::default();
        if let Some(quarantine) = &mut self.quarantine {
            quarantine.bad(proof.asked);
            return QuarantineChange::Unchanged;
        }
        self.quarantine = Some(Quarantine::begin(proof, self.quarantines));
        self.quarantines = self.quarantines.saturating_add(1);
        QuarantineChange::Entered
    }

    fn since_prover(&self, now: Instant) -> Duration {
        self.last_to_prover
            .map_or(Duration::ZERO, |last| now.saturating_duration_since(last))
    }
}
