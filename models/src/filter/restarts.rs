//! Restarts of the process: they accuse no honest rig, and no other sheds by them what was won
//! against it.

use std::fmt::Debug;
use std::sync::Arc;

use rand::{Rng as _, RngCore};

use super::simulated_xmrig::{Generator, Life, generator, log_uniform, observation, whole};
use super::toy::ToyModel;
use super::{
    Behaviour, Classifier, Cluster, Divergence, Entropy, Filter, ModelId, Observation,
    OutcomeFeatures, Pace, Pattern, PatternRig, Stage, read_state, write_state,
};
use crate::work::{ResultHash, Slot};

const ALPHA: f64 = 1e-2;
const RIGS: u64 = 2_000;
const SHARES: u32 = 600;

/// Of 2,000 rigs at most 20 are suspected in the mean; more than this by chance once in 10,000
/// times (binomial).
const AT_MOST: usize = 37;

/// The mean of 64 uniform heights is off the middle by 0.0289 on average.
fn cluster() -> Cluster {
    Cluster::with_model(Arc::new(ToyModel {
        id: ModelId(2),
        ceiling: 4.0 * 0.0289,
        answer: |behaviour: &Behaviour| (4.0 * (behaviour.mean_height() - 0.5).abs()).min(1.0),
    }))
}

/// Squares of uniform heights have a mean of a third.
fn classifier() -> Classifier {
    Classifier::with_model(Arc::new(ToyModel {
        id: ModelId(1),
        ceiling: 1.0 / 3.0,
        answer: |features: &OutcomeFeatures| features.height().powi(2),
    }))
}

/// A share with a result such as a hash function makes.
fn with_result(random: &mut Generator, mut seen: Observation) -> Observation {
    let mut bytes = [0; 32];
    random.fill_bytes(&mut bytes);
    let value = random.gen_range(0..seen.asked.target().threshold());
    bytes[24..].copy_from_slice(&value.to_le_bytes());
    seen.result = ResultHash::new(bytes);
    seen
}

/// A filter with what it remembers of a rig.
struct Watch<F: Filter> {
    make: fn() -> F,
    filter: F,
    state: F::Rig,
}

/// Of whatever filter.
trait Watches {
    fn stage(&self) -> Stage;
    fn look(&mut self, seen: &Observation) -> Option<f64>;
    fn restart(&mut self);
}

impl<F: Filter> Watches for Watch<F> {
    fn stage(&self) -> Stage {
        F::STAGE
    }

    fn look(&mut self, seen: &Observation) -> Option<f64> {
        self.filter.look(&mut self.state, seen).log_e()
    }

    fn restart(&mut self) {
        self.filter = (self.make)();
        self.state = read_state(&self.filter, &write_state::<F>(&self.state)).unwrap();
    }
}

fn watch<F: Filter + 'static>(make: fn() -> F) -> Box<dyn Watches> {
    Box::new(Watch {
        make,
        filter: make(),
        state: F::Rig::default(),
    })
}

fn all_six() -> [Box<dyn Watches>; 6] {
    [
        watch(|| Entropy),
        watch(|| Divergence),
        watch(Pattern::default),
        watch(|| Pace),
        watch(cluster),
        watch(classifier),
    ]
}

/// The process starts again after every fifty shares or so, and now and then after a few.
#[test]
fn honest_rigs_are_suspected_no_more_often_for_frequent_restarts() {
    let mut suspected = [0; Stage::ALL.len()];
    for rig in 0..RIGS {
        let mut random = generator(0x5e57_a127 ^ rig << 20);
        let rate = log_uniform(&mut random, 500.0, 50_000.0);
        let (mut life, mut filters) = (Life::new(rig, rate), all_six());
        let mut highest = [f64::NEG_INFINITY; Stage::ALL.len()];
        let mut left = 50;
        for _ in 0..SHARES {
            if left == 0 {
                life.restart();
                filters.iter_mut().for_each(|filter| filter.restart());
                left = random.gen_range(1..100);
            }
            left -= 1;
            let seen = with_result(&mut random, life.next());
            for filter in &mut filters {
                let highest = &mut highest[filter.stage().index()];
                *highest = highest.max(filter.look(&seen).unwrap_or(0.0));
            }
        }
        for (count, log_e) in suspected.iter_mut().zip(highest) {
            *count += usize::from(log_e >= -ALPHA.ln());
        }
    }
    println!("of {RIGS} honest rigs: {suspected:?}");
    for (stage, count) in Stage::ALL.into_iter().zip(suspected) {
        assert!(count <= AT_MOST, "{stage}: {count} of {RIGS}");
    }
}

/// One share of an honest rig in each run, in the first job, the first block and ever earlier.
fn backward_runs(mut between: impl FnMut(&mut PatternRig)) -> f64 {
    let mut state = PatternRig::default();
    let mut log_e = 0.0;
    for run in 0..60 {
        let mut filter = Pattern::default();
        let seen = observation(1, 10_000 - run, 100_000);
        log_e = filter.look(&mut state, &seen).log_e().unwrap();
        between(&mut state);
    }
    log_e
}

#[test]
fn a_scan_of_an_earlier_run_is_not_taken_for_one_of_this_though_its_numbers_are_the_same() {
    let resumed = backward_runs(|state| {
        *state = read_state(&Pattern::default(), &write_state::<Pattern>(state)).unwrap();
    });
    assert!(resumed.abs() < 1e-6, "{resumed}");
    let mistaken = backward_runs(|_| ());
    assert!(
        mistaken > 1_000f64.ln(),
        "{mistaken}: the test tests nothing"
    );
}

#[test]
fn a_miner_that_honestly_scans_the_same_blob_again_is_no_replayer() {
    let mut random = generator(5);
    let shares: Vec<_> = (1..30)
        .map(|share| with_result(&mut random, observation(1, share * 1_000, 10_000)))
        .collect();
    let mut state = Default::default();
    let mut said = 0.0;
    for job in [1, 9] {
        for share in shares.iter().take(4) {
            let mut share = *share;
            share.scan.job.0 = job;
            said = Entropy.look(&mut state, &share).log_e().unwrap();
        }
        state = read_state(&Entropy, &write_state::<Entropy>(&state)).unwrap();
    }
    assert!(said < 10f64.ln(), "{said}");
}

/// Suspicious to all: a result of zeros, from the end of the slot.
fn forged(job: u32) -> Observation {
    observation(job, Slot::NONCES - 1 - job, 1_000)
}

fn evidence_is_kept<F: Filter + Debug>(make: impl Fn() -> F) {
    let (mut filter, mut state) = (make(), F::Rig::default());
    let mut won = 0.0;
    for job in 1..2_000 {
        won = filter.look(&mut state, &forged(job)).log_e().unwrap_or(0.0);
    }
    assert!(won > 1e6f64.ln(), "{}: {won}", F::STAGE);
    let mut random = generator(3);
    for _ in 0..10 {
        filter = make();
        state = read_state(&filter, &write_state::<F>(&state)).unwrap();
        let honest = with_result(&mut random, observation(1, 77, 1_000));
        let said = filter.look(&mut state, &honest).log_e();
        // Bets on that share may be lost, and no more.
        let kept = said.is_some_and(|log_e| log_e > won - 10.0);
        assert!(kept, "{}: {said:?} of {won}", F::STAGE);
        won = said.unwrap_or(0.0);
    }
}

#[test]
fn what_was_won_against_a_forger_stands_however_often_the_process_starts_again() {
    evidence_is_kept(|| Entropy);
    evidence_is_kept(|| Divergence);
    evidence_is_kept(Pattern::default);
    evidence_is_kept(|| Pace);
    evidence_is_kept(|| {
        Cluster::with_model(Arc::new(ToyModel {
            id: ModelId(1),
            ceiling: 0.1,
            answer: |_: &Behaviour| 0.9,
        }))
    });
    evidence_is_kept(|| {
        Classifier::with_model(Arc::new(ToyModel {
            id: ModelId(1),
            ceiling: 0.1,
            answer: |_: &OutcomeFeatures| 0.9,
        }))
    });
}

#[test]
fn the_time_of_a_restart_is_no_slowness_of_the_rig() {
    let (mut life, mut state) = (Life::new(1, 5_000.0), Default::default());
    let mut at_ms = 0;
    for _ in 0..400 {
        let seen = life.next();
        at_ms = seen.at_ms;
        Pace.look(&mut state, &seen);
    }
    let before = state.rates(at_ms).unwrap();
    let mut resumed = read_state(&Pace, &write_state::<Pace>(&state)).unwrap();
    let mut first = life.next();
    first.at_ms += whole(3.6e6);
    Pace.look(&mut resumed, &first);
    let after = resumed.rates(first.at_ms).unwrap();
    assert!((after.now / before.now - 1.0).abs() < 1e-3, "{after:?}");
}
