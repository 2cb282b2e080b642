//! Routes: whatever happens, no miner is given work that it can't hash or that is another's, and
//! none is forgotten.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use zartrux_actors::clock::Clock;
use zartrux_actors::planner::{
    PlanEffect, PlannedRoute, PlannerCore, PoolFacts, RoutePlan, Turned,
};
use zartrux_models::plan::routing::{RigTraits, RouteSpec};
use zartrux_models::plan::{Capability, Lease, SeatKey};
use zartrux_models::work::{Algorithm, JobOrigin, PoolKey, Slot};

use crate::farm::{LOGIN_HOLD, POLICY, blob, spent};

const TICK: Duration = Duration::from_millis(500);
/// Upstreams: two of the first route, one of each other.
const MAX_SESSIONS: [usize; 4] = [2; 4];

fn plan() -> Arc<RoutePlan> {
    let route = |name: &str, order: &[usize], rigs: &[&str], worth| PlannedRoute {
        spec: RouteSpec {
            name: name.into(),
            weight: 1.0,
            worth,
            rigs: rigs.iter().map(|rule| (*rule).into()).collect(),
        },
        order: order.to_vec(),
        schedule: Vec::new(),
        utc_offset: 0,
    };
    Arc::new(RoutePlan {
        routes: vec![
            route("main", &[0, 1], &[], Some(1.0)),
            route("rack", &[2], &["rack-*"], None),
            route("other", &[3], &[], Some(2.0)),
        ],
    })
}

struct Miner {
    traits: Arc<RigTraits>,
    lease: Option<Lease>,
    logging_in: Option<Instant>,
    /// Since when it sits where what is mined is not for it.
    unfit_since: Option<Instant>,
}

struct Scene {
    core: PlannerCore,
    plan: Arc<RoutePlan>,
    now: Instant,
    facts: BTreeMap<PoolKey, PoolFacts>,
    next_pool: u32,
    serving: Vec<Option<usize>>,
    miners: BTreeMap<SeatKey, Miner>,
    next_seat: u32,
    blobs: u64,
    given: HashMap<PoolKey, HashSet<Slot>>,
    /// It does not know yet who sits where.
    asking: bool,
}

impl Scene {
    fn new() -> Self {
        let (now, plan) = (Clock.now(), plan());
        let core = PlannerCore::new(POLICY, MAX_SESSIONS.to_vec(), BTreeMap::new(), 0, None, now)
            .routed(&plan, &[], now);
        let mut scene = Self {
            core,
            plan,
            now,
            facts: BTreeMap::new(),
            next_pool: 0,
            serving: vec![None; 3],
            miners: BTreeMap::new(),
            next_seat: 0,
            blobs: 0,
            given: HashMap::new(),
            asking: false,
        };
        scene.step(PlannerCore::tick);
        scene
    }

    fn step(&mut self, step: impl FnOnce(&mut PlannerCore, Instant) -> Vec<PlanEffect>) {
        for effect in step(&mut self.core, self.now) {
            self.obey(effect);
        }
        self.check();
    }

    fn obey(&mut self, effect: PlanEffect) {
        match effect {
            PlanEffect::OpenPool { pool, upstream } => {
                let open = self.facts.values().filter(|it| it.upstream == upstream);
                assert!(open.count() < MAX_SESSIONS[upstream], "a session too many");
                self.next_pool = self.next_pool.max(pool.0 + 1);
                let former = self.facts.insert(pool, PoolFacts::opening(upstream));
                assert!(former.is_none(), "{pool:?} is used twice");
            }
            PlanEffect::ClosePool(pool) => {
                let mut held = self.miners.values().filter_map(|it| it.lease);
                assert!(held.all(|lease| lease.pool != pool), "not empty");
                assert!(self.facts.remove(&pool).is_some());
                self.given.remove(&pool);
            }
            PlanEffect::Grant { seat, lease, .. } => self.obey_grant(seat, lease),
            PlanEffect::TurnAway { seats, why } => {
                for seat in seats {
                    let miner = self.miners.remove(&seat).expect("a miner that is there");
                    // Who mines is sent away only because nothing that is mined is for it.
                    let fits = |lease: Lease| {
                        let algorithm = self.facts[&lease.pool].algorithm.as_ref();
                        algorithm.is_none_or(|it| miner.traits.capability.can(it))
                    };
                    let mines = why == Turned::NoPool && miner.lease.is_some_and(fits);
                    assert!(!mines || !self.any_open(), "{seat:?}");
                    let left = miner.lease.map(spent);
                    let effects = self.core.seat_left(seat, left, self.now);
                    assert!(effects.is_empty(), "nothing became free");
                }
            }
            PlanEffect::Serving { route, upstream } => self.serving[route] = upstream,
        }
    }

    fn any_open(&self) -> bool {
        self.core.routes().iter().any(|route| route.open)
    }

    fn obey_grant(&mut self, seat: SeatKey, lease: Lease) {
        let facts = &self.facts[&lease.pool];
        let miner = self.miners.get_mut(&seat).expect("a miner that is there");
        assert!(facts.job_at.is_some(), "{lease:?} has no job");
        let algorithm = facts.algorithm.as_ref().expect("of a job");
        assert!(
            miner.traits.capability.can(algorithm),
            "{seat:?} can't hash {algorithm}"
        );
        if miner.lease.is_none_or(|held| held.pool != lease.pool) {
            let serves = self.serving.contains(&Some(facts.upstream));
            assert!(serves && facts.responsive, "not where work goes");
        }
        let fresh = self.given.entry(lease.pool).or_default().insert(lease.slot);
        assert!(fresh, "{lease:?} was given before in the same blob (I3)");
        let former = miner.lease.replace(lease);
        miner.logging_in = None;
        if let Some(former) = former
            && let Some(facts) = self.facts.get(&former.pool)
        {
            let connection = facts.connection;
            self.core.lease_given_up(seat, former, connection);
        }
    }

    fn check(&mut self) {
        assert!(self.core.pools().keys().eq(self.facts.keys()));
        if self.asking {
            return;
        }
        let now = self.now;
        for (seat, miner) in &mut self.miners {
            let facts = miner.lease.map(|lease| &self.facts[&lease.pool]);
            let algorithm = facts.and_then(|facts| facts.algorithm.as_ref());
            let fits = algorithm.is_none_or(|it| miner.traits.capability.can(it));
            miner.unfit_since = match miner.unfit_since {
                _ if fits => None,
                Some(since) => Some(since),
                None => Some(now),
            };
            let since = miner.unfit_since.unwrap_or(now);
            assert!(
                now.saturating_duration_since(since) <= 2 * POLICY.grace + 2 * TICK,
                "{seat:?} sits where it can hash nothing"
            );
            if let Some(lease) = miner.lease {
                assert_eq!(self.core.book().tenant(lease), Some(*seat));
            }
        }
        let waiting = self.miners.values().filter(|it| it.lease.is_none()).count();
        assert_eq!(self.core.waiting(), waiting, "miners without a lease");
        let held = self.miners.len() - waiting;
        assert_eq!(self.core.book().held(), held, "leases");
    }

    // --- what happens ---

    fn join(&mut self, kind: usize) {
        self.next_seat += 1;
        let seat = SeatKey {
            index: self.next_seat,
            generation: self.next_seat,
        };
        let algorithms: &[Algorithm] = match kind % 4 {
            0 => &[Algorithm::Rx0],
            1 => &[Algorithm::Rx2],
            _ => &[Algorithm::Rx0, Algorithm::Rx2],
        };
        let name = if kind.is_multiple_of(3) {
            "rack-1"
        } else {
            "x"
        };
        let perf = algorithms.iter().map(|it| (it.clone(), 1_000.0));
        let traits = Arc::new(RigTraits {
            names: vec![name.into()],
            capability: Capability::of(algorithms, ""),
            perf: perf.filter(|_| kind.is_multiple_of(5)).collect(),
        });
        let miner = Miner {
            traits: Arc::clone(&traits),
            lease: None,
            logging_in: Some(self.now),
            unfit_since: None,
        };
        self.miners.insert(seat, miner);
        self.step(|core, now| core.lease_asked_by(seat, traits, now));
    }

    fn leave(&mut self, seat: SeatKey) {
        let miner = self.miners.remove(&seat).expect("a miner that is there");
        self.step(|core, now| core.seat_left(seat, miner.lease.map(spent), now));
    }

    fn job(&mut self, pool: PoolKey, young: bool) {
        self.blobs += 1;
        let work = blob(self.blobs);
        let algorithm = if young {
            Algorithm::Rx2
        } else {
            Algorithm::Rx0
        };
        self.given.remove(&pool);
        let facts = self.facts.get_mut(&pool).expect("an open session");
        facts.connection += u32::from(facts.job_at.is_none());
        facts.job_at = Some(self.now);
        facts.work = Some(work.clone());
        facts.algorithm = Some(algorithm.clone());
        let connection = facts.connection;
        let origin = JobOrigin { pool, connection };
        self.step(|core, now| core.job_came(origin, &work, Some(algorithm), now));
    }

    fn lose(&mut self, pool: PoolKey) {
        let facts = self.facts.get_mut(&pool).expect("an open session");
        facts.job_at = None;
        facts.work = None;
        facts.failed = true;
        self.given.remove(&pool);
        for miner in self.miners.values_mut() {
            miner.lease = miner.lease.filter(|lease| lease.pool != pool);
        }
        self.step(|core, now| core.pool_lost(pool, true, now));
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = end.min(self.now + TICK);
            self.step(PlannerCore::tick);
            let now = self.now;
            let held = |miner: &Miner| {
                let since = miner.logging_in?;
                Some(now.saturating_duration_since(since) >= LOGIN_HOLD)
            };
            let overdue = self.miners.iter().filter(|(_, it)| held(it) == Some(true));
            for seat in overdue.map(|(seat, _)| *seat).collect::<Vec<_>>() {
                self.leave(seat);
            }
        }
    }

    /// The core fails, and the next one hears who holds what.
    fn fault(&mut self, meanwhile: impl FnOnce(&mut Self)) {
        let (most, facts) = (MAX_SESSIONS.to_vec(), self.facts.clone());
        self.core = PlannerCore::new(POLICY, most, facts, self.next_pool, None, self.now).routed(
            &self.plan,
            &self.serving,
            self.now,
        );
        self.asking = true;
        meanwhile(self);
        let held = self.miners.iter();
        let held: Vec<_> = held
            .filter_map(|(seat, it)| Some((*seat, it.lease?)))
            .collect();
        let waiting = self.miners.iter().filter(|(_, it)| it.lease.is_none());
        let waiting: Vec<SeatKey> = waiting.map(|(seat, _)| *seat).collect();
        let traits = self.miners.iter();
        let traits: Vec<_> = traits
            .map(|(seat, it)| (*seat, Arc::clone(&it.traits)))
            .collect();
        self.asking = false;
        self.step(|core, now| {
            core.know(traits);
            core.adopt(&held, &waiting, now)
        });
    }

    fn play(&mut self, event: &Event) {
        let pools: Vec<PoolKey> = self.facts.keys().copied().collect();
        let seats: Vec<SeatKey> = self.miners.keys().copied().collect();
        match *event {
            Event::Join(count, kind) => (0..count).for_each(|at| self.join(kind + at)),
            Event::Leave(index) => {
                for seat in seats.into_iter().skip(index % 3).step_by(3) {
                    self.leave(seat);
                }
            }
            Event::UsedUp(index) if !seats.is_empty() => {
                let seat = seats[index % seats.len()];
                if let Some(lease) = self.miners[&seat].lease {
                    self.step(|core, now| core.lease_nearly_used_up(seat, lease, now));
                }
            }
            Event::Job(index, young) if !pools.is_empty() => {
                self.job(pools[index % pools.len()], young);
            }
            Event::Lose(index) if !pools.is_empty() => self.lose(pools[index % pools.len()]),
            Event::UsedUp(_) | Event::Job(..) | Event::Lose(_) => {}
            Event::Worth(worth) => self.step(|core, _| {
                assert!(core.set_worth("main", worth.map(f64::from)));
                Vec::new()
            }),
            Event::Wait(millis) => self.wait(Duration::from_millis(millis)),
            Event::Fault(kind) => self.fault(|scene| scene.join(kind)),
        }
    }
}

#[derive(Debug, Clone)]
enum Event {
    Join(usize, usize),
    Leave(usize),
    UsedUp(usize),
    Job(usize, bool),
    Lose(usize),
    Worth(Option<u8>),
    Wait(u64),
    Fault(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let some = 0_usize..10_000;
    prop_oneof![
        4 => (1_usize..120, some.clone()).prop_map(|(count, kind)| Event::Join(count, kind)),
        2 => some.clone().prop_map(Event::Leave),
        4 => some.clone().prop_map(Event::UsedUp),
        12 => (some.clone(), any::<bool>()).prop_map(|(pool, young)| Event::Job(pool, young)),
        2 => some.clone().prop_map(Event::Lose),
        1 => any::<Option<u8>>().prop_map(Event::Worth),
        4 => (1_u64..40_000).prop_map(Event::Wait),
        1 => some.prop_map(Event::Fault),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_miner_is_given_what_it_cant_hash_nor_anothers_nonces_and_none_is_forgotten(
        events in proptest::collection::vec(event(), 1..50),
    ) {
        let mut scene = Scene::new();
        for event in &events {
            scene.play(event);
        }
        // Nothing more comes from any pool: nobody is kept waiting for ever.
        scene.wait(2 * POLICY.grace + LOGIN_HOLD);
        let waiting = scene.miners.values().filter(|it| it.lease.is_none()).count();
        prop_assert_eq!(waiting, 0);
    }
}

impl Scene {
    /// The session of an upstream that has one.
    fn session(&self, upstream: usize) -> PoolKey {
        let mut of = self.facts.iter().filter(|(_, it)| it.upstream == upstream);
        *of.next().expect("a session").0
    }

    /// How many miners mine for an upstream.
    fn mining_for(&self, upstream: usize) -> usize {
        let leases = self.miners.values().filter_map(|it| it.lease);
        leases
            .filter(|lease| self.facts[&lease.pool].upstream == upstream)
            .count()
    }

    fn tell_time(&mut self, unix: i64) {
        self.core.tell_time(unix);
        self.wait(TICK);
    }
}

#[test]
fn a_route_that_opens_later_does_not_find_all_rigs_at_the_first() {
    let mut scene = Scene::new();
    for kind in [2, 2, 2, 2] {
        scene.join(kind);
    }
    let (main, other) = (scene.session(0), scene.session(3));
    scene.job(main, false);
    assert_eq!(scene.mining_for(0), 0, "the others are waited for");
    scene.job(other, false);
    scene.wait(Duration::from_secs(4));
    assert_eq!((scene.mining_for(0), scene.mining_for(3)), (2, 2));
}

/// 1970-01-05 was the first Monday since the time that is counted from.
const MONDAY: i64 = 4 * 86_400;

#[test]
fn a_route_takes_rigs_within_its_hours_and_loses_all_when_they_end() {
    let mut scene = Scene::new();
    let mut plan = (*scene.plan).clone();
    plan.routes[2].schedule = vec!["Mon 22:00-06:00".parse().unwrap()];
    // Its evening is two hours earlier for UTC.
    plan.routes[2].utc_offset = 7_200;
    let plan = Arc::new(plan);
    scene.plan = Arc::clone(&plan);
    scene.step(|core, now| core.replace_routes(POLICY, MAX_SESSIONS.to_vec(), &plan, now));
    let (main, other) = (scene.session(0), scene.session(3));
    scene.job(main, false);
    scene.job(other, false);
    scene.tell_time(MONDAY + 20 * 3_600 - 1);
    for kind in [2; 4] {
        scene.join(kind);
    }
    scene.wait(Duration::from_secs(4));
    assert_eq!((scene.mining_for(0), scene.mining_for(3)), (4, 0));
    scene.tell_time(MONDAY + 20 * 3_600);
    for kind in [2; 4] {
        scene.join(kind);
    }
    scene.wait(TICK);
    assert_eq!((scene.mining_for(0), scene.mining_for(3)), (4, 4));
    scene.tell_time(MONDAY + 28 * 3_600);
    assert_eq!((scene.mining_for(0), scene.mining_for(3)), (8, 0));
    let closed = &scene.core.routes()[2];
    assert!(!closed.open && !closed.in_window && closed.serving == Some(3));
}
