//! A lane: one thread that holds a whole data plane, and the only place where its actors are
//! introduced to each other.
//!
//! ```text
//!                 ┌── ShareSettled ◄───────────────────────────┐
//! miners ⇄ MinerSessions ── JudgeShare ──► Judge ── ForwardShare ──► PoolSession ⇄ pool
//!            ▲   │  ▲                      │  ▲                      │  │
//!            │   │  └──────────────────────┼──┼───── JobReplaced ────┘  │
//!   LeaseGranted └─ LeaseAsked…            ▼  │ ProofAnswered           │
//!            └──────── Planner ◄───────── prover threads                │
//!                         └──────────── JobReplaced, PoolStateChanged ──┘
//! ```

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, mpsc};
use std::time::{Duration, Instant};

use actix::{Actor, Addr, Arbiter, ArbiterHandle, AsyncContext, Context};
use zartrux_models::work::{Algorithm, PoolKey, UpstreamJob};

use crate::clock::Clock;
use crate::counters::{LaneCounts, LaneStats};
use crate::judge::{Judge, JudgeArgs, JudgePolicy};
use crate::messaging::{Credits, Post};
use crate::miner_sessions::{
    CloseAll, Door, MinerSessions, SessionArgs, SessionPosts, SessionSettings, StopAccepting,
    StopReading,
};
use crate::planner::{
    ClosePools, OpenPool, OpenedPool, PlanPolicy, Planner, PlannerArgs, PlannerPosts,
};
use crate::pool_session::{
    PoolEndpoint, PoolPosts, PoolSession, PoolSessionArgs, PoolStats, PoolTimeouts,
};
use crate::prover::Prover;
use crate::share_ticket::ShareTicket;
use crate::supervision::{Guard, HealthRegistry};

/// An upstream as a lane uses it.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Where and as whom.
    pub endpoint: PoolEndpoint,
    /// Most sessions of one lane.
    pub max_sessions: usize,
}

/// Everything a lane is built from.
pub struct LaneArgs {
    /// Its number, from 0.
    pub index: usize,
    /// Where its miners come in.
    pub doors: Vec<Door>,
    /// The miners' side.
    pub sessions: SessionSettings,
    /// Most shares under way.
    pub max_shares_in_flight: usize,
    /// Upstreams in order of preference.
    pub upstreams: Vec<Upstream>,
    /// Timers of the pools' side.
    pub timeouts: PoolTimeouts,
    /// Choice of upstream.
    pub plan: PlanPolicy,
    /// Who proves first.
    pub judge: JudgePolicy,
    /// Recomputes hashes; `None` with proving off.
    pub prover: Option<Prover<ShareTicket>>,
    /// Where actors show themselves.
    pub health: HealthRegistry,
    /// The time.
    pub clock: Clock,
}

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
    stats: Arc<LaneStats>,
    pools: RwLock<BTreeMap<PoolKey, PoolView>>,
    /// Upstream that serves, −1 for none.
    serving: AtomicI64,
    started: Instant,
    /// Milliseconds from the lane's start to its last sign of life.
    beat: AtomicU64,
}

impl LaneView {
    fn new(started: Instant) -> Self {
        Self {
            stats: Arc::default(),
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

    fn set_serving(&self, serving: Option<usize>) {
        let code = serving.and_then(|index| i64::try_from(index).ok());
        self.serving.store(code.unwrap_or(-1), Ordering::Relaxed);
    }
}

/// A running lane.
#[derive(Debug)]
pub struct Lane {
    /// Its number.
    pub index: usize,
    /// Where its miners come in.
    pub addresses: Vec<SocketAddr>,
    view: Arc<LaneView>,
    posts: LanePosts,
    arbiter: Arbiter,
}

/// Why a lane did not start.
#[derive(Debug, thiserror::Error)]
#[error("lane {0} did not start: its thread ended")]
pub struct LaneFailed(pub usize);

impl Lane {
    /// How often a lane shows that it is alive.
    pub const BEAT: Duration = Duration::from_millis(250);
    /// How long a lane may take to answer while leaving.
    const PATIENCE: Duration = Duration::from_secs(2);
    /// From closing the connections to the end of the thread.
    const FAREWELL: Duration = Duration::from_millis(100);

    /// Starts a lane on a thread of its own.
    ///
    /// # Errors
    /// The thread ended before its actors were up.
    pub fn launch(args: LaneArgs) -> Result<Self, LaneFailed> {
        let index = args.index;
        let addresses = args.doors.iter().map(Door::address).collect();
        let (clock, started) = (args.clock, args.clock.now());
        let view = Arc::new(LaneView::new(started));
        let (tell, hear) = mpsc::sync_channel(1);
        let arbiter = Arbiter::new();
        let seen = Arc::clone(&view);
        arbiter.spawn_fn(move || {
            let (posts, alive) = introduce(args, Arc::clone(&seen));
            actix::spawn(beat(seen, clock, started, alive));
            // The launcher waits for this; if it does not, there is nobody to tell.
            let _ = tell.send(posts);
        });
        let posts = hear.recv().map_err(|_| LaneFailed(index))?;
        Ok(Self {
            index,
            addresses,
            view,
            posts,
            arbiter,
        })
    }

    /// What it shows.
    #[must_use]
    pub const fn view(&self) -> &Arc<LaneView> {
        &self.view
    }

    /// Takes no more connections.
    pub fn stop_accepting(&self) {
        self.posts.stop_accepting.send(StopAccepting);
    }

    /// Reads no more from miners; true once no further share can come.
    #[must_use]
    pub fn stop_reading(&self) -> bool {
        let (done, stopped) = mpsc::sync_channel(1);
        self.posts.stop_reading.send(StopReading { done });
        stopped.recv_timeout(Self::PATIENCE).is_ok()
    }

    /// Closes all connections and ends the thread. A lane that does not answer any more is left
    /// to the end of the process.
    pub fn close(self) {
        self.posts.close_pools.send(ClosePools);
        self.posts.close_all.send(CloseAll);
        let (done, closed) = mpsc::sync_channel(1);
        self.arbiter.spawn(async move {
            // Sockets get a moment to say what they still have to, and to close in order.
            tokio::time::sleep(Self::FAREWELL).await;
            let _ = done.try_send(());
        });
        let answers = closed.recv_timeout(Self::PATIENCE).is_ok();
        self.arbiter.stop();
        if answers && self.arbiter.join().is_err() {
            tracing::error!(lane = self.index, "the lane's thread panicked");
        }
    }

    /// The arbiter, for whoever must run something on the lane's thread.
    #[must_use]
    pub fn handle(&self) -> ArbiterHandle {
        self.arbiter.handle()
    }
}

/// How a lane is told to leave.
#[derive(Debug)]
struct LanePosts {
    stop_accepting: Post<StopAccepting>,
    stop_reading: Post<StopReading>,
    close_pools: Post<ClosePools>,
    close_all: Post<CloseAll>,
}

/// Whether the actors of a lane are there.
type Alive = [Box<dyn Fn() -> bool>; 3];

/// Makes the actors of a lane and introduces them to each other.
fn introduce(args: LaneArgs, view: Arc<LaneView>) -> (LanePosts, Alive) {
    let name = |what: &str| format!("lane{}/{what}", args.index);
    let (clock, registry) = (args.clock, args.health.clone());
    let guard = |what: &str, kind| Guard::new(registry.register(name(what), kind), clock);
    let (sessions_guard, planner_guard, judge_guard) = (
        guard("miner_sessions", "miner session"),
        guard("planner", "planner"),
        guard("judge", "judge"),
    );
    let sessions_ctx = Context::<MinerSessions>::new();
    let planner_ctx = Context::<Planner>::new();
    let judge_ctx = Context::<Judge>::new();
    let (sessions, planner, judge) = (
        sessions_ctx.address(),
        planner_ctx.address(),
        judge_ctx.address(),
    );
    // One line for each way a message can go between these three.
    macro_rules! post {
        ($to:ident, $guard:ident) => {
            Post::to_actor($to.clone().recipient(), Arc::clone($guard.health()))
        };
    }

    let open_pool = pool_opener(
        &args,
        &view,
        &sessions,
        &planner,
        [sessions_guard.clone(), planner_guard.clone()],
    );
    let on_job = seed_preparer(args.prover.clone());
    let posts = LanePosts {
        stop_accepting: post!(sessions, sessions_guard),
        stop_reading: post!(sessions, sessions_guard),
        close_pools: post!(planner, planner_guard),
        close_all: post!(sessions, sessions_guard),
    };
    let all_there = [
        alive(sessions.clone()),
        alive(planner.clone()),
        alive(judge.clone()),
    ];

    judge_ctx.run(Judge::new(JudgeArgs {
        policy: args.judge,
        prover: args.prover,
        settled: post!(sessions, sessions_guard),
        answers: post!(judge, judge_guard),
        guard: judge_guard.clone(),
        clock,
    }));
    sessions_ctx.run(MinerSessions::new(SessionArgs {
        doors: args.doors,
        settings: args.sessions,
        posts: SessionPosts {
            judge: post!(judge, judge_guard),
            lease_asked: post!(planner, planner_guard),
            lease_nearly_used_up: post!(planner, planner_guard),
            seat_left: post!(planner, planner_guard),
            leases_held: post!(planner, planner_guard),
            settled: Arc::new(post!(sessions, sessions_guard)),
        },
        credits: Credits::new(args.max_shares_in_flight),
        stats: Arc::clone(&view.stats),
        guard: sessions_guard.clone(),
        clock,
        on_job,
    }));
    planner_ctx.run(Planner::new(PlannerArgs {
        policy: args.plan,
        max_sessions: args.upstreams.iter().map(|up| up.max_sessions).collect(),
        linger: Planner::linger_for(args.judge.deadline_unknown),
        posts: PlannerPosts {
            granted: post!(sessions, sessions_guard),
            turn_away: post!(sessions, sessions_guard),
            report_leases: post!(sessions, sessions_guard),
            pool_opened: post!(judge, judge_guard),
            pool_closed: [post!(judge, judge_guard), post!(sessions, sessions_guard)],
        },
        open_pool,
        on_closed: pool_forgetter(args.index, &view, registry),
        on_serving: Box::new(move |serving| view.set_serving(serving)),
        guard: planner_guard,
        clock,
    }));
    (posts, all_there)
}

fn alive<A: Actor>(address: Addr<A>) -> Box<dyn Fn() -> bool> {
    Box::new(move || address.connected())
}

/// Starts pool sessions as the planner asks for them.
fn pool_opener(
    args: &LaneArgs,
    view: &Arc<LaneView>,
    sessions: &Addr<MinerSessions>,
    planner: &Addr<Planner>,
    [to_sessions, to_planner]: [Guard; 2],
) -> OpenPool {
    let (index, clock, registry) = (args.index, args.clock, args.health.clone());
    let (upstreams, timeouts) = (args.upstreams.clone(), args.timeouts);
    let (view, sessions, planner) = (Arc::clone(view), sessions.clone(), planner.clone());
    Box::new(move |pool, upstream| {
        macro_rules! post {
            ($to:ident, $guard:ident) => {
                Post::to_actor($to.clone().recipient(), Arc::clone($guard.health()))
            };
        }
        let health = registry.register(pool_name(index, pool), "pool session");
        let stats = Arc::new(PoolStats::default());
        let session = PoolSession::new(PoolSessionArgs {
            key: pool,
            endpoint: upstreams[upstream].endpoint.clone(),
            timeouts,
            posts: PoolPosts {
                job: [post!(sessions, to_sessions), post!(planner, to_planner)],
                state: [post!(sessions, to_sessions), post!(planner, to_planner)],
                settled: post!(sessions, to_sessions),
            },
            health: Arc::clone(&health),
            stats: Arc::clone(&stats),
            clock,
        });
        view.pools
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(pool, PoolView { upstream, stats });
        let address = session.start();
        OpenedPool {
            forward: Post::to_actor(address.clone().recipient(), Arc::clone(&health)),
            close: Post::to_actor(address.recipient(), Arc::clone(&health)),
            health,
        }
    })
}

/// Takes closed pool sessions out of what is shown.
fn pool_forgetter(
    lane: usize,
    view: &Arc<LaneView>,
    registry: HealthRegistry,
) -> Box<dyn Fn(PoolKey)> {
    let view = Arc::clone(view);
    Box::new(move |pool| {
        view.pools
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&pool);
        registry.remove(&pool_name(lane, pool));
    })
}

fn pool_name(lane: usize, pool: PoolKey) -> String {
    format!("lane{lane}/pool/{}", pool.0)
}

/// Has the seeds of each new job prepared before its first share comes.
fn seed_preparer(prover: Option<Prover<ShareTicket>>) -> Arc<dyn Fn(&UpstreamJob) + Send + Sync> {
    Arc::new(move |job| {
        let provable = matches!(job.algorithm, Algorithm::Rx0 | Algorithm::Rx2);
        if let Some(prover) = prover.as_ref().filter(|_| provable) {
            for seed in [job.seed, job.next_seed].into_iter().flatten() {
                prover.prepare(seed);
            }
        }
    })
}

/// Shows that the lane's thread turns and that its actors are there.
async fn beat(view: Arc<LaneView>, clock: Clock, started: Instant, alive: Alive) {
    let mut interval = tokio::time::interval(Lane::BEAT);
    loop {
        interval.tick().await;
        if alive.iter().all(|alive| alive()) {
            let since = clock.now().duration_since(started).as_millis();
            view.beat
                .store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}
