//! What the demo's pool can be told.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::demo::target::TargetWidth;

/// Settings of a [`DemoPool`](super::DemoPool).
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Hashes per share on average.
    pub difficulty: u64,
    /// How targets are written.
    pub width: TargetWidth,
    /// Time from one job to the next.
    pub job_every: Duration,
    /// A change of the RandomX key, if one is to happen.
    pub seed_change: Option<SeedChange>,
    /// Connections served at once; more are closed at once.
    pub connections: usize,
    /// Time that a connection may stay without a login.
    pub login_within: Duration,
    /// Seed of everything random here: job ids, block hashes, Merkle roots.
    pub random: u64,
}

/// When the pool goes over to the next RandomX key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedChange {
    /// The first job under the new key, counted from 1. The pool starts with job 1.
    pub at_job: u64,
    /// How many jobs before that one name the new key in `next_seed_hash`.
    pub announced: u64,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            difficulty: 30,
            width: TargetWidth::Four,
            job_every: Duration::from_secs(20),
            seed_change: None,
            connections: 64,
            login_within: Duration::from_secs(10),
            random: 1,
        }
    }
}
