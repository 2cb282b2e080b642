//! Each rule, and which comes first.

use std::time::Duration;

use super::*;
use crate::judge::fixtures::{ASKED, Bench, RIG, evidence};
use crate::judge::{AtProver, Standing};
use crate::share::TargetClass::{BlockCandidate, Local, Upstream};
use crate::work::Difficulty;

const SHORT: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_secs(3);
const CLASSES: [TargetClass; 3] = [Local, Upstream, BlockCandidate];

const fn proves(wait_at_most: Duration) -> Decision {
    Decision::ProveFirst {
        wait_at_most,
        unproved: Unproved::PassOn,
    }
}

const PROVES_OR_STAYS: Decision = Decision::ProveFirst {
    wait_at_most: Duration::from_secs(30),
    unproved: Unproved::Hold,
};

#[track_caller]
fn is(ruling: Ruling, rule: Rule, decision: Decision) {
    assert_eq!((ruling.rule, ruling.decision), (rule, decision));
}

fn wait(ms: u64) -> Option<Duration> {
    Some(Duration::from_millis(ms))
}

#[test]
fn what_cannot_be_proved_is_passed_on_whoever_sends_it() {
    let mut bench = Bench::new();
    for class in CLASSES {
        let case = Case {
            provable: false,
            evidence: evidence(100.0),
            ban_risk: BanRisk::Certain,
            ..bench.case(class)
        };
        is(bench.decide(&case), Rule::NotProvable, Decision::PassOn);
    }
}

#[test]
fn a_rig_in_quarantine_proves_each_share_or_keeps_it() {
    let mut bench = Bench::new();
    assert_eq!(bench.fail(), QuarantineChange::Entered);
    for class in CLASSES {
        for expected_wait in [wait(0), wait(1_000_000), None] {
            let case = Case {
                expected_wait,
                evidence: evidence(100.0),
                ban_risk: BanRisk::Certain,
                ..bench.case(class)
            };
            is(bench.decide(&case), Rule::Quarantine, PROVES_OR_STAYS);
            bench.core.note_unproved(RIG);
        }
        let case = Case {
            provable: false,
            ..bench.case(class)
        };
        is(bench.decide(&case), Rule::Quarantine, Decision::Hold);
    }
}

/// So many shares of the rig, and of all in quarantine, are with the prover.
const fn at_prover(of_rig: u32, in_quarantine: u32) -> AtProver {
    AtProver {
        of_rig,
        in_quarantine,
    }
}

#[test]
fn a_rig_in_quarantine_has_sixteen_shares_with_the_prover_and_no_more() {
    let mut bench = Bench::new();
    bench.fail();
    for (count, decision) in [(15, PROVES_OR_STAYS), (16, Decision::Hold)] {
        let case = Case {
            at_prover: at_prover(count, count),
            ..bench.case(Local)
        };
        is(bench.decide(&case), Rule::Quarantine, decision);
    }
    bench.core.note_unproved(RIG);
    let report = bench.core.rig(RIG, bench.now).unwrap();
    assert_eq!((report.proofs.asked, report.proofs.none), (1, 1));
}

#[test]
fn all_rigs_in_quarantine_together_have_sixty_four_shares_with_the_prover_and_each_gets_its_turn() {
    for rigs in [1, 5, 20, 200] {
        // Each takes what it can get, before the next comes.
        let mut places = vec![0u32; rigs];
        loop {
            let all = places.iter().sum();
            let free = |of_rig: &&mut u32| at_prover(**of_rig, all).has_turn_in_quarantine();
            let Some(place) = places.iter_mut().find(free) else {
                break;
            };
            *place += 1;
        }
        let all: u32 = places.iter().sum();
        assert!(all <= 64 && places[0] == 16, "{places:?}");
        // What becomes free goes to one that has none there, and not to those who have.
        let free = |of_rig| at_prover(of_rig, all - 1).has_turn_in_quarantine();
        assert!(free(0), "{places:?}");
        assert!(all < 64 || !free(1), "{places:?}");
    }
    assert!(!at_prover(0, 64).has_turn_in_quarantine());
}

#[test]
fn what_is_with_the_prover_counts_through_a_new_memory() {
    let mut bench = Bench::new();
    bench.core = JudgeCore::default();
    bench.fail();
    let case = Case {
        at_prover: at_prover(16, 16),
        ..bench.case(Local)
    };
    // Answers of requests that the new memory knows nothing of.
    for _ in 0..16 {
        bench.core.note_unproved(RIG);
        is(bench.decide(&case), Rule::Quarantine, Decision::Hold);
    }
}

#[test]
fn a_block_is_always_proved_even_of_a_trusted_rig_and_never_lost() {
    let mut bench = Bench::new();
    bench.earn_trust();
    for (expected_wait, rule, decision) in [
        (wait(3_000), Rule::BlockCandidate, proves(LONG)),
        (None, Rule::BlockCandidate, proves(LONG)),
        (wait(3_001), Rule::NoTime, Decision::PassOn),
    ] {
        let case = Case {
            expected_wait,
            ban_risk: BanRisk::Certain,
            at_prover: at_prover(1_000, 0),
            ..bench.case(BlockCandidate)
        };
        is(bench.decide(&case), rule, decision);
    }
}

#[test]
fn where_a_ban_is_certain_the_doubtful_prove_first() {
    let mut bench = Bench::new();
    let feared = |bench: &Bench| Case {
        ban_risk: BanRisk::Certain,
        expected_wait: wait(2_000),
        ..bench.case(Upstream)
    };
    is(bench.decide(&feared(&bench)), Rule::BanWindow, proves(LONG));
    bench.earn_trust();
    is(
        bench.decide(&feared(&bench)),
        Rule::NoTime,
        Decision::PassOn,
    );
    let late = Case {
        late: true,
        ..feared(&bench)
    };
    is(bench.decide(&late), Rule::BanWindow, proves(LONG));
    for (log_e, rule) in [(2.2, Rule::NoTime), (2.7, Rule::BanWindow)] {
        let leaning = Case {
            evidence: evidence(log_e),
            ..feared(&bench)
        };
        assert_eq!(bench.decide(&leaning).rule, rule);
    }
    let suspect = Case {
        evidence: evidence(50.0),
        ..feared(&bench)
    };
    is(bench.decide(&suspect), Rule::BanWindow, proves(LONG));
    let local = Case {
        class: Local,
        draw: 0.0,
        expected_wait: wait(0),
        ..feared(&bench)
    };
    is(bench.decide(&local), Rule::Sampled, proves(SHORT));
}

#[test]
fn a_suspect_proves_what_goes_to_the_pool_however_much_it_had_earned() {
    let mut bench = Bench::new();
    bench.earn_trust();
    for expected_wait in [wait(3_001), wait(1_000_000), None] {
        let case = Case {
            expected_wait,
            evidence: evidence(14.0),
            ..bench.case(Upstream)
        };
        is(bench.decide(&case), Rule::Suspect, proves(LONG));
    }
    let report = bench.core.rig(RIG, bench.now).unwrap();
    assert_eq!(report.standing, Standing::Suspect);
}

#[test]
fn a_suspect_that_proves_well_is_asked_less_of_its_local_shares() {
    let mut bench = Bench::new();
    bench.earn_trust();
    let case = Case {
        evidence: evidence(14.0),
        ..bench.case(Local)
    };
    is(bench.decide(&case), Rule::Suspect, proves(LONG));
    for (proofs, chance) in [(0, 1.0), (32, 0.5), (64, 0.25), (1_000, 0.25)] {
        for _ in 0..proofs {
            bench.prove(RIG, ASKED, true);
        }
        let ruling = bench.decide(&case);
        assert!((ruling.chance - chance).abs() < 1e-12, "{}", ruling.chance);
    }
    is(bench.decide(&case), Rule::NotSampled, Decision::PassOn);
    let drawn = Case { draw: 0.2, ..case };
    is(bench.decide(&drawn), Rule::Suspect, proves(LONG));
}

#[test]
fn a_rig_without_trust_waits_for_its_proof_and_a_trusted_one_only_briefly() {
    let mut bench = Bench::new();
    let cases = |bench: &Bench| {
        [wait(250), wait(251), wait(3_000), wait(3_001), None].map(|expected_wait| Case {
            expected_wait,
            ..bench.case(Upstream)
        })
    };
    let rules = cases(&bench).map(|case| bench.decide(&case).rule);
    assert_eq!(rules, [Rule::UnknownRig; 5], "however long the queue is");
    bench.earn_trust();
    let rules = cases(&bench).map(|case| bench.decide(&case).rule);
    let no_time = Rule::NoTime;
    assert_eq!(rules, [Rule::Upstream, no_time, no_time, no_time, no_time]);
    let at_once = cases(&bench)[0];
    is(bench.decide(&at_once), Rule::Upstream, proves(SHORT));
}

#[test]
fn a_rig_that_raises_its_difficulty_is_unknown_there() {
    let mut bench = Bench::new();
    bench.earn_trust();
    let case = Case {
        asked: Difficulty::new(1_001),
        ..bench.case(Upstream)
    };
    is(bench.decide(&case), Rule::UnknownRig, proves(LONG));
}

#[test]
fn local_shares_are_proved_by_the_one_draw() {
    let mut bench = Bench::new();
    is(
        bench.decide(&bench.case(Local)),
        Rule::Sampled,
        proves(LONG),
    );
    for _ in 0..1_000 {
        bench.prove(RIG, ASKED, true);
    }
    for (draw, wait_ms, rule) in [
        (0.049, 250, Rule::Sampled),
        (0.049, 251, Rule::NoTime),
        (0.05, 250, Rule::NotSampled),
        (0.05, 251, Rule::NotSampled),
    ] {
        let case = Case {
            draw,
            expected_wait: wait(wait_ms),
            ..bench.case(Local)
        };
        let ruling = bench.decide(&case);
        assert_eq!(ruling.rule, rule);
        assert!((ruling.chance - 0.05).abs() < 1e-12);
    }
    let leaning = Case {
        evidence: evidence(6.9),
        ..bench.case(Local)
    };
    let chance = bench.decide(&leaning).chance;
    assert!((0.5..0.6).contains(&chance), "{chance}");
}

#[test]
fn a_bad_proof_takes_all_trust_and_the_way_back_is_the_stated_work() {
    let mut bench = Bench::new();
    bench.earn_trust();
    bench.fail();
    for _ in 0..99 {
        assert_eq!(bench.prove(RIG, ASKED, true), QuarantineChange::Unchanged);
    }
    assert_eq!(bench.core.quarantined(), 1);
    assert_eq!(bench.prove(RIG, ASKED, true), QuarantineChange::Left);
    assert_eq!(bench.core.quarantined(), 0);
    is(
        bench.decide(&bench.case(Upstream)),
        Rule::UnknownRig,
        proves(LONG),
    );
    let report = bench.core.rig(RIG, bench.now).unwrap();
    assert_eq!((report.trust.work, report.quarantines), (0, 1));
}

#[test]
fn a_bad_proof_in_quarantine_starts_the_count_again() {
    let mut bench = Bench::new();
    bench.fail();
    for _ in 0..99 {
        bench.prove(RIG, ASKED, true);
    }
    assert_eq!(bench.fail(), QuarantineChange::Unchanged);
    for _ in 0..99 {
        assert_eq!(bench.prove(RIG, ASKED, true), QuarantineChange::Unchanged);
    }
    let quarantine = bench.core.rig(RIG, bench.now).unwrap().quarantine.unwrap();
    assert_eq!(
        (quarantine.bad_since, quarantine.work_delivered),
        (1, 99_000)
    );
    assert_eq!(bench.prove(RIG, ASKED, true), QuarantineChange::Left);
}

#[test]
fn each_quarantine_asks_twice_the_work_of_the_last_up_to_sixty_four_times() {
    let mut bench = Bench::new();
    for times in [1u64, 2, 4, 8, 16, 32, 64, 64] {
        bench.fail();
        let report = bench.core.rig(RIG, bench.now).unwrap();
        let quarantine = report.quarantine.unwrap();
        assert_eq!(quarantine.work_needed, 100 * times * ASKED.get());
        let owed = Difficulty::new(quarantine.work_needed);
        assert_eq!(bench.prove(RIG, owed, true), QuarantineChange::Left);
    }
}

#[test]
fn nobody_is_shown_an_accusation_below_odds_of_ten() {
    let mut bench = Bench::new();
    for (log_e, shown) in [(0.0, false), (5.0, true), (0.3, false)] {
        let case = Case {
            evidence: evidence(log_e),
            ..bench.case(Upstream)
        };
        bench.decide(&case);
        let report = bench.core.rig(RIG, bench.now).unwrap();
        assert_eq!(report.evidence.strongest.is_some(), shown, "{log_e}");
    }
}

#[test]
fn the_report_says_why_a_rig_is_in_quarantine_and_what_releases_it() {
    let mut bench = Bench::new();
    bench.earn_trust();
    assert_eq!(
        bench.core.rig(RIG, bench.now).unwrap().standing,
        Standing::Trusted
    );
    let case = Case {
        evidence: evidence(f64::INFINITY),
        ..bench.case(Upstream)
    };
    bench.decide(&case);
    bench.fail();
    bench.now += Duration::from_secs(90);
    let report = bench.core.rig(RIG, bench.now).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["standing"], "quarantined");
    assert_eq!(json["quarantine"]["share"], "1f");
    assert_eq!(json["quarantine"]["seconds"], 90.0);
    assert_eq!(json["quarantine"]["work_needed"], 100_000);
    assert_eq!(json["evidence"]["strongest"]["stage"], "pace");
    assert!(json["evidence"]["strongest"]["log_e"].is_number());
    assert_eq!(json["proofs"]["good"], 30);
    assert_eq!(json["proofs"]["bad"], 1);
    assert_eq!(json["idle_seconds"], 90.0);
    assert_eq!(
        bench.core.rigs(bench.now).collect::<Vec<_>>(),
        [(RIG, report)]
    );
}

#[test]
fn a_proof_that_did_not_come_costs_no_trust() {
    let mut bench = Bench::new();
    bench.earn_trust();
    for _ in 0..1_000 {
        bench.decide(&bench.case(Upstream));
        bench.core.note_unproved(RIG);
    }
    let report = bench.core.rig(RIG, bench.now).unwrap();
    assert_eq!(report.standing, Standing::Trusted);
    assert_eq!((report.proofs.none, report.proofs.bad), (1_000, 0));
    bench.core.note_unproved(RigKey(99));
    assert_eq!(bench.core.known(), 1, "nothing is opened for it");
}
