//! Submits that wait for the pool's verdict. Bounded by the credits that the tickets hold.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use zartrux_models::stratum::PoolRequestId;

use crate::share_ticket::ShareTicket;

/// A submit that waits for its verdict.
#[derive(Debug)]
pub(super) struct PendingShare {
    /// The share.
    pub(super) ticket: ShareTicket,
    /// When it was handed to the connection.
    pub(super) since: Instant,
    /// Where in the stream of the connection its line ends.
    pub(super) end: u64,
}

/// Submits by request, the oldest first: numbers rise with time.
#[derive(Debug, Default)]
pub(super) struct Pending(BTreeMap<PoolRequestId, PendingShare>);

impl Pending {
    pub(super) fn insert(&mut self, request: PoolRequestId, share: PendingShare) {
        self.0.insert(request, share);
    }

    pub(super) fn take(&mut self, request: PoolRequestId) -> Option<PendingShare> {
        self.0.remove(&request)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When the oldest will have waited for `timeout`.
    pub(super) fn deadline(&self, timeout: Duration) -> Option<Instant> {
        self.0.values().next().map(|oldest| oldest.since + timeout)
    }

    /// Takes the oldest out if it has waited for `timeout`.
    pub(super) fn take_overdue(&mut self, timeout: Duration, now: Instant) -> Option<PendingShare> {
        let oldest = self.0.first_entry()?;
        (oldest.get().since + timeout <= now).then(|| oldest.remove())
    }

    /// Takes everything out, the oldest first.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = PendingShare> + use<> {
        std::mem::take(&mut self.0).into_values()
    }
}
