//! One policy at work: its prover, its pool, its account.

use super::Arrival;
use super::budget::{Prover, ProvingRate};
use super::outcome::{GroupOutcome, Outcome};
use super::policy::{Policy, Question, Wish};
use super::pool::Pool;
use crate::share::TargetClass;

/// What is known of one rig under one policy.
#[derive(Debug, Clone, Copy, Default)]
struct RigAccount {
    /// Shares from its first bad one on, and the bad ones of them, until a proof found one.
    since_bad: u64,
    bad: u64,
    found: bool,
    quarantined: bool,
}

/// A policy in a contest.
#[derive(Debug)]
pub struct Contestant {
    policy: Box<dyn Policy + Send>,
    prover: Prover,
    pool: Pool,
    rigs: Vec<RigAccount>,
    groups: Vec<GroupOutcome>,
}

/// What is told of a share to every contestant alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) arrival: &'a Arrival,
    pub(super) group: usize,
    /// Its wait, capacity and ban risk are each contestant's own.
    pub(super) question: Question,
}

impl Contestant {
    /// A policy with a prover of this rate, or without a limit, before its first share.
    #[must_use]
    pub fn new(
        policy: Box<dyn Policy + Send>,
        limit: Option<ProvingRate>,
        rigs: usize,
        groups: usize,
    ) -> Self {
        Self {
            policy,
            prover: Prover::new(limit),
            pool: Pool::for_rigs(rigs),
            rigs: vec![RigAccount::default(); rigs],
            groups: vec![GroupOutcome::default(); groups],
        }
    }

    /// Takes a share; one of a rig or a group that there isn't is ignored.
    pub(super) fn take(&mut self, told: &Told<'_>) {
        let Told { arrival, group, .. } = *told;
        let (Some(rig), Some(tally)) = (self.rigs.get_mut(arrival.rig), self.groups.get_mut(group))
        else {
            return;
        };
        if !rig.found && (rig.bad > 0 || !arrival.good) {
            rig.since_bad += 1;
            rig.bad += u64::from(!arrival.good);
        }
        let question = Question {
            wait: self.prover.wait(arrival.seen.at_ms),
            capacity: self.prover.capacity(),
            ban_risk: self.pool.risk(arrival.rig),
            ..told.question
        };
        let wish = self.policy.ask(&question);
        let (patience, or_hold) = match wish {
            Wish::Pass => (None, false),
            Wish::Hold => (None, true),
            Wish::ProveOrPass(patience) => (Some(patience), false),
            Wish::ProveOrHold(patience) => (Some(patience), true),
        };
        if or_hold && !rig.quarantined {
            rig.quarantined = true;
            tally.rigs_quarantined += 1;
        }
        if patience.is_some_and(|patience| question.wait <= patience) {
            self.prover.take();
            tally.proofs += 1;
            self.policy.proved(&question, arrival.good);
            if !arrival.good {
                tally.bad_found += 1;
                if !rig.found {
                    rig.found = true;
                    tally.rigs_found += 1;
                    tally.shares_until_found += rig.since_bad;
                    tally.bad_until_found += rig.bad;
                }
                return;
            }
        } else if or_hold {
            self.policy.held(&question);
            tally.hold(arrival);
            return;
        } else {
            self.policy.passed(&question);
        }
        tally.pass(arrival);
        if arrival.class != TargetClass::Local {
            self.pool.receive(arrival.rig, arrival.good);
        }
    }

    /// Its account.
    pub(super) fn outcome(self) -> Outcome {
        Outcome {
            groups: self.groups,
            proofs: self.prover.proofs(),
            bans: self.pool.bans(),
            good_at_pool: self.pool.good(),
        }
    }
}

impl GroupOutcome {
    const fn hold(&mut self, arrival: &Arrival) {
        match (arrival.good, arrival.for_pool()) {
            (false, _) => self.bad_held += 1,
            (true, for_pool) => {
                self.good_held += 1;
                self.good_held_from_pool += for_pool as u64;
            }
        }
    }

    const fn pass(&mut self, arrival: &Arrival) {
        match (arrival.good, arrival.for_pool()) {
            (true, _) => self.good_passed += 1,
            (false, true) => self.bad_at_pool += 1,
            (false, false) => self.bad_credited += 1,
        }
    }
}
