//! The connections of a lane that carry more than one pool session.

use std::cell::RefCell;
use std::collections::HashMap;

use zartrux_models::work::PoolKey;

use crate::messaging::Post;
use crate::planner::OpenedPool;
use crate::pool_session::OpenPage;

/// A connection that takes further pool sessions.
#[derive(Debug, Clone)]
pub(super) struct Carrier {
    /// To hand it another.
    pub(super) open: Post<OpenPage>,
    /// How it is reached, the same for all of its sessions.
    pub(super) ways: OpenedPool,
    /// Its first session.
    pub(super) first: PoolKey,
}

/// By the place of the upstream: the last connection that was made there.
#[derive(Debug, Default)]
pub(super) struct Carriers {
    last: RefCell<HashMap<usize, Carrier>>,
    /// Under which pool session's key the connection of each is shown: its first one's.
    shown_as: RefCell<HashMap<PoolKey, PoolKey>>,
}

impl Carriers {
    /// Hands a pool session to the connection that is there, if it lives.
    pub(super) fn carry(&self, upstream: usize, pool: PoolKey) -> Option<OpenedPool> {
        let last = self.last.borrow();
        let carrier = last.get(&upstream)?;
        if !carrier.ways.forward.is_open() {
            return None;
        }
        self.shown_as.borrow_mut().insert(pool, carrier.first);
        carrier.open.send(OpenPage(pool));
        Some(carrier.ways.clone())
    }

    /// Further pool sessions of the upstream go over this connection.
    pub(super) fn add(&self, upstream: usize, carrier: Carrier) {
        self.shown_as
            .borrow_mut()
            .insert(carrier.first, carrier.first);
        self.last.borrow_mut().insert(upstream, carrier);
    }

    /// A pool session is closed: under which key its connection is shown, if it was the last one there.
    pub(super) fn leave(&self, pool: PoolKey) -> Option<PoolKey> {
        let mut shown_as = self.shown_as.borrow_mut();
        // One that is the only one of its connection was never listed.
        let first = shown_as.remove(&pool).unwrap_or(pool);
        let is_last = !shown_as.values().any(|other| *other == first);
        if is_last {
            let mut last = self.last.borrow_mut();
            last.retain(|_, carrier| carrier.first != first);
        }
        is_last.then_some(first)
    }
}
