//! What is remembered of a rig.

use std::time::Instant;

use crate::filter::{Cause, Stage};
use crate::work::Difficulty;

use super::quarantine::{Quarantine, QuarantineChange};
use super::suspicion::{Suspicion, SuspicionChange};
use super::trust::Trust;
use super::{Case, Decision, ProofCounts, ProofNoted, Ruling};

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
    /// Joined evidence at its last share; none if no filter was there.
    pub(super) joined: Option<f64>,
    pub(super) strongest: Option<(Stage, f64, Cause)>,
    /// Probability of a proof at its last share.
    pub(super) chance: f64,
    pub(super) proofs: ProofCounts,
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
            joined: None,
            strongest: None,
            chance: 0.0,
            proofs: ProofCounts::default(),
        }
    }

    /// A share came; says what it changes. What is suspected of a rig in quarantine, against which
    /// there is a proof, is no news.
    pub(super) fn share_came(&mut self, case: &Case, threshold: f64) -> Option<SuspicionChange> {
        self.last_seen = case.now;
        self.asked = case.asked;
        self.joined = case.evidence.joined_if_any();
        self.strongest = case.evidence.strongest();
        let change = self.suspicion.weigh(self.evidence(), threshold);
        change.filter(|_| self.quarantine.is_none())
    }

    /// Joined evidence at its last share; without filters nothing was won by betting against it.
    pub(super) fn evidence(&self) -> f64 {
        self.joined.unwrap_or(0.0)
    }

    /// When it was last heard of: its share, or the proof that brought it into quarantine.
    pub(super) fn last_heard(&self) -> Instant {
        let convicted = self.quarantine.map(|quarantine| quarantine.since());
        convicted.map_or(self.last_seen, |since| since.max(self.last_seen))
    }

    /// The share was ruled on.
    pub(super) const fn ruled(&mut self, ruling: &Ruling) {
        self.chance = ruling.chance;
        match ruling.decision {
            Decision::ProveFirst { .. } => {
                self.proofs.asked = self.proofs.asked.saturating_add(1);
            }
            Decision::Wait { .. } | Decision::PassOn | Decision::Hold => {}
        }
    }

    /// A proof came.
    pub(super) fn proof_came(&mut self, proof: &ProofNoted) -> QuarantineChange {
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
        self.proofs.none = self.proofs.none.saturating_add(1);
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
}
