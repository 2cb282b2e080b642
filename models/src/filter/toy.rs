//! Rigs and models made by hand, for the tests of filters that go by a trained model.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::share::RigKey;
use crate::work::{Difficulty, JobKey, ResultHash, Slot};

use super::{
    Behaviour, BehaviourModel, Filter, ModelId, Observation, OutcomeFeatures, OutcomeModel,
    ScanKey, Scanner,
};

const ASKED: Difficulty = Difficulty::new(30_000);
const HASHES_PER_MS: f64 = 3.0;
const JOB_MS: f64 = 120_000.0;

/// A share in the middle of everything.
pub(super) fn share_at(at_ms: u64) -> Observation {
    observation(at_ms, 0, 50_000, 0.5, false)
}

fn observation(at_ms: u64, job: u32, counter: u32, height: f64, late: bool) -> Observation {
    #[expect(clippy::cast_precision_loss, reason = "a simulated result")]
    let threshold = ASKED.target().threshold() as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a height below 1"
    )]
    let value = (height * threshold) as u64;
    let mut result = [0; 32];
    result[24..].copy_from_slice(&value.to_le_bytes());
    Observation {
        rig: RigKey(1),
        scan: ScanKey {
            job: JobKey(job),
            slot: Slot(7),
        },
        counter,
        result: ResultHash::new(result),
        target: Some(ASKED.target()),
        asked: ASKED,
        late,
        scanner: Scanner::XmrigBlocks,
        heard: crate::filter::VerdictsHeard::default(),
        at_ms,
    }
}

/// A rig whose shares come by chance: 10 s apart, 12 to a job, one in a hundred late.
#[derive(Debug)]
pub(super) struct ToyRig {
    random: Xoshiro256PlusPlus,
    at_ms: f64,
    shares: u32,
    /// Probability that a share is late.
    pub late: f64,
    /// Shares that are kept back and then sent at once.
    batch: u32,
}

impl ToyRig {
    pub(super) fn honest(seed: u64) -> Self {
        Self {
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            at_ms: 1e6,
            shares: 0,
            late: 0.01,
            batch: 1,
        }
    }

    pub(super) fn odd(seed: u64, late: f64, batch: u32) -> Self {
        Self {
            late,
            batch,
            ..Self::honest(seed)
        }
    }

    pub(super) fn next(&mut self) -> Observation {
        self.shares += 1;
        if self.shares.is_multiple_of(self.batch) {
            for _ in 0..self.batch {
                let luck: f64 = self.random.r#gen();
                self.at_ms -= (1.0 - luck).ln() * f64::from(u32::try_from(ASKED.get()).unwrap())
                    / HASHES_PER_MS;
            }
        } else {
            self.at_ms += 5.0;
        }
        let tried = self.at_ms % JOB_MS * HASHES_PER_MS;
        // Four threads, each in its own block of the scan.
        let block = f64::from(self.random.gen_range(0..4u32) * Scanner::BLOCK);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small positive numbers"
        )]
        let (at_ms, job, counter) = (
            self.at_ms as u64,
            (self.at_ms / JOB_MS) as u32,
            (tried + block) as u32,
        );
        let height = self.random.r#gen();
        let late = self.random.gen_bool(self.late);
        observation(at_ms, job, counter, height, late)
    }
}

/// A model of either kind that answers by a function.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToyModel<F> {
    pub id: ModelId,
    pub ceiling: f64,
    pub answer: fn(&F) -> f64,
}

impl OutcomeModel for ToyModel<OutcomeFeatures> {
    fn id(&self) -> ModelId {
        self.id
    }

    fn rejection_probability(&self, features: &OutcomeFeatures) -> f64 {
        (self.answer)(features)
    }

    fn ceiling(&self) -> f64 {
        self.ceiling
    }
}

impl BehaviourModel for ToyModel<Behaviour> {
    fn id(&self) -> ModelId {
        self.id
    }

    fn distance(&self, behaviour: &Behaviour) -> f64 {
        (self.answer)(behaviour)
    }

    fn ceiling(&self) -> f64 {
        self.ceiling
    }
}

/// Shares until the filter has won this much against the rig; `None` if it has not after `limit`.
pub(super) fn shares_until<F: Filter>(
    filter: &mut F,
    rig: &mut ToyRig,
    won: f64,
    limit: u32,
) -> Option<u32> {
    let mut state = F::Rig::default();
    (1..=limit).find(|_| {
        let evidence = filter.look(&mut state, &rig.next());
        evidence.log_e().is_some_and(|log_e| log_e >= won)
    })
}

/// Of 2,000 honest rigs with 5,000 shares each, those that were ever suspected at 1 in 1,000.
pub(super) fn honest_ever_suspected<F: Filter>(filter: &mut F) -> usize {
    (0..2_000)
        .filter(|seed| {
            let mut rig = ToyRig::honest(1_000_000 + seed);
            shares_until(filter, &mut rig, 1_000f64.ln(), 5_000).is_some()
        })
        .count()
}

/// The median over 101 rigs of the shares until a filter has won ln 10⁶.
pub(super) fn median_shares_to_suspicion<F: Filter>(
    filter: &mut F,
    make: impl Fn(u64) -> ToyRig,
) -> u32 {
    let mut shares: Vec<u32> = (0..101)
        .map(|seed| {
            let found = shares_until(filter, &mut make(seed), 1e6f64.ln(), 50_000);
            found.unwrap_or(u32::MAX)
        })
        .collect();
    shares.sort_unstable();
    shares[50]
}
