use std::time::Instant;

use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::filter::{CascadeEvidence, Evidence, Observation, ScanKey, Scanner, Stage};
use crate::share::{RigKey, TargetClass};
use crate::work::{Difficulty, JobKey, ResultHash, Slot};

const RIGS: usize = 20;
const SHARES: u64 = 8_000;

#[expect(
    clippy::disallowed_methods,
    reason = "any origin does: a contest only adds to it"
)]
fn origin() -> Instant {
    Instant::now()
}

/// Twenty rigs that send in turn, every 100 ms one share; the last two send nothing but bad
/// shares from their 100th on.
fn arrivals(seed: u64) -> Vec<Arrival> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..SHARES)
        .map(|n| {
            let rig = usize::try_from(n).unwrap() % RIGS;
            let mut result = [0; 32];
            rng.fill(&mut result);
            Arrival {
                rig,
                seen: Observation {
                    rig: RigKey(rig as u64),
                    scan: ScanKey {
                        job: JobKey(1),
                        slot: Slot(0),
                    },
                    counter: 0,
                    result: ResultHash::new(result),
                    target: None,
                    asked: Difficulty::new(1_000),
                    late: false,
                    scanner: Scanner::Unknown,
                    heard: crate::filter::VerdictsHeard::default(),
                    at_ms: n * 100,
                },
                class: if rng.gen_bool(0.5) {
                    TargetClass::Upstream
                } else {
                    TargetClass::Local
                },
                good: rig < RIGS - 2 || n / (RIGS as u64) < 100,
            }
        })
        .collect()
}

/// Honest rigs are group 0, the others group 1.
fn groups() -> Vec<usize> {
    (0..RIGS).map(|rig| usize::from(rig >= RIGS - 2)).collect()
}

fn contest(seed: u64, policies: Vec<(Box<dyn Policy + Send>, Option<ProvingRate>)>) -> Contest {
    let contestants = policies
        .into_iter()
        .map(|(policy, limit)| Contestant::new(policy, limit, RIGS, 2))
        .collect();
    let mut arena = Arena::new(groups(), contestants, 1e-6, seed, origin());
    for arrival in arrivals(seed) {
        arena.take(&arrival, CascadeEvidence::default());
    }
    arena.close()
}

fn nodejs_pool() -> Box<dyn Policy + Send> {
    Box::new(NodejsPool::for_rigs(RIGS, Bans::None))
}

/// A twentieth of the ten shares a second.
fn twentieth() -> Option<ProvingRate> {
    ProvingRate::new(0.5, 10.0)
}

#[test]
fn prove_nothing_lets_every_bad_share_through_and_recomputes_none() {
    let contest = contest(1, vec![(Box::new(ProveNothing), twentieth())]);
    let [outcome] = contest.outcomes.as_slice() else {
        panic!("one contestant");
    };
    assert_eq!(contest.stream[1].bad_sent, 600);
    assert_eq!(
        (contest.stream[0].rigs_bad, contest.stream[1].rigs_bad),
        (0, 2)
    );
    assert_eq!(
        outcome.groups[1].bad_at_pool,
        contest.stream[1].bad_for_pool
    );
    assert_eq!(
        outcome.groups[1].bad_credited,
        600 - contest.stream[1].bad_for_pool
    );
    assert_eq!((outcome.proofs, outcome.groups[1].rigs_found), (0, 0));
    assert!(outcome.bans > 0);
}

#[test]
fn prove_all_without_a_limit_lets_nothing_bad_through_and_everything_good() {
    let contest = contest(1, vec![(Box::new(ProveAll), None)]);
    let outcome = &contest.outcomes[0];
    assert_eq!(
        outcome.total(|group| group.bad_at_pool + group.bad_credited),
        0
    );
    assert_eq!(outcome.total(|group| group.good_passed), SHARES - 600);
    assert_eq!((outcome.proofs, outcome.bans), (SHARES, 0));
    let failing = outcome.groups[1];
    assert_eq!((failing.rigs_found, failing.shares_until_found), (2, 2));
}

#[test]
fn at_a_limit_no_policy_proves_more_than_the_limit_allows() {
    let contest = contest(
        1,
        vec![
            (Box::new(ProveAll), twentieth()),
            (nodejs_pool(), twentieth()),
        ],
    );
    for outcome in &contest.outcomes {
        // Ten saved up; 400 in 800 s; three seconds' worth may be owed.
        assert!((350..=412).contains(&outcome.proofs), "{}", outcome.proofs);
        assert!(outcome.total(|group| group.bad_at_pool) > 0);
        assert_eq!(outcome.total(|group| group.good_passed), SHARES - 600);
    }
}

#[test]
fn nodejs_pool_s_scheme_checks_everything_after_a_bad_share_was_found() {
    let contest = contest(1, vec![(nodejs_pool(), None)]);
    let failing = contest.outcomes[0].groups[1];
    assert_eq!(failing.rigs_found, 2);
    let let_through = failing.bad_at_pool + failing.bad_credited;
    assert_eq!(
        let_through + 2,
        failing.bad_until_found,
        "nothing bad passes after the first that was found"
    );
}

#[test]
fn every_share_is_accounted_for_under_every_policy() {
    let contest = contest(
        3,
        vec![
            (Box::new(ProveNothing), None),
            (Box::new(ProveAll), twentieth()),
            (nodejs_pool(), twentieth()),
        ],
    );
    for outcome in &contest.outcomes {
        for (group, stream) in outcome.groups.iter().zip(&contest.stream) {
            let good = group.good_passed + group.good_held;
            let bad = group.bad_at_pool + group.bad_credited + group.bad_found + group.bad_held;
            assert_eq!((good + bad, bad), (stream.sent, stream.bad_sent));
        }
        let proofs = outcome.total(|group| group.proofs);
        assert_eq!(proofs, outcome.proofs);
    }
}

#[test]
fn the_same_seed_gives_the_same_contest_and_another_does_not() {
    let played = |seed| contest(seed, vec![(nodejs_pool(), twentieth())]);
    assert_eq!(played(5), played(5));
    assert_ne!(played(5), played(6));
}

#[test]
fn a_rig_is_suspected_once_its_evidence_passes_the_threshold() {
    let mut arena = Arena::new(groups(), Vec::new(), 1e-6, 1, origin());
    let mut evidence = CascadeEvidence::default();
    for stage in Stage::ALL {
        evidence.set(stage, Evidence::NoOpinion);
    }
    for arrival in arrivals(1) {
        let strong = arrival.rig == RIGS - 1 && !arrival.good;
        let log_e = if strong { 20.0 } else { 0.0 };
        evidence.set(
            Stage::Pace,
            Evidence::weighed(log_e, crate::filter::Cause::FewerSharesThanHashes),
        );
        arena.take(&arrival, evidence);
    }
    let stream = arena.close().stream;
    assert_eq!((stream[0].rigs_suspected, stream[1].rigs_suspected), (0, 1));
    assert_eq!(stream[1].shares_until_suspected, 101);
}

#[test]
fn a_mixed_farm_is_the_same_for_the_same_seed_and_a_found_rig_s_bad_shares_stay_home() {
    let terms = Terms {
        kind: FarmKind::Flat,
        shares: 20_000,
        budget: 0.05,
        alpha: 1e-6,
    };
    let groups = mixed(RIGS);
    let entries = [
        Entry::at_budget(Entrant::ProveAll),
        Entry::at_budget(Entrant::Ours),
    ];
    let start = origin();
    let played = |seed| terms.play(&groups, &entries, seed, start).unwrap();
    let contest = played(1);
    assert_eq!(contest, played(1));
    assert_ne!(contest, played(2));
    let [all, ours] = contest.outcomes.as_slice() else {
        panic!("two contestants");
    };
    for outcome in [all, ours] {
        // The budget, with what the pilot's pace and the saved-up proofs may differ by.
        assert!(
            (700..=1_300).contains(&outcome.proofs),
            "{}",
            outcome.proofs
        );
        assert_eq!(outcome.groups[0].rigs_quarantined, 0);
    }
    let bad = |outcome: &Outcome| outcome.total(|group| group.bad_at_pool);
    assert!(bad(ours) * 2 < bad(all), "{} and {}", bad(ours), bad(all));
}
