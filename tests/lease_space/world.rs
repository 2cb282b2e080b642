//! Everything around the planner's core, as simple as can be: who holds what, which job each pool
//! session has, and a memory of who was ever given which slot of which job.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use zartrux_actors::planner::{PlanEffect, PlanPolicy, PlannerCore, PoolFacts};
use zartrux_models::filter::ModelId;
use zartrux_models::plan::{
    FailoverPolicy, Lease, NonceOrder, OutsideOrder, SeatKey, SlotPlan, SlotUse,
};
use zartrux_models::work::{
    Algorithm, Blob, Difficulty, JobOrigin, JobTable, PoolKey, Slot, UpstreamJob, Work,
};

use crate::support::clock;

/// Most pool sessions per upstream.
const MAX_SESSIONS: [usize; 2] = [12, 12];

const POLICY: PlanPolicy = PlanPolicy {
    failover: FailoverPolicy {
        job_timeout: Duration::from_secs(600),
        failback_after: Duration::from_secs(5),
    },
    standby: true,
    grace: Duration::from_secs(30),
    spare_slot_zero: false,
};

/// A lease that its tenant has used: its slot is dead after it.
fn spent(lease: Lease) -> (Lease, SlotUse) {
    (lease, SlotUse::Spent)
}

/// A planner's core and its surroundings.
pub(crate) struct World {
    core: PlannerCore,
    /// What the planner's shell keeps of the pool sessions.
    facts: BTreeMap<PoolKey, PoolFacts>,
    next_pool: u32,
    serving: Option<usize>,
    now: Instant,
    /// Miners that are there, with what they hold.
    seats: BTreeMap<SeatKey, Option<Lease>>,
    last_seat: u32,
    /// The job of each connected pool session.
    jobs: BTreeMap<PoolKey, u64>,
    last_job: u64,
    table: JobTable,
    /// By which jobs are drawn; another one, or none, every now and then.
    order: Option<NonceOrder>,
    outside: Option<OutsideOrder>,
    orders: StdRng,
    told: u64,
    /// Who was given which top nonce byte of which job: one at most, for ever.
    given: HashMap<(u64, Slot), SeatKey>,
    pub(crate) sent_away: usize,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = clock::now();
        let core = PlannerCore::new(POLICY, MAX_SESSIONS.to_vec(), BTreeMap::new(), 0, None, now);
        let mut world = Self {
            core,
            facts: BTreeMap::new(),
            next_pool: 0,
            serving: None,
            now,
            seats: BTreeMap::new(),
            last_seat: 0,
            jobs: BTreeMap::new(),
            last_job: 0,
            table: JobTable::default(),
            order: None,
            outside: None,
            orders: StdRng::seed_from_u64(1),
            told: 0,
            given: HashMap::new(),
            sent_away: 0,
        };
        world.tick(0);
        world
    }

    /// Miners that are there.
    pub(crate) fn seats(&self) -> usize {
        self.seats.len()
    }

    /// Pool sessions that are open.
    pub(crate) fn pools(&self) -> usize {
        self.facts.len()
    }

    /// Slots given so far.
    pub(crate) fn given(&self) -> usize {
        self.given.len()
    }

    /// Miners that have no lease.
    pub(crate) fn without_lease(&self) -> usize {
        self.seats.values().filter(|lease| lease.is_none()).count()
    }

    pub(crate) fn tick(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        let effects = self.core.tick(self.now);
        self.apply(effects);
    }

    pub(crate) fn join(&mut self) {
        self.last_seat += 1;
        let seat = SeatKey {
            index: self.last_seat % 5_000,
            generation: self.last_seat,
        };
        self.seats.insert(seat, None);
        let effects = self.core.lease_asked(seat, self.now);
        self.apply(effects);
    }

    pub(crate) fn leave(&mut self, which: usize) {
        let Some(seat) = self.nth_seat(which) else {
            return;
        };
        let lease = self.seats.remove(&seat).flatten();
        let effects = self.core.seat_left(seat, lease.map(spent), self.now);
        self.apply(effects);
    }

    /// A miner has nearly used up its slot.
    pub(crate) fn use_up(&mut self, which: usize) {
        let Some(seat) = self.nth_seat(which) else {
            return;
        };
        if let Some(lease) = self.seats[&seat] {
            let effects = self.core.lease_nearly_used_up(seat, lease, self.now);
            self.apply(effects);
        }
    }

    /// A pool session gets a job: its first since it connected, or the next.
    pub(crate) fn next_job(&mut self, which: usize) {
        if let Some(pool) = self.nth_pool(which) {
            self.last_job += 1;
            self.give_job(pool, self.last_job);
        }
    }

    /// A pool session gets a job whose blob it has already: the nonces go on.
    pub(crate) fn same_blob(&mut self, which: usize) {
        if let Some(pool) = self.nth_pool(which)
            && let Some(job) = self.jobs.get(&pool)
        {
            self.give_job(pool, *job);
        }
    }

    pub(crate) fn lose_pool(&mut self, which: usize) {
        let Some(pool) = self.nth_pool(which) else {
            return;
        };
        self.jobs.remove(&pool);
        self.table.forget(pool);
        for lease in self.seats.values_mut() {
            *lease = lease.filter(|lease| lease.pool != pool);
        }
        let facts = self.facts.get_mut(&pool).unwrap();
        facts.job_at = None;
        facts.work = None;
        facts.failed = true;
        let effects = self.core.pool_lost(pool, true, self.now);
        self.apply(effects);
    }

    /// The core fails; the next one is built from what its shell and the sessions know.
    pub(crate) fn fault(&mut self) {
        self.core = PlannerCore::new(
            POLICY,
            MAX_SESSIONS.to_vec(),
            self.facts.clone(),
            self.next_pool,
            self.serving,
            self.now,
        );
        let held: Vec<_> = self
            .seats
            .iter()
            .filter_map(|(seat, lease)| lease.map(|lease| (*seat, lease)))
            .collect();
        let waiting: Vec<_> = self
            .seats
            .iter()
            .filter(|(_, lease)| lease.is_none())
            .map(|(seat, _)| *seat)
            .collect();
        let effects = self.core.adopt(&held, &waiting, self.now);
        self.apply(effects);
    }

    /// Every pool session connects and gets a job, until none is opened any more.
    pub(crate) fn calm_down(&mut self) {
        for _ in 0..20 {
            for which in 0..self.pools() {
                self.next_job(which);
            }
            self.tick(1_000);
        }
    }

    fn give_job(&mut self, pool: PoolKey, job: u64) {
        self.jobs.insert(pool, job);
        self.plan(pool, job);
        // The sessions send it to those who sit there before the planner hears of it.
        let sitting: Vec<_> = self
            .seats
            .iter()
            .filter_map(|(seat, lease)| lease.map(|lease| (*seat, lease)))
            .filter(|(_, lease)| lease.pool == pool)
            .collect();
        for (seat, lease) in sitting {
            self.note_given(job, lease, seat);
        }
        let blob = blob_of(job);
        let facts = self.facts.get_mut(&pool).unwrap();
        facts.connection += u32::from(facts.job_at.is_none());
        facts.job_at = Some(self.now);
        facts.work = Some(blob.clone());
        facts.responsive = true;
        let connection = facts.connection;
        let origin = JobOrigin { pool, connection };
        let effects = self.core.job_replaced(origin, &blob, self.now);
        self.apply(effects);
    }

    /// The job gets its plan, by orders that are other ones every now and then.
    fn plan(&mut self, pool: PoolKey, job: u64) {
        if self.orders.gen_range(0..3) == 0 {
            let mut bytes: Vec<u8> = (0..=u8::MAX).collect();
            bytes.shuffle(&mut self.orders);
            let id = ModelId(self.orders.r#gen());
            let order = NonceOrder::new(id, &bytes).expect("all bytes");
            self.order = self.orders.r#gen::<bool>().then_some(order);
            bytes.retain(|byte| *byte != 0);
            bytes.truncate(self.orders.gen_range(1..=255));
            let outside = OutsideOrder::new("any", &bytes).expect("such an order");
            self.outside = self.orders.r#gen::<bool>().then_some(outside);
        }
        self.told += 1;
        let facts = &self.facts[&pool];
        let connection = facts.connection + u32::from(facts.job_at.is_none());
        let told = UpstreamJob {
            id: self.told.to_string().into(),
            work: blob_of(job),
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
        let origin = JobOrigin { pool, connection };
        let issued = self.table.replace_planned(origin, told, draw);
        assert!(issued.is_some(), "no two jobs have the same id");
    }

    fn byte(&self, lease: Lease) -> Slot {
        let current = self.table.current(lease.pool).expect("it has a job");
        current.plan.byte(lease.slot)
    }

    fn note_given(&mut self, job: u64, lease: Lease, seat: SeatKey) {
        let byte = self.byte(lease);
        let owner = *self.given.entry((job, byte)).or_insert(seat);
        assert_eq!(
            owner, seat,
            "byte {byte} of job {job} was given to two miners"
        );
    }

    fn apply(&mut self, effects: Vec<PlanEffect>) {
        for effect in effects {
            match effect {
                PlanEffect::OpenPool { pool, upstream } => {
                    self.next_pool = self.next_pool.max(pool.0 + 1);
                    let known = self.facts.insert(pool, PoolFacts::opening(upstream));
                    assert!(known.is_none(), "a key used twice: {pool:?}");
                    let sessions = |of| self.facts.values().filter(|f| f.upstream == of).count();
                    assert!(sessions(upstream) <= MAX_SESSIONS[upstream]);
                }
                PlanEffect::ClosePool(pool) => {
                    let sits = |lease: &Option<Lease>| lease.is_some_and(|l| l.pool == pool);
                    assert!(!self.seats.values().any(sits), "closed under somebody");
                    self.facts
                        .remove(&pool)
                        .expect("a pool session that is open");
                    self.jobs.remove(&pool);
                    self.table.close(pool);
                }
                PlanEffect::Grant {
                    seat,
                    lease,
                    connection,
                } => {
                    assert_eq!(self.facts[&lease.pool].connection, connection);
                    self.grant(seat, lease);
                }
                PlanEffect::TurnAway { seats, .. } => {
                    for seat in seats {
                        self.sent_away += 1;
                        let lease = self.seats.remove(&seat).flatten();
                        let left = lease.map(spent);
                        let effects = self.core.seat_left(seat, left, self.now);
                        assert!(effects.is_empty(), "nothing became free");
                    }
                }
                PlanEffect::Serving { upstream, .. } => self.serving = upstream,
            }
        }
    }

    fn grant(&mut self, seat: SeatKey, lease: Lease) {
        let job = self.jobs.get(&lease.pool).copied();
        let job = job.expect("leases only on sessions that have a job");
        assert!(
            !self.given.contains_key(&(job, self.byte(lease))),
            "{lease:?} was given to somebody before in this job"
        );
        self.note_given(job, lease, seat);
        let held = self.seats.get_mut(&seat).expect("a miner that is there");
        let former = held.replace(lease);
        if let Some(former) = former
            && let Some(facts) = self.facts.get(&former.pool)
        {
            self.core.lease_given_up(seat, former, facts.connection);
        }
    }

    fn nth_seat(&self, which: usize) -> Option<SeatKey> {
        let count = self.seats.len().max(1);
        self.seats.keys().nth(which % count).copied()
    }

    fn nth_pool(&self, which: usize) -> Option<PoolKey> {
        let count = self.facts.len().max(1);
        self.facts.keys().nth(which % count).copied()
    }
}

fn blob_of(job: u64) -> Work {
    let mut bytes = [0; 76];
    bytes[50..58].copy_from_slice(&job.to_le_bytes());
    Blob::from_hex(&const_hex::encode(bytes))
        .expect("a blob")
        .into()
}
