//! What a lane shows to other threads, which never ask its actors.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use zartrux_models::work::PoolKey;

use crate::counters::{LaneCounts, LaneStats};
use crate::pool_session::PoolStats;
use crate::rigs::{RigBoard, ShareRecords};

/// A pool session as whoever reports it sees it.
#[derive(Debug, Clone)]
pub struct PoolView {
    /// Place of its upstream in the list.
    pub upstream: usize,
    /// Its live figures.
    pub stats: Arc<PoolStats>,
}

/// What a lane shows to other threads.
#[derive(Debug)]
pub struct LaneView {
    pub(super) stats: Arc<LaneStats>,
    pub(super) rigs: Arc<RigBoard>,
    pub(super) records: Arc<ShareRecords>,
    pub(super) pools: RwLock<BTreeMap<PoolKey, PoolView>>,
    /// Upstream that serves, −1 for none.
    pub(super) serving: AtomicI64,
    started: Instant,
    /// Milliseconds from the lane's start to its last sign of life.
    pub(super) beat: AtomicU64,
}

impl LaneView {
    /// What a lane that starts now will show.
    #[must_use]
    pub fn new(started: Instant, max_rigs: usize, shares_kept: usize) -> Self {
        Self {
            stats: Arc::default(),
            rigs: Arc::new(RigBoard::new(max_rigs)),
            records: Arc::new(ShareRecords::new(shares_kept)),
            pools: RwLock::default(),
            serving: AtomicI64::new(-1),
            started,
            beat: AtomicU64::new(0),
        }
    }

    /// How long ago, at `now`, the lane last showed that it is alive.
    #[must_use]
    pub fn silent_for(&self, now: Instant) -> Duration {
        let beat = self.started + Duration::from_millis(self.beat.load(Ordering::Relaxed));
        now.saturating_duration_since(beat)
    }

    /// A consistent copy of the counts.
    #[must_use]
    pub fn counts(&self) -> LaneCounts {
        self.stats.snapshot()
    }

    /// What is remembered of its rigs.
    #[must_use]
    pub fn rigs(&self) -> &RigBoard {
        &self.rigs
    }

    /// Its last shares.
    #[must_use]
    pub fn records(&self) -> &ShareRecords {
        &self.records
    }

    /// The pool sessions that are open.
    #[must_use]
    pub fn pools(&self) -> BTreeMap<PoolKey, PoolView> {
        self.pools
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Place of the upstream that serves.
    #[must_use]
    pub fn serving(&self) -> Option<usize> {
        usize::try_from(self.serving.load(Ordering::Relaxed)).ok()
    }

    pub(super) fn set_serving(&self, serving: Option<usize>) {
        let code = serving.and_then(|index| i64::try_from(index).ok());
        self.serving.store(code.unwrap_or(-1), Ordering::Relaxed);
    }
}
