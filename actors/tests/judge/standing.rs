//! What proofs, faults and verdicts make of a rig's next share.

use std::time::Duration;

use zartrux_actors::judge::{PoolClosed, Verdict};
use zartrux_actors::share_ticket::{ProofOutcome, Settlement};
use zartrux_models::judge::{JudgePolicy, Rule, Standing};
use zartrux_models::proof::knows_v2;
use zartrux_models::share::RigKey;
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{Algorithm, Difficulty};

use crate::bench::{Bench, HARD, HONEST, LIAR, LIE, Out, POOL, STRANGER, patient, rule_of};

#[test]
fn a_proven_lie_puts_its_rig_alone_in_quarantine_and_only_proved_shares_leave_it() {
    let mut bench = Bench::start(patient(), true);
    bench.convict(LIAR);
    let truth = bench.truth();
    let proved = bench.forwarded(LIAR, Difficulty::ONE, truth);
    assert_eq!(proved.proof.unwrap().outcome, ProofOutcome::Good);
    assert_eq!(rule_of(&proved), Rule::Quarantine);
    assert_eq!(bench.standing(LIAR), Some(Standing::Quarantined));
    let other = bench.forwarded(HONEST, Difficulty::ONE, truth);
    assert_eq!(other.proof.unwrap().outcome, ProofOutcome::Good);
    assert_eq!(bench.standing(HONEST), Some(Standing::New));

    // The prover takes nothing any more: for the one that is its bad luck, for the others not.
    bench.prover.as_ref().unwrap().stop();
    let held = bench.settled(LIAR, Difficulty::ONE, truth);
    assert_eq!(held.settlement, Settlement::Held);
    let passed = bench.forwarded(HONEST, Difficulty::ONE, truth);
    assert_eq!(passed.proof.unwrap().outcome, ProofOutcome::None);
    assert_eq!(bench.board.counts().by_outcome(ProofOutcome::Good), 2);
    assert_eq!(bench.board.counts().by_outcome(ProofOutcome::Bad), 1);
}

#[test]
fn a_prover_that_fails_holds_the_quarantined_and_nobody_else() {
    let mut bench = Bench::start(patient(), true);
    bench.convict(LIAR);
    let prover = bench.prover.clone().unwrap();
    prover.inject_panic();
    let passed = bench.forwarded(HONEST, Difficulty::ONE, LIE);
    assert_eq!(passed.proof.unwrap().outcome, ProofOutcome::None);
    assert_eq!(bench.standing(HONEST), Some(Standing::New));
    prover.inject_panic();
    let held = bench.settled(LIAR, Difficulty::ONE, LIE);
    assert_eq!(held.settlement, Settlement::Held);
    assert_eq!(held.ticket.proof.unwrap().outcome, ProofOutcome::None);
}

#[test]
fn a_proof_that_comes_too_late_is_nobodys_fault() {
    let in_a_hurry = JudgePolicy {
        deadline: Duration::from_millis(1),
        deadline_unknown: Duration::from_millis(1),
        ..patient()
    };
    let mut bench = Bench::start(in_a_hurry, true);
    // Nothing is ready yet, and it takes longer than that.
    let passed = bench.forwarded(HONEST, Difficulty::ONE, LIE);
    assert_eq!(passed.proof.unwrap().outcome, ProofOutcome::None);
    assert_eq!(bench.standing(HONEST), Some(Standing::New));
}

#[test]
fn a_fault_of_the_judge_passes_shares_on_and_lets_nobody_out_of_quarantine() {
    let mut bench = Bench::start(patient(), true);
    bench.convict(LIAR);
    let truth = bench.truth();
    bench.health.drill.arm_panics(1);
    let passed = bench.forwarded(HONEST, Difficulty::ONE, LIE);
    assert_eq!(rule_of(&passed), Rule::JudgeFault);
    assert_eq!(passed.proof, None);
    assert_eq!(bench.health.faults(), 1);
    assert_eq!(bench.standing(LIAR), Some(Standing::Quarantined));
    assert_eq!(
        bench.board.quarantined(),
        Ok(2),
        "the liar, and who was put right"
    );

    // Nor does a fault at one of its own shares.
    bench.health.drill.arm_panics(1);
    let proved = bench.forwarded(LIAR, Difficulty::ONE, truth);
    assert_eq!(rule_of(&proved), Rule::JudgeFault);
    assert_eq!(proved.proof.unwrap().outcome, ProofOutcome::Good);
    bench.health.drill.arm_panics(1);
    let refused = bench.settled(LIAR, HARD, LIE);
    assert!(matches!(refused.settlement, Settlement::Refused(_)));
    assert_eq!(bench.standing(LIAR), Some(Standing::Quarantined));
}

#[test]
fn without_a_prover_everything_passes_and_the_rule_says_why() {
    let mut bench = Bench::start(patient(), false);
    let passed = bench.forwarded(HONEST, Difficulty::ONE, LIE);
    assert_eq!(rule_of(&passed), Rule::NotProvable);
    assert_eq!(passed.proof, None);
    assert!(passed.forwarded);
    assert_eq!(passed.upstream, Some(0));
    bench.tell(PoolClosed(POOL));
    let gone = bench.settled(HONEST, Difficulty::ONE, LIE);
    assert_eq!(gone.settlement, Settlement::Undeliverable);
    assert!(!gone.ticket.forwarded);
}

#[test]
fn where_version_2_is_not_known_its_shares_pass_unproved_and_earn_nothing_but_quarantine_holds() {
    let mut bench = Bench::start(patient(), true);
    bench.convict(LIAR);
    let truth = bench.truth();
    bench.algorithm = Algorithm::Rx2;
    if knows_v2() {
        // Then it is proved like any other.
        let Out::Settled(ended) = bench.send(LIAR, HARD, LIE) else {
            panic!("a rig in quarantine got a share through unproved");
        };
        assert!(ended.ticket.proof.is_some());
        return;
    }
    let passed = bench.forwarded(HONEST, Difficulty::ONE, truth);
    assert_eq!(rule_of(&passed), Rule::NotProvable);
    assert_eq!(passed.proof, None);
    assert_eq!(
        bench.standing(HONEST),
        Some(Standing::New),
        "no trust by it"
    );
    // What was proved of the liar is true whatever the algorithm, and the link between raw hash and
    // result, which takes no work to forge, proves nothing to the contrary.
    let held = bench.settled(LIAR, Difficulty::ONE, truth);
    assert_eq!(held.settlement, Settlement::Held);
    assert_eq!(rule_of(&held.ticket), Rule::Quarantine);
    // Jobs that can be proved are the way out, as before.
    bench.algorithm = Algorithm::Rx0;
    let proved = bench.forwarded(LIAR, Difficulty::ONE, truth);
    assert_eq!(proved.proof.unwrap().outcome, ProofOutcome::Good);
}

#[test]
fn the_pools_verdicts_say_when_one_bad_share_would_be_enough() {
    let mut bench = Bench::start(patient(), true);
    let truth = bench.truth();
    // The window of `truth` has one good share: no ban is near.
    let calm = bench.forwarded(STRANGER, Difficulty::ONE, truth);
    assert_eq!(rule_of(&calm), Rule::UnknownRig);
    // With those two it is a window of thirty, and the next one begins.
    for _ in 0..28 {
        bench.forwarded(STRANGER, Difficulty::new(2), truth);
    }
    let first = bench.forwarded(RigKey(4), Difficulty::ONE, truth);
    assert_eq!(rule_of(&first), Rule::BanWindow);
    let second = bench.forwarded(RigKey(5), Difficulty::ONE, truth);
    assert_eq!(rule_of(&second), Rule::UnknownRig);
}

#[test]
fn what_a_pool_says_of_us_counts_for_no_share() {
    let rejected = |class| {
        Verdict::of(&Settlement::Rejected {
            class,
            text: "".into(),
        })
    };
    assert_eq!(Verdict::of(&Settlement::Accepted), Verdict::Good);
    for class in [ErrorClass::Rig, ErrorClass::Stale, ErrorClass::Unknown] {
        assert_eq!(rejected(class), Verdict::Bad, "{class}");
    }
    for class in [
        ErrorClass::Ban,
        ErrorClass::Throttle,
        ErrorClass::Ours,
        ErrorClass::Pool,
    ] {
        assert_eq!(rejected(class), Verdict::None, "{class}");
    }
    assert_eq!(Verdict::of(&Settlement::Unanswered), Verdict::None);
}
