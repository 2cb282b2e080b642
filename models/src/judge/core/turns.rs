//! Shares of rigs without trust take turns.

use std::time::Duration;

use super::*;
use crate::judge::AtProver;
use crate::judge::fixtures::{ASKED, Bench, RIG, evidence};
use crate::share::TargetClass::{BlockCandidate, Local, Upstream};

const LONG: Duration = Duration::from_secs(3);
const WAITS: Decision = Decision::Wait { wait_at_most: LONG };

/// A share that comes when so many of its rig are with the prover.
fn behind(bench: &Bench, class: TargetClass, of_rig: u32) -> Case {
    Case {
        at_prover: AtProver {
            of_rig,
            ..AtProver::default()
        },
        ..bench.case(class)
    }
}

/// The same share after that time.
fn after(case: &Case, first: &Ruling, time: Duration) -> Case {
    Case {
        waited: Some(Waited {
            rule: first.rule,
            chance: first.chance,
            time,
        }),
        now: case.now + time,
        ..*case
    }
}

const fn proves(wait_at_most: Duration) -> Decision {
    Decision::ProveFirst {
        wait_at_most,
        unproved: Unproved::PassOn,
    }
}

#[test]
fn a_rig_never_seen_gets_nothing_past_its_first_proofs_with_one_burst() {
    for (class, ban_risk, log_e, rule) in [
        (Upstream, BanRisk::Bearable, 0.0, Rule::UnknownRig),
        (Upstream, BanRisk::Certain, 0.0, Rule::BanWindow),
        (Upstream, BanRisk::Bearable, 14.0, Rule::Suspect),
        (Local, BanRisk::Bearable, 14.0, Rule::Suspect),
        (Local, BanRisk::Bearable, 0.0, Rule::Sampled),
        (BlockCandidate, BanRisk::Bearable, 0.0, Rule::BlockCandidate),
    ] {
        let mut bench = Bench::new();
        let mut with_prover = 0;
        for _ in 0..4_000 {
            let case = Case {
                ban_risk,
                evidence: evidence(log_e),
                expected_wait: Some(Duration::from_millis(25) * with_prover),
                ..behind(&bench, class, with_prover)
            };
            let ruling = bench.decide(&case);
            assert_eq!(ruling.rule, rule);
            if ruling.decision == proves(LONG) {
                with_prover += 1;
            } else {
                assert_eq!(ruling.decision, WAITS);
            }
        }
        assert_eq!(with_prover, 16);
        let report = bench.core.rig(RIG, bench.now).unwrap();
        assert_eq!(report.proofs.asked, 16);
    }
}

#[test]
fn however_long_the_queue_of_others_is_a_strangers_first_shares_get_in() {
    let mut bench = Bench::new();
    for expected_wait in [Some(Duration::from_secs(1_000)), None] {
        let case = Case {
            expected_wait,
            ..behind(&bench, Upstream, 15)
        };
        assert_eq!(bench.decide(&case).decision, proves(LONG));
    }
}

#[test]
fn a_share_that_waited_is_proved_in_the_time_that_is_left_or_passed_on() {
    let mut bench = Bench::new();
    let case = behind(&bench, Upstream, 16);
    let first = bench.decide(&case);
    let again = after(&case, &first, Duration::from_secs(1));
    let left = Duration::from_secs(2);
    let waits = Decision::Wait { wait_at_most: left };
    assert_eq!(bench.decide(&again).decision, waits);
    let turn = Case {
        at_prover: AtProver::default(),
        ..again
    };
    assert_eq!(bench.decide(&turn).decision, proves(left));
    for late in [LONG, LONG * 2] {
        let ruling = bench.decide(&after(&case, &first, late));
        assert_eq!(
            (ruling.rule, ruling.decision),
            (Rule::NoTime, Decision::PassOn)
        );
    }
}

#[test]
fn a_share_that_waited_goes_by_what_its_rig_has_become() {
    let mut bench = Bench::new();
    let case = behind(&bench, Upstream, 16);
    let first = bench.decide(&case);
    bench.earn_trust();
    let again = after(&case, &first, Duration::from_secs(1));
    let ruling = bench.decide(&again);
    let short = proves(Duration::from_millis(250));
    assert_eq!((ruling.rule, ruling.decision), (Rule::Upstream, short));
    let busy = Case {
        expected_wait: Some(Duration::from_secs(1)),
        ..again
    };
    assert_eq!(bench.decide(&busy).rule, Rule::NoTime);
    bench.fail();
    let ruling = bench.decide(&again);
    assert_eq!(
        (ruling.rule, ruling.decision),
        (Rule::Quarantine, Decision::Hold)
    );
}

#[test]
fn a_share_that_waited_is_not_drawn_again_and_counts_once() {
    let mut bench = Bench::new();
    bench.prove(RIG, ASKED, true);
    let drawn = Case {
        draw: 0.5,
        ..behind(&bench, Local, 16)
    };
    let first = bench.decide(&drawn);
    assert_eq!((first.rule, first.decision), (Rule::Sampled, WAITS));
    for _ in 0..100 {
        // Whatever the chance of a new share would be by now.
        bench.prove(RIG, ASKED, true);
    }
    let before = bench.core.rig(RIG, bench.now).unwrap();
    let again = Case {
        draw: 0.999,
        evidence: evidence(50.0),
        ..after(&drawn, &first, Duration::from_secs(1))
    };
    let ruling = bench.decide(&again);
    assert_eq!((ruling.rule, ruling.chance), (Rule::Sampled, first.chance));
    assert_ne!(ruling.decision, Decision::PassOn);
    let after = bench.core.rig(RIG, bench.now).unwrap();
    assert_eq!(before.evidence, after.evidence);
}

#[test]
fn a_trusted_rig_waits_for_nobodys_turn() {
    let mut bench = Bench::new();
    bench.earn_trust();
    for class in [Upstream, BlockCandidate] {
        let case = behind(&bench, class, 1_000);
        let decision = bench.decide(&case).decision;
        assert!(
            matches!(decision, Decision::ProveFirst { .. }),
            "{decision:?}"
        );
    }
}

#[test]
fn without_filters_the_joined_evidence_is_none() {
    let mut bench = Bench::new();
    let joined = |bench: &Bench| {
        let report = bench.core.rig(RIG, bench.now).unwrap();
        serde_json::to_value(report).unwrap()["evidence"]["joined_log_e"].clone()
    };
    bench.decide(&bench.case(Local));
    assert!(joined(&bench).is_null());
    let heard = Case {
        evidence: evidence(2.0),
        ..bench.case(Local)
    };
    bench.decide(&heard);
    assert!(joined(&bench).is_number());
}
