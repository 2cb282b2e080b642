//! What surrounds a planner: it does what the planner says, and holds it to the rules as it goes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use zartrux_actors::clock::Clock;
use zartrux_actors::planner::{PlanEffect, PlanPolicy, PlannerCore, PoolFacts, Turned};
use zartrux_models::plan::{FailoverPolicy, Lease, SeatKey, SlotUse};
use zartrux_models::work::{Blob, JobOrigin, PoolKey, Slot, Work};

pub(crate) const POLICY: PlanPolicy = PlanPolicy {
    failover: FailoverPolicy {
        job_timeout: Duration::from_secs(600),
        failback_after: Duration::from_secs(60),
    },
    standby: true,
    grace: Duration::from_secs(10),
    spare_slot_zero: false,
};

/// How long the miner sessions hold a login; longer than a planner keeps who was mining.
pub(crate) const LOGIN_HOLD: Duration = Duration::from_secs(25);

/// How often a planner looks at the time.
const TICK: Duration = Duration::from_millis(500);

/// A lease that its tenant has used: its slot is dead after it.
pub(crate) fn spent(lease: Lease) -> (Lease, SlotUse) {
    (lease, SlotUse::Spent)
}

/// How much the core knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Whole,
    /// There is none.
    Down,
    /// The miner sessions were asked who holds what, and have not answered.
    Asking,
}

/// A lane as its planner knows it.
pub(crate) struct Farm {
    pub(crate) core: PlannerCore,
    policy: PlanPolicy,
    max_sessions: Vec<usize>,
    now: Instant,
    /// What the planner's shell keeps for the next generation.
    facts: BTreeMap<PoolKey, PoolFacts>,
    next_pool: u32,
    serving: Option<usize>,
    /// Miners by what they hold.
    seats: BTreeMap<SeatKey, Option<Lease>>,
    next_seat: u32,
    /// Since when those that never had a lease wait for one.
    logging_in: BTreeMap<SeatKey, Instant>,
    /// Those that waited when a new generation took over, which can't know what for.
    adopted: BTreeSet<SeatKey>,
    blobs: u64,
    /// Slots given out since a pool session's blob changed.
    given: HashMap<PoolKey, HashSet<Slot>>,
    /// Sessions of which a new generation can't know which slots were scanned.
    unknown: Vec<PoolKey>,
    phase: Phase,
    pub(crate) turned_away: usize,
    pub(crate) switches: usize,
}

impl Farm {
    pub(crate) fn new(policy: PlanPolicy, max_sessions: &[usize]) -> Self {
        let now = Clock.now();
        let core = PlannerCore::new(policy, max_sessions.to_vec(), BTreeMap::new(), 0, None, now);
        let mut farm = Self {
            core,
            policy,
            max_sessions: max_sessions.to_vec(),
            now,
            facts: BTreeMap::new(),
            next_pool: 0,
            serving: None,
            seats: BTreeMap::new(),
            next_seat: 0,
            logging_in: BTreeMap::new(),
            adopted: BTreeSet::new(),
            blobs: 0,
            given: HashMap::new(),
            unknown: Vec::new(),
            phase: Phase::Whole,
            turned_away: 0,
            switches: 0,
        };
        farm.step(|core, now| core.tick(now));
        farm
    }

    // --- what happens ---

    pub(crate) fn join(&mut self) -> SeatKey {
        self.next_seat += 1;
        let seat = SeatKey {
            index: self.next_seat,
            generation: self.next_seat,
        };
        self.seats.insert(seat, None);
        self.logging_in.insert(seat, self.now);
        self.step(|core, now| core.lease_asked(seat, now));
        seat
    }

    pub(crate) fn join_all(&mut self, count: usize) -> Vec<SeatKey> {
        (0..count).map(|_| self.join()).collect()
    }

    pub(crate) fn leave(&mut self, seat: SeatKey) {
        let lease = self.seats.remove(&seat).expect("a seat that is there");
        self.logging_in.remove(&seat);
        self.step(|core, now| core.seat_left(seat, lease.map(spent), now));
    }

    pub(crate) fn used_up(&mut self, seat: SeatKey) {
        if let Some(lease) = self.lease(seat) {
            self.step(|core, now| core.lease_nearly_used_up(seat, lease, now));
        }
    }

    /// A pool session gets a job, with new nonces or only with another target.
    pub(crate) fn job(&mut self, pool: PoolKey, another_blob: bool) {
        let former = self.facts[&pool].work.clone();
        let blob = match former {
            Some(blob) if !another_blob => blob,
            Some(_) | None => {
                self.given.remove(&pool);
                self.unknown.retain(|unknown| *unknown != pool);
                self.blobs += 1;
                blob(self.blobs)
            }
        };
        let now = self.now;
        let facts = self.fact(pool);
        facts.connection += u32::from(facts.job_at.is_none());
        facts.job_at = Some(now);
        facts.work = Some(blob.clone());
        let connection = facts.connection;
        let origin = JobOrigin { pool, connection };
        self.step(|core, now| core.job_replaced(origin, &blob, now));
    }

    pub(crate) fn lose(&mut self, pool: PoolKey) {
        let facts = self.fact(pool);
        facts.job_at = None;
        facts.work = None;
        facts.responsive = true;
        facts.failed = true;
        self.vacate(pool);
        self.step(|core, now| core.pool_lost(pool, true, now));
    }

    /// The session's actor is gone.
    pub(crate) fn die(&mut self, pool: PoolKey) {
        self.facts.remove(&pool).expect("a session that is open");
        self.vacate(pool);
        self.step(|core, now| core.pool_gone(pool, now));
    }

    fn vacate(&mut self, pool: PoolKey) {
        self.unknown.retain(|unknown| *unknown != pool);
        self.given.remove(&pool);
        for held in self.seats.values_mut() {
            *held = held.filter(|lease| lease.pool != pool);
        }
    }

    pub(crate) fn go_silent(&mut self, pool: PoolKey) {
        let facts = self.fact(pool);
        facts.responsive = false;
        facts.failed = true;
        self.step(|core, now| core.pool_unresponsive(pool, now));
    }

    pub(crate) fn answer_again(&mut self, pool: PoolKey) {
        self.fact(pool).responsive = true;
        self.step(|core, now| core.pool_responsive(pool, now));
    }

    /// Time passes, and the planner looks at it now and then, as do the miner sessions.
    pub(crate) fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = end.min(self.now + TICK);
            self.step(|core, now| core.tick(now));
            let now = self.now;
            let held_long = |since: &Instant| now.saturating_duration_since(*since) >= LOGIN_HOLD;
            let overdue: Vec<SeatKey> = self
                .logging_in
                .iter()
                .filter(|(_, since)| held_long(since))
                .map(|(seat, _)| *seat)
                .collect();
            for seat in overdue {
                self.leave(seat);
            }
        }
    }

    /// Much time passes, and the planner looks at it once.
    pub(crate) fn skip(&mut self, time: Duration) {
        self.now += time;
        self.step(|core, now| core.tick(now));
    }

    /// The core fails: its next generation knows what the shell knows, and hears from the miner
    /// sessions who holds what. `down` happens while there is no core, `meanwhile` before the
    /// miner sessions have answered.
    pub(crate) fn fault(
        &mut self,
        down: impl FnOnce(&mut Self),
        meanwhile: impl FnOnce(&mut Self),
    ) {
        self.phase = Phase::Down;
        down(self);
        self.core = PlannerCore::new(
            self.policy,
            self.max_sessions.clone(),
            self.facts.clone(),
            self.next_pool,
            self.serving,
            self.now,
        );
        let mut with_job = self.pools();
        with_job.retain(|pool| self.has_job(*pool));
        self.unknown = with_job;
        self.phase = Phase::Asking;
        let asked = self.seats.clone();
        meanwhile(self);
        let (mut held, mut waiting) = (Vec::new(), Vec::new());
        for seat in self.seats.keys() {
            match asked.get(seat).copied().flatten() {
                Some(lease) => held.push((*seat, lease)),
                None => waiting.push(*seat),
            }
        }
        self.phase = Phase::Whole;
        self.adopted.extend(&waiting);
        self.step(|core, now| core.adopt(&held, &waiting, now));
    }

    // --- what there is ---

    pub(crate) fn pools(&self) -> Vec<PoolKey> {
        self.facts.keys().copied().collect()
    }

    pub(crate) fn pools_of(&self, upstream: usize) -> Vec<PoolKey> {
        self.facts
            .iter()
            .filter(|(_, facts)| facts.upstream == upstream)
            .map(|(pool, _)| *pool)
            .collect()
    }

    /// Sessions that have no job yet get one.
    pub(crate) fn connect(&mut self, upstream: usize) {
        for pool in self.pools_of(upstream) {
            if self
                .facts
                .get(&pool)
                .is_some_and(|facts| facts.job_at.is_none())
            {
                self.job(pool, true);
            }
        }
    }

    pub(crate) fn has_job(&self, pool: PoolKey) -> bool {
        self.facts[&pool].job_at.is_some()
    }

    pub(crate) fn seats(&self) -> Vec<SeatKey> {
        self.seats.keys().copied().collect()
    }

    pub(crate) fn lease(&self, seat: SeatKey) -> Option<Lease> {
        *self.seats.get(&seat)?
    }

    pub(crate) fn is_there(&self, seat: SeatKey) -> bool {
        self.seats.contains_key(&seat)
    }

    pub(crate) const fn serving(&self) -> Option<usize> {
        self.serving
    }

    pub(crate) fn without_lease(&self) -> usize {
        self.seats.values().filter(|held| held.is_none()).count()
    }

    pub(crate) fn upstream_of(&self, seat: SeatKey) -> Option<usize> {
        self.lease(seat)
            .map(|lease| self.facts[&lease.pool].upstream)
    }

    // --- the rules ---

    fn step(&mut self, step: impl FnOnce(&mut PlannerCore, Instant) -> Vec<PlanEffect>) {
        if self.phase == Phase::Down {
            return;
        }
        for effect in step(&mut self.core, self.now) {
            self.obey(effect);
        }
        self.check();
    }

    fn obey(&mut self, effect: PlanEffect) {
        match effect {
            PlanEffect::OpenPool { pool, upstream } => {
                let most = self.max_sessions[upstream];
                assert!(self.pools_of(upstream).len() < most, "a session too many");
                let former = self.facts.insert(pool, PoolFacts::opening(upstream));
                assert!(former.is_none(), "{pool:?} is used twice");
                self.next_pool = self.next_pool.max(pool.0 + 1);
            }
            PlanEffect::ClosePool(pool) => {
                let mut held = self.seats.values().flatten();
                assert!(
                    held.all(|lease| lease.pool != pool),
                    "{pool:?} is not empty"
                );
                assert!(self.facts.remove(&pool).is_some(), "{pool:?} is not open");
                self.given.remove(&pool);
                self.unknown.retain(|unknown| *unknown != pool);
            }
            PlanEffect::Grant {
                seat,
                lease,
                connection,
            } => self.obey_grant(seat, lease, connection),
            PlanEffect::TurnAway { seats, why } => {
                assert_eq!(why, Turned::NoPool);
                for seat in seats {
                    let lease = self.seats.remove(&seat).expect("a seat that is there");
                    assert_eq!(lease, None, "turned away although it has a lease");
                    assert!(
                        self.logging_in.remove(&seat).is_none() || self.adopted.contains(&seat),
                        "turned away although its login is held"
                    );
                    let effects = self.core.seat_left(seat, None, self.now);
                    assert!(effects.is_empty(), "nothing became free");
                    self.turned_away += 1;
                }
            }
            PlanEffect::Serving {
                upstream: serving, ..
            } => {
                assert_ne!(self.serving, serving, "no change");
                self.serving = serving;
                self.switches += 1;
            }
        }
    }

    fn obey_grant(&mut self, seat: SeatKey, lease: Lease, connection: u32) {
        let facts = &self.facts[&lease.pool];
        assert_eq!(facts.connection, connection);
        assert!(facts.job_at.is_some(), "{lease:?} has no job");
        // A slot that is used up may be followed by another of the same session, however that is.
        if self.lease(seat).is_none_or(|held| held.pool != lease.pool) {
            assert_eq!(Some(facts.upstream), self.serving, "not where work goes");
            assert!(facts.responsive, "{lease:?} where nothing is answered");
        }
        assert!(
            !self.unknown.contains(&lease.pool),
            "{lease:?} may have been scanned by somebody whom this generation does not know"
        );
        let fresh = self.given.entry(lease.pool).or_default().insert(lease.slot);
        assert!(fresh, "{lease:?} was given before in the same blob");
        let held = self.seats.get_mut(&seat).expect("a seat that is there");
        let former = held.replace(lease);
        self.logging_in.remove(&seat);
        if let Some(former) = former
            && let Some(facts) = self.facts.get(&former.pool)
        {
            let connection = facts.connection;
            self.core.lease_given_up(seat, former, connection);
        }
    }

    /// What must hold whenever the planner has done its step: each miner has a lease that the
    /// planner knows of, or the planner knows that it waits for one.
    fn check(&self) {
        assert_eq!(self.core.serving(), self.serving);
        assert!(self.core.pools().keys().eq(self.facts.keys()));
        if self.phase != Phase::Whole {
            return;
        }
        for (seat, held) in &self.seats {
            if let Some(lease) = held {
                assert_eq!(self.core.book().tenant(*lease), Some(*seat), "{lease:?}");
            }
        }
        let waiting = self.without_lease();
        assert_eq!(self.core.waiting(), waiting, "miners without a lease");
        assert_eq!(
            self.core.book().held(),
            self.seats.len() - waiting,
            "leases"
        );
    }

    fn fact(&mut self, pool: PoolKey) -> &mut PoolFacts {
        self.facts.get_mut(&pool).expect("a session that is open")
    }
}

pub(crate) fn blob(number: u64) -> Work {
    let mut bytes = [0x10_u8; 76];
    bytes[3..11].copy_from_slice(&number.to_le_bytes());
    bytes[39..43].fill(0);
    Blob::from_hex(&const_hex::encode(bytes))
        .expect("a blob")
        .into()
}
