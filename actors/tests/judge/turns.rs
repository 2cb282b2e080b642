//! Shares of rigs without trust, many at once.

use std::time::Duration;

use zartrux_actors::judge::PoolClosed;
use zartrux_actors::share_ticket::{ProofOutcome, Settlement};
use zartrux_models::judge::{Decision, JudgePolicy, Rule, Standing, Unproved};
use zartrux_models::share::TargetClass::{BlockCandidate, Upstream};
use zartrux_models::work::Difficulty;

use crate::bench::{Bench, End, HARD, HONEST, LIAR, LIE, POOL, STRANGER, patient};

/// Longer than what a test does meanwhile, on a busy machine too.
const LONG_STALL: Duration = Duration::from_secs(2);

fn to_pool(end: &End) -> bool {
    end.settlement.is_none()
}

fn is_held(end: &End) -> bool {
    end.settlement == Some(Settlement::Held)
}

fn count(ends: &[End], is_meant: impl Fn(&End) -> bool) -> usize {
    ends.iter().filter(|end| is_meant(end)).count()
}

#[test]
fn a_rig_never_seen_gets_none_of_a_burst_of_forgeries_to_the_pool() {
    for class in [Upstream, BlockCandidate] {
        let mut bench = Bench::start(patient(), true);
        for _ in 0..4_000 {
            bench.post(STRANGER, class, HARD, LIE);
        }
        let ends = bench.ends(4_000);
        assert_eq!(count(&ends, to_pool), 0);
        let bad = count(&ends, |end| end.proof == Some(ProofOutcome::Bad));
        assert!((16..100).contains(&bad), "{bad} of {class:?}");
        assert_eq!(count(&ends, is_held), 4_000 - bad);
        let counts = bench.board.counts();
        let ruled: u64 = Rule::ALL.iter().map(|rule| counts.by_rule(*rule)).sum();
        assert_eq!(ruled, 4_000, "each counts once");
    }
}

#[test]
fn an_honest_rig_has_its_burst_proved_to_the_last_share() {
    let mut bench = Bench::start(patient(), true);
    let truth = bench.truth();
    // When it is trusted, what is left goes to the prover, whose queue has room for it.
    for _ in 0..80 {
        bench.post(HONEST, Upstream, Difficulty::new(1_000), truth);
    }
    let ends = bench.ends(80);
    let proved = |end: &End| to_pool(end) && end.proof == Some(ProofOutcome::Good);
    assert_eq!(count(&ends, proved), 80);
    let in_order = ends.is_sorted_by_key(|end| end.id);
    assert!(in_order, "and none overtakes another");
    assert_eq!(bench.standing(HONEST), Some(Standing::Trusted));
}

#[test]
fn whatever_fails_shares_that_wait_for_their_turn_end_once() {
    let mut bench = Bench::start(patient(), true);
    let truth = bench.truth();
    let prover = bench.prover.clone().unwrap();
    prover.inject_stall(LONG_STALL);
    for _ in 0..100 {
        bench.post(HONEST, Upstream, Difficulty::new(1_000), truth);
    }
    bench.wait_read();
    // Each proof that comes back is two steps of the core, or three.
    bench.health.drill.arm_panics(10);
    let first: Vec<End> = bench.some_ends(20);
    prover.inject_panic();
    let second: Vec<End> = bench.some_ends(20);
    prover.stop();
    let ends: Vec<End> = [first, second, bench.ends(60)]
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(count(&ends, to_pool), 100);
    assert!(count(&ends, |end| end.rule() == Some(Rule::JudgeFault)) > 0);
    assert!(count(&ends, |end| end.proof == Some(ProofOutcome::Good)) > 0);
    assert!(count(&ends, |end| end.proof == Some(ProofOutcome::None)) > 0);
    assert_eq!(bench.credits.out(), 0);
}

#[test]
fn a_share_that_has_waited_long_enough_for_its_turn_is_passed_on() {
    let policy = JudgePolicy {
        deadline_unknown: Duration::from_millis(200),
        ..patient()
    };
    let mut bench = Bench::start(patient(), true);
    let truth = bench.truth();
    drop(bench);
    bench = Bench::start(policy, true);
    // Trusted at this difficulty, whose proofs may take as long as they like.
    while bench.standing(HONEST) != Some(Standing::Trusted) {
        bench.forwarded(HONEST, Difficulty::ONE, truth);
    }
    bench.prover.as_ref().unwrap().inject_stall(LONG_STALL);
    for _ in 0..16 {
        bench.post(HONEST, Upstream, Difficulty::ONE, truth);
    }
    for _ in 0..3 {
        bench.post(HONEST, Upstream, HARD, truth);
    }
    let ends = bench.ends(19);
    for end in &ends[..3] {
        assert!(to_pool(end), "{end:?}");
        assert_eq!((end.rule(), end.proof), (Some(Rule::NoTime), None));
    }
    let good = |end: &End| end.proof == Some(ProofOutcome::Good);
    assert_eq!(count(&ends[3..], good), 16);
}

#[test]
fn a_share_whose_rig_has_entered_quarantine_since_its_ruling_is_not_passed_on_unproved() {
    let mut bench = Bench::start(patient(), true);
    for _ in 0..16 {
        bench.post(STRANGER, Upstream, HARD, LIE);
    }
    let mut ends = bench.some_ends(1);
    assert_eq!(bench.standing(STRANGER), Some(Standing::Quarantined));
    bench.prover.as_ref().unwrap().stop();
    ends.extend(bench.ends(15));
    let ruled_before = |end: &End| match end.ruling.map(|ruling| ruling.decision) {
        Some(Decision::ProveFirst { unproved, .. }) => unproved == Unproved::PassOn,
        Some(Decision::Wait { .. } | Decision::PassOn | Decision::Hold) | None => false,
    };
    assert_eq!(count(&ends, ruled_before), 16);
    assert!(count(&ends, |end| end.proof == Some(ProofOutcome::None)) > 0);
    for end in &ends {
        let unproved = end.proof == Some(ProofOutcome::None);
        assert!(!to_pool(end) && is_held(end) == unproved, "{end:?}");
    }
}

#[test]
fn the_claims_of_a_rig_in_quarantine_come_after_everybody_elses_shares() {
    let mut bench = Bench::start(patient(), true);
    let truth = bench.truth();
    bench.convict(LIAR);
    bench.prover.as_ref().unwrap().inject_stall(LONG_STALL);
    for _ in 0..16 {
        bench.post(LIAR, BlockCandidate, HARD, LIE);
    }
    bench.post(HONEST, Upstream, HARD, truth);
    let ends = bench.ends(17);
    // One hash was under way when it came.
    let place = ends.iter().position(|end| end.rig == HONEST).unwrap();
    assert!(place <= 1, "{place}");
    assert_eq!(ends[place].proof, Some(ProofOutcome::Good));
}

#[test]
fn shares_that_wait_when_their_pool_goes_are_told_so() {
    let mut bench = Bench::start(patient(), true);
    let truth = bench.truth();
    bench.prover.as_ref().unwrap().inject_stall(LONG_STALL);
    for _ in 0..20 {
        bench.post(HONEST, Upstream, HARD, truth);
    }
    bench.tell(PoolClosed(POOL));
    let ends = bench.ends(20);
    let gone = |end: &End| end.settlement == Some(Settlement::Undeliverable);
    assert_eq!(count(&ends, gone), 20);
}

#[test]
fn shares_that_wait_when_the_lane_ends_settle_themselves() {
    let mut bench = Bench::start(patient(), true);
    let truth = bench.truth();
    bench.prover.as_ref().unwrap().inject_stall(LONG_STALL);
    for _ in 0..26 {
        bench.post(HONEST, Upstream, HARD, truth);
    }
    bench.wait_read();
    bench.end_lane();
    let ends = bench.ends(26);
    let gone = |end: &End| end.settlement == Some(Settlement::Undeliverable);
    assert_eq!(count(&ends, gone), 26);
    assert_eq!(count(&ends, |end| end.ruling.is_none()), 10);
    assert_eq!(bench.credits.out(), 0);
}
