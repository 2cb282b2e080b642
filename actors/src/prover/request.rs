//! What is asked of the prover, and what it answers.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zartrux_models::proof::ComputedHash;
use zartrux_models::work::{Algorithm, ResultHash, SeedHash};

/// How urgent a proof is; within a class, first come first served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Claims the network's difficulty: before everything else.
    BlockCandidate,
    /// Meets the pool's target.
    Upstream,
    /// Meets the miner's own target only.
    Local,
}

impl Priority {
    /// Number of classes.
    pub(super) const CLASSES: usize = 3;

    /// Place of the class, 0 the most urgent.
    pub(super) const fn class(self) -> usize {
        match self {
            Self::BlockCandidate => 0,
            Self::Upstream => 1,
            Self::Local => 2,
        }
    }
}

/// A hash to recompute for a ticket, which comes back in the answer.
pub struct ProofRequest<T> {
    /// The RandomX key of the job.
    pub seed: SeedHash,
    /// The job's algorithm.
    pub algorithm: Algorithm,
    /// The hashing blob with the nonce written. Its length is bounded by whoever reads jobs.
    pub blob: Box<[u8]>,
    /// The hash that is claimed, if one is. A hash that differs from it is answered only after a
    /// second computation came to the same.
    pub expected: Option<ResultHash>,
    /// How urgent it is.
    pub priority: Priority,
    /// When the answer is due; at this moment a request not yet proved is answered as late.
    pub deadline: Instant,
    /// Whatever the asker needs to go on; moved through, never looked at.
    pub ticket: T,
    /// Where the answer goes.
    pub reply: Arc<dyn ProofSink<T>>,
}

/// Takes answers.
pub trait ProofSink<T>: Send + Sync {
    /// Called exactly once for each accepted request, on a thread of the prover (or the one
    /// that stops it), never from within `ask`. Should hand the answer on and return; a panic
    /// in it is caught and logged.
    fn answered(&self, answer: ProofAnswer<T>);
}

impl<T, F: Fn(ProofAnswer<T>) + Send + Sync> ProofSink<T> for F {
    fn answered(&self, answer: ProofAnswer<T>) {
        self(answer);
    }
}

/// The answer to one request.
#[derive(Debug)]
pub struct ProofAnswer<T> {
    /// The request's ticket.
    pub ticket: T,
    /// The hash, or why there is none.
    pub outcome: Result<ComputedHash, NotProved>,
    /// From the request until its hash was begun, or until this answer if it never was.
    pub waited: Duration,
    /// From the beginning of the hash until this answer; zero if it never began.
    pub took: Duration,
}

/// Why a request was not proved. None of these is the share's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotProved {
    /// The deadline passed first, or was too near for a hash.
    #[error("not computed in time")]
    Late,
    /// The seed's cache was not there in time.
    #[error("the seed's cache is not ready")]
    SeedNotReady,
    /// Not an algorithm that this build computes.
    #[error("the algorithm is not known")]
    UnknownAlgorithm,
    /// The prover failed.
    #[error("the prover failed: {0}")]
    Fault(String),
    /// The prover was stopped.
    #[error("the prover was stopped")]
    Stopped,
}

/// The request was not accepted; the ticket is returned.
#[derive(PartialEq, Eq, thiserror::Error)]
#[error("the prover takes no request: {reason}")]
pub struct Busy<T> {
    /// The request's ticket.
    pub ticket: T,
    /// Why.
    pub reason: BusyReason,
}

// The ticket may be anything, and errors are to be unwrapped in tests.
impl<T> fmt::Debug for Busy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Busy")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Why the prover takes no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BusyReason {
    /// The queue is full, or what is left of it is kept for more urgent requests.
    #[error("queue full")]
    Full,
    /// It was stopped.
    #[error("stopped")]
    Stopped,
}
