//! A job as an upstream sent it, and as a lane keeps it.

use std::fmt;

use super::{Algorithm, Difficulty, SeedHash, Target, Work};
use crate::plan::SlotPlan;

/// Number of an upstream job within a lane; rises with every job and is never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobKey(pub u32);

/// A pool session within a lane; it outlives its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolKey(pub u32);

/// Where a job came from: jobs die with the connection that brought them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobOrigin {
    /// The pool session.
    pub pool: PoolKey,
    /// Which of its connections, counted from 1.
    pub connection: u32,
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// A job as one upstream connection sent it: what every miner on that connection works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamJob {
    /// The pool's own id, sent back with each share.
    pub id: Box<str>,
    /// What is hashed, and how it is divided among leases.
    pub work: Work,
    /// What the pool pays for.
    pub target: Target,
    /// How it is hashed.
    pub algorithm: Algorithm,
    /// Height of the block being mined, where the pool tells it.
    pub height: Option<u64>,
    /// `RandomX` key; always there for `RandomX` algorithms.
    pub seed: Option<SeedHash>,
    /// The key of the next epoch, where the pool announces it.
    pub next_seed: Option<SeedHash>,
    /// Difficulty of a block, where the upstream tells it.
    pub network_difficulty: Option<Difficulty>,
}

impl UpstreamJob {
    /// Whether a miner that got `other` would see no difference (xmrig answers such a repetition
    /// with a reconnect).
    #[must_use]
    pub fn is_same_work(&self, other: &Self) -> bool {
        self.id == other.id && self.work == other.work && self.target == other.target
    }
}

/// An upstream job under the number a lane gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedJob {
    /// Its number.
    pub key: JobKey,
    /// Where it came from.
    pub origin: JobOrigin,
    /// The job.
    pub job: UpstreamJob,
    /// Which top nonce byte each lease has in it: the same for all jobs of its blob. Where each lease
    /// has a blob of its own, its own number.
    pub plan: SlotPlan,
}
