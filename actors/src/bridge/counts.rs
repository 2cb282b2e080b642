//! What the bridge did, readable from any thread.

use std::sync::atomic::{AtomicU64, Ordering};

use zartrux_models::bridge::EventKind;

const KINDS: usize = EventKind::ALL.len();

/// Live counts of the bridge.
#[derive(Debug, Default)]
pub struct BridgeCounts {
    published: [AtomicU64; KINDS],
    dropped: [AtomicU64; KINDS],
    pub(super) answered: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) busy: AtomicU64,
    pub(super) plans_taken: AtomicU64,
    pub(super) plans_refused: AtomicU64,
    pub(super) clients_refused: AtomicU64,
}

/// A copy of the counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BridgeReport {
    /// Events that were handed to the publisher, by [`EventKind::index`].
    pub published: [u64; KINDS],
    /// Events that found no room in the queue before the bridge's thread, likewise.
    pub dropped: [u64; KINDS],
    /// Questions that were answered with a prediction.
    pub answered: u64,
    /// Questions that were answered with an error.
    pub refused: u64,
    /// Of those, the ones that found too many under way.
    pub busy: u64,
    /// Plans from outside that were taken.
    pub plans_taken: u64,
    /// Plans from outside that were refused.
    pub plans_refused: u64,
    /// Times that a client was not let in.
    pub clients_refused: u64,
}

pub(super) fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

impl BridgeCounts {
    pub(super) fn published(&self, kind: EventKind) {
        add(&self.published[kind.index()]);
    }

    pub(super) fn dropped(&self, kind: EventKind) {
        add(&self.dropped[kind.index()]);
    }

    pub(super) fn dropped_so_far(&self, kind: EventKind) -> u64 {
        self.dropped[kind.index()].load(Ordering::Relaxed)
    }

    /// A copy.
    #[must_use]
    pub fn report(&self) -> BridgeReport {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        BridgeReport {
            published: std::array::from_fn(|kind| read(&self.published[kind])),
            dropped: std::array::from_fn(|kind| read(&self.dropped[kind])),
            answered: read(&self.answered),
            refused: read(&self.refused),
            busy: read(&self.busy),
            plans_taken: read(&self.plans_taken),
            plans_refused: read(&self.plans_refused),
            clients_refused: read(&self.clients_refused),
        }
    }
}
