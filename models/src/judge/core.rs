//! The judge's decisions. A case in, a ruling out.

use std::time::{Duration, Instant};

use crate::share::{RigKey, TargetClass};

use super::budget::Budget;
use super::quarantine::QuarantineChange;
use super::rig_file::RigFile;
use super::rig_files::RigFiles;
use super::suspicion::{self, DOUBT, SuspicionChange};
use super::{
    BanRisk, Case, Decision, JudgePolicy, ProofNoted, RigRemembered, RigReport, Rule, Ruling,
    Unproved, Waited,
};

/// The judge's memory and rules.
///
/// Each share gets one ruling, and one that waits another when it has [`Waited`]. What is to prove
/// first is followed by exactly one of [`JudgeCore::note_proof`] and
/// [`JudgeCore::note_unproved`]. Nothing is allocated for a share of a rig that is known.
#[derive(Debug, Default)]
pub struct JudgeCore {
    files: RigFiles,
    budget: Budget,
}

impl JudgeCore {
    /// Rules on a share. The first rule that applies decides:
    ///
    /// 1. what can't be proved is passed on, and stays home if its rig is in quarantine
    /// 2. a rig in quarantine proves each share
    /// 3. so does whoever claims a block
    /// 4. and who is doubtful, where one bad share would bring a ban
    /// 5. a suspect proves what goes to the pool, and more of the rest than others
    /// 6. and 7. what goes to the pool is proved in the time that its rig's trust allows
    /// 8. the rest is sampled by what a proof would tell, within the budget
    ///
    /// Of a rig without trust at most [`AtProver::OF_RIG`](super::AtProver::OF_RIG) shares are with the prover at once;
    /// further ones that are to prove first wait for their turn. So one never seen gets no more
    /// past its first bad proof than what times out by itself.
    pub fn decide(&mut self, policy: &JudgePolicy, case: &Case) -> Ruling {
        self.decide_and_tell(policy, case).0
    }

    /// As [`Self::decide`]; also tells whether the share has changed what is suspected of its rig.
    pub fn decide_and_tell(
        &mut self,
        policy: &JudgePolicy,
        case: &Case,
    ) -> (Ruling, Option<SuspicionChange>) {
        let threshold = suspicion::threshold(policy);
        let file = self.files.of(policy, case.rig, case.now);
        let change = match case.waited {
            None => file.share_came(case, threshold),
            Some(_) => None,
        };
        let ruling = if file.quarantine.is_some() {
            rule_in_quarantine(policy, case)
        } else if case.provable {
            wish(file, &mut self.budget, policy, case, threshold).draw(policy, case)
        } else {
            Ruling {
                decision: Decision::PassOn,
                rule: Rule::NotProvable,
                chance: 0.0,
            }
        };
        file.ruled(&ruling);
        (ruling, change)
    }

    /// A proof came, in time or not; says whether its rig has entered or left quarantine by it.
    pub fn note_proof(&mut self, policy: &JudgePolicy, proof: &ProofNoted) -> QuarantineChange {
        self.files.proof_came(policy, proof)
    }

    /// The proof of a share of this rig did not come and will not: that is nobody's fault here.
    pub fn note_unproved(&mut self, rig: RigKey) {
        self.files.proof_missed(rig);
    }

    /// What is known of a rig.
    #[must_use]
    pub fn rig(&self, rig: RigKey, now: Instant) -> Option<RigReport> {
        self.files.get(rig).map(|file| RigReport::of(file, now))
    }

    /// What is to be written down of a rig, if the wall clock shows `unix_ms` (milliseconds since
    /// 1970) at `now`.
    #[must_use]
    pub fn remembered(&self, rig: RigKey, now: Instant, unix_ms: u64) -> Option<RigRemembered> {
        let file = self.files.get(rig)?;
        Some(RigRemembered::of(file, now, unix_ms))
    }

    /// Takes back what was written down of a rig, unless it has been heard of since; whether it
    /// did. When there is no room the idlest go, as for any newcomer.
    pub fn restore(
        &mut self,
        policy: &JudgePolicy,
        rig: RigKey,
        kept: &RigRemembered,
        now: Instant,
        unix_ms: u64,
    ) -> bool {
        let file = kept.file(now, unix_ms);
        self.files.take_back(policy, rig, file)
    }

    /// All rigs that are known, in no order.
    pub fn rigs(&self, now: Instant) -> impl Iterator<Item = (RigKey, RigReport)> {
        let files = self.files.iter();
        files.map(move |(rig, file)| (rig, RigReport::of(file, now)))
    }

    /// The keys of all rigs that are known, in no order.
    pub fn keys(&self) -> impl Iterator<Item = RigKey> {
        self.files.iter().map(|(rig, _)| rig)
    }

    /// Whether a rig is known.
    #[must_use]
    pub fn knows(&self, rig: RigKey) -> bool {
        self.files.get(rig).is_some()
    }

    /// Whether a rig is in quarantine.
    #[must_use]
    pub fn is_quarantined(&self, rig: RigKey) -> bool {
        let file = self.files.get(rig);
        file.is_some_and(|file| file.quarantine.is_some())
    }

    /// How many rigs are known.
    #[must_use]
    pub fn known(&self) -> usize {
        self.files.len()
    }

    /// How many of them are in quarantine.
    #[must_use]
    pub const fn quarantined(&self) -> usize {
        self.files.quarantined()
    }

    /// Forgets rigs that have sent nothing for long; how many.
    pub fn forget_idle(&mut self, policy: &JudgePolicy, now: Instant) -> usize {
        self.files.forget_idle(policy, now)
    }
}

/// How long a share may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Its rig has earned to be answered at once.
    Short,
    /// It can wait, also for a seed that is being prepared, which takes a second or so.
    Long,
    /// Its rig has not earned trust: it can wait as long, behind proofs of its own rig too. How
    /// busy the prover is with others is no reason to pass it on, or a few strangers would open
    /// the door for all.
    InTurn,
}

impl Patience {
    const fn at_most(self, policy: &JudgePolicy) -> Duration {
        match self {
            Self::Short => policy.deadline,
            Self::Long | Self::InTurn => policy.deadline_unknown,
        }
    }

    /// As [`Self::at_most`], less what it has waited; none if that was all.
    fn left(self, policy: &JudgePolicy, waited: Option<Waited>) -> Option<Duration> {
        let at_most = self.at_most(policy);
        let Some(waited) = waited else {
            return Some(at_most);
        };
        let left = policy.deadline_unknown.checked_sub(waited.time)?;
        (!left.is_zero()).then(|| left.min(at_most))
    }
}

/// What the judge would have of a share that is not in quarantine, if the draw and the prover
/// agree.
struct Wish {
    rule: Rule,
    chance: f64,
    patience: Patience,
}

impl Wish {
    const fn certainly(rule: Rule, patience: Patience) -> Self {
        Self {
            rule,
            chance: 1.0,
            patience,
        }
    }

    fn draw(&self, policy: &JudgePolicy, case: &Case) -> Ruling {
        let drawn = case.waited.is_some() || self.chance >= 1.0 || case.draw < self.chance;
        let (decision, rule) = if drawn {
            match self.prove(policy, case) {
                Some(decision) => (decision, self.rule),
                None => (Decision::PassOn, Rule::NoTime),
            }
        } else {
            (Decision::PassOn, Rule::NotSampled)
        };
        Ruling {
            decision,
            rule,
            chance: self.chance,
        }
    }

    /// Proves it now or when its turn comes; none if there is no time.
    fn prove(&self, policy: &JudgePolicy, case: &Case) -> Option<Decision> {
        let wait_at_most = self.patience.left(policy, case.waited)?;
        let now = Decision::ProveFirst {
            wait_at_most,
            unproved: Unproved::PassOn,
        };
        let in_time = match case.expected_wait {
            Some(wait) => wait <= wait_at_most,
            None => self.patience != Patience::Short,
        };
        match self.patience {
            Patience::Short | Patience::Long => in_time.then_some(now),
            Patience::InTurn if case.at_prover.has_turn() => Some(now),
            Patience::InTurn => Some(Decision::Wait { wait_at_most }),
        }
    }
}

fn wish(
    file: &RigFile,
    budget: &mut Budget,
    policy: &JudgePolicy,
    case: &Case,
    threshold: f64,
) -> Wish {
    let trusted = file.trust.covers(case.asked);
    let suspect = file.suspicion.is_suspect();
    let (patience, long) = if trusted && !suspect {
        (Patience::Short, Patience::Long)
    } else {
        (Patience::InTurn, Patience::InTurn)
    };
    match case.class {
        // A forged claim is the cheapest attack of all: not even trust spares the proof.
        TargetClass::BlockCandidate => Wish::certainly(Rule::BlockCandidate, long),
        TargetClass::Upstream => {
            let doubtful = !trusted || file.evidence() > DOUBT || case.late;
            if case.ban_risk == BanRisk::Certain && doubtful {
                Wish::certainly(Rule::BanWindow, long)
            } else if suspect {
                Wish::certainly(Rule::Suspect, patience)
            } else if trusted {
                Wish::certainly(Rule::Upstream, patience)
            } else {
                Wish::certainly(Rule::UnknownRig, patience)
            }
        }
        TargetClass::Local => {
            let (rule, chance) = if let Some(waited) = case.waited {
                (waited.rule, waited.chance)
            } else if suspect {
                (Rule::Suspect, file.suspicion.chance())
            } else {
                let lean = suspicion::lean(file.evidence(), threshold);
                let need = file.trust.need(policy.sample, lean);
                let chance = budget.chance(policy, case.capacity, need, case.now);
                (Rule::Sampled, chance)
            };
            Wish {
                rule,
                chance,
                patience,
            }
        }
    }
}

/// Every share of a rig in quarantine must prove itself, however long that takes, and stays home
/// if it can't: here alone, and only after a bad proof, is a share held.
fn rule_in_quarantine(policy: &JudgePolicy, case: &Case) -> Ruling {
    let may_prove = case.provable && case.at_prover.has_turn_in_quarantine();
    let decision = if may_prove {
        Decision::ProveFirst {
            wait_at_most: policy.deadline_quarantine,
            unproved: Unproved::Hold,
        }
    } else {
        Decision::Hold
    };
    Ruling {
        decision,
        rule: Rule::Quarantine,
        chance: if case.provable { 1.0 } else { 0.0 },
    }
}

#[cfg(test)]
mod memory;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod turns;
