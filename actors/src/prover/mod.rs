//! The prover: recomputes RandomX hashes on threads of its own, outside the lanes.
//!
//! Whoever has a share to prove [asks](Prover::ask) with a ticket, and gets the ticket back
//! with the hash, or with the reason why there is none. What holds, whatever happens:
//!
//! - Every accepted request is answered exactly once: through panics, stalls, missed deadlines,
//!   displaced seeds, a stop, and the drop of the last handle.
//! - The queue is bounded, at most two caches (256 MiB each) exist, and as many datasets
//!   (2080 MiB each) as configured, each with the cache that it was computed from, should that
//!   have given way; seeds are admitted by the policy of `seeds`.
//! - A request whose seed is in preparation stands in the way of no other.
//! - A fault costs one proof. The thread backs off and returns as the next generation.
//! - A hash that is not what was claimed is answered only after a second computation, with
//!   another machine and in fast mode from the cache instead of the dataset, came to the same.
//!   Where they differ, nobody is judged: see `verdict`.

mod builder;
mod datasets;
mod keeper;
mod options;
mod pace;
mod pending;
mod queue;
mod rehearsal;
mod request;
mod seeds;
mod shared;
mod state;
mod status;
mod supervise;
mod supply;
mod verdict;
mod worker;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use zartrux_models::proof;
use zartrux_models::work::SeedHash;

pub use options::{Mode, ProverOptions, StartError, auto_threads};
pub use pace::Outlook;
pub use pending::AnswerCounts;
pub use request::{Busy, BusyReason, NotProved, Priority, ProofAnswer, ProofRequest, ProofSink};
pub use status::{DatasetState, ProverStatus, SeedState, SeedStatus, ThreadStatus};

use crate::clock::Clock;
use shared::Shared;

/// A handle of a running prover; clones share it. The prover stops when [`stop`](Self::stop) is
/// called or the last handle is dropped.
pub struct Prover<T: Send + 'static> {
    shared: Arc<Shared<T>>,
    threads: Arc<Threads<T>>,
}

/// The prover's threads, which hold `Shared` but not this.
struct Threads<T: Send + 'static> {
    shared: Arc<Shared<T>>,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl<T: Send + 'static> Prover<T> {
    /// Starts the threads, after RandomX has reproduced its published test vectors in this
    /// process (256 MiB for about a second, once).
    ///
    /// # Errors
    /// RandomX computes wrong hashes here or has no memory; or the system gives no thread.
    pub fn start(options: ProverOptions, clock: Clock) -> Result<Self, StartError> {
        proof::self_test()?;
        let shared = Arc::new(Shared::new(options, clock));
        let threads = Arc::new(Threads {
            shared: Arc::clone(&shared),
            handles: Mutex::default(),
        });
        // Owns what has been started should a later thread fail to.
        let prover = Self { shared, threads };
        for number in 0..prover.shared.options.threads.get() {
            prover.spawn(format!("prover-{number}"), move |shared| {
                worker::run(shared, number);
            })?;
        }
        let registry = &prover.shared.options.health;
        let keeper = registry.register("prover/keeper", "prover");
        prover.spawn("prover-keeper".to_owned(), move |shared| {
            keeper::run(shared, &keeper);
        })?;
        let seeds = registry.register("prover/seeds", "prover");
        prover.spawn("prover-seeds".to_owned(), move |shared| {
            builder::run(shared, &seeds);
        })?;
        Ok(prover)
    }

    fn spawn(
        &self,
        name: String,
        body: impl FnOnce(&Shared<T>) + Send + 'static,
    ) -> Result<(), StartError> {
        let shared = Arc::clone(&self.shared);
        let handle = thread::Builder::new()
            .name(name)
            .spawn(move || body(&shared))?;
        self.threads.handles().push(handle);
        Ok(())
    }

    /// Asks for a hash. If it is accepted, `reply` gets exactly one answer, on another thread.
    ///
    /// # Errors
    /// The queue is full for this class, or the prover was stopped; the ticket is returned.
    pub fn ask(&self, request: ProofRequest<T>) -> Result<(), Busy<T>> {
        self.shared.ask(request)
    }

    /// Announces a seed, so that its cache is ready before it is needed: for `next_seed_hash`.
    /// Cheap to repeat.
    pub fn prepare(&self, seed: SeedHash) {
        self.shared.prepare(seed);
    }

    /// The time until the answer to a request made now: from the measured time of a hash, the
    /// threads that are fit, and what waits before it. None if the seed is not ready or no
    /// thread is fit.
    #[must_use]
    pub fn expected_wait(&self, seed: &SeedHash, priority: Priority) -> Option<Duration> {
        self.outlook(seed, priority).expected_wait
    }

    /// [`Self::expected_wait`], and what the prover manages altogether.
    #[must_use]
    pub fn outlook(&self, seed: &SeedHash, priority: Priority) -> Outlook {
        let now = self.shared.clock.now();
        self.shared.lock().outlook(seed, priority, now)
    }

    /// A picture of the whole.
    #[must_use]
    pub fn status(&self) -> ProverStatus {
        self.shared.status()
    }

    /// For rehearsals: the next proof panics after its hash, on whichever thread.
    pub fn inject_panic(&self) {
        self.shared.drill.arm_panics(1);
    }

    /// For rehearsals: the next proof takes this much longer, on whichever thread.
    pub fn inject_stall(&self, stall: Duration) {
        self.shared.drill.arm_stall(stall);
    }

    /// For rehearsals: the next `count` hashes that are computed for requests come out wrong, as
    /// if a bit had flipped in what they were computed from; on whichever thread.
    pub fn inject_wrong_hashes(&self, count: u8) {
        self.shared.wrong_hashes.arm(count);
    }

    /// Answers what waits with [`NotProved::Stopped`] and waits until the threads have ended:
    /// hashes under way are finished and answered. Called from within an answer, it does not
    /// wait for the thread it is on.
    pub fn stop(&self) {
        self.shared.begin_stop();
        let handles = std::mem::take(&mut *self.threads.handles());
        for handle in handles {
            if handle.thread().id() != thread::current().id() && handle.join().is_err() {
                tracing::error!("a thread of the prover ended with a panic");
            }
        }
    }
}

impl<T: Send + 'static> Threads<T> {
    fn handles(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + 'static> Drop for Threads<T> {
    /// Stops without waiting: the last handle may be dropped in a lane, or by a thread of the
    /// prover itself.
    fn drop(&mut self) {
        self.shared.begin_stop();
    }
}

impl<T: Send + 'static> Clone for Prover<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            threads: Arc::clone(&self.threads),
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Prover<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prover")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}
