//! What the judge is told.

use actix::Message;
use zartrux_models::judge::{BanRule, JudgePolicy};
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::PoolKey;

use crate::messaging::Post;
use crate::pool_session::ForwardShare;
use crate::share_ticket::Settlement;

/// A pool session was opened: this is the way to it. Comes before any share for it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct PoolOpened {
    /// The pool session.
    pub pool: PoolKey,
    /// Place of its upstream in the list: its sessions share one ban window.
    pub upstream: usize,
    /// Where its shares go.
    pub forward: Post<ForwardShare>,
}

/// A pool session was closed: there is no way to it, and its jobs are dead. For the judge and the
/// miner sessions.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct PoolClosed(pub PoolKey);

/// What a forwarded share's end means for its upstream's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The pool took it.
    Good,
    /// The pool counts it as bad.
    Bad,
    /// The pool did not look at the share itself, or never saw it.
    None,
}

impl Verdict {
    /// What the end of a share that the judge forwarded comes to. nodejs-pool counts stale,
    /// duplicate and malformed shares as bad too (`rejectBadShare` and `rejectExpiredShare` of
    /// its `protocol.js`); what it says of the connection, of its own state or of our login
    /// counts for no share.
    #[must_use]
    pub const fn of(settlement: &Settlement) -> Self {
        match settlement {
            Settlement::Accepted => Self::Good,
            Settlement::Rejected { class, .. } => match class {
                ErrorClass::Rig | ErrorClass::Stale | ErrorClass::Unknown => Self::Bad,
                ErrorClass::Ban | ErrorClass::Throttle | ErrorClass::Ours | ErrorClass::Pool => {
                    Self::None
                }
            },
            Settlement::Unanswered
            | Settlement::Undeliverable
            | Settlement::Credited
            | Settlement::Refused(_)
            | Settlement::Held => Self::None,
        }
    }
}

/// A share that the judge forwarded has ended.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct VerdictSeen {
    /// The pool session that it was handed to.
    pub pool: PoolKey,
    /// What came of it.
    pub verdict: Verdict,
}

/// Go by this from now on.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ReplacePolicy {
    /// Who proves first. The most rigs that are remembered stays what it was at the start.
    pub policy: JudgePolicy,
    /// How the upstreams count before they ban, by place.
    pub ban_rules: Vec<BanRule>,
}
