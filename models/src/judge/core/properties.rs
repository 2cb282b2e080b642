//! What holds whatever comes, and what a whole farm costs.

use std::time::Duration;

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::filter::{CascadeEvidence, Cause, Evidence, Stage};
use crate::judge::AtProver;
use crate::judge::fixtures::{ASKED, Bench};
use crate::work::Difficulty;

/// A case, but for the time.
pub(super) fn any_case(bench: &Bench) -> impl Strategy<Value = Case> + use<> {
    let now = bench.now;
    let any_evidence = proptest::array::uniform6(prop_oneof![
        Just(Evidence::Unavailable),
        Just(Evidence::NoOpinion),
        // Built past the check on purpose: any number, and none.
        any::<f64>().prop_map(|log_e| Evidence::Weighed {
            log_e,
            cause: Cause::BiasedBytes
        }),
        (-50f64..50.0).prop_map(|log_e| Evidence::Weighed {
            log_e,
            cause: Cause::BiasedBytes
        }),
    ]);
    let class = prop_oneof![
        Just(TargetClass::Local),
        Just(TargetClass::Upstream),
        Just(TargetClass::BlockCandidate)
    ];
    let number = || prop_oneof![any::<f64>(), Just(0.0), 0f64..=1.0, Just(f64::NAN)];
    (
        (0u64..4, class, any::<u64>(), any::<bool>(), any_evidence),
        (any::<bool>(), proptest::option::of(0u64..60_000)),
        (number(), any::<bool>(), number(), 0u64..100_000),
        (0u32..40, 0u32..100, any::<bool>()),
    )
        .prop_map(move |(whose, prover, rest, line)| {
            let (rig, class, asked, late, opinions) = whose;
            let mut evidence = CascadeEvidence::default();
            for (stage, opinion) in Stage::ALL.into_iter().zip(opinions) {
                evidence.set(stage, opinion);
            }
            Case {
                rig: RigKey(rig),
                class,
                asked: Difficulty::new(asked),
                late,
                evidence,
                provable: prover.0,
                expected_wait: prover.1.map(Duration::from_millis),
                capacity: rest.0,
                ban_risk: if rest.1 {
                    BanRisk::Certain
                } else {
                    BanRisk::Bearable
                },
                at_prover: AtProver {
                    of_rig: line.0,
                    in_quarantine: line.1,
                },
                draw: rest.2,
                waited: line.2.then_some(Waited {
                    rule: Rule::Sampled,
                    chance: 0.5,
                    time: Duration::from_millis(rest.3 / 10),
                }),
                now: now + Duration::from_millis(rest.3),
            }
        })
}

fn any_policy() -> impl Strategy<Value = JudgePolicy> {
    let number = || prop_oneof![any::<f64>(), 0f64..=1.0, Just(f64::NAN)];
    (number(), number(), number(), 0usize..8).prop_map(|(sample, budget, alpha, max_rigs)| {
        JudgePolicy {
            sample,
            budget,
            alpha,
            max_rigs,
            ..JudgePolicy::default()
        }
    })
}

const fn may_stay_home(decision: Decision) -> bool {
    match decision {
        Decision::Hold => true,
        Decision::ProveFirst { unproved, .. } => matches!(unproved, Unproved::Hold),
        Decision::Wait { .. } | Decision::PassOn => false,
    }
}

proptest! {
    /// Statistics never hold a share: only a rig that was proved bad is ever held.
    #[test]
    fn a_rig_never_proved_bad_is_never_held_whatever_is_said_of_it(
        cases in proptest::collection::vec((any_case(&Bench::new()), 0u8..4), 1..80),
        policy in prop_oneof![Just(JudgePolicy::default()), any_policy()],
    ) {
        let mut bench = Bench::new();
        bench.policy = policy;
        // Odd rigs are proved bad at times, even ones never.
        for (case, proof) in cases {
            let ruling = bench.decide(&case);
            prop_assert!((0.0..=1.0).contains(&ruling.chance), "{}", ruling.chance);
            let honest = case.rig.0 % 2 == 0;
            prop_assert!(!(honest && may_stay_home(ruling.decision)));
            match proof {
                0 => bench.core.note_unproved(case.rig),
                1 => {}
                _ => {
                    bench.prove(case.rig, case.asked, honest || proof == 2);
                }
            }
            prop_assert!(bench.core.known() <= policy.max_rigs.max(1));
            let listed = bench.core.rigs(case.now);
            let held = listed.filter(|(_, rig)| rig.quarantine.is_some()).count();
            prop_assert_eq!(held, bench.core.quarantined());
        }
    }

    #[test]
    fn a_rig_is_released_exactly_when_the_stated_work_is_delivered(
        earlier in 0u32..9,
        asked in 1u64..1_000_000_000,
        good in proptest::collection::vec(1u64..50_000_000_000, 0..400),
    ) {
        let mut bench = Bench::new();
        let rig = RigKey(7);
        for _ in 0..earlier {
            bench.prove(rig, Difficulty::new(1), false);
            bench.prove(rig, Difficulty::new(u64::MAX), true);
        }
        prop_assert_eq!(bench.core.quarantined(), 0);
        bench.prove(rig, Difficulty::new(asked), false);
        let stated = bench.core.rig(rig, bench.now).unwrap().quarantine.unwrap().work_needed;
        prop_assert_eq!(stated, 100 * asked * (1 << earlier.min(6)));
        let mut delivered = 0;
        for work in good {
            delivered += work;
            let change = bench.prove(rig, Difficulty::new(work), true);
            if delivered >= stated {
                prop_assert_eq!(change, QuarantineChange::Left);
                break;
            }
            prop_assert_eq!(change, QuarantineChange::Unchanged);
        }
    }
}

/// A farm of rigs whose local shares come at random, with a prover that answers at once.
struct Farm {
    bench: Bench,
    random: Xoshiro256PlusPlus,
    rigs: u64,
    capacity: f64,
}

impl Farm {
    fn new(rigs: u64, capacity: f64) -> Self {
        Self {
            bench: Bench::new(),
            random: Xoshiro256PlusPlus::seed_from_u64(11),
            rigs,
            capacity,
        }
    }

    /// One share of a rig chosen at random; `bad_part` says which part of a rig's shares is bad.
    /// Says whose it was, and whether it was proved.
    fn share(&mut self, shares_a_second: f64, bad_part: impl Fn(RigKey) -> f64) -> (RigKey, bool) {
        let gap = -(1.0 - self.random.r#gen::<f64>()).ln() / shares_a_second;
        self.bench.now += Duration::from_secs_f64(gap);
        let rig = RigKey(self.random.gen_range(0..self.rigs));
        let case = Case {
            rig,
            capacity: self.capacity,
            draw: self.random.r#gen(),
            ..self.bench.case(TargetClass::Local)
        };
        let proved = self.bench.decide(&case).decision != Decision::PassOn;
        if proved {
            let good = self.random.r#gen::<f64>() >= bad_part(rig);
            self.bench.prove(rig, ASKED, good);
        }
        (rig, proved)
    }
}

#[test]
fn sampling_a_farm_takes_the_budget_from_the_first_minute_to_the_last() {
    let mut farm = Farm::new(1_000, 5.0);
    for _ in 0..60 {
        let from = farm.bench.now;
        let mut proofs = 0.0;
        for _ in 0..33 * 300 {
            let (_, proved) = farm.share(33.0, |_| 0.0);
            proofs += f64::from(u8::from(proved));
        }
        let seconds = (farm.bench.now - from).as_secs_f64();
        let budget = 0.5 * 5.0;
        // Five minutes are 750 proofs: their own chance is 3.7 %.
        let used = proofs / seconds / budget;
        assert!((0.9..1.1).contains(&used), "{used}");
    }
}

#[test]
fn a_rig_of_which_one_share_in_fifty_is_bad_is_found_by_few_proofs_of_few_rigs() {
    let failing = RigKey(3);
    let mut farm = Farm::new(1_000, 40.0);
    let mut shares = 0;
    while farm.bench.core.quarantined() == 0 {
        let (rig, _) = farm.share(33.0, |rig| if rig == failing { 0.02 } else { 0.0 });
        shares += u64::from(rig == failing);
    }
    let report = farm.bench.core.rig(failing, farm.bench.now).unwrap();
    assert!(report.quarantine.is_some());
    // By chance alone 50 proofs, and 230 in one case of a hundred.
    assert!(report.proofs.asked < 230, "{}", report.proofs.asked);
    assert!(shares < 600, "{shares}");
}
