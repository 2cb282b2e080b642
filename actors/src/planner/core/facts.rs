//! What the planner's decisions go by and result in.

use std::time::{Duration, Instant};

use zartrux_models::plan::{FailoverPolicy, Lease, SeatKey};
use zartrux_models::work::{Algorithm, PoolKey, Work};

/// What the planner goes by.
#[derive(Debug, Clone, Copy)]
pub struct PlanPolicy {
    /// When an upstream is good enough.
    pub failover: FailoverPolicy,
    /// Keep the next upstream logged in.
    pub standby: bool,
    /// How long miners that were mining are kept while no upstream serves. One that is logging in
    /// waits for as long as the miner sessions hold its login.
    pub grace: Duration,
    /// An upstream gives each miner a blob of its own: such miners are not told of `NiceHash` mode,
    /// and slot 0 of other upstreams is not for them. Once so, always.
    pub spare_slot_zero: bool,
}

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanEffect {
    /// Open a session with upstream number `upstream`.
    OpenPool {
        /// Under this key.
        pool: PoolKey,
        /// Place in the list of upstreams.
        upstream: usize,
    },
    /// Close a session; nobody sits on it.
    ClosePool(PoolKey),
    /// Tell a seat its lease.
    Grant {
        /// Whose.
        seat: SeatKey,
        /// What.
        lease: Lease,
        /// Of the jobs of which connection of its pool session.
        connection: u32,
    },
    /// These have waited for too long: send them away.
    TurnAway {
        /// Who.
        seats: Vec<SeatKey>,
        /// Why.
        why: Turned,
    },
    /// Another upstream serves now.
    Serving {
        /// The place of the route; 0 where there are none.
        route: usize,
        /// The place of the upstream (`None`: nobody serves there).
        upstream: Option<usize>,
    },
}

/// Why a seat is sent away.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Turned {
    /// No upstream has served it, which was mining, or the one that does has no room.
    NoPool,
    /// What is mined at the routes that are open, which its miner can't hash.
    Unable(Algorithm),
    /// The rules of the routes that are open leave it out.
    NoRoute,
}

/// A pool session as the planner knows it.
#[derive(Debug, Clone)]
pub struct PoolFacts {
    /// Place in the list of upstreams.
    pub upstream: usize,
    /// The connection that brought its last job, counted from 1.
    pub connection: u32,
    /// Connected and with a job since its last connection.
    pub job_at: Option<Instant>,
    /// What that job hashes: slots come back to life only with something else.
    pub work: Option<Work>,
    /// The algorithm of that job.
    pub algorithm: Option<Algorithm>,
    /// Answers submits, as far as is known: only a login, or an answer after a silence, says so.
    pub responsive: bool,
    /// Has failed at least once since it was opened.
    pub failed: bool,
    /// It can't last: nobody more is seated there, and who is goes to another session of the same
    /// upstream as soon as there is one.
    pub retiring: bool,
}

impl PoolFacts {
    /// A session that was just opened.
    #[must_use]
    pub const fn opening(upstream: usize) -> Self {
        Self {
            upstream,
            connection: 0,
            job_at: None,
            work: None,
            algorithm: None,
            responsive: true,
            failed: false,
            retiring: false,
        }
    }

    pub(super) const fn is_ready(&self) -> bool {
        self.job_at.is_some() && self.responsive
    }
}
