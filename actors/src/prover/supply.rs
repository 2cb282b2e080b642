//! Caches and datasets: what there is to hash with, and what is to be built next.

use std::any::Any;
use std::sync::{Arc, Weak};
use std::time::Instant;

use zartrux_models::proof::{Cache, Dataset, DatasetBuilder};
use zartrux_models::work::SeedHash;

use super::datasets::{Candidate, DatasetTable, NextDataset, Stage};
use super::options::{Mode, ProverOptions};
use super::seeds::{NextCache, SeedTable};

/// What a seed's hashes are computed from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Light(Arc<Cache>),
    Fast(Arc<Dataset>),
}

/// What is to be built or allocated.
#[derive(Debug)]
pub(super) enum Order {
    Cache(SeedHash),
    Dataset(SeedHash, Arc<Cache>),
    /// Nothing before this time, or before something changes.
    Wait(Option<Instant>),
}

/// What gave way for an order, to be dropped where no lock is held.
pub(super) type Evicted = Option<Box<dyn Any + Send>>;

/// Memory that was given up but may still be in a worker's hands.
#[derive(Debug, Default)]
struct Retired {
    caches: Vec<Weak<Cache>>,
    builders: Vec<Weak<DatasetBuilder>>,
    datasets: Vec<Weak<Dataset>>,
}

/// All caches and datasets of a prover.
#[derive(Debug)]
pub(super) struct Supply {
    pub(super) seeds: SeedTable<Arc<Cache>>,
    pub(super) datasets: DatasetTable<Arc<DatasetBuilder>, Arc<Dataset>>,
    retired: Retired,
}

impl Supply {
    pub(super) fn new(options: &ProverOptions) -> Self {
        let datasets = match options.mode {
            Mode::Light => 0,
            Mode::Fast => options.datasets.get().min(2),
        };
        Self {
            seeds: SeedTable::new(options.dwell),
            datasets: DatasetTable::new(datasets, options.settle),
            retired: Retired::default(),
        }
    }

    /// What hashes under this seed can be computed from now, the faster where there are two.
    pub(super) fn source(&self, seed: &SeedHash) -> Option<Source> {
        if let Some(dataset) = self.datasets.ready(seed) {
            return Some(Source::Fast(Arc::clone(dataset)));
        }
        let cache = self.seeds.cache(seed)?;
        Some(Source::Light(Arc::clone(cache)))
    }

    pub(super) fn serves(&self, seed: &SeedHash) -> bool {
        self.datasets.ready(seed).is_some() || self.seeds.cache(seed).is_some()
    }

    /// Whether the seed is served or will be.
    pub(super) fn knows(&self, seed: &SeedHash) -> bool {
        self.seeds.knows(seed) || self.datasets.ready(seed).is_some()
    }

    /// Whether a machine that reads from this is still of use.
    pub(super) fn offers(&self, seed: &SeedHash, fast: bool) -> bool {
        if fast {
            self.datasets.ready(seed).is_some()
        } else {
            self.seeds.cache(seed).is_some()
        }
    }

    /// Decides what to build. What gives way for it counts as retired until it is released.
    pub(super) fn next_order(&mut self, now: Instant) -> (Order, Evicted) {
        let cache_at = match self.seeds.next(now) {
            NextCache::Build { seed, evicted } => {
                let Some(cache) = evicted else {
                    return (Order::Cache(seed), None);
                };
                self.retired.caches.push(Arc::downgrade(&cache));
                let seeds = &self.seeds;
                let filling = self.datasets.give_up_filling(|seed| seeds.knows(seed));
                let filling = filling.map(|stage| self.retire(stage));
                return (Order::Cache(seed), Some(Box::new((cache, filling))));
            }
            NextCache::NotBefore(time) => Some(time),
            NextCache::Nothing => None,
        };
        let candidates: Vec<Candidate> = self
            .seeds
            .ready()
            .iter()
            .map(|ready| Candidate {
                seed: ready.seed,
                asked: ready.asked,
            })
            .collect();
        let dataset_at = match self.datasets.next(&candidates, now) {
            NextDataset::Allocate { seed, evicted } => {
                let evicted = evicted.map(|stage| self.retire(stage));
                if let Some(cache) = self.seeds.cache(&seed) {
                    return (Order::Dataset(seed, Arc::clone(cache)), evicted);
                }
                // Candidates have caches, so this cannot happen; if it did, a retry mends it.
                let cause = "its cache is gone".to_owned();
                self.datasets.allocated(seed, Err(cause), now);
                return (Order::Wait(Some(now)), evicted);
            }
            NextDataset::NotBefore(time) => Some(time),
            NextDataset::Nothing => None,
        };
        let wait = cache_at.into_iter().chain(dataset_at).min();
        (Order::Wait(wait), None)
    }

    fn retire(&mut self, stage: Stage<Arc<DatasetBuilder>, Arc<Dataset>>) -> Box<dyn Any + Send> {
        match &stage {
            Stage::Filling { builder, .. } => {
                self.retired.builders.push(Arc::downgrade(builder));
            }
            Stage::Ready(dataset) => self.retired.datasets.push(Arc::downgrade(dataset)),
        }
        Box::new(stage)
    }

    /// The order in hand failed: it is tried again after a back-off.
    pub(super) fn abandon_order(&mut self, cause: &str, now: Instant) {
        self.seeds.built(Err(cause.to_owned()), now);
        self.datasets.abandon(cause, now);
    }

    /// Whether all that gave way has been let go by everybody.
    pub(super) fn retired_is_gone(&mut self) -> bool {
        let Retired {
            caches,
            builders,
            datasets,
        } = &mut self.retired;
        caches.retain(|cache| cache.strong_count() > 0);
        builders.retain(|builder| builder.strong_count() > 0);
        datasets.retain(|dataset| dataset.strong_count() > 0);
        caches.is_empty() && builders.is_empty() && datasets.is_empty()
    }
}
