//! The planner's decisions: which upstream serves, how many sessions it needs, who sits where.
//! Facts in, effects out; no socket, no mailbox.

mod away;
mod facts;
mod following;
mod lines;
mod lists;
mod meters;
mod placing;
mod routing;
mod upstreams;
mod waiting;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use zartrux_models::plan::routing::RigTraits;
use zartrux_models::plan::{
    Capability, Lease, LeaseBook, SeatKey, SlotUse, UntouchedSlots, UpstreamView,
};
use zartrux_models::work::{Algorithm, JobOrigin, PoolKey, Work};

pub use self::facts::{PlanEffect, PlanPolicy, PoolFacts, Turned};

use self::lines::Lines;
use self::lists::List;
use self::routing::Routing;
use self::waiting::Waiter;

/// What a session may take to connect: for so long at the start the first upstream in order is
/// waited for before a later one serves, and miners are kept for another session of an upstream
/// that serves already.
const CONNECTING: Duration = Duration::from_secs(3);

/// The planner's state.
#[derive(Debug)]
pub struct PlannerCore {
    policy: PlanPolicy,
    /// One for each route; without routes one. Never empty.
    lists: Vec<List>,
    /// By place. With the penalties of those that answered no submits; a generation built after a fault
    /// begins without any.
    upstreams: Vec<UpstreamView>,
    max_sessions: Vec<usize>,
    pools: BTreeMap<PoolKey, PoolFacts>,
    next_pool: u32,
    book: LeaseBook,
    waiting: Lines,
    /// None where there are no routes: every seat belongs to the only list.
    routing: Option<Routing>,
    /// What an earlier process knew of slots, until its leases come.
    untouched: BTreeMap<PoolKey, UntouchedSlots>,
    /// An earlier generation's leases are still to come: until then nothing is decided, because
    /// a session of which nothing is known looks empty.
    uninformed: bool,
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
        let mut book = LeaseBook::default();
        if policy.spare_slot_zero {
            book.spare_zero();
        }
        Self {
            policy,
            lists: vec![List::new((0..max_sessions.len()).collect(), serving, now)],
            upstreams: vec![UpstreamView::default(); max_sessions.len()],
            max_sessions,
            // Not by the sessions that are there: all may have died while there was no core.
            uninformed: next_pool > 0,
            untouched: BTreeMap::new(),
            pools,
            next_pool,
            book,
            waiting: Lines::new(1),
            routing: None,
        }
    }

    /// The same with upstreams in another order, and without those that are not in it.
    #[must_use]
    pub fn ordered(mut self, order: &[usize]) -> Self {
        let order = self.known(order);
        if let Some(list) = self.lists.first_mut() {
            list.order = order;
        }
        self
    }

    /// Other upstreams, or others preferred, or another policy. Miners stay where they are until the
    /// upstream that is to serve has a job for them.
    pub fn replace_plan(
        &mut self,
        policy: PlanPolicy,
        max_sessions: Vec<usize>,
        order: &[usize],
        now: Instant,
    ) -> Vec<PlanEffect> {
        self.replace_orders(policy, max_sessions, &[order], now);
        self.plan(now)
    }

    fn replace_orders(
        &mut self,
        policy: PlanPolicy,
        max_sessions: Vec<usize>,
        orders: &[&[usize]],
        now: Instant,
    ) {
        self.policy = policy;
        if policy.spare_slot_zero {
            self.book.spare_zero();
        }
        self.upstreams
            .resize(max_sessions.len(), UpstreamView::default());
        self.max_sessions = max_sessions;
        let orders: Vec<Vec<usize>> = orders.iter().map(|order| self.known(order)).collect();
        for place in orders.iter().flatten() {
            if !self.is_listed(*place) {
                // What was known of it when it was there before is no longer so.
                self.upstreams[*place] = UpstreamView::default();
            }
        }
        for (list, order) in self.lists.iter_mut().zip(orders) {
            list.reorder(order, now);
        }
    }

    fn known(&self, order: &[usize]) -> Vec<usize> {
        let known = |place: &usize| *place < self.max_sessions.len();
        order.iter().copied().filter(known).collect()
    }

    /// Slots that newcomers can have, as the process before knew: before [`PlannerCore::adopt`].
    pub fn know_untouched(&mut self, slots: impl IntoIterator<Item = (PoolKey, UntouchedSlots)>) {
        self.untouched.extend(slots);
    }

    /// Slots of a pool session that newcomers can have.
    #[must_use]
    pub fn untouched(&self, pool: PoolKey) -> UntouchedSlots {
        self.book.untouched(pool)
    }

    /// Takes over the leases of an earlier generation: every slot that nobody holds counts as
    /// scanned, unless it is known not to be. A session that connected since then is known whole, and leases of its former
    /// connection are void. Who waits counts as having mined: the reports do not tell, and those
    /// that were mining must be told in time.
    pub fn adopt(
        &mut self,
        held: &[(SeatKey, Lease)],
        waiting: &[SeatKey],
        now: Instant,
    ) -> Vec<PlanEffect> {
        let with_jobs: Vec<PoolKey> = self
            .pools
            .iter()
            .filter(|(pool, facts)| facts.job_at.is_some() && !self.book.is_open(**pool))
            .map(|(pool, _)| *pool)
            .collect();
        for pool in with_jobs {
            let on_it = held
                .iter()
                .filter(|(_, lease)| lease.pool == pool)
                .map(|(seat, lease)| (lease.slot, *seat));
            let untouched = self.untouched.remove(&pool);
            let untouched = untouched.unwrap_or(UntouchedSlots::NONE);
            self.book.open_known(pool, on_it, &untouched);
        }
        self.untouched.clear();
        self.deal_as_they_sit(now);
        for (seat, lease) in held {
            if self.book.tenant(*lease) != Some(*seat) {
                self.deal_waiting(*seat, Waiter::Mining, now);
            }
        }
        // What was reported may be older than a lease granted meanwhile.
        let placed: HashSet<SeatKey> = self
            .pools
            .keys()
            .flat_map(|pool| self.book.tenants(*pool))
            .map(|(_, seat)| seat)
            .collect();
        for seat in waiting.iter().filter(|seat| !placed.contains(seat)) {
            self.deal_waiting(*seat, Waiter::Mining, now);
        }
        self.uninformed = false;
        self.plan(now)
    }

    /// A seat wants its first lease, of which nothing is known.
    pub fn lease_asked(&mut self, seat: SeatKey, now: Instant) -> Vec<PlanEffect> {
        let unknown = RigTraits {
            names: Vec::new(),
            capability: Capability::of(&[], ""),
            perf: Vec::new(),
        };
        self.lease_asked_by(seat, Arc::new(unknown), now)
    }

    /// A seat wants its first lease.
    pub fn lease_asked_by(
        &mut self,
        seat: SeatKey,
        traits: Arc<RigTraits>,
        now: Instant,
    ) -> Vec<PlanEffect> {
        self.leases_asked([(seat, traits)], now)
    }

    /// Some seats want their first leases: one plan for all of them.
    pub fn leases_asked(
        &mut self,
        asked: impl IntoIterator<Item = (SeatKey, Arc<RigTraits>)>,
        now: Instant,
    ) -> Vec<PlanEffect> {
        for (seat, traits) in asked {
            let line = self.line_for(seat, traits, now);
            if !self.waiting.transfer(seat, line) {
                self.waiting.push(line, seat, Waiter::LoggingIn, now);
            }
        }
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
        let Some(list) = self.list_for(seat) else {
            // It is to be sent away, unless a route opens for it.
            return Vec::new();
        };
        let candidates = self.candidates(list);
        let fresh = if self.may_stay(seat, lease) {
            self.book.renew(lease, seat, candidates)
        } else {
            let fresh = self.book.grant(seat, candidates);
            if fresh.is_some() {
                self.book.move_out(lease, seat);
            }
            fresh
        };
        match fresh {
            Some(fresh) => vec![self.granted(seat, fresh, now)],
            None => self.open_for(list, 1),
        }
    }

    /// A seat has left a lease for another, and gets no more of that connection's jobs under it.
    pub fn lease_given_up(&mut self, seat: SeatKey, lease: Lease, connection: u32) {
        let facts = self.pools.get(&lease.pool);
        // Under another connection's jobs it may hold the same slot again by now.
        if facts.is_some_and(|facts| facts.connection == connection) {
            self.book.release(lease, seat);
        }
    }

    /// A seat is empty, and has used the lease that it held like this. Who waits for a slot gets
    /// the one that it left, if that can be leased again.
    pub fn seat_left(
        &mut self,
        seat: SeatKey,
        lease: Option<(Lease, SlotUse)>,
        now: Instant,
    ) -> Vec<PlanEffect> {
        let vacated = lease.is_some_and(|(lease, was)| {
            self.book.vacate(lease, seat, was) && was.tried().is_some()
        });
        self.waiting.remove(seat);
        if let Some(routing) = &mut self.routing {
            routing.left(seat);
        }
        if vacated && self.waiting.len() > 0 {
            self.plan(now)
        } else {
            Vec::new()
        }
    }

    /// A pool session has a new job, of the algorithm that it had before.
    pub fn job_replaced(
        &mut self,
        origin: JobOrigin,
        work: &Work,
        now: Instant,
    ) -> Vec<PlanEffect> {
        let known = self.pools.get(&origin.pool);
        let algorithm = known.and_then(|facts| facts.algorithm.clone());
        self.job_came(origin, work, algorithm, now)
    }

    /// A pool session has a new job. That alone does not say that it answers submits.
    pub fn job_came(
        &mut self,
        origin: JobOrigin,
        work: &Work,
        algorithm: Option<Algorithm>,
        now: Instant,
    ) -> Vec<PlanEffect> {
        let JobOrigin { pool, connection } = origin;
        let Some(facts) = self.pools.get_mut(&pool) else {
            return Vec::new();
        };
        let first = facts.job_at.is_none();
        let fresh_nonces = facts.work.as_ref() != Some(work);
        facts.connection = connection;
        facts.job_at = Some(now);
        facts.work = Some(work.clone());
        facts.algorithm = algorithm;
        if first && !self.book.is_open(pool) {
            self.book.open(pool);
        } else if fresh_nonces {
            self.book.job_replaced(pool);
        }
        let mut effects = self.plan(now);
        effects.extend(self.compact(pool, now));
        effects
    }

    /// A pool session lost its connection, or connects.
    pub fn pool_lost(&mut self, pool: PoolKey, failed: bool, now: Instant) -> Vec<PlanEffect> {
        if let Some(facts) = self.pools.get_mut(&pool) {
            facts.job_at = None;
            facts.work = None;
            facts.responsive = true;
            facts.failed |= failed;
            self.vacate(pool, now);
        }
        self.plan(now)
    }

    /// A pool session is no more, though nobody closed it.
    pub fn pool_gone(&mut self, pool: PoolKey, now: Instant) -> Vec<PlanEffect> {
        if self.pools.remove(&pool).is_some() {
            self.vacate(pool, now);
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

    /// A pool session answers, or answers again.
    pub fn pool_responsive(&mut self, pool: PoolKey, now: Instant) -> Vec<PlanEffect> {
        if let Some(facts) = self.pools.get_mut(&pool) {
            facts.responsive = true;
        }
        self.plan(now)
    }

    /// Time passed.
    pub fn tick(&mut self, now: Instant) -> Vec<PlanEffect> {
        if let Some(routing) = &mut self.routing {
            routing.round_due = true;
        }
        self.look_at_movers(now);
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

    /// The upstream that serves; of the first route where there are several.
    #[must_use]
    pub fn serving(&self) -> Option<usize> {
        self.lists.first().and_then(|list| list.serving)
    }

    /// Brings everything in line with the facts.
    fn plan(&mut self, now: Instant) -> Vec<PlanEffect> {
        let mut effects = Vec::new();
        if self.uninformed {
            return effects;
        }
        for list in 0..self.lists.len() {
            self.choose_upstream(list, now, &mut effects);
        }
        self.follow_routes(now);
        self.open_wanted(&mut effects);
        self.place_waiting(now, &mut effects);
        self.move_to_serving(now, &mut effects);
        for list in 0..self.lists.len() {
            effects.extend(self.open_for(list, self.unplaced(list)));
        }
        self.close_unwanted(&mut effects);
        self.close_retired(&mut effects);
        self.turn_away(now, &mut effects);
        effects
    }
}
