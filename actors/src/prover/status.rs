//! What a prover shows of itself.

use std::time::Instant;

use serde::Serialize;
use zartrux_models::proof::{Features, knows_v2};
use zartrux_models::work::SeedHash;

use super::datasets::Stage;
use super::options::Mode;
use super::pace::Pace;
use super::pending::AnswerCounts;
use super::shared::Shared;
use super::supply::Supply;
use crate::supervision::HealthReport;

/// A prover, as the API shows it.
#[derive(Debug, Clone, Serialize)]
pub struct ProverStatus {
    /// How hashes are computed.
    pub mode: Mode,
    /// Each computing thread.
    pub threads: Vec<ThreadStatus>,
    /// Requests that wait.
    pub queue_depth: usize,
    /// Requests that may wait.
    pub queue_capacity: usize,
    /// Accepted requests and their answers.
    pub requests: AnswerCounts,
    /// Hashes computed for requests, those that came too late included.
    pub hashes: u64,
    /// Time of a hash in light mode, µs, smoothed; none before the first seed.
    pub light_hash_micros: Option<f64>,
    /// Time of a hash in fast mode, µs, smoothed; none before the first dataset.
    pub fast_hash_micros: Option<f64>,
    /// The seeds known: served, in preparation, wanted.
    pub seeds: Vec<SeedStatus>,
    /// Why the last cache could not be built, if it could not.
    pub cache_failure: Option<String>,
    /// Why the last dataset could not be made, if it could not.
    pub dataset_failure: Option<String>,
    /// Whether programs are compiled; interpreting them takes three times as long.
    pub jit: bool,
    /// Whether the processor's AES instructions are used.
    pub hard_aes: bool,
    /// Whether every cache and dataset lies in reserved large pages.
    pub large_pages: bool,
    /// Whether `rx/2` can be proved.
    pub knows_v2: bool,
}

/// One computing thread.
#[derive(Debug, Clone, Serialize)]
pub struct ThreadStatus {
    /// For how long it has been busy with a hash, ms.
    pub busy_ms: Option<u64>,
    /// Generation, faults, times.
    #[serde(flatten)]
    pub health: HealthReport,
}

/// A seed and what there is of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeedStatus {
    /// The seed hash, hex.
    pub seed: String,
    /// How its hashes can be computed.
    pub state: SeedState,
    /// Its dataset, in fast mode.
    pub dataset: Option<DatasetState>,
}

/// How far a seed's cache is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum SeedState {
    /// Its cache serves.
    Ready,
    /// Its cache is being built.
    Preparing {
        /// For how long, s.
        elapsed_s: f64,
    },
    /// Its cache will be built.
    Wanted,
    /// Its cache has given way; its dataset still serves.
    DatasetOnly,
}

/// How far a dataset is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum DatasetState {
    /// Being filled.
    Building {
        /// How much of it is, 0 to 1.
        fraction: f64,
    },
    /// It serves.
    Ready,
}

impl Supply {
    fn seed_statuses(&self, now: Instant) -> Vec<SeedStatus> {
        let mut statuses = Vec::new();
        let mut add = |seed: SeedHash, state| {
            statuses.push(SeedStatus {
                seed: seed.to_string(),
                state,
                dataset: self.dataset_state(&seed),
            });
        };
        for ready in self.seeds.ready() {
            add(ready.seed, SeedState::Ready);
        }
        if let Some(building) = self.seeds.building() {
            let elapsed_s = now.saturating_duration_since(building.since).as_secs_f64();
            add(building.seed, SeedState::Preparing { elapsed_s });
        }
        for wanted in self.seeds.wanted() {
            add(wanted.seed, SeedState::Wanted);
        }
        for slot in self.datasets.slots() {
            if !self.seeds.knows(&slot.seed) {
                add(slot.seed, SeedState::DatasetOnly);
            }
        }
        statuses
    }

    fn dataset_state(&self, seed: &SeedHash) -> Option<DatasetState> {
        let slot = self
            .datasets
            .slots()
            .iter()
            .find(|slot| slot.seed == *seed)?;
        Some(match &slot.stage {
            Stage::Filling { builder, .. } => DatasetState::Building {
                fraction: builder.fraction(),
            },
            Stage::Ready(_) => DatasetState::Ready,
        })
    }
}

impl<T> Shared<T> {
    pub(super) fn status(&self) -> ProverStatus {
        let now = self.clock.now();
        let features = Features::detect();
        let state = self.lock();
        let micros = |pace: &Pace| pace.usual().map(|time| time.as_secs_f64() * 1e6);
        let threads = self.healths.iter().zip(&state.desks).map(|(health, desk)| {
            let busy = desk.begun.map(|begun| now.saturating_duration_since(begun));
            ThreadStatus {
                busy_ms: busy.map(|busy| u64::try_from(busy.as_millis()).unwrap_or(u64::MAX)),
                health: health.report(),
            }
        });
        let (seeds, datasets) = (&state.supply.seeds, &state.supply.datasets);
        let caches_large = seeds.ready().iter().all(|ready| ready.cache.large_pages());
        let datasets_large = datasets.slots().iter().all(|slot| match &slot.stage {
            Stage::Ready(served) => served.dataset.large_pages(),
            Stage::Filling { .. } => true,
        });
        ProverStatus {
            mode: self.options.mode,
            threads: threads.collect(),
            queue_depth: state.queue.len(),
            queue_capacity: state.queue.capacity(),
            requests: self.counts.read(),
            hashes: state.hashes,
            light_hash_micros: micros(&state.light),
            fast_hash_micros: micros(&state.fast),
            cache_failure: seeds.last_failure().cloned(),
            dataset_failure: datasets.last_failure().cloned(),
            jit: features.jit(),
            hard_aes: features.hard_aes(),
            large_pages: !seeds.ready().is_empty() && caches_large && datasets_large,
            knows_v2: knows_v2(),
            seeds: state.supply.seed_statuses(now),
        }
    }
}
