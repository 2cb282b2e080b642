//! With a real prover: what is proved wrong stays home, and nothing else does for long.

use std::cell::Cell;
use std::collections::HashSet;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use zartrux_actors::clock::Clock;
use zartrux_actors::prover::{Mode, Prover, ProverOptions};
use zartrux_actors::share_ticket::{ProofOutcome, Settlement, ShareTicket};
use zartrux_models::judge::JudgePolicy;
use zartrux_models::share::{RefusalReason, ShareId, TargetClass};
use zartrux_models::work::ResultHash;

use crate::lane::{End, Lane, POOLS, Went};
use crate::occupant::{Six, six};
use crate::recorded::{Known, recorded};
use crate::shares::{Manner, id_of};

/// Nothing here takes so long.
const EVER: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
enum Step {
    Share(Manner, Known),
    /// What was sent is waited for: what is learned of it counts for what follows.
    Wait,
    Remake(usize),
    /// The rest only where proving may fail.
    JudgePanics,
    ProverPanics,
    ProverStalls(u64),
}

fn share() -> impl Strategy<Value = Step> {
    let class = prop_oneof![
        1 => Just(TargetClass::Local),
        3 => Just(TargetClass::Upstream),
        1 => Just(TargetClass::BlockCandidate),
    ];
    let manner = (
        0..3u64,
        class,
        any::<bool>(),
        0..6u8,
        proptest::sample::select(POOLS.to_vec()),
    );
    let manner = manner.prop_map(|(rig, class, late, gap, pool)| Manner {
        rig,
        class,
        late,
        after_gap: gap == 0,
        pool,
    });
    (manner, proptest::sample::select(recorded()))
        .prop_map(|(manner, known)| Step::Share(manner, known))
}

fn calm_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => share(),
        1 => Just(Step::Wait),
        1 => (0..6usize).prop_map(Step::Remake),
    ]
}

fn rough_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => calm_step(),
        1 => Just(Step::JudgePanics),
        1 => Just(Step::ProverPanics),
        1 => (1..30u64).prop_map(Step::ProverStalls),
    ]
}

fn patient() -> JudgePolicy {
    JudgePolicy {
        deadline: EVER,
        deadline_unknown: EVER,
        deadline_quarantine: EVER,
        ..JudgePolicy::default()
    }
}

/// A prover, and what was met with it. Tests take turns: each prover holds 256 MiB.
struct Bench {
    prover: Prover<ShareTicket>,
    /// By [`ProofOutcome::ALL`].
    proofs: [Cell<usize>; 4],
    held: Cell<usize>,
    panics: Cell<u32>,
}

impl Bench {
    fn run(cases: u32, test: impl FnOnce(&Self, &mut TestRunner)) {
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        crate::hush();
        let (threads, queue) = (NonZero::new(2).unwrap(), NonZero::new(256).unwrap());
        let options = ProverOptions::new(Mode::Light, threads, queue);
        let bench = Self {
            prover: Prover::start(options, Clock).unwrap(),
            proofs: Default::default(),
            held: Cell::default(),
            panics: Cell::default(),
        };
        // The seed is prepared before anything is in a hurry.
        let first = Step::Share(Manner::plain(), recorded().swap_remove(0));
        let ends = bench.play(Six::plain(), patient(), vec![first]);
        assert_eq!(ends[0].2.proof, Some(ProofOutcome::Good));
        let config = ProptestConfig {
            source_file: Some(file!()),
            max_shrink_iters: 100,
            ..ProptestConfig::with_cases(cases)
        };
        test(&bench, &mut TestRunner::new(config));
        println!(
            "{:?}: {:?}, held {}, panics {}",
            ProofOutcome::ALL,
            bench.proofs,
            bench.held.get(),
            bench.panics.get()
        );
        assert!(bench.panics.get() > 0);
        bench.prover.stop();
    }

    fn play(&self, six: Six, policy: JudgePolicy, steps: Vec<Step>) -> Vec<(Manner, Known, End)> {
        actix::System::new().block_on(async {
            let mut lane = Lane::start(six, policy, Some(self.prover.clone())).await;
            let mut sent: Vec<(Manner, Known)> = Vec::new();
            for step in steps {
                match step {
                    Step::Share(manner, known) => {
                        sent.push((manner.clone(), known.clone()));
                        let number = sent.len() as u64;
                        let asked = known.target.difficulty();
                        let job = known.job(manner.class);
                        let share = manner.share(job, known.nonce, known.claimed, asked);
                        lane.send(manner.sender(number), share, number);
                    }
                    Step::Wait => lane.all_home(is_good_of(&sent)).await,
                    Step::Remake(place) => (lane.places[place].remake)(),
                    Step::JudgePanics => lane.judge_panics(),
                    Step::ProverPanics => self.prover.inject_panic(),
                    Step::ProverStalls(millis) => {
                        self.prover.inject_stall(Duration::from_millis(millis));
                    }
                }
            }
            lane.all_home(is_good_of(&sent)).await;
            let (ends, places) = lane.ends();
            for place in places {
                self.panics.set(self.panics.get() + place.tally.panics());
            }
            let of_end = |end: End| {
                let sent = (1..)
                    .zip(&sent)
                    .find(|(number, _)| id_of(*number) == end.id);
                let (_, (manner, known)) = sent.expect("was sent");
                (manner.clone(), known.clone(), end)
            };
            ends.into_iter().map(of_end).collect()
        })
    }

    /// What holds whether proofs come or not. Ends are in the order of what the judge did.
    fn check(&self, ends: &[(Manner, Known, End)]) {
        let mut convicted = HashSet::new();
        for (manner, known, end) in ends {
            let what = format!("{manner:?} {known:?} {end:?}");
            for (outcome, count) in ProofOutcome::ALL.iter().zip(&self.proofs) {
                count.set(count.get() + usize::from(end.proof == Some(*outcome)));
            }
            match end.proof {
                Some(ProofOutcome::Good) => assert!(known.is_valid(), "{what}"),
                Some(ProofOutcome::Bad | ProofOutcome::Corrected) => {
                    assert!(!known.is_valid(), "{what}");
                    convicted.insert(manner.rig);
                }
                Some(ProofOutcome::None) | None => {
                    assert_eq!(end.result, known.claimed, "{what}");
                }
            }
            if is_proved(end) {
                assert_eq!(end.result, known.truth, "{what}");
            }
            let belongs = match manner.class {
                TargetClass::Local => Went::Home(Settlement::Credited),
                TargetClass::Upstream | TargetClass::BlockCandidate => Went::ToPool(manner.pool),
            };
            if end.went == Went::Home(Settlement::Held) {
                self.held.set(self.held.get() + 1);
                assert!(convicted.contains(&manner.rig), "no proof: {what}");
                assert!(!is_proved(end), "{what}");
            } else if let Went::Home(Settlement::Refused(refusal)) = &end.went {
                assert_eq!(refusal.reason(), RefusalReason::InvalidResult);
                assert_eq!(end.proof, Some(ProofOutcome::Bad), "{what}");
                assert!(!known.target.is_met_by(&known.truth), "{what}");
            } else {
                assert_eq!(end.went, belongs, "{what}");
                assert_ne!(end.proof, Some(ProofOutcome::Bad), "{what}");
                assert!(
                    !is_proved(end) || known.target.is_met_by(&end.result),
                    "{what}"
                );
            }
        }
    }
}

const fn is_proved(end: &End) -> bool {
    matches!(
        end.proof,
        Some(ProofOutcome::Good | ProofOutcome::Corrected)
    )
}

fn is_good_of(sent: &[(Manner, Known)]) -> impl Fn(ShareId, ResultHash) -> bool {
    move |id, result| {
        let sent = (1..).zip(sent).find(|(number, _)| id_of(*number) == id);
        sent.is_some_and(|(_, (_, known))| known.truth == result)
    }
}

#[test]
fn with_a_prover_that_keeps_up_no_false_share_reaches_a_pool_and_every_true_one_does() {
    Bench::run(16, |bench, runner| {
        let case = (six(), proptest::collection::vec(calm_step(), 4..16));
        let result = runner.run(&case, |(six, steps)| {
            let ends = bench.play(six, patient(), steps);
            bench.check(&ends);
            for (_, known, end) in &ends {
                if let Went::ToPool(_) = end.went {
                    assert!(is_proved(end) && end.result == known.truth, "{end:?}");
                }
                // Fewer are sent than a rig in quarantine may have with the prover.
                assert_ne!(end.went, Went::Home(Settlement::Held), "{end:?}");
            }
            Ok(())
        });
        result.unwrap();
        let [good, bad, corrected, none] = bench.proofs.each_ref().map(Cell::get);
        assert!(
            good > 0 && bad > 0 && corrected > 0,
            "{good} {bad} {corrected}"
        );
        assert_eq!(none, 0);
    });
}

#[test]
fn with_a_prover_that_fails_only_rigs_proved_wrong_keep_shares_home() {
    Bench::run(16, |bench, runner| {
        let deadline = || {
            proptest::sample::select(vec![1, 10, 60, 400, 300_000]).prop_map(Duration::from_millis)
        };
        let case = (
            six(),
            proptest::array::uniform3(deadline()),
            proptest::collection::vec(rough_step(), 4..30),
        );
        let result = runner.run(&case, |(six, deadlines, steps)| {
            let [deadline, deadline_unknown, deadline_quarantine] = deadlines;
            let policy = JudgePolicy {
                deadline,
                deadline_unknown,
                deadline_quarantine,
                ..JudgePolicy::default()
            };
            bench.check(&bench.play(six, policy, steps));
            Ok(())
        });
        result.unwrap();
        let [good, _, _, none] = bench.proofs.each_ref().map(Cell::get);
        assert!(good > 0 && none > 0, "{good} {none}");
    });
}
