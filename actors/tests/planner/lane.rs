//! Pools, miner sessions and planner with a mailbox between each two, which is read whenever a
//! test says so: what one of them knows may be as old as can be for the others.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use zartrux_actors::clock::Clock;
use zartrux_actors::planner::{PlanEffect, PlannerCore, PoolFacts};
use zartrux_models::filter::ModelId;
use zartrux_models::plan::{
    Lease, NonceOrder, Occupancy, OutsideOrder, SeatKey, SlotPlan, SlotUse,
};
use zartrux_models::work::{
    Algorithm, Difficulty, JobOrigin, JobTable, PoolKey, Slot, UpstreamJob,
};

use crate::farm::{POLICY, blob};

/// Far more than anything here needs.
const MAX_SESSIONS: [usize; 2] = [40, 40];

/// A job as a pool session tells it to both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Job {
    origin: JobOrigin,
    blob: u64,
}

#[derive(Debug)]
enum ToSessions {
    Job(Job),
    /// The connection is lost, or there will be no further one.
    Gone(PoolKey),
    Granted {
        seat: SeatKey,
        lease: Lease,
        connection: u32,
    },
    TurnAway(Vec<SeatKey>),
    Report,
}

#[derive(Debug)]
enum ToPlanner {
    Job(Job),
    Lost(PoolKey),
    Silent(PoolKey),
    Answers(PoolKey),
    Asked(SeatKey),
    UsedUp(SeatKey, Lease),
    GivenUp(SeatKey, Lease, u32),
    Left(SeatKey, Option<(Lease, SlotUse)>),
    Held(Vec<(SeatKey, Lease)>, Vec<SeatKey>),
}

/// What a pool session has told last.
#[derive(Debug, Default)]
struct Pool {
    connection: u32,
    job: Option<Job>,
}

/// A lane.
pub(crate) struct Lane {
    pools: BTreeMap<PoolKey, Pool>,
    /// Sessions that the planner has closed, which say something for a while yet.
    lingering: Vec<PoolKey>,
    blobs: u64,
    to_sessions: VecDeque<ToSessions>,
    to_planner: VecDeque<ToPlanner>,
    // What the miner sessions know.
    jobs: BTreeMap<PoolKey, Job>,
    table: JobTable,
    /// By which jobs are drawn; another one, or none, every now and then.
    order: Option<NonceOrder>,
    outside: Option<OutsideOrder>,
    orders: StdRng,
    told: u64,
    seats: BTreeMap<SeatKey, Option<Lease>>,
    last_seat: u32,
    /// Who was ever given which nonces of which work.
    usable: HashMap<(PoolKey, u32, u64, Slot), SeatKey>,
    // What the planner's shell knows.
    core: Option<PlannerCore>,
    facts: BTreeMap<PoolKey, PoolFacts>,
    next_pool: u32,
    /// Reports that were asked for and did not come yet.
    reports_due: u32,
    serving: Option<usize>,
    now: Instant,
}

impl Lane {
    pub(crate) fn new() -> Self {
        let mut lane = Self {
            pools: BTreeMap::new(),
            lingering: Vec::new(),
            blobs: 0,
            to_sessions: VecDeque::new(),
            to_planner: VecDeque::new(),
            jobs: BTreeMap::new(),
            table: JobTable::default(),
            order: None,
            outside: None,
            orders: StdRng::seed_from_u64(1),
            told: 0,
            seats: BTreeMap::new(),
            last_seat: 0,
            usable: HashMap::new(),
            core: None,
            facts: BTreeMap::new(),
            next_pool: 0,
            reports_due: 0,
            serving: None,
            now: Clock.now(),
        };
        lane.core = Some(lane.new_core());
        lane.wait(Duration::ZERO);
        lane
    }

    // --- pools: what they tell goes to both at once ---

    pub(crate) fn pools(&self) -> Vec<PoolKey> {
        self.pools.keys().copied().collect()
    }

    /// A pool session tells a job; of another connection, if the former one is lost.
    pub(crate) fn job(&mut self, pool: PoolKey, another_blob: bool) {
        let Some(known) = self.pools.get_mut(&pool) else {
            return;
        };
        let former = known.job.filter(|_| !another_blob);
        let blob = former.map_or_else(
            || {
                self.blobs += 1;
                self.blobs
            },
            |job| job.blob,
        );
        if known.job.is_none() {
            known.connection += 1;
        }
        let connection = known.connection;
        let origin = JobOrigin { pool, connection };
        let job = Job { origin, blob };
        known.job = Some(job);
        self.to_sessions.push_back(ToSessions::Job(job));
        self.to_planner.push_back(ToPlanner::Job(job));
    }

    pub(crate) fn lose(&mut self, pool: PoolKey) {
        if let Some(known) = self.pools.get_mut(&pool)
            && known.job.take().is_some()
        {
            self.to_sessions.push_back(ToSessions::Gone(pool));
            self.to_planner.push_back(ToPlanner::Lost(pool));
        }
    }

    pub(crate) fn go_silent(&mut self, pool: PoolKey) {
        self.to_planner.push_back(ToPlanner::Silent(pool));
    }

    pub(crate) fn answer(&mut self, pool: PoolKey) {
        self.to_planner.push_back(ToPlanner::Answers(pool));
    }

    // --- miner sessions ---

    pub(crate) fn seats(&self) -> Vec<SeatKey> {
        self.seats.keys().copied().collect()
    }

    pub(crate) fn lease(&self, seat: SeatKey) -> Option<Lease> {
        *self.seats.get(&seat)?
    }

    pub(crate) fn join(&mut self) -> SeatKey {
        self.last_seat += 1;
        let seat = SeatKey {
            index: self.last_seat,
            generation: self.last_seat,
        };
        self.seats.insert(seat, None);
        self.to_planner.push_back(ToPlanner::Asked(seat));
        seat
    }

    pub(crate) fn leave(&mut self, seat: SeatKey) {
        if let Some(lease) = self.seats.remove(&seat) {
            let lease = lease.map(|lease| (lease, self.use_of(seat, lease)));
            self.to_planner.push_back(ToPlanner::Left(seat, lease));
        }
    }

    /// Every other miner that leaves has had no share, and somebody else may have its slot.
    fn use_of(&mut self, seat: SeatKey, lease: Lease) -> SlotUse {
        if self.orders.r#gen() {
            return SlotUse::Spent;
        }
        let Some(job) = self.jobs.get(&lease.pool).copied() else {
            return SlotUse::Spent;
        };
        let byte = self
            .table
            .current(lease.pool)
            .unwrap()
            .plan
            .byte(lease.slot);
        let work = (lease.pool, job.origin.connection, job.blob, byte);
        if self.usable.get(&work) == Some(&seat) {
            self.usable.remove(&work);
        }
        SlotUse::Tried(self.orders.gen_range(0..=SlotUse::LIMIT))
    }

    pub(crate) fn used_up(&mut self, seat: SeatKey) {
        if let Some(lease) = self.lease(seat) {
            self.to_planner.push_back(ToPlanner::UsedUp(seat, lease));
        }
    }

    /// The miner sessions read up to so many messages.
    pub(crate) fn sessions_read(&mut self, count: usize) {
        for _ in 0..count {
            match self.to_sessions.pop_front() {
                Some(message) => self.sessions_hear(message),
                None => return,
            }
        }
    }

    fn sessions_hear(&mut self, message: ToSessions) {
        match message {
            ToSessions::Job(job) => {
                let pool = job.origin.pool;
                self.jobs.insert(pool, job);
                self.plan(job);
                let tenants: Vec<(SeatKey, Slot)> = self
                    .seats
                    .iter()
                    .filter_map(|(seat, held)| Some((*seat, held.filter(|has| has.pool == pool)?)))
                    .map(|(seat, lease)| (seat, lease.slot))
                    .collect();
                for (seat, slot) in tenants {
                    self.give(job, slot, seat);
                }
            }
            ToSessions::Gone(pool) => {
                self.jobs.remove(&pool);
                self.table.forget(pool);
                for held in self.seats.values_mut() {
                    *held = held.filter(|lease| lease.pool != pool);
                }
            }
            ToSessions::Granted {
                seat,
                lease,
                connection,
            } => self.hear_granted(seat, lease, connection),
            ToSessions::TurnAway(seats) => seats.into_iter().for_each(|seat| self.leave(seat)),
            ToSessions::Report => {
                let held = self
                    .seats
                    .iter()
                    .filter_map(|(seat, held)| Some((*seat, (*held)?)));
                let waiting = self.seats.iter().filter(|(_, held)| held.is_none());
                let report = ToPlanner::Held(held.collect(), waiting.map(|(s, _)| *s).collect());
                self.to_planner.push_back(report);
            }
        }
    }

    fn hear_granted(&mut self, seat: SeatKey, lease: Lease, connection: u32) {
        let Some(held) = self.seats.get_mut(&seat) else {
            let left = ToPlanner::Left(seat, Some((lease, SlotUse::UNTOUCHED)));
            return self.to_planner.push_back(left);
        };
        if let Some(former) = held.take() {
            let of = self.jobs[&former.pool].origin.connection;
            let given_up = ToPlanner::GivenUp(seat, former, of);
            self.to_planner.push_back(given_up);
        }
        let current = self.jobs.get(&lease.pool).copied();
        if let Some(job) = current.filter(|job| job.origin.connection == connection) {
            *held = Some(lease);
            self.give(job, lease.slot, seat);
        }
    }

    /// The job gets its plan, by orders that are other ones every now and then.
    fn plan(&mut self, job: Job) {
        if self.orders.gen_range(0..3) == 0 {
            let mut bytes: Vec<u8> = (0..=u8::MAX).collect();
            bytes.shuffle(&mut self.orders);
            let id = ModelId(self.orders.r#gen());
            let order = NonceOrder::new(id, &bytes).unwrap();
            self.order = self.orders.r#gen::<bool>().then_some(order);
            bytes.retain(|byte| *byte != 0);
            bytes.truncate(self.orders.gen_range(1..=255));
            let outside = OutsideOrder::new("any", &bytes).unwrap();
            self.outside = self.orders.r#gen::<bool>().then_some(outside);
        }
        self.told += 1;
        let told = UpstreamJob {
            id: self.told.to_string().into(),
            work: blob(job.blob),
            target: Difficulty::ONE.target(),
            algorithm: Algorithm::Rx0,
            height: None,
            seed: None,
            next_seed: None,
            network_difficulty: None,
        };
        let (order, seed) = (self.order.as_ref(), self.orders.r#gen());
        let draw = || match (order, &self.outside) {
            (None, None) => SlotPlan::identity(),
            (Some(order), None) => SlotPlan::draw(seed, order),
            (order, Some(outside)) => SlotPlan::draw_with_outside(seed, order, outside),
        };
        self.table.replace_planned(job.origin, told, draw).unwrap();
    }

    /// Invariant I3.
    fn give(&mut self, job: Job, slot: Slot, seat: SeatKey) {
        let JobOrigin { pool, connection } = job.origin;
        let byte = self.table.current(pool).unwrap().plan.byte(slot);
        let work = (pool, connection, job.blob, byte);
        let owner = *self.usable.entry(work).or_insert(seat);
        assert_eq!(owner, seat, "byte {byte} of {job:?} was given to both");
    }

    // --- planner ---

    /// The planner reads up to so many messages.
    pub(crate) fn planner_reads(&mut self, count: usize) {
        for _ in 0..count {
            match self.to_planner.pop_front() {
                Some(message) => self.planner_hears(message),
                None => return,
            }
        }
    }

    fn planner_hears(&mut self, message: ToPlanner) {
        match message {
            ToPlanner::Job(job) => {
                let Job {
                    origin,
                    blob: number,
                } = job;
                let (blob, now) = (blob(number), self.now);
                if let Some(facts) = self.facts.get_mut(&origin.pool) {
                    facts.connection = origin.connection;
                    facts.job_at = Some(now);
                    facts.work = Some(blob.clone());
                }
                self.step(|core, now| core.job_replaced(origin, &blob, now));
            }
            ToPlanner::Lost(pool) => {
                if let Some(facts) = self.facts.get_mut(&pool) {
                    facts.job_at = None;
                    facts.work = None;
                    facts.responsive = true;
                    facts.failed = true;
                }
                self.step(|core, now| core.pool_lost(pool, true, now));
            }
            ToPlanner::Silent(pool) => {
                if let Some(facts) = self.facts.get_mut(&pool) {
                    facts.responsive = false;
                    facts.failed = true;
                }
                self.step(|core, now| core.pool_unresponsive(pool, now));
            }
            ToPlanner::Answers(pool) => {
                if let Some(facts) = self.facts.get_mut(&pool) {
                    facts.responsive = true;
                }
                self.step(|core, now| core.pool_responsive(pool, now));
            }
            ToPlanner::Asked(seat) => self.step(|core, now| core.lease_asked(seat, now)),
            ToPlanner::UsedUp(seat, lease) => {
                self.step(|core, now| core.lease_nearly_used_up(seat, lease, now));
            }
            ToPlanner::GivenUp(seat, lease, connection) => self.step(|core, _| {
                core.lease_given_up(seat, lease, connection);
                Vec::new()
            }),
            ToPlanner::Left(seat, lease) => self.step(|core, now| core.seat_left(seat, lease, now)),
            ToPlanner::Held(held, waiting) => {
                self.reports_due -= 1;
                if self.reports_due > 0 {
                    // As the actor does: this one was asked for by an earlier generation.
                    return;
                }
                self.step(|core, now| core.adopt(&held, &waiting, now));
            }
        }
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.step(|core, now| core.tick(now));
    }

    /// A session's actor is gone, and the planner finds that out.
    pub(crate) fn die(&mut self, pool: PoolKey) {
        if self.facts.remove(&pool).is_some() {
            self.close(pool);
            self.step(|core, now| core.pool_gone(pool, now));
        }
    }

    /// The time of those that linger is over.
    pub(crate) fn close_lingering(&mut self) {
        for pool in std::mem::take(&mut self.lingering) {
            self.close(pool);
        }
    }

    fn close(&mut self, pool: PoolKey) {
        self.pools.remove(&pool);
        self.to_sessions.push_back(ToSessions::Gone(pool));
    }

    /// The core fails; what is told until the next one is built is lost.
    pub(crate) fn fault(&mut self) {
        self.core = None;
    }

    pub(crate) fn rebuild(&mut self) {
        if self.core.is_none() {
            self.core = Some(self.new_core());
            self.reports_due += 1;
            self.to_sessions.push_back(ToSessions::Report);
        }
    }

    fn new_core(&self) -> PlannerCore {
        let (facts, serving) = (self.facts.clone(), self.serving);
        let most = MAX_SESSIONS.to_vec();
        PlannerCore::new(POLICY, most, facts, self.next_pool, serving, self.now)
    }

    fn step(&mut self, step: impl FnOnce(&mut PlannerCore, Instant) -> Vec<PlanEffect>) {
        let Some(core) = &mut self.core else {
            return;
        };
        for effect in step(core, self.now) {
            match effect {
                PlanEffect::OpenPool { pool, upstream } => {
                    self.facts.insert(pool, PoolFacts::opening(upstream));
                    self.next_pool = self.next_pool.max(pool.0 + 1);
                    self.pools.insert(pool, Pool::default());
                }
                PlanEffect::ClosePool(pool) => {
                    self.facts.remove(&pool);
                    self.lingering.push(pool);
                }
                PlanEffect::Grant {
                    seat,
                    lease,
                    connection,
                } => self.to_sessions.push_back(ToSessions::Granted {
                    seat,
                    lease,
                    connection,
                }),
                PlanEffect::TurnAway { seats, .. } => {
                    self.to_sessions.push_back(ToSessions::TurnAway(seats));
                }
                PlanEffect::Serving { upstream, .. } => self.serving = upstream,
            }
        }
    }

    // --- all of them ---

    /// Everything that was told is read.
    pub(crate) fn settle(&mut self) {
        while !(self.to_sessions.is_empty() && self.to_planner.is_empty()) {
            self.sessions_read(usize::MAX);
            self.planner_reads(usize::MAX);
        }
    }

    /// How the sessions' slots are that have a job.
    pub(crate) fn occupancies(&self) -> Vec<(PoolKey, Occupancy)> {
        let Some(core) = &self.core else {
            return Vec::new();
        };
        let pools = core.pools().keys();
        pools
            .filter_map(|pool| Some((*pool, core.book().occupancy(*pool)?)))
            .collect()
    }
}
