//! A thread that computes hashes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use zartrux_models::proof::{ComputedHash, DatasetBuilder, ProofError, Version, Vm};
use zartrux_models::work::SeedHash;

use super::builder::publish_if_finished;
use super::request::{NotProved, Priority};
use super::shared::Shared;
use super::state::{Assignment, State};
use super::supervise::supervise;
use super::supply::Source;

/// What a worker does next.
enum Task {
    Hash(Assignment),
    /// A piece of the dataset in the making.
    Fill(Arc<DatasetBuilder>),
    /// Measure a hash again that nobody asked for.
    Measure,
    /// Let the machine go: what it reads has given way.
    Release,
    Stop,
}

/// A worker's machine, kept from hash to hash.
struct Held {
    vm: Vm,
    seed: SeedHash,
}

/// The body of worker `number`.
pub(super) fn run<T>(shared: &Shared<T>, number: usize) {
    let health = &shared.healths[number];
    supervise(
        shared,
        health,
        || work(shared, number),
        |cause| {
            // The machine went with the unwinding; say so to whoever waits for its memory.
            let mut state = shared.lock();
            state.desks[number].resting = true;
            let (pending, begun) = state.clear_desk(number);
            drop(state);
            shared.signals.builder.notify_one();
            if let Some(pending) = pending {
                pending.answer(Err(NotProved::Fault(cause.to_owned())), begun);
            }
        },
    );
}

fn work<T>(shared: &Shared<T>, number: usize) {
    shared.lock().desks[number].resting = false;
    let mut held = None;
    let mut hashed_last = false;
    loop {
        let task = next_task(shared, number, held.as_ref(), hashed_last);
        hashed_last = matches!(task, Task::Hash(_));
        match task {
            Task::Hash(assignment) => hash(shared, number, &mut held, assignment),
            Task::Fill(builder) => {
                builder.fill_piece();
                publish_if_finished(shared, &builder);
            }
            Task::Measure => {
                if let Some(held) = &mut held {
                    measure_again(shared, &mut held.vm);
                }
            }
            Task::Release => {
                held = None;
                // Under the lock, so that the signal cannot fall between a look and a wait.
                drop(shared.lock());
                shared.signals.builder.notify_one();
            }
            Task::Stop => return,
        }
    }
}

fn next_task<T>(shared: &Shared<T>, number: usize, held: Option<&Held>, hashed_last: bool) -> Task {
    let mut state = shared.lock();
    loop {
        if state.stopping {
            return Task::Stop;
        }
        if held.is_some_and(|held| !state.supply.offers(&held.seed, held.vm.is_fast())) {
            return Task::Release;
        }
        // Under load, too, a piece of the dataset follows each hash, about a third of the time:
        // the dataset is what ends the load. Only block candidates do not wait for it.
        let owed = hashed_last && !state.queue.has(Priority::BlockCandidate);
        if let Some(builder) = to_fill(&state).filter(|_| owed) {
            return Task::Fill(builder);
        }
        let now = shared.clock.now();
        let assignment = state.assign(number, now);
        if !state.discarded.is_empty() {
            shared.signals.keeper.notify_one();
        }
        if let Some(assignment) = assignment {
            return Task::Hash(assignment);
        }
        if let Some(builder) = to_fill(&state) {
            return Task::Fill(builder);
        }
        let pace = held.map(|held| state.pace(held.vm.is_fast()));
        let mut doubtful_from = None;
        if let Some(pace) = pace {
            if pace.take_doubt(now) {
                return Task::Measure;
            }
            doubtful_from = pace.doubtful_from();
        }
        state = shared.wait(&shared.signals.work, state, doubtful_from);
    }
}

fn to_fill<T>(state: &State<T>) -> Option<Arc<DatasetBuilder>> {
    let builder = state.supply.datasets.filling()?;
    builder.has_unclaimed().then(|| Arc::clone(builder))
}

/// Computes and answers what lies on the worker's desk.
fn hash<T>(shared: &Shared<T>, number: usize, held: &mut Option<Held>, assignment: Assignment) {
    let health = &shared.healths[number];
    health.step_begins();
    let begun = shared.clock.now();
    let outcome = compute(shared, held, assignment);
    shared.drill.fire();
    health.drill.fire();
    let now = shared.clock.now();
    let mut state = shared.lock();
    let (pending, desk_begun) = state.clear_desk(number);
    let outcome = match outcome {
        Ok(Computed {
            hash,
            began,
            ended,
            fast,
        }) => {
            state.hashes += 1;
            state
                .pace(fast)
                .note(ended.saturating_duration_since(began), ended);
            Ok(hash)
        }
        Err(error) => Err(NotProved::Fault(error.to_string())),
    };
    drop(state);
    health.step_took(now.saturating_duration_since(begun));
    if let Some(pending) = pending {
        pending.answer(outcome, desk_begun);
    }
}

struct Computed {
    hash: ComputedHash,
    began: Instant,
    ended: Instant,
    fast: bool,
}

fn compute<T>(
    shared: &Shared<T>,
    held: &mut Option<Held>,
    assignment: Assignment,
) -> Result<Computed, ProofError> {
    let Assignment {
        source,
        seed,
        version,
        blob,
    } = assignment;
    let vm = &mut equip(shared, held, source, seed, version)?.vm;
    let began = shared.clock.now();
    let hash = vm.hash(&blob);
    let ended = shared.clock.now();
    Ok(Computed {
        hash,
        began,
        ended,
        fast: vm.is_fast(),
    })
}

/// Makes the worker's machine one that hashes under this seed: the same, the same with another
/// cache, or a new one.
fn equip<'a, T>(
    shared: &Shared<T>,
    held: &'a mut Option<Held>,
    source: Source,
    seed: SeedHash,
    version: Version,
) -> Result<&'a mut Held, ProofError> {
    let wants_fast = matches!(source, Source::Fast(_));
    let fits = |held: &mut Held| held.vm.version() == version && held.vm.is_fast() == wants_fast;
    let pages = shared.options.pages;
    let current = match (held.take_if(|held| fits(held)), source) {
        (Some(current), _) if current.vm.is_for(&seed) => current,
        (Some(mut current), Source::Light(cache)) => {
            current.vm.set_cache(cache)?;
            Held {
                vm: current.vm,
                seed,
            }
        }
        (_, Source::Light(cache)) => Held {
            vm: Vm::light(cache, version, pages)?,
            seed,
        },
        (_, Source::Fast(dataset)) => Held {
            vm: Vm::fast(dataset, version, pages)?,
            seed,
        },
    };
    Ok(held.insert(current))
}

fn measure_again<T>(shared: &Shared<T>, vm: &mut Vm) {
    let (_, took) = timed_hash(shared, vm);
    let now = shared.clock.now();
    shared.lock().pace(vm.is_fast()).note(took, now);
}

/// Hashes something of the size of a blob and says how long it took.
pub(super) fn timed_hash<T>(shared: &Shared<T>, vm: &mut Vm) -> (ComputedHash, Duration) {
    const INPUT: [u8; 76] = [0x5a; 76];
    let began = shared.clock.now();
    let hash = vm.hash(&INPUT);
    (hash, shared.clock.now().saturating_duration_since(began))
}
