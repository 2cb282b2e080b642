//! The judge's decisions. A case in, a ruling out.

use std::time::{Duration, Instant};

use crate::share::{RigKey, TargetClass};

use super::budget::Budget;
use super::quarantine::QuarantineChange;
use super::rig_file::RigFile;
use super::rig_files::RigFiles;
use super::suspicion::{self, DOUBT};
use super::{BanRisk, Case, Decision, JudgePolicy, ProofNoted, RigReport, Rule, Ruling, Unproved};

/// The judge's memory and rules.
///
/// Each share gets one ruling. What is to prove first is followed by exactly one of
/// [`JudgeCore::note_proof`] and [`JudgeCore::note_unproved`]. Nothing is allocated for a share of
/// a rig that is known.
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
    pub fn decide(&mut self, policy: &JudgePolicy, case: &Case) -> Ruling {
        let threshold = suspicion::threshold(policy);
        let file = self.files.of(policy, case.rig, case.now);
        file.share_came(policy, case, threshold);
        let ruling = if file.quarantine.is_some() {
            rule_in_quarantine(file, policy, case)
        } else if case.provable {
            wish(file, &mut self.budget, policy, case, threshold).draw(policy, case)
        } else {
            Ruling {
                decision: Decision::PassOn,
                rule: Rule::NotProvable,
                chance: 0.0,
            }
        };
        file.ruled(&ruling, case.now);
        ruling
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

    /// All rigs that are known, in no order.
    pub fn rigs(&self, now: Instant) -> impl Iterator<Item = (RigKey, RigReport)> {
        let files = self.files.iter();
        files.map(move |(rig, file)| (rig, RigReport::of(file, now)))
    }

    /// The keys of all rigs that are known, in no order.
    pub fn keys(&self) -> impl Iterator<Item = RigKey> {
        self.files.iter().map(|(rig, _)| rig)
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
    /// Its rig can wait, also for a seed that is being prepared, which takes a second or so.
    Long,
}

impl Patience {
    const fn at_most(self, policy: &JudgePolicy) -> Duration {
        match self {
            Self::Short => policy.deadline,
            Self::Long => policy.deadline_unknown,
        }
    }

    fn suffices(self, policy: &JudgePolicy, expected_wait: Option<Duration>) -> bool {
        match expected_wait {
            Some(wait) => wait <= self.at_most(policy),
            None => self == Self::Long,
        }
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
        let drawn = self.chance >= 1.0 || case.draw < self.chance;
        let (decision, rule) = if !drawn {
            (Decision::PassOn, Rule::NotSampled)
        } else if self.patience.suffices(policy, case.expected_wait) {
            let decision = Decision::ProveFirst {
                wait_at_most: self.patience.at_most(policy),
                unproved: Unproved::PassOn,
            };
            (decision, self.rule)
        } else {
            (Decision::PassOn, Rule::NoTime)
        };
        Ruling {
            decision,
            rule,
            chance: self.chance,
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
    let patience = if trusted && !suspect {
        Patience::Short
    } else {
        Patience::Long
    };
    match case.class {
        // A forged claim is the cheapest attack of all: not even trust spares the proof.
        TargetClass::BlockCandidate => Wish::certainly(Rule::BlockCandidate, Patience::Long),
        TargetClass::Upstream => {
            let doubtful = !trusted || file.joined > DOUBT || case.late;
            if case.ban_risk == BanRisk::Certain && doubtful {
                Wish::certainly(Rule::BanWindow, Patience::Long)
            } else if suspect {
                Wish::certainly(Rule::Suspect, patience)
            } else if trusted {
                Wish::certainly(Rule::Upstream, patience)
            } else {
                Wish::certainly(Rule::UnknownRig, patience)
            }
        }
        TargetClass::Local => {
            let (rule, chance) = if suspect {
                (Rule::Suspect, file.suspicion.chance())
            } else {
                let lean = suspicion::lean(file.joined, threshold);
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
fn rule_in_quarantine(file: &RigFile, policy: &JudgePolicy, case: &Case) -> Ruling {
    let may_prove = case.provable && file.may_prove_in_quarantine();
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
mod properties;
#[cfg(test)]
mod tests;
