//! Without a prover: everything passes, but for rigs that a proof had convicted before.

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use zartrux_actors::clock::Clock;
use zartrux_actors::share_ticket::Settlement;
use zartrux_actors::supervision::{ActorHealth, Guard};
use zartrux_models::judge::{JudgePolicy, ProofNoted, Rule};
use zartrux_models::share::{RigKey, TargetClass};
use zartrux_models::work::{Algorithm, Blob, Difficulty, Nonce, ResultHash, UpstreamJob};

use crate::lane::{End, Lane, POOLS, Went};
use crate::occupant::{Six, six};
use crate::shares::{Manner, id_of};

const RIGS: u64 = 4;

/// A share whose hash the oracle knows, because it is made up.
#[derive(Debug, Clone)]
struct MadeUp {
    manner: Manner,
    is_true: bool,
    counter: u32,
    height: u8,
}

#[derive(Debug, Clone)]
enum Step {
    Share(MadeUp),
    /// All at once, without the lane getting a turn in between.
    Burst(Vec<MadeUp>),
    /// Time goes by, in seconds: what was left out may come back.
    Pause(u64),
    /// A stage gets a new core while it works.
    Remake(usize),
    /// The judge's core panics at its next step.
    JudgePanics,
}

fn made_up() -> impl Strategy<Value = MadeUp> {
    let class = prop_oneof![
        Just(TargetClass::Local),
        Just(TargetClass::Upstream),
        Just(TargetClass::BlockCandidate),
    ];
    let pool = proptest::sample::select(POOLS.to_vec());
    // Most are of one rig: a block of behaviour takes 64.
    let rig = prop_oneof![2 => Just(0), 1 => 0..RIGS];
    let odds = (any::<bool>(), any::<bool>(), 0..6u8);
    ((rig, class, pool), odds, any::<u32>(), any::<u8>()).prop_map(
        |((rig, class, pool), (late, is_true, gap), counter, height)| MadeUp {
            manner: Manner {
                rig,
                class,
                late,
                after_gap: gap == 0,
                pool,
            },
            is_true,
            counter,
            height,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => made_up().prop_map(Step::Share),
        4 => proptest::collection::vec(made_up(), 1..40).prop_map(Step::Burst),
        2 => (0..40u64).prop_map(Step::Pause),
        2 => (0..6usize).prop_map(Step::Remake),
        1 => Just(Step::JudgePanics),
    ]
}

fn job() -> UpstreamJob {
    UpstreamJob {
        id: "job".into(),
        work: Blob::from_hex(&"00".repeat(76)).unwrap().into(),
        target: Difficulty::ONE.target(),
        algorithm: Algorithm::Rx0,
        height: None,
        seed: None,
        next_seed: None,
        network_difficulty: None,
    }
}

/// What made the test worth something, over all cases.
#[derive(Debug, Default)]
struct Met {
    panics: [Cell<u32>; 6],
    unsound: [Cell<u32>; 6],
    judge_faults: Cell<usize>,
    held: Cell<usize>,
    forwarded: Cell<usize>,
    credited: Cell<usize>,
}

fn add<N: Copy + std::ops::Add<Output = N>>(cell: &Cell<N>, more: N) {
    cell.set(cell.get() + more);
}

#[test]
fn whatever_filters_and_models_do_each_share_ends_once_where_it_belongs() {
    crate::hush();
    let met = Met::default();
    let case = (
        six(),
        proptest::collection::vec(step(), 1..60),
        proptest::array::uniform4(proptest::bool::weighted(0.1)),
    );
    let config = ProptestConfig {
        source_file: Some(file!()),
        ..ProptestConfig::with_cases(200)
    };
    TestRunner::new(config)
        .run(&case, |(six, steps, convicted)| {
            run_case(six, steps, convicted, &met);
            Ok(())
        })
        .unwrap();
    println!("{met:?}");
    for place in 0..6 {
        assert!(met.panics[place].get() > 0, "no panic in place {place}");
        assert!(met.unsound[place].get() > 0, "all sound in place {place}");
    }
    for count in [&met.judge_faults, &met.held, &met.forwarded, &met.credited] {
        assert!(count.get() > 0, "{met:?}");
    }
}

/// In a system whose time only passes when nothing else is to be done.
fn run_case(six: Six, steps: Vec<Step>, convicted: [bool; 4], met: &Met) {
    let system = actix::System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    });
    system.block_on(play(six, steps, convicted, met));
}

async fn play(six: Six, steps: Vec<Step>, convicted: [bool; 4], met: &Met) {
    let policy = JudgePolicy::default();
    let mut lane = Lane::start(six, policy, None).await;
    let started = Clock.now();
    for (rig, _) in (0..).zip(convicted).filter(|(_, convicted)| *convicted) {
        convict(&lane, &policy, RigKey(rig));
    }
    let mut sent: Vec<MadeUp> = Vec::new();
    for step in steps {
        let shares = match step {
            Step::Share(share) => vec![share],
            Step::Burst(shares) => shares,
            Step::Pause(seconds) => {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                continue;
            }
            Step::Remake(place) => {
                (lane.places[place].remake)();
                continue;
            }
            Step::JudgePanics => {
                lane.judge_panics();
                continue;
            }
        };
        let at_ms = (Clock.now() - started).as_millis().try_into().unwrap();
        for share in shares {
            sent.push(share.clone());
            let sender = share.manner.sender(sent.len() as u64);
            let mut result = [share.height; 32];
            result[31] = 0;
            let nonce = Nonce::new(share.counter.to_le_bytes());
            let result = ResultHash::new(result);
            let share = share.manner.share(job(), nonce, result, Difficulty::ONE);
            lane.send(sender, share, at_ms);
        }
        tokio::task::yield_now().await;
    }
    let truth = |id| (1..).zip(&sent).find(|(number, _)| id_of(*number) == id);
    lane.all_home(|id, _| truth(id).is_some_and(|(_, share)| share.is_true))
        .await;

    let (ends, places) = lane.ends();
    // Without a prover nobody overtakes anybody.
    for ((number, share), end) in (1..).zip(&sent).zip(&ends) {
        assert_eq!(end.id, id_of(number));
        check_end(share, end, convicted);
        add(
            &met.judge_faults,
            usize::from(end.rule == Some(Rule::JudgeFault)),
        );
        match end.went {
            Went::ToPool(_) => add(&met.forwarded, 1),
            Went::Home(Settlement::Held) => add(&met.held, 1),
            Went::Home(_) => add(&met.credited, 1),
        }
    }
    for (place, at) in places.iter().zip(0..) {
        add(&met.panics[at], place.tally.panics());
        add(&met.unsound[at], place.tally.unsound());
    }
}

/// As a bad proof does it, before the prover was switched off.
fn convict(lane: &Lane, policy: &JudgePolicy, rig: RigKey) {
    let guard = Guard::new(ActorHealth::new("proof", "proof").into(), Clock);
    let proof = ProofNoted {
        rig,
        share: id_of(0),
        asked: Difficulty::ONE,
        good: false,
        now: Clock.now(),
    };
    lane.board.note_proof(&guard, policy, &proof);
}

fn check_end(share: &MadeUp, end: &End, convicted: [bool; 4]) {
    let rig: usize = share.manner.rig.try_into().unwrap();
    let expected = match share.manner.class {
        _ if convicted[rig] => Went::Home(Settlement::Held),
        TargetClass::Local => Went::Home(Settlement::Credited),
        TargetClass::Upstream | TargetClass::BlockCandidate => Went::ToPool(share.manner.pool),
    };
    assert_eq!(end.went, expected, "{share:?}: {end:?}");
    assert_eq!(end.proof, None);
}
