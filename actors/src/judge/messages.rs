//! What the judge is told.

use actix::Message;
use zartrux_models::work::PoolKey;

use crate::messaging::Post;
use crate::pool_session::ForwardShare;
use crate::share_ticket::ShareTicket;

/// Decide on an admitted share.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct JudgeShare(pub ShareTicket);

/// A pool session was opened: this is the way to it. Comes before any share for it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct PoolOpened {
    /// The pool session.
    pub pool: PoolKey,
    /// Where its shares go.
    pub forward: Post<ForwardShare>,
}

/// A pool session was closed: there is no way to it, and its jobs are dead. For the judge and the
/// miner sessions.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct PoolClosed(pub PoolKey);
