//! The judge as a policy.

use crate::filter::CascadeEvidence;
use crate::judge::{AtProver, Case, Decision, JudgeCore, JudgePolicy, ProofNoted, Unproved};
use crate::share::{RigKey, ShareId};

use super::policy::{Policy, Question, Wish};

/// What the judge hears of the filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// All they say.
    Evidence,
    /// Nothing: to tell what evidence brings from what proofs and quarantine do by themselves.
    Nothing,
}

/// [`JudgeCore`] with its default policy.
#[derive(Debug)]
pub struct Ours {
    hearing: Hearing,
    core: JudgeCore,
    policy: JudgePolicy,
    shares: u64,
    /// The present share is to be proved: a proof that does not come has to be reported.
    awaited: bool,
}

impl Ours {
    /// A judge that has seen nothing, of a farm of so many rigs.
    #[must_use]
    pub fn new(alpha: f64, rigs: usize, hearing: Hearing) -> Self {
        let policy = JudgePolicy {
            alpha,
            ..JudgePolicy::default()
        };
        Self {
            hearing,
            core: JudgeCore::default(),
            policy: JudgePolicy {
                max_rigs: policy.max_rigs.max(rigs),
                ..policy
            },
            shares: 0,
            awaited: false,
        }
    }

    fn give_up(&mut self, share: &Question) {
        if self.awaited {
            self.core.note_unproved(key(share));
        }
    }
}

fn key(share: &Question) -> RigKey {
    RigKey(u64::try_from(share.rig).unwrap_or(u64::MAX))
}

impl Policy for Ours {
    fn ask(&mut self, share: &Question) -> Wish {
        self.shares += 1;
        let case = Case {
            rig: key(share),
            class: share.class,
            asked: share.asked,
            late: share.late,
            evidence: match self.hearing {
                Hearing::Evidence => share.evidence,
                Hearing::Nothing => CascadeEvidence::default(),
            },
            provable: true,
            expected_wait: Some(share.wait),
            capacity: share.capacity,
            // Each share ends before the next comes.
            at_prover: AtProver::default(),
            ban_risk: share.ban_risk,
            draw: share.draw,
            waited: None,
            now: share.now,
        };
        let decision = self.core.decide(&self.policy, &case).decision;
        self.awaited = matches!(decision, Decision::ProveFirst { .. });
        match decision {
            // Nobody waits behind what has ended.
            Decision::Wait { .. } | Decision::PassOn => Wish::Pass,
            Decision::Hold => Wish::Hold,
            Decision::ProveFirst {
                wait_at_most,
                unproved: Unproved::PassOn,
            } => Wish::ProveOrPass(wait_at_most),
            Decision::ProveFirst {
                wait_at_most,
                unproved: Unproved::Hold,
            } => Wish::ProveOrHold(wait_at_most),
        }
    }

    fn proved(&mut self, share: &Question, good: bool) {
        let proof = ProofNoted {
            rig: key(share),
            share: ShareId::new(0, self.shares),
            asked: share.asked,
            good,
            now: share.now,
        };
        self.core.note_proof(&self.policy, &proof);
    }

    fn passed(&mut self, share: &Question) {
        self.give_up(share);
    }

    fn held(&mut self, share: &Question) {
        self.give_up(share);
    }
}
