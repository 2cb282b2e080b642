//! Numbers that stand for names in what is stored: the place in a list that only grows.

use crate::filter::{Cause, Stage};
use crate::judge::Rule;
use crate::share::{ProofOutcome, RefusalReason, TargetClass};
use crate::stratum::ErrorClass;

use super::journal::{AlertKind, BlockFate, LeaseEnd, ModelChange, ModelSlot};
use super::{Arm, Told};

/// A name with a number.
pub(super) trait Coded: Copy + PartialEq + 'static {
    /// All of them, each at the place that is its number.
    const CODES: &'static [Self];

    /// Its number.
    fn code(self) -> u8 {
        let place = Self::CODES.iter().position(|listed| *listed == self);
        // Every list is whole, which the tests hold; 255 names nothing.
        place
            .and_then(|at| u8::try_from(at).ok())
            .unwrap_or(u8::MAX)
    }

    /// What a number stands for.
    fn of_code(code: u8) -> Option<Self> {
        Self::CODES.get(usize::from(code)).copied()
    }
}

macro_rules! coded {
    ($($name:ty => $list:expr),* $(,)?) => {$(
        impl Coded for $name {
            const CODES: &'static [Self] = $list;
        }
    )*};
}

coded! {
    AlertKind => &AlertKind::ALL,
    Arm => &Arm::ALL,
    BlockFate => &BlockFate::ALL,
    Cause => &Cause::ALL,
    ErrorClass => &ErrorClass::ALL,
    LeaseEnd => &LeaseEnd::ALL,
    ModelChange => &ModelChange::ALL,
    ModelSlot => &ModelSlot::ALL,
    ProofOutcome => &ProofOutcome::ALL,
    RefusalReason => &RefusalReason::ALL,
    Rule => &Rule::ALL,
    Stage => &Stage::ALL,
    TargetClass => &[TargetClass::Local, TargetClass::Upstream, TargetClass::BlockCandidate],
    Told => &Told::ALL,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels<C: Coded>(label: impl Fn(C) -> &'static str) -> Vec<&'static str> {
        C::CODES.iter().map(|listed| label(*listed)).collect()
    }

    /// What is stored means what it meant when it was written: add at the end, move nothing.
    #[test]
    fn numbers_that_are_stored_never_change_their_meaning() {
        assert_eq!(labels(Arm::label), ["none", "control", "model", "outside"]);
        assert_eq!(
            labels(ErrorClass::label),
            ["ban", "throttle", "stale", "ours", "rig", "pool", "unknown"]
        );
        assert_eq!(
            labels(ProofOutcome::label),
            ["good", "bad", "corrected", "none"]
        );
        assert_eq!(
            labels(RefusalReason::label),
            [
                "unauthenticated",
                "malformed",
                "unknown_job",
                "expired",
                "wrong_algorithm",
                "outside_lease",
                "duplicate",
                "low_difficulty",
                "invalid_result"
            ]
        );
        assert_eq!(
            labels(Rule::label),
            [
                "block_candidate",
                "quarantine",
                "ban_window",
                "suspect",
                "unknown_rig",
                "upstream",
                "sampled",
                "not_sampled",
                "no_time",
                "not_provable",
                "judge_fault"
            ]
        );
        assert_eq!(
            labels(TargetClass::label),
            ["local", "upstream", "block_candidate"]
        );
        assert_eq!(
            labels(Told::label),
            ["prove_first", "prove_or_hold", "wait", "pass_on", "hold"]
        );
        assert_eq!(
            labels(Cause::label),
            [
                "biased_bytes",
                "repeated_result",
                "constant_nonces",
                "high_shares_missing",
                "skewed_results",
                "backward_nonces",
                "impossible_nonces",
                "constant_steps",
                "same_nonces_as_another_rig",
                "fewer_shares_than_hashes",
                "odd_behaviour",
                "likely_refused"
            ]
        );
        assert_eq!(Cause::LikelyRefused.code(), 11);
    }

    #[test]
    fn numbers_of_the_journal_never_change_their_meaning() {
        assert_eq!(
            labels(AlertKind::label),
            [
                "store_failing",
                "disk_low",
                "rig_silent",
                "rig_slower",
                "rig_quarantined",
                "no_upstream",
                "upstream_refuses",
                "stage_bypassed",
                "prover_failing",
                "books_unbalanced",
                "journal_gap",
                "upstream_banned",
                "failover",
                "model_rolled_back",
                "wallet_changed",
                "memory_full",
            ]
        );
        assert_eq!(
            labels(BlockFate::label),
            ["found", "accepted", "stale", "refused", "lost"]
        );
        assert_eq!(
            labels(LeaseEnd::label),
            [
                "left",
                "renewed",
                "moved",
                "upstream_lost",
                "turned_away",
                "dropped"
            ]
        );
        assert_eq!(
            labels(ModelChange::label),
            [
                "loaded",
                "shadow",
                "promoted",
                "rolled_back",
                "retired",
                "refused"
            ]
        );
        assert_eq!(
            labels(ModelSlot::label),
            ["outcome", "behaviour", "ranking", "difficulty"]
        );
        assert_eq!(
            labels(Stage::name),
            [
                "entropy",
                "divergence",
                "pattern",
                "pace",
                "cluster",
                "classifier"
            ]
        );
    }

    #[test]
    fn every_name_has_a_number_and_other_numbers_have_no_name() {
        assert_eq!(Rule::of_code(Rule::NoTime.code()), Some(Rule::NoTime));
        assert_eq!(Cause::of_code(12), None);
        assert_eq!(Told::of_code(255), None);
    }
}
