//! A thread that computes hashes.

use std::sync::Arc;
use std::time::Duration;

use zartrux_models::proof::{ComputedHash, DatasetBuilder, ProofError, Version, Vm};
use zartrux_models::work::SeedHash;

use super::builder::publish_if_finished;
use super::request::{NotProved, Priority};
use super::shared::Shared;
use super::state::{Assignment, State};
use super::supervise::supervise;
use super::supply::Source;
use super::verdict::{Verdict, verdict};

const DISAGREEMENT: &str = "two computations of one hash disagree";

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
    /// What it reads.
    source: Source,
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
        if held.is_some_and(|held| !state.supply.offers(&held.seed, &held.source)) {
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
    let outcome = prove(shared, number, held, assignment);
    shared.drill.fire();
    health.drill.fire();
    let now = shared.clock.now();
    let (pending, desk_begun) = shared.lock().clear_desk(number);
    health.step_took(now.saturating_duration_since(begun));
    if let Some(pending) = pending {
        pending.answer(outcome, desk_begun);
    }
}

/// Computes a hash; twice before it may speak against whoever claimed another.
fn prove<T>(
    shared: &Shared<T>,
    number: usize,
    held: &mut Option<Held>,
    assignment: Assignment,
) -> Result<ComputedHash, NotProved> {
    let Assignment {
        source,
        seed,
        version,
        blob,
        expected,
    } = assignment;
    let failed = |error: ProofError| NotProved::Fault(error.to_string());
    let held_now = equip(shared, held, source.clone(), seed, version).map_err(failed)?;
    let first = compute(shared, &mut held_now.vm, &blob);
    let doubted = verdict(first.as_result(), None, expected) == Verdict::Doubted;
    shared.lock().doubts.note(doubted);
    if !doubted {
        return Ok(first);
    }
    // It was answered meanwhile, as late: no second hash for nobody.
    if !shared.lock().begin_again(number) {
        return Err(NotProved::Late);
    }
    let pages = shared.options.pages;
    let mut other = Vm::light(Arc::clone(source.cache()), version, pages).map_err(failed)?;
    let second = compute(shared, &mut other, &blob);
    match verdict(first.as_result(), Some(second.as_result()), expected) {
        Verdict::Believed => Ok(first),
        Verdict::Doubted => Err(NotProved::Fault(DISAGREEMENT.to_owned())),
        Verdict::Disagreement { second_as_claimed } => {
            *held = None;
            drop(other);
            disagreed(shared, number, &seed, &source, !second_as_claimed);
            Err(NotProved::Fault(DISAGREEMENT.to_owned()))
        }
    }
}

/// Counts the fault, and has built anew what may have caused it: the dataset, and where the
/// second hash is not what was claimed either, the cache.
fn disagreed<T>(
    shared: &Shared<T>,
    number: usize,
    seed: &SeedHash,
    source: &Source,
    cache_too: bool,
) {
    let health = &shared.healths[number];
    tracing::error!(
        thread = %health.name(), %seed, fast = source.is_fast(), cache_too,
        "{DISAGREEMENT}: is the memory of this machine sound? Nobody is judged by either"
    );
    health.faulted(DISAGREEMENT, shared.clock.unix_millis());
    let now = shared.clock.now();
    let evicted = shared
        .lock()
        .distrust(seed, source, cache_too, DISAGREEMENT, now);
    drop(evicted);
    shared.signals.work.notify_all();
    shared.signals.keeper.notify_one();
    shared.signals.builder.notify_one();
}

/// Computes one hash and notes how long it took.
fn compute<T>(shared: &Shared<T>, vm: &mut Vm, blob: &[u8]) -> ComputedHash {
    let input = shared.wrong_hashes.input(blob);
    let began = shared.clock.now();
    let hash = vm.hash(&input);
    let ended = shared.clock.now();
    let mut state = shared.lock();
    state.hashes += 1;
    let took = ended.saturating_duration_since(began);
    state.pace(vm.is_fast()).note(took, ended);
    hash
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
    let fits =
        |held: &mut Held| held.vm.version() == version && held.vm.is_fast() == source.is_fast();
    let pages = shared.options.pages;
    let vm = match (held.take_if(|held| fits(held)), &source) {
        (Some(current), _) if current.source.is(&source) => current.vm,
        (Some(mut current), Source::Light(cache)) => {
            current.vm.set_cache(Arc::clone(cache))?;
            current.vm
        }
        (_, Source::Light(cache)) => Vm::light(Arc::clone(cache), version, pages)?,
        (_, Source::Fast(served)) => Vm::fast(Arc::clone(&served.dataset), version, pages)?,
    };
    Ok(held.insert(Held { vm, seed, source }))
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
