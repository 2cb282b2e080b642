//! What a node session counts; read from any thread without asking it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use zartrux_models::ledger::BlockFate;

/// Counters of all sessions that a lane has with one node.
#[derive(Debug, Default)]
pub struct NodeStats {
    blocks: [AtomicU64; BlockFate::ALL.len()],
    waiting: AtomicUsize,
    /// Zero: nothing was measured yet.
    notice_micros: AtomicU64,
}

/// A copy of a node session's counters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeReport {
    /// Blocks by what became of them, in the order of [`BlockFate::ALL`]; one that was found and has
    /// ended is counted twice.
    pub blocks: [u64; BlockFate::ALL.len()],
    /// Blocks that are not known to be in the chain, or out of it.
    pub waiting: usize,
    /// From the last notice of a new block to the job that came of it, µs; none before the first.
    pub notice_micros: Option<u64>,
}

impl NodeStats {
    pub(super) fn block(&self, fate: BlockFate) {
        self.blocks[fate.index()].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn waiting(&self, count: usize) {
        self.waiting.store(count, Ordering::Relaxed);
    }

    pub(super) fn noticed(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        self.notice_micros.store(micros, Ordering::Relaxed);
    }

    /// A copy of everything.
    #[must_use]
    pub fn report(&self) -> NodeReport {
        let micros = self.notice_micros.load(Ordering::Relaxed);
        NodeReport {
            blocks: self
                .blocks
                .each_ref()
                .map(|count| count.load(Ordering::Relaxed)),
            waiting: self.waiting.load(Ordering::Relaxed),
            notice_micros: Some(micros).filter(|micros| *micros > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_counted_by_what_became_of_them() {
        let stats = NodeStats::default();
        assert_eq!(stats.report(), NodeReport::default());
        for fate in [BlockFate::Found, BlockFate::Found, BlockFate::Lost] {
            stats.block(fate);
        }
        stats.waiting(1);
        stats.noticed(Duration::from_millis(3));
        assert_eq!(
            stats.report(),
            NodeReport {
                blocks: [2, 0, 0, 0, 1],
                waiting: 1,
                notice_micros: Some(3_000),
            }
        );
    }
}
