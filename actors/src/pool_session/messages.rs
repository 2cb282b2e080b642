//! What a pool session is told and what it tells.

use actix::Message;
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{JobOrigin, PoolKey, UpstreamJob};

use super::PoolTimeouts;
use crate::share_ticket::ShareTicket;

/// Send a share to the pool. Settled exactly once, whatever happens to the connection.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ForwardShare(pub ShareTicket);

/// Stop this pool session: take no more shares, say nothing more of jobs and states, and close as soon
/// as all submits under way have their verdicts; at once if there are none. Each is waited for as long
/// as ever, so this takes [`PoolTimeouts::response`](super::PoolTimeouts::response) at most.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ClosePool(pub PoolKey);

/// The pool sent a job. Goes to the miner sessions and to the planner.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct JobReplaced {
    /// Which connection brought it.
    pub origin: JobOrigin,
    /// The job.
    pub job: UpstreamJob,
}

/// How a pool session's connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolState {
    /// Connecting, or logging in.
    Connecting,
    /// Logged in; jobs follow.
    LoggedIn,
    /// The pool does not answer submits in time, though the connection is open.
    Unresponsive,
    /// No connection; its jobs are dead.
    Lost {
        /// Why, in words for the operator.
        reason: Box<str>,
        /// What sort of failure.
        class: ErrorClass,
    },
}

/// A pool session's state changed. Goes to the miner sessions and to the planner.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct PoolStateChanged {
    /// The pool session.
    pub pool: PoolKey,
    /// Its connection, counted from 1.
    pub connection: u32,
    /// How it is now.
    pub state: PoolState,
}

/// Wait like this from now on; for the answer to a login, from the next connection on.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ReplaceTimeouts(pub PoolTimeouts);
