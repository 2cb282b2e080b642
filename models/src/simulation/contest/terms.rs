//! The terms of a contest, and the farm that they describe.

use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::budget::ProvingRate;
use super::contestant::Contestant;
use super::lineup::Entry;
use super::outcome::Contest;
use super::play::{Arena, Arrival};
use super::scenario::{FarmKind, Group, places};
use super::six_filters::SixFilters;
use crate::plan::VardiffPolicy;
use crate::share::RigKey;
use crate::simulation::{
    Farm, FarmShare, Jobs, NobodyToCopy, RigPlan, RigTraits, Surroundings, ToyOracle,
};
use crate::work::Difficulty;

/// Slowest and fastest rig, in hashes a second. At a share in 30 seconds the fastest is asked for
/// 390,000 hashes: below the difficulty from which nodejs-pool's scheme checks everything.
pub const HASH_RATES: (f64, f64) = (1_000.0, 13_000.0);

/// Seconds between two shares of a rig that has a difficulty of its own.
pub const GOAL_SECONDS: u64 = 30;

/// Seconds of proving that may be saved up.
pub const BURST_SECONDS: f64 = 10.0;

/// Mean of a hash rate that is uniform in its logarithm between [`HASH_RATES`].
fn mean_hash_rate() -> f64 {
    let (slow, fast) = HASH_RATES;
    (fast - slow) / (fast / slow).ln()
}

/// What a contest is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// What reaches the pool.
    pub kind: FarmKind,
    /// Shares of the whole farm.
    pub shares: u64,
    /// Part of the farm's shares that can be proved, for those who are held to it.
    pub budget: f64,
    /// Probability that an honest rig is ever suspected.
    pub alpha: f64,
}

impl Terms {
    /// Plays one contest: a farm of these groups, its traits and luck from the seed.
    ///
    /// # Errors
    /// A rig is to copy one that can't be copied.
    pub fn play(
        &self,
        groups: &[Group],
        entries: &[Entry],
        seed: u64,
        start: Instant,
    ) -> Result<Contest, NobodyToCopy> {
        let places = places(groups);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let plans: Vec<RigPlan> = (0..)
            .zip(&places)
            .map(|(key, group)| RigPlan {
                key: RigKey(key),
                traits: traits(&mut rng),
                conduct: groups[*group].conduct.clone(),
            })
            .collect();
        let rigs = plans.len();
        let mut farm = Farm::new(seed, self.surroundings(seed), &plans)?;
        let limit = self.limit(farm.clone());
        let contestants = entries
            .iter()
            .map(|entry| {
                let limit = if entry.limited { limit } else { None };
                let policy = entry.entrant.policy(rigs, self.alpha);
                Contestant::new(policy, limit, rigs, groups.len())
            })
            .collect();
        let mut filters = SixFilters::for_rigs(rigs);
        let mut arena = Arena::new(places, contestants, self.alpha, rng.r#gen(), start);
        for _ in 0..self.shares {
            let Some(FarmShare { place, share }) = farm.next() else {
                break;
            };
            let evidence = filters.look(place, &share.seen);
            let arrival = Arrival {
                rig: place,
                seen: share.seen,
                class: share.class,
                good: share.good,
            };
            arena.take(&arrival, evidence);
        }
        Ok(arena.close())
    }

    /// The pool asks for 64 times what the average rig is asked for; on a flat farm, for just
    /// that, and every rig with it.
    fn surroundings(&self, seed: u64) -> Surroundings {
        let asked = difficulty(mean_hash_rate() * float(GOAL_SECONDS));
        let pool = Difficulty::new(asked.get() * self.kind.shares_per_pool_share());
        let floor = match self.kind {
            FarmKind::Split => Difficulty::new(500),
            FarmKind::Flat => pool,
        };
        Surroundings {
            jobs: Jobs::new(seed),
            oracle: ToyOracle::new(!seed),
            vardiff: VardiffPolicy {
                goal: Duration::from_secs(GOAL_SECONDS),
                floor,
            },
            pool,
            ..Surroundings::new(seed)
        }
    }

    /// The budget as proofs a second, by the pace of the first tenth of the farm's shares.
    fn limit(&self, mut pilot: Farm) -> Option<ProvingRate> {
        let settled = |share: &FarmShare| share.share.seen.at_ms >= SETTLED_MS;
        let shares = self.shares / 10;
        let mut counted: u64 = 0;
        let mut last_ms = SETTLED_MS;
        for _ in 0..shares {
            let share = pilot.next()?;
            if settled(&share) {
                counted += 1;
                last_ms = share.share.seen.at_ms;
            }
        }
        let elapsed = Duration::from_millis(last_ms - SETTLED_MS).as_secs_f64();
        ProvingRate::new(self.budget * float(counted) / elapsed, BURST_SECONDS)
    }
}

/// By then all rigs have joined and most have their difficulty.
const SETTLED_MS: u64 = 600_000;

/// An honest machine of any kind, as fast as these farms' are.
fn traits(rng: &mut Xoshiro256PlusPlus) -> RigTraits {
    let (slow, fast) = HASH_RATES;
    RigTraits {
        hash_rate: slow * (fast / slow).powf(rng.r#gen()),
        ..RigTraits::random(rng)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
const fn float(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float-to-int casts saturate"
)]
const fn difficulty(hashes: f64) -> Difficulty {
    Difficulty::new(hashes as u64)
}
