//! Miner sessions and planner of a lane, between real miners and pools that do as they are told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::{Addr, AsyncContext, Context};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zartrux_actors::bridge::BridgeTap;
use zartrux_actors::clock::Clock;
use zartrux_actors::counters::LaneStats;
use zartrux_actors::journal::Journal;
use zartrux_actors::judge::PoolClosed;
use zartrux_actors::messaging::{Credits, Post};
use zartrux_actors::miner_sessions::{
    Door, MinerSessions, Namesakes, ReplaceOrder, ReportLeases, SessionArgs, SessionPosts,
    SessionSettings, bind,
};
use zartrux_actors::outside_plans::OutsidePlans;
use zartrux_actors::planner::{
    LeaseNearlyUsedUp, LeasesHeld, OpenedPool, PlanPolicy, Planner, PlannerArgs, PlannerPosts,
};
use zartrux_actors::pool_session::{JobReplaced, PoolState, PoolStateChanged};
use zartrux_actors::rigs::ShareRecords;
use zartrux_actors::share_ticket::{ExamineShare, Settlement, ShareSettled, ShareTicket};
use zartrux_actors::supervision::{ActorHealth, Guard};
use zartrux_models::ledger::Place;
use zartrux_models::plan::{FailoverPolicy, Lease, NonceOrder, SeatKey};
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{Algorithm, Blob, Difficulty, JobOrigin, PoolKey, UpstreamJob};

use crate::audit::{Audit, LANE, place};
use crate::miner::Miner;

/// Far more than anything here takes: only a hang reaches it.
const HANG: Duration = Duration::from_secs(120);
/// So much that a scan which is nearly at its end is believed.
pub(crate) const WORTH: u64 = 4_000_000;
const HOUR: Duration = Duration::from_secs(3_600);

/// What the miner sessions hold, and what a replay of the journal says at the same moment.
type Compared = (Vec<(SeatKey, Lease)>, Vec<(Place, SeatKey)>);

/// What the driver of a test waits for.
#[derive(Debug)]
pub(crate) enum Happened {
    /// A miner was told something.
    Heard,
    Opened(PoolKey),
    Closed(PoolKey),
    Share(ShareTicket),
}

#[derive(Debug, Default)]
pub(crate) struct Pool {
    connection: u32,
    pub(crate) is_up: bool,
    blob: u64,
}

pub(crate) struct Lane {
    door: SocketAddr,
    sessions: Addr<MinerSessions>,
    planner: Addr<Planner>,
    pub(crate) planner_health: Arc<ActorHealth>,
    pub(crate) audit: Arc<Mutex<Audit>>,
    pub(crate) outside: OutsidePlans,
    /// The next report of leases is for the test.
    asks: Arc<AtomicBool>,
    compared: Arc<Mutex<Option<Compared>>>,
    happened: UnboundedReceiver<Happened>,
    tell: UnboundedSender<Happened>,
    pub(crate) pools: BTreeMap<PoolKey, Pool>,
    pub(crate) miners: Vec<Miner>,
    joined: usize,
    blobs: u64,
    jobs: u64,
}

impl Lane {
    /// Without an order of nonces.
    pub(crate) fn start() -> Self {
        Self::ordered_by(None)
    }

    pub(crate) fn ordered_by(order: Option<Arc<NonceOrder>>) -> Self {
        let door = bind("127.0.0.1:0".parse().unwrap(), None, false).unwrap();
        let address = Door::address(&door);
        let (tell, happened) = unbounded_channel();
        let audit = Arc::new(Mutex::new(Audit::new()));
        let listening = Arc::clone(&audit);
        let noted = Post::to_fn(move |noted| listening.lock().unwrap().note(noted));
        let journal = Journal::new(noted, 100, Clock).for_lane(LANE);
        let outside = OutsidePlans::open();
        let asks = Arc::new(AtomicBool::new(false));
        let compared = Arc::new(Mutex::new(None));

        let sessions_ctx = Context::<MinerSessions>::new();
        let planner_ctx = Context::<Planner>::new();
        let (sessions, planner) = (sessions_ctx.address(), planner_ctx.address());
        let sessions_health = Arc::new(ActorHealth::new("sessions", "miner session"));
        let planner_health = Arc::new(ActorHealth::new("planner", "planner"));
        macro_rules! post {
            ($to:ident, $health:ident) => {
                Post::to_actor($to.clone().recipient(), Arc::clone(&$health))
            };
        }
        let (is_asked, result) = (Arc::clone(&asks), Arc::clone(&compared));
        let replayer = Arc::clone(&audit);
        let to_planner = post!(planner, planner_health);
        let leases_held = Post::to_fn(move |report: LeasesHeld| {
            if is_asked.swap(false, Ordering::Relaxed) {
                let replayed = replayer.lock().unwrap().replayed();
                *result.lock().unwrap() = Some((report.held, replayed));
            } else {
                to_planner.send(report);
            }
        });
        let (auditor, share) = (Arc::clone(&audit), tell.clone());
        let cascade = Post::to_fn(move |ExamineShare(ticket)| {
            auditor.lock().unwrap().admitted(&ticket);
            share.send(Happened::Share(ticket)).unwrap_or_default();
        });
        sessions_ctx.run(MinerSessions::new(SessionArgs {
            doors: vec![door],
            doorkeeper: zartrux_actors::doorkeeper::Doorkeeper::new(
                zartrux_actors::doorkeeper::DoorSettings::default(),
                1_000,
                Clock,
            ),
            lane: LANE,
            settings: SessionSettings {
                login_timeout: HOUR,
                login_hold: HOUR,
                idle_timeout: HOUR,
                max_connections: 1_000,
                unsent_limit: 100_000,
                buffer_limit: 16 << 20,
                stall_timeout: Duration::from_secs(60),
                lines_per_second: None,
                vardiff: None,
            },
            posts: SessionPosts {
                cascade,
                lease_asked: post!(planner, planner_health),
                lease_nearly_used_up: post!(planner, planner_health),
                lease_given_up: post!(planner, planner_health),
                seat_left: post!(planner, planner_health),
                leases_held,
                worked: post!(planner, planner_health),
                verdict: Post::to_fn(|_| ()),
                login_checked: Post::to_fn(|_| ()),
                settled: Arc::new(post!(sessions, sessions_health)),
            },
            credits: Credits::new(1_000),
            stats: Arc::new(LaneStats::default()),
            records: Arc::new(ShareRecords::new(0)),
            store: None,
            remembered_rate: Arc::new(|_: zartrux_models::share::RigKey| None),
            order,
            outside: outside.clone(),
            random: StdRng::seed_from_u64(1),
            namesakes: Namesakes::default(),
            unfit: Arc::default(),
            guard: Guard::new(Arc::clone(&sessions_health), Clock),
            clock: Clock,
            on_job: Arc::new(|_| ()),
            on_rig: Arc::new(|_| ()),
            journal: journal.clone(),
            bridge: BridgeTap::default(),
        }));
        let (opened, closed) = (tell.clone(), tell.clone());
        planner_ctx.run(Planner::new(PlannerArgs {
            policy: PlanPolicy {
                failover: FailoverPolicy {
                    job_timeout: HOUR,
                    failback_after: Duration::ZERO,
                },
                standby: true,
                grace: HOUR,
                spare_slot_zero: false,
            },
            max_sessions: vec![3, 3],
            routes: None,
            linger: Duration::ZERO,
            posts: PlannerPosts {
                granted: post!(sessions, sessions_health),
                turn_away: post!(sessions, sessions_health),
                report_leases: post!(sessions, sessions_health),
                pool_opened: Post::to_fn(|_| ()),
                pool_closed: [
                    Post::to_fn(|_: PoolClosed| ()),
                    post!(sessions, sessions_health),
                ],
            },
            open_pool: Box::new(move |pool, _| {
                opened.send(Happened::Opened(pool)).unwrap_or_default();
                OpenedPool {
                    forward: Post::to_fn(|_| ()),
                    close: Post::to_fn(|_| ()),
                    retime: Post::to_fn(|_| ()),
                    health: Arc::new(ActorHealth::new("pool", "pool session")),
                }
            }),
            on_serving: Box::new(|_| ()),
            on_routes: Box::new(|_| ()),
            on_closed: Box::new(move |pool| {
                closed.send(Happened::Closed(pool)).unwrap_or_default();
            }),
            journal,
            guard: Guard::new(Arc::clone(&planner_health), Clock),
            clock: Clock,
        }));
        Self {
            door: address,
            sessions,
            planner,
            planner_health,
            audit,
            outside,
            asks,
            compared,
            happened,
            tell,
            pools: BTreeMap::new(),
            miners: Vec::new(),
            joined: 0,
            blobs: 0,
            jobs: 0,
        }
    }

    // --- miners ---

    pub(crate) async fn join(&mut self, count: usize) {
        for _ in 0..count {
            self.joined += 1;
            let miner = Miner::join(self.door, self.joined, self.tell.clone()).await;
            self.miners.push(miner);
        }
    }

    pub(crate) fn replace_order(&self, order: Option<Arc<NonceOrder>>) {
        self.to_sessions(ReplaceOrder(order));
    }

    // --- pools ---

    pub(crate) fn connect(&mut self, pool: PoolKey) {
        self.connect_with(pool, true);
    }

    /// A pool session connects and brings a job: with other nonces, or those that it had.
    pub(crate) fn connect_with(&mut self, pool: PoolKey, another_blob: bool) {
        let Some(known) = self.pools.get_mut(&pool).filter(|known| !known.is_up) else {
            return;
        };
        known.is_up = true;
        known.connection += 1;
        self.state(pool, &PoolState::LoggedIn);
        self.job(pool, another_blob);
    }

    pub(crate) fn lose(&mut self, pool: PoolKey) {
        let Some(known) = self.pools.get_mut(&pool).filter(|known| known.is_up) else {
            return;
        };
        known.is_up = false;
        let lost = PoolState::Lost {
            reason: "scripted".into(),
            class: ErrorClass::Unknown,
        };
        self.state(pool, &lost);
    }

    pub(crate) fn state(&self, pool: PoolKey, state: &PoolState) {
        let changed = || PoolStateChanged {
            pool,
            connection: self.pools[&pool].connection,
            state: state.clone(),
        };
        self.to_sessions(changed());
        self.to_planner(changed());
    }

    /// A pool sends a job: with other nonces, or the same work once more under another name.
    pub(crate) fn job(&mut self, pool: PoolKey, another_blob: bool) {
        self.jobs += 1;
        let Some(known) = self.pools.get_mut(&pool).filter(|known| known.is_up) else {
            return;
        };
        if another_blob {
            self.blobs += 1;
            known.blob = self.blobs;
        }
        let mut bytes = [0x10_u8; 76];
        bytes[3..11].copy_from_slice(&known.blob.to_le_bytes());
        bytes[39..43].fill(0);
        let replaced = JobReplaced {
            origin: JobOrigin {
                pool,
                connection: known.connection,
            },
            job: UpstreamJob {
                id: format!("job-{}", self.jobs).into(),
                work: Blob::from_hex(&const_hex::encode(bytes)).unwrap().into(),
                target: Difficulty::new(WORTH).target(),
                algorithm: Algorithm::Rx0,
                height: None,
                seed: None,
                next_seed: None,
                network_difficulty: None,
            },
        };
        self.to_sessions(replaced.clone());
        self.to_planner(replaced);
    }

    pub(crate) fn nearly_used_up(&self, seat: SeatKey, lease: Lease) {
        self.to_planner(LeaseNearlyUsedUp { seat, lease });
    }

    fn to_sessions<M>(&self, message: M)
    where
        M: actix::Message<Result = ()> + Send + 'static,
        MinerSessions: actix::Handler<M>,
    {
        let health = Arc::new(ActorHealth::new("test", "test"));
        Post::to_actor(self.sessions.clone().recipient(), health).send(message);
    }

    fn to_planner<M>(&self, message: M)
    where
        M: actix::Message<Result = ()> + Send + 'static,
        Planner: actix::Handler<M>,
    {
        let health = Arc::new(ActorHealth::new("test", "test"));
        Post::to_actor(self.planner.clone().recipient(), health).send(message);
    }

    // --- what happens meanwhile ---

    fn take(&mut self, happened: Happened) {
        match happened {
            Happened::Heard => {}
            Happened::Opened(pool) => {
                self.pools.insert(pool, Pool::default());
                self.connect(pool);
            }
            Happened::Closed(pool) => drop(self.pools.remove(&pool)),
            Happened::Share(ticket) => {
                let settled: ShareSettled = ticket.settle(Settlement::Credited);
                self.to_sessions(settled);
            }
        }
    }

    /// What the miner sessions hold, which is what the journal says, and nothing is wrong with it.
    pub(crate) async fn check(&mut self) -> Vec<(SeatKey, Lease)> {
        self.asks.store(true, Ordering::Relaxed);
        self.sessions.send(ReportLeases).await.unwrap();
        while let Ok(happened) = self.happened.try_recv() {
            self.take(happened);
        }
        let (held, replayed) = self.compared.lock().unwrap().take().unwrap();
        let mut places: Vec<(Place, SeatKey)> = held
            .iter()
            .map(|(seat, lease)| (place(*lease), *seat))
            .collect();
        places.sort_unstable();
        assert_eq!(places, replayed);
        assert_eq!(self.audit.lock().unwrap().wrong, Vec::<String>::new());
        held
    }

    /// Until nothing happens for so long.
    pub(crate) async fn while_happening(&mut self, quiet: Duration) {
        while let Ok(Some(happened)) = tokio::time::timeout(quiet, self.happened.recv()).await {
            self.take(happened);
        }
    }

    pub(crate) async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            let happened = tokio::time::timeout(HANG, self.happened.recv()).await;
            let happened = happened.unwrap_or_else(|_| panic!("waited too long for {what}"));
            self.take(happened.expect("the lane is there"));
        }
    }
}
