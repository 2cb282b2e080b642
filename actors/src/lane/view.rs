//! What a lane shows to other threads, which never ask its actors.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use zartrux_models::work::PoolKey;

use crate::counters::{LaneCounts, LaneStats};
use crate::node_session::{NodeReport, NodeStats};
use crate::planner::RouteShown;
use crate::pool_session::{PoolReport, PoolStats};
use crate::rigs::{RigBoard, ShareRecords};
use crate::unfit_rigs::UnfitRigs;

/// A pool session as whoever reports it sees it.
#[derive(Debug, Clone)]
pub struct PoolView {
    /// Place of its upstream in the list.
    pub upstream: usize,
    /// Its live figures.
    pub stats: Arc<PoolStats>,
}

/// How often the upstream that serves was exchanged for another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Switches {
    /// For one further down the list.
    pub failovers: u64,
    /// For one further up.
    pub failbacks: u64,
}

/// The upstream that served last, by route, and how often that changed.
#[derive(Debug, Default)]
struct Served {
    last: Vec<Option<usize>>,
    switches: Switches,
    /// Places in the order of preference; empty: as they are numbered.
    order: Vec<usize>,
}

impl Served {
    /// How far an upstream is from the preferred one.
    fn rank(&self, place: usize) -> Option<usize> {
        if self.order.is_empty() {
            return Some(place);
        }
        self.order.iter().position(|other| *other == place)
    }
}

/// What a lane shows to other threads.
#[derive(Debug)]
pub struct LaneView {
    pub(super) stats: Arc<LaneStats>,
    pub(super) rigs: Arc<RigBoard>,
    pub(super) records: Arc<ShareRecords>,
    pub(super) unfit: Arc<UnfitRigs>,
    pub(super) pools: RwLock<BTreeMap<PoolKey, PoolView>>,
    /// Upstreams that serve, by route; without routes there is one.
    serving: RwLock<Box<[Option<usize>]>>,
    /// How routes stand; empty where there are none.
    routes: Arc<Mutex<Vec<RouteShown>>>,
    served: Mutex<Served>,
    /// What sessions did that are closed, by upstream.
    gone: Mutex<BTreeMap<usize, PoolReport>>,
    /// What node sessions count, by upstream: those that are closed included.
    nodes: Mutex<BTreeMap<usize, Arc<NodeStats>>>,
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
            unfit: Arc::default(),
            pools: RwLock::default(),
            serving: RwLock::default(),
            routes: Arc::default(),
            served: Mutex::default(),
            gone: Mutex::default(),
            nodes: Mutex::default(),
            started,
            beat: AtomicU64::new(0),
        }
    }

    /// Rigs that can't hash what there is to mine.
    #[must_use]
    pub fn unfit(&self) -> &UnfitRigs {
        &self.unfit
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

    /// Place of the upstream of a pool session that is open.
    #[must_use]
    pub fn upstream_of(&self, pool: PoolKey) -> Option<usize> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.get(&pool).map(|view| view.upstream)
    }

    /// Places of the upstreams that serve, by route; without routes there is one at most.
    #[must_use]
    pub fn serving(&self) -> Vec<Option<usize>> {
        let serving = self.serving.read();
        serving.unwrap_or_else(PoisonError::into_inner).to_vec()
    }

    /// Whether the upstream at a place serves.
    #[must_use]
    pub fn serves(&self, place: usize) -> bool {
        self.serving().contains(&Some(place))
    }

    /// Whether any upstream serves.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.serving().iter().any(Option::is_some)
    }

    /// How routes stand; empty where there are none.
    #[must_use]
    pub fn routes(&self) -> Vec<RouteShown> {
        lock(&self.routes).clone()
    }

    /// What keeps how routes stand.
    pub(super) fn routes_keeper(&self) -> Box<dyn Fn(Vec<RouteShown>)> {
        let routes = Arc::clone(&self.routes);
        Box::new(move |shown| *lock(&routes) = shown)
    }

    /// How often the upstream that serves was exchanged for another, a time without any between
    /// them included.
    #[must_use]
    pub fn switches(&self) -> Switches {
        lock(&self.served).switches
    }

    /// What sessions did that are closed, by the places of their upstreams: only what is counted.
    #[must_use]
    pub fn gone(&self) -> BTreeMap<usize, PoolReport> {
        lock(&self.gone).clone()
    }

    /// What node sessions have counted, by the places of their upstreams.
    #[must_use]
    pub fn nodes(&self) -> BTreeMap<usize, NodeReport> {
        let nodes = lock(&self.nodes);
        nodes
            .iter()
            .map(|(at, node)| (*at, node.report()))
            .collect()
    }

    /// Where sessions with the node at a place count.
    pub(super) fn node_stats(&self, place: usize) -> Arc<NodeStats> {
        Arc::clone(lock(&self.nodes).entry(place).or_default())
    }

    /// Takes a session that is closed out of what is shown.
    pub(super) fn forget_pool(&self, pool: PoolKey) {
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = pools.remove(&pool) {
            let mut gone = lock(&self.gone);
            let sums = gone.entry(view.upstream).or_default();
            sums.add_counts(&view.stats.report());
        }
    }

    /// Places of upstreams in the order of preference from now on.
    pub(super) fn set_order(&self, order: &[usize]) {
        order.clone_into(&mut lock(&self.served).order);
    }

    /// Other upstreams serve, by route.
    pub(super) fn set_serving(&self, serving: &[Option<usize>]) {
        let mut served = lock(&self.served);
        if served.last.len() != serving.len() {
            // Other routes: none of them has changed its upstream yet.
            served.last = vec![None; serving.len()];
        }
        for (route, now) in serving.iter().enumerate() {
            let Some(now) = *now else { continue };
            let last = served.last[route].replace(now);
            // One that was taken out of the settings has no rank: to leave it is neither.
            let ranks = last.and_then(|last| served.rank(last).zip(served.rank(now)));
            served.switches.failovers += u64::from(ranks.is_some_and(|(last, now)| last < now));
            served.switches.failbacks += u64::from(ranks.is_some_and(|(last, now)| last > now));
        }
        let mut shown = self.serving.write().unwrap_or_else(PoisonError::into_inner);
        *shown = serving.into();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_switch_is_counted_by_its_direction_and_a_gap_between_makes_no_difference() {
        let view = LaneView::new(Clock.now(), 1, 1);
        for serving in [Some(0), Some(0), Some(2), None, Some(2), None, Some(1)] {
            view.set_serving(&[serving]);
        }
        let counted = Switches {
            failovers: 1,
            failbacks: 1,
        };
        assert_eq!(view.switches(), counted);
    }

    #[test]
    fn a_switch_is_counted_by_the_order_of_the_settings_not_by_the_place() {
        let view = LaneView::new(Clock.now(), 1, 1);
        view.set_serving(&[Some(0)]);
        // Another comes before it, and then it is taken out.
        view.set_order(&[2, 0]);
        view.set_serving(&[Some(2)]);
        let counted = |failovers, failbacks| Switches {
            failovers,
            failbacks,
        };
        assert_eq!(view.switches(), counted(0, 1));
        view.set_serving(&[Some(0)]);
        assert_eq!(view.switches(), counted(1, 1));
        view.set_order(&[2]);
        view.set_serving(&[Some(2)]);
        assert_eq!(view.switches(), counted(1, 1));
    }

    #[test]
    fn what_a_closed_session_counted_is_kept_for_its_upstream() {
        let view = LaneView::new(Clock.now(), 1, 1);
        for (pool, upstream) in [(1, 0), (2, 1), (3, 1)] {
            let stats = Arc::new(PoolStats::default());
            stats.accepted(0);
            stats.latency(Duration::from_millis(8));
            let shown = PoolView { upstream, stats };
            view.pools.write().unwrap().insert(PoolKey(pool), shown);
        }
        for pool in [2, 3, 3] {
            view.forget_pool(PoolKey(pool));
        }
        assert_eq!(view.pools().len(), 1);
        let gone = view.gone();
        assert_eq!((gone.len(), gone[&1].accepted), (1, 2));
        assert_eq!(gone[&1].submit_latency_micros, None);
    }
}
