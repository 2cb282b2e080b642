//! One prover: its lock, its signals, and what asking and stopping do.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zartrux_models::proof::{Version, knows_v2};
use zartrux_models::work::{Algorithm, SeedHash};

use super::options::ProverOptions;
use super::pending::{Counts, Hashing, Pending};
use super::rehearsal::WrongHashes;
use super::request::{Busy, BusyReason, NotProved, ProofRequest};
use super::state::{Overdue, State};
use crate::clock::Clock;
use crate::supervision::{ActorHealth, Drill};

/// What the handle and the threads of a prover share.
pub(super) struct Shared<T> {
    pub(super) options: ProverOptions,
    pub(super) clock: Clock,
    pub(super) counts: Arc<Counts>,
    /// Faults for whichever thread comes next.
    pub(super) drill: Drill,
    /// Wrong hashes for whichever thread comes next.
    pub(super) wrong_hashes: WrongHashes,
    /// Of the workers, in order.
    pub(super) healths: Vec<Arc<ActorHealth>>,
    state: Mutex<State<T>>,
    pub(super) signals: Signals,
}

/// Each thread waits for its own signal, so that none is taken by a thread it was not meant for.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// To idle workers: a request, a piece of a dataset, memory to let go.
    pub(super) work: Condvar,
    /// To workers that back off: the end.
    pub(super) rest: Condvar,
    /// To the keeper: something to answer, or an earlier deadline.
    pub(super) keeper: Condvar,
    /// To the builder of caches: something wanted, or let go.
    pub(super) builder: Condvar,
}

impl<T> Shared<T> {
    pub(super) fn new(options: ProverOptions, clock: Clock) -> Self {
        let healths = (0..options.threads.get())
            .map(|number| {
                options
                    .health
                    .register(format!("prover/{number}"), "prover")
            })
            .collect();
        Self {
            state: Mutex::new(State::new(&options)),
            options,
            clock,
            counts: Arc::default(),
            drill: Drill::default(),
            wrong_hashes: WrongHashes::default(),
            healths,
            signals: Signals::default(),
        }
    }

    /// The state. A panic while it was locked leaves nothing half done that matters: queue and
    /// desks own their requests at every moment.
    pub(super) fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a signal, at most until `until`.
    pub(super) fn wait<'a>(
        &self,
        signal: &Condvar,
        state: MutexGuard<'a, State<T>>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, State<T>> {
        let Some(until) = until else {
            return signal.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        let left = until.saturating_duration_since(self.clock.now());
        let (state, _) = signal
            .wait_timeout(state, left)
            .unwrap_or_else(PoisonError::into_inner);
        state
    }

    pub(super) fn ask(&self, request: ProofRequest<T>) -> Result<(), Busy<T>> {
        let ProofRequest {
            seed,
            algorithm,
            blob,
            expected,
            priority,
            deadline,
            ticket,
            reply,
        } = request;
        let version = version_of(&algorithm);
        let mut state = self.lock();
        if state.stopping {
            return Err(Busy {
                ticket,
                reason: BusyReason::Stopped,
            });
        }
        if !state.queue.has_room(priority, state.discarded.len()) {
            return Err(Busy {
                ticket,
                reason: BusyReason::Full,
            });
        }
        let hashing = Hashing {
            seed,
            version: version.unwrap_or_default(),
            blob,
            expected,
            deadline,
        };
        let pending = Pending::new(hashing, ticket, reply, self.clock, &self.counts);
        if version.is_none() {
            state.discard(pending, NotProved::UnknownAlgorithm);
            drop(state);
            self.signals.keeper.notify_one();
            return Ok(());
        }
        let builder_looks = state.want(seed, true, self.clock.now());
        let served = state.supply.serves(&seed);
        state.queue.push(seed, priority, deadline, pending);
        let keeper_looks = !state.discarded.is_empty()
            || state.keeper_looks.is_none_or(|planned| deadline < planned);
        drop(state);
        if served {
            self.signals.work.notify_one();
        }
        if keeper_looks {
            self.signals.keeper.notify_one();
        }
        if builder_looks {
            self.signals.builder.notify_one();
        }
        Ok(())
    }

    pub(super) fn prepare(&self, seed: SeedHash) {
        let mut state = self.lock();
        if state.stopping {
            return;
        }
        let builder_looks = state.want(seed, false, self.clock.now());
        let keeper_looks = !state.discarded.is_empty();
        drop(state);
        if builder_looks {
            self.signals.builder.notify_one();
        }
        if keeper_looks {
            self.signals.keeper.notify_one();
        }
    }

    /// Answers everything that waits and tells all threads to end.
    pub(super) fn begin_stop(&self) {
        let mut state = self.lock();
        state.stopping = true;
        let waiting = state.take_all();
        drop(state);
        self.signals.work.notify_all();
        self.signals.rest.notify_all();
        self.signals.keeper.notify_all();
        self.signals.builder.notify_all();
        answer(waiting);
    }

    /// Lets a worker that faulted wait, unless the prover stops.
    pub(super) fn rest(&self, delay: Duration) {
        let until = self.clock.now() + delay;
        let mut state = self.lock();
        while !state.stopping && self.clock.now() < until {
            state = self.wait(&self.signals.rest, state, Some(until));
        }
    }
}

/// Answers requests that got no hash; never to be called with the lock held.
pub(super) fn answer<T>(overdue: Vec<Overdue<T>>) {
    for Overdue {
        pending,
        outcome,
        begun,
    } in overdue
    {
        pending.answer(Err(outcome), begun);
    }
}

fn version_of(algorithm: &Algorithm) -> Option<Version> {
    match algorithm {
        Algorithm::Rx0 => Some(Version::V1),
        Algorithm::Rx2 => knows_v2().then_some(Version::V2),
        Algorithm::Other(_) => None,
    }
}
