//! The thread that builds caches and allocates datasets, and the completion of a dataset.

use std::sync::Arc;
use std::time::Duration;

use zartrux_models::proof::{Cache, Dataset, DatasetBuilder, ProofError, Version, Vm};
use zartrux_models::work::SeedHash;

use super::shared::Shared;
use super::supervise::supervise;
use super::supply::{Order, Served};
use super::worker::timed_hash;
use crate::supervision::ActorHealth;

/// The body of the builder's thread.
pub(super) fn run<T>(shared: &Shared<T>, health: &ActorHealth) {
    supervise(
        shared,
        health,
        || while carry_out_next(shared, health) {},
        |cause| {
            let mut state = shared.lock();
            let now = shared.clock.now();
            state.supply.abandon_order(cause, now);
        },
    );
}

/// Waits for an order and carries it out; false when the prover stops.
fn carry_out_next<T>(shared: &Shared<T>, health: &ActorHealth) -> bool {
    let Some(order) = next_order(shared) else {
        return false;
    };
    health.step_begins();
    let begun = shared.clock.now();
    match order {
        Order::Cache(seed) => build_cache(shared, health, seed),
        Order::Dataset(seed, cache) => allocate_dataset(shared, seed, cache),
        Order::Wait(_) => {}
    }
    health.step_took(shared.clock.now().saturating_duration_since(begun));
    shared.signals.work.notify_all();
    true
}

/// The next order, when what gave way for it has been released.
fn next_order<T>(shared: &Shared<T>) -> Option<Order> {
    /// Workers say when they let go; this only bounds the harm of one that does not.
    const LOOK_AGAIN: Duration = Duration::from_secs(1);
    let mut state = shared.lock();
    let (order, evicted) = loop {
        if state.stopping {
            return None;
        }
        match state.next_order(shared.clock.now()) {
            (Order::Wait(until), None) => {
                state = shared.wait(&shared.signals.builder, state, until);
            }
            decided => break decided,
        }
    };
    drop(state);
    drop(evicted);
    shared.signals.work.notify_all();
    shared.signals.keeper.notify_one();

    let mut state = shared.lock();
    while !state.supply.retired_is_gone() {
        if state.stopping {
            return None;
        }
        let until = shared.clock.now() + LOOK_AGAIN;
        state = shared.wait(&shared.signals.builder, state, Some(until));
    }
    Some(order)
}

fn build_cache<T>(shared: &Shared<T>, health: &ActorHealth, seed: SeedHash) {
    let begun = shared.clock.now();
    let built = expand(shared, seed);
    health.drill.fire();
    let now = shared.clock.now();
    match &built {
        Ok(_) => tracing::info!(%seed, took = ?now - begun, "RandomX cache ready"),
        Err(error) => tracing::error!(%seed, %error, "RandomX cache not built"),
    }
    let mut state = shared.lock();
    if let Ok((_, took)) = &built {
        state.light.note(*took, now);
    }
    let built = built.map(|(cache, _)| cache);
    state
        .supply
        .seeds
        .built(built.map_err(|error| error.to_string()), now);
}

/// Builds a cache and measures a hash with it: the first pays for cold memory and is not it.
fn expand<T>(shared: &Shared<T>, seed: SeedHash) -> Result<(Arc<Cache>, Duration), ProofError> {
    let pages = shared.options.pages;
    let cache = Cache::for_seed(&seed, pages)?;
    let mut vm = Vm::light(Arc::clone(&cache), Version::V1, pages)?;
    timed_hash(shared, &mut vm);
    let (_, took) = timed_hash(shared, &mut vm);
    Ok((cache, took))
}

fn allocate_dataset<T>(shared: &Shared<T>, seed: SeedHash, cache: Arc<Cache>) {
    let allocated = DatasetBuilder::new(cache, shared.options.pages).map(Arc::new);
    if let Err(error) = &allocated {
        tracing::error!(%seed, %error, "no RandomX dataset; light mode goes on");
    }
    let allocated = allocated.map_err(|error| error.to_string());
    let now = shared.clock.now();
    shared
        .lock()
        .supply
        .datasets
        .allocated(seed, allocated, now);
}

/// Checks and publishes a dataset whose last piece has just been filled.
pub(super) fn publish_if_finished<T>(shared: &Shared<T>, builder: &Arc<DatasetBuilder>) {
    let is_it = |other: &Arc<DatasetBuilder>| Arc::ptr_eq(other, builder);
    let Some(dataset) = builder.finished() else {
        return;
    };
    if !shared.lock().supply.datasets.begin_check(is_it) {
        return;
    }
    let checked = check(shared, builder.cache(), &dataset);
    match &checked {
        Ok(took) => tracing::info!(hash = ?took, "RandomX dataset ready"),
        Err(cause) => tracing::error!(%cause, "RandomX dataset given up"),
    }
    let now = shared.clock.now();
    let mut state = shared.lock();
    if let Ok(took) = &checked {
        state.fast.note(*took, now);
    }
    let cache = Arc::clone(builder.cache());
    let outcome = checked.map(|_| Served { dataset, cache });
    let superfluous = state.supply.datasets.checked(is_it, outcome, now);
    drop(state);
    drop(superfluous);
    shared.signals.work.notify_all();
    shared.signals.builder.notify_one();
}

/// A dataset is used only if it gives the same hash as its cache; also measures that hash.
fn check<T>(
    shared: &Shared<T>,
    cache: &Arc<Cache>,
    dataset: &Arc<Dataset>,
) -> Result<Duration, String> {
    let pages = shared.options.pages;
    let machines = Vm::light(Arc::clone(cache), Version::V1, pages)
        .and_then(|light| Ok((light, Vm::fast(Arc::clone(dataset), Version::V1, pages)?)));
    let (mut light, mut fast) = machines.map_err(|error| error.to_string())?;
    let (expected, _) = timed_hash(shared, &mut light);
    let (computed, _) = timed_hash(shared, &mut fast);
    if computed != expected {
        return Err("the dataset contradicts its cache".to_owned());
    }
    let (_, took) = timed_hash(shared, &mut fast);
    Ok(took)
}
