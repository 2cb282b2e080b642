//! What the planner is told.

use std::time::Duration;

use actix::Message;
use zartrux_models::plan::{Lease, SeatKey};

use super::PlanPolicy;
use crate::pool_session::PoolTimeouts;

/// A seat wants its first lease.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct LeaseAsked {
    /// Who.
    pub seat: SeatKey,
}

/// A seat has nearly used up its nonces.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct LeaseNearlyUsedUp {
    /// Who.
    pub seat: SeatKey,
    /// What it holds.
    pub lease: Lease,
}

/// A seat has left a lease for another that it was granted. Whatever jobs it got under it, the
/// planner was told of them before.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct LeaseGivenUp {
    /// Who.
    pub seat: SeatKey,
    /// What it held.
    pub lease: Lease,
    /// The pool session's connection whose jobs it was of.
    pub connection: u32,
}

/// A seat is empty; a lease it held is given up.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct SeatLeft {
    /// Who.
    pub seat: SeatKey,
    /// What it held.
    pub lease: Option<Lease>,
}

/// Who holds what, and who waits: asked for by a planner that was built anew.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct LeasesHeld {
    /// Seats with their leases.
    pub held: Vec<(SeatKey, Lease)>,
    /// Seats that wait for their first.
    pub waiting: Vec<SeatKey>,
}

/// Close the pool sessions: the process is leaving.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ClosePools;

/// Other upstreams, or another order of them, or other timers.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ReplacePlan {
    /// What it goes by.
    pub policy: PlanPolicy,
    /// Most sessions, by place of the upstream. A place that was there stays the same upstream.
    pub max_sessions: Vec<usize>,
    /// Places in the order of preference; upstreams at others are given up as soon as another
    /// serves.
    pub order: Vec<usize>,
    /// Timers of the sessions.
    pub timeouts: PoolTimeouts,
    /// How long a session that nobody sits on is kept, see [`Planner::linger_for`].
    ///
    /// [`Planner::linger_for`]: super::Planner::linger_for
    pub linger: Duration,
}
