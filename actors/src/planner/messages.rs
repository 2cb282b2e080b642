//! What the planner is told.

use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use zartrux_models::plan::routing::{RigTraits, RouteWork};
use zartrux_models::plan::{Lease, SeatKey, SlotUse};
use zartrux_models::work::PoolKey;

use super::{PlanPolicy, RoutePlan};
use crate::pool_session::PoolTimeouts;

/// A seat wants its first lease.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct LeaseAsked {
    /// Who.
    pub seat: SeatKey,
    /// What its miner said at its login.
    pub traits: Arc<RigTraits>,
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
    /// What it held, and what it did there to the nonces of the newest job that the planner was
    /// told of before.
    pub lease: Option<(Lease, SlotUse)>,
}

/// Who holds what, and who waits: asked for by a planner that was built anew.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct LeasesHeld {
    /// Seats with their leases.
    pub held: Vec<(SeatKey, Lease)>,
    /// Seats that wait for their first.
    pub waiting: Vec<SeatKey>,
    /// What the miners of all of them said at their logins.
    pub traits: Vec<(SeatKey, Arc<RigTraits>)>,
}

/// Shares that were found good since the last time: at most one entry for each seat and each pool
/// session, every [`RoutePlan::WORK_EVERY`].
#[derive(Debug, Clone, Default, Message)]
#[rtype(result = "()")]
pub struct SeatsWorked {
    /// Seats with the sums of their shares' difficulties.
    pub seats: Vec<(SeatKey, f64)>,
    /// The same by the pool session whose jobs the shares were for.
    pub pools: Vec<(PoolKey, RouteWork)>,
}

/// What a hash is worth on a route from now on; without such a route nothing happens.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SetWorth {
    /// The route's name.
    pub route: Box<str>,
    /// In the unit that all routes share; none: not compared.
    pub worth: Option<f64>,
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
    /// Routes, whose orders count instead; none: one upstream serves all.
    pub routes: Option<Arc<RoutePlan>>,
    /// Timers of the sessions.
    pub timeouts: PoolTimeouts,
    /// How long a session that nobody sits on is kept, see [`Planner::linger_for`].
    ///
    /// [`Planner::linger_for`]: super::Planner::linger_for
    pub linger: Duration,
}
