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
    Fast(Served),
}

/// A complete dataset, and the cache that it was computed from: what the one says, the other
/// confirms, also when the cache's place has gone to another seed.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) dataset: Arc<Dataset>,
    pub(super) cache: Arc<Cache>,
}

impl Source {
    pub(super) const fn is_fast(&self) -> bool {
        matches!(self, Self::Fast(_))
    }

    pub(super) const fn cache(&self) -> &Arc<Cache> {
        match self {
            Self::Light(cache) | Self::Fast(Served { cache, .. }) => cache,
        }
    }

    /// Whether this is the same memory, not only the same seed's.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Light(one), Self::Light(other)) => Arc::ptr_eq(one, other),
            (Self::Fast(one), Self::Fast(other)) => Arc::ptr_eq(&one.dataset, &other.dataset),
            (Self::Light(_), Self::Fast(_)) | (Self::Fast(_), Self::Light(_)) => false,
        }
    }
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
    pub(super) datasets: DatasetTable<Arc<DatasetBuilder>, Served>,
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
            return Some(Source::Fast(dataset.clone()));
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
    pub(super) fn offers(&self, seed: &SeedHash, source: &Source) -> bool {
        match source {
            Source::Light(cache) => self
                .seeds
                .cache(seed)
                .is_some_and(|offered| Arc::ptr_eq(offered, cache)),
            Source::Fast(served) => self
                .datasets
                .ready(seed)
                .is_some_and(|offered| Arc::ptr_eq(&offered.dataset, &served.dataset)),
        }
    }

    /// Decides what to build. What gives way for it counts as retired until it is released.
    pub(super) fn next_order(&mut self, now: Instant) -> (Order, Evicted) {
        let cache_at = match self.seeds.next(now) {
            NextCache::Build { seed, evicted } => {
                let Some(cache) = evicted else {
                    return (Order::Cache(seed), None);
                };
                if !self.is_kept(&cache) {
                    self.retired.caches.push(Arc::downgrade(&cache));
                }
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

    /// Whether this cache stays, beside its dataset or in a place of its own.
    fn is_kept(&self, cache: &Arc<Cache>) -> bool {
        let places = self.seeds.ready().iter().map(|ready| &ready.cache);
        let slots = self.datasets.slots().iter();
        let beside_datasets = slots.filter_map(|slot| match &slot.stage {
            Stage::Ready(served) => Some(&served.cache),
            Stage::Filling { .. } => None,
        });
        places
            .chain(beside_datasets)
            .any(|kept| Arc::ptr_eq(kept, cache))
    }

    /// Gives up what a wrong hash may have been computed from, to be built anew: the seed's
    /// dataset if that was it; and with `cache_too` its cache and all that came of it.
    pub(super) fn distrust(
        &mut self,
        seed: &SeedHash,
        source: &Source,
        cache_too: bool,
        cause: &str,
        now: Instant,
    ) -> Evicted {
        // Somebody else may have given it up meanwhile, and another one be there.
        if !self.offers(seed, source) {
            return None;
        }
        let mut cache = None;
        let in_place = self.seeds.cache(seed);
        if cache_too && in_place.is_some_and(|cache| Arc::ptr_eq(cache, source.cache())) {
            cache = self.seeds.give_up(seed, cause);
            self.retired.caches.extend(cache.iter().map(Arc::downgrade));
        }
        let mut stage = None;
        if cache_too || source.is_fast() {
            let suspect = self.datasets.give_up(seed, cause, now);
            stage = suspect.map(|stage| self.retire(stage));
        }
        Some(Box::new((cache, stage)))
    }

    fn retire(&mut self, stage: Stage<Arc<DatasetBuilder>, Served>) -> Box<dyn Any + Send> {
        match &stage {
            Stage::Filling { builder, .. } => {
                self.retired.builders.push(Arc::downgrade(builder));
            }
            Stage::Ready(Served { dataset, cache }) => {
                self.retired.datasets.push(Arc::downgrade(dataset));
                if !self.is_kept(cache) {
                    self.retired.caches.push(Arc::downgrade(cache));
                }
            }
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
