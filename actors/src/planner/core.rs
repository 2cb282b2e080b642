//! The planner's decisions: which upstream serves, how many sessions it needs, who sits where.
//! Facts in, effects out; no socket, no mailbox.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use zartrux_models::plan::{FailoverPolicy, Lease, LeaseBook, SeatKey, UpstreamView, choose};
use zartrux_models::work::{Blob, PoolKey, Slot};

/// How long the first upstream in order may take to connect before a later one serves instead.
const START_PREFERENCE: Duration = Duration::from_secs(3);

/// What the planner goes by.
#[derive(Debug, Clone, Copy)]
pub struct PlanPolicy {
    /// When an upstream is good enough.
    pub failover: FailoverPolicy,
    /// Keep the next upstream logged in.
    pub standby: bool,
    /// How long miners are kept while no upstream serves.
    pub grace: Duration,
}

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanEffect {
    /// Open a session with upstream number `upstream`.
    OpenPool {
        /// Under this key.
        pool: PoolKey,
        /// Place in the list of upstreams.
        upstream: usize,
    },
    /// Close a session; nobody sits on it.
    ClosePool(PoolKey),
    /// Tell a seat its lease.
    Grant(SeatKey, Lease),
    /// No upstream serves for too long: send these away.
    TurnAway(Vec<SeatKey>),
    /// Another upstream serves now (`None`: nobody does).
    Serving(Option<usize>),
}

/// A pool session as the planner knows it.
#[derive(Debug, Clone)]
pub struct PoolFacts {
    /// Place in the list of upstreams.
    pub upstream: usize,
    /// Connected and with a job since its last connection.
    pub job_at: Option<Instant>,
    /// The blob of that job: slots come back to life only with another.
    pub blob: Option<Blob>,
    /// Answers submits.
    pub responsive: bool,
    /// Has failed at least once since it was opened.
    pub failed: bool,
}

impl PoolFacts {
    /// A session that was just opened.
    #[must_use]
    pub const fn opening(upstream: usize) -> Self {
        Self {
            upstream,
            job_at: None,
            blob: None,
            responsive: true,
            failed: false,
        }
    }

    const fn is_ready(&self) -> bool {
        self.job_at.is_some() && self.responsive
    }
}

/// The planner's state.
#[derive(Debug)]
pub struct PlannerCore {
    policy: PlanPolicy,
    started: Instant,
    upstreams: Vec<UpstreamView>,
    max_sessions: Vec<usize>,
    serving: Option<usize>,
    ever_served: bool,
    unserved_since: Option<Instant>,
    pools: BTreeMap<PoolKey, PoolFacts>,
    next_pool: u32,
    book: LeaseBook,
    waiting: VecDeque<SeatKey>,
    waits: HashSet<SeatKey>,
}

impl PlannerCore {
    /// A planner for upstreams of which at most `max_sessions[i]` sessions may be open, with the
    /// pool sessions that are there already (none at first; after a fault the shell knows them).
    #[must_use]
    pub fn new(
        policy: PlanPolicy,
        max_sessions: Vec<usize>,
        pools: BTreeMap<PoolKey, PoolFacts>,
        next_pool: u32,
        serving: Option<usize>,
        now: Instant,
    ) -> Self {
        Self {
            policy,
            started: now,
            upstreams: vec![UpstreamView::default(); max_sessions.len()],
            max_sessions,
            ever_served: serving.is_some(),
            serving,
            unserved_since: None,
            pools,
            next_pool,
            book: LeaseBook::default(),
            waiting: VecDeque::new(),
            waits: HashSet::new(),
        }
    }

    /// Takes over the leases of an earlier generation: every slot that nobody holds counts as
    /// scanned.
    pub fn adopt(
        &mut self,
        held: &[(SeatKey, Lease)],
        waiting: &[SeatKey],
        now: Instant,
    ) -> Vec<PlanEffect> {
        let with_jobs: Vec<PoolKey> = self
            .pools
            .iter()
            .filter(|(_, facts)| facts.job_at.is_some())
            .map(|(pool, _)| *pool)
            .collect();
        for pool in with_jobs {
            let on_it = held
                .iter()
                .filter(|(_, lease)| lease.pool == pool)
                .map(|(seat, lease)| (lease.slot, *seat));
            self.book.open_unknown(pool, on_it);
        }
        for (seat, lease) in held {
            if !self.book.is_open(lease.pool) {
                self.wait(*seat);
            }
        }
        for seat in waiting {
            self.wait(*seat);
        }
        self.plan(now)
    }

    /// A seat wants its first lease.
    pub fn lease_asked(&mut self, seat: SeatKey, now: Instant) -> Vec<PlanEffect> {
        self.wait(seat);
        self.plan(now)
    }

    /// A seat has nearly used up its slot.
    pub fn lease_nearly_used_up(
        &mut self,
        seat: SeatKey,
        lease: Lease,
        now: Instant,
    ) -> Vec<PlanEffect> {
        if self.book.tenant(lease) != Some(seat) {
            return Vec::new();
        }
        let candidates = self.candidates();
        match self.book.renew(lease, seat, candidates) {
            Some(fresh) => vec![PlanEffect::Grant(seat, fresh)],
            None => self.open_for(1, now).into_iter().collect(),
        }
    }

    /// A seat is empty.
    pub fn seat_left(&mut self, seat: SeatKey, lease: Option<Lease>) {
        if let Some(lease) = lease {
            self.book.release(lease, seat);
        }
        if self.waits.remove(&seat) {
            self.waiting.retain(|waiting| *waiting != seat);
        }
    }

    /// A pool session has a new job.
    pub fn job_replaced(&mut self, pool: PoolKey, blob: &Blob, now: Instant) -> Vec<PlanEffect> {
        let Some(facts) = self.pools.get_mut(&pool) else {
            return Vec::new();
        };
        let first = facts.job_at.is_none();
        let fresh_nonces = facts.blob.as_ref() != Some(blob);
        facts.job_at = Some(now);
        facts.blob = Some(blob.clone());
        facts.responsive = true;
        if first && !self.book.is_open(pool) {
            self.book.open(pool);
        } else if fresh_nonces {
            self.book.job_replaced(pool);
        }
        let mut effects = self.plan(now);
        effects.extend(self.compact(pool));
        effects
    }

    /// A pool session lost its connection, or connects.
    pub fn pool_lost(&mut self, pool: PoolKey, failed: bool, now: Instant) -> Vec<PlanEffect> {
        if let Some(facts) = self.pools.get_mut(&pool) {
            facts.job_at = None;
            facts.blob = None;
            facts.responsive = true;
            facts.failed |= failed;
            for seat in self.book.close(pool) {
                self.wait(seat);
            }
        }
        self.plan(now)
    }

    /// A pool session does not answer submits in time.
    pub fn pool_unresponsive(&mut self, pool: PoolKey, now: Instant) -> Vec<PlanEffect> {
        if let Some(facts) = self.pools.get_mut(&pool) {
            facts.responsive = false;
            facts.failed = true;
        }
        self.plan(now)
    }

    /// Time passed.
    pub fn tick(&mut self, now: Instant) -> Vec<PlanEffect> {
        self.plan(now)
    }

    /// All leases, for inspection.
    #[must_use]
    pub const fn book(&self) -> &LeaseBook {
        &self.book
    }

    /// Seats that wait for a lease.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The pool sessions.
    #[must_use]
    pub const fn pools(&self) -> &BTreeMap<PoolKey, PoolFacts> {
        &self.pools
    }

    /// The upstream that serves.
    #[must_use]
    pub const fn serving(&self) -> Option<usize> {
        self.serving
    }

    fn wait(&mut self, seat: SeatKey) {
        if self.waits.insert(seat) {
            self.waiting.push_back(seat);
        }
    }

    /// Brings everything in line with the facts.
    fn plan(&mut self, now: Instant) -> Vec<PlanEffect> {
        let mut effects = Vec::new();
        self.choose_upstream(now, &mut effects);
        self.open_wanted(&mut effects);
        self.place_waiting(&mut effects);
        self.move_to_serving(&mut effects);
        effects.extend(self.open_for(self.unplaced(), now));
        self.close_unwanted(&mut effects);
        self.turn_away(now, &mut effects);
        effects
    }

    fn choose_upstream(&mut self, now: Instant, effects: &mut Vec<PlanEffect>) {
        for (index, view) in self.upstreams.iter_mut().enumerate() {
            view.job_at = self
                .pools
                .values()
                .filter(|facts| facts.upstream == index && facts.is_ready())
                .filter_map(|facts| facts.job_at)
                .max();
            view.observe(&self.policy.failover, now);
        }
        let mut chosen = choose(&self.upstreams, self.serving, &self.policy.failover, now);
        if let Some(later) = chosen
            && !self.ever_served
            && now.saturating_duration_since(self.started) < START_PREFERENCE
            && (0..later).any(|earlier| !self.has_failed(earlier))
        {
            chosen = None;
        }
        if chosen != self.serving {
            self.serving = chosen;
            effects.push(PlanEffect::Serving(chosen));
        }
        self.ever_served |= chosen.is_some();
        self.unserved_since = match chosen {
            Some(_) => None,
            None => self.unserved_since.or(Some(now)),
        };
    }

    fn has_failed(&self, upstream: usize) -> bool {
        self.pools
            .values()
            .any(|facts| facts.upstream == upstream && facts.failed)
    }

    /// Whether an upstream must have at least one session: the serving one, every preferred one
    /// (to notice that it is back), and the standby.
    fn is_wanted(&self, upstream: usize) -> bool {
        self.serving.is_none_or(|serving| {
            upstream <= serving || (self.policy.standby && upstream == serving + 1)
        })
    }

    fn sessions_of(&self, upstream: usize) -> usize {
        self.pools
            .values()
            .filter(|facts| facts.upstream == upstream)
            .count()
    }

    fn open_wanted(&mut self, effects: &mut Vec<PlanEffect>) {
        for upstream in 0..self.upstreams.len() {
            if self.is_wanted(upstream) && self.sessions_of(upstream) == 0 {
                effects.push(self.open(upstream));
            }
        }
    }

    fn open(&mut self, upstream: usize) -> PlanEffect {
        let pool = PoolKey(self.next_pool);
        self.next_pool = self.next_pool.wrapping_add(1);
        self.pools.insert(pool, PoolFacts::opening(upstream));
        PlanEffect::OpenPool { pool, upstream }
    }

    /// Sessions of the serving upstream that have a job.
    fn candidates(&self) -> Vec<PoolKey> {
        self.pools
            .iter()
            .filter(|(_, facts)| Some(facts.upstream) == self.serving && facts.is_ready())
            .map(|(pool, _)| *pool)
            .collect()
    }

    fn place_waiting(&mut self, effects: &mut Vec<PlanEffect>) {
        if self.waiting.is_empty() {
            return;
        }
        let candidates = self.candidates();
        while let Some(seat) = self.waiting.front().copied() {
            let Some(lease) = self.book.grant(seat, candidates.iter().copied()) else {
                break;
            };
            self.waiting.pop_front();
            self.waits.remove(&seat);
            effects.push(PlanEffect::Grant(seat, lease));
        }
    }

    /// Who sits on another upstream's sessions goes over as far as there is room; until then they
    /// go on where they are.
    fn move_to_serving(&mut self, effects: &mut Vec<PlanEffect>) {
        if self.serving.is_none() {
            return;
        }
        let candidates = self.candidates();
        for pool in self.occupied_elsewhere() {
            let tenants: Vec<(Lease, SeatKey)> = self.book.tenants(pool).collect();
            for (lease, seat) in tenants {
                let Some(fresh) = self.book.grant(seat, candidates.iter().copied()) else {
                    return;
                };
                self.book.release(lease, seat);
                effects.push(PlanEffect::Grant(seat, fresh));
            }
        }
    }

    fn occupied_elsewhere(&self) -> Vec<PoolKey> {
        self.pools
            .iter()
            .filter(|(_, facts)| Some(facts.upstream) != self.serving)
            .map(|(pool, _)| *pool)
            .filter(|pool| self.book.occupancy(*pool).is_some_and(|has| has.held > 0))
            .collect()
    }

    /// Seats that should sit on the serving upstream and do not.
    fn unplaced(&self) -> usize {
        let elsewhere: usize = self
            .occupied_elsewhere()
            .into_iter()
            .filter_map(|pool| self.book.occupancy(pool))
            .map(|has| has.held)
            .sum();
        self.waiting.len() + elsewhere
    }

    /// Opens as many sessions of the serving upstream as `seats` more seats need, beyond those
    /// that are opening already.
    fn open_for(&mut self, seats: usize, _now: Instant) -> Vec<PlanEffect> {
        let Some(serving) = self.serving else {
            return Vec::new();
        };
        let opening = self
            .pools
            .values()
            .filter(|facts| facts.upstream == serving && facts.job_at.is_none())
            .count();
        let room = self.max_sessions[serving].saturating_sub(self.sessions_of(serving));
        let missing = seats
            .div_ceil(Slot::COUNT)
            .saturating_sub(opening)
            .min(room);
        (0..missing).map(|_| self.open(serving)).collect()
    }

    /// Empties the session that just got a job into the others, if they have room to spare: few
    /// sessions, and a quarter of a session to grow.
    fn compact(&mut self, pool: PoolKey) -> Vec<PlanEffect> {
        let others: Vec<PoolKey> = self
            .candidates()
            .into_iter()
            .filter(|other| *other != pool)
            .collect();
        let held = self.book.occupancy(pool).map_or(0, |has| has.held);
        let fullest_elsewhere = others
            .iter()
            .filter_map(|other| self.book.occupancy(*other))
            .map(|has| has.held)
            .max();
        let spare = Slot::COUNT / 4;
        let worth = fullest_elsewhere.is_some_and(|fullest| held <= fullest)
            && self.book.free_on(others.iter().copied()) >= held + spare;
        if !worth || self.pools.get(&pool).map(|facts| facts.upstream) != self.serving {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let tenants: Vec<(Lease, SeatKey)> = self.book.tenants(pool).collect();
        for (lease, seat) in tenants {
            if let Some(fresh) = self.book.grant(seat, others.iter().copied()) {
                self.book.release(lease, seat);
                effects.push(PlanEffect::Grant(seat, fresh));
            }
        }
        self.close(pool, &mut effects);
        effects
    }

    fn close(&mut self, pool: PoolKey, effects: &mut Vec<PlanEffect>) {
        if self.book.occupancy(pool).is_none_or(|has| has.held == 0) {
            self.book.close(pool);
            self.pools.remove(&pool);
            effects.push(PlanEffect::ClosePool(pool));
        }
    }

    /// Sessions beyond the one of each upstream that is only watched.
    fn close_unwanted(&mut self, effects: &mut Vec<PlanEffect>) {
        if self.serving.is_none() {
            return;
        }
        for upstream in 0..self.upstreams.len() {
            if Some(upstream) == self.serving {
                continue;
            }
            let keep = usize::from(self.is_wanted(upstream));
            let sessions: Vec<PoolKey> = self
                .pools
                .iter()
                .filter(|(_, facts)| facts.upstream == upstream)
                .map(|(pool, _)| *pool)
                .collect();
            for pool in sessions.into_iter().skip(keep) {
                self.close(pool, effects);
            }
        }
    }

    fn turn_away(&mut self, now: Instant, effects: &mut Vec<PlanEffect>) {
        let too_long = self
            .unserved_since
            .is_some_and(|since| now.saturating_duration_since(since) >= self.policy.grace);
        if too_long && !self.waiting.is_empty() {
            self.waits.clear();
            effects.push(PlanEffect::TurnAway(self.waiting.drain(..).collect()));
        }
    }
}
