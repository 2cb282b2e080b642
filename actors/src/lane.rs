//! A lane: one thread that holds a whole data plane, and the only place where its actors are
//! introduced to each other.
//!
//! ```text
//!             ┌── ShareSettled ◄───────────────────────┬──────────────────────────┐
//! miners ⇄ MinerSessions ─ ExamineShare ─► filters ─► Judge ─ ForwardShare ─► PoolSession ⇄ pool
//!           ▲  │  ▲  └── VerdictSeen ─────────────────┘ │ ▲                     │  │
//!           │  │  └─────────────────────────────────────┼─┼─── JobReplaced ─────┘  │
//! LeaseGranted └─ LeaseAsked… ──┐                       ▼ │ ProofAnswered          │
//!           └──────── Planner ◄──┘                 prover threads                  │
//!                        └────── JobReplaced, PoolStateChanged ────────────────────┘
//! ```
//!
//! The filters are six stages in a row, each of which passes every share on to the next:
//! entropy, divergence, pattern, pace, cluster, classifier. A lane may also do without them.

mod giving;
mod listening;
mod models_way;
mod pools;
mod remembered;
mod settings_way;
mod view;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use actix::{Arbiter, ArbiterHandle, AsyncContext, Context};
use rand::SeedableRng;
use rand::rngs::StdRng;
use zartrux_models::judge::{BanRule, JudgePolicy};
use zartrux_models::plan::NonceOrder;

use crate::bridge::BridgeTap;
use crate::clock::Clock;
use crate::dial::Names;
use crate::doorkeeper::Doorkeeper;
use crate::filters::{Alive, Cascade, FilterModels, ModelPosts, StageSettings, StatePosts, alive};
use crate::journal::Journal;
use crate::handover::{BadParcel, Inheritance, LaneParcel, PumpsLeft};
use crate::judge::{Judge, JudgeArgs};
use crate::messaging::{Credits, Post};
use crate::miner_sessions::{
    CloseAll, Door, MinerSessions, Namesakes, ReplaceOrder, ReportSeats, SeatsWay, SessionArgs,
    SessionPosts, SessionSettings, StopAccepting, StopReading,
};
use crate::node_session::NodeEndpoint;
use crate::outside_plans::OutsidePlans;
use crate::planner::{ClosePools, PlanPolicy, Planner, PlannerArgs, PlannerPosts, RoutePlan};
use crate::pool_session::{PoolEndpoint, PoolTimeouts};
use crate::prover::Prover;
use crate::share_ticket::{ExamineShare, ShareTicket};
use crate::store::StoreLink;
use crate::store::registry::{LaneMemory, RegistryLink};
use crate::supervision::{Guard, HealthRegistry};

pub use models_way::ModelsWay;
pub use remembered::Remembered;
pub use settings_way::{LaneSettings, SettingsWay};
pub use view::{LaneView, PoolView, Switches};

use giving::{GivingPosts, OpenWays};
use listening::{name_keeper, seed_preparer};
use pools::{pool_forgetter, pool_opener};
use settings_way::Dialing;

/// An upstream as a lane uses it.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Where and as whom.
    pub endpoint: PoolEndpoint,
    /// It is a monerod: this counts, and not `endpoint`.
    pub node: Option<NodeEndpoint>,
    /// Most sessions of one lane.
    pub max_sessions: usize,
    /// How it counts before it bans.
    pub ban_rule: BanRule,
}

/// Everything a lane is built from.
pub struct LaneArgs {
    /// Its number, from 0.
    pub index: usize,
    /// Where its miners come in.
    pub doors: Vec<Door>,
    /// Who may: the same for all lanes of a process.
    pub doorkeeper: Arc<Doorkeeper>,
    /// The miners' side.
    pub sessions: SessionSettings,
    /// Most shares under way.
    pub max_shares_in_flight: usize,
    /// Upstreams in order of preference.
    pub upstreams: Vec<Upstream>,
    /// Timers of the pools' side.
    pub timeouts: PoolTimeouts,
    /// Addresses of names: the same for all lanes of a process.
    pub names: Names,
    /// Choice of upstream.
    pub plan: PlanPolicy,
    /// Routes, if there are any: which rig mines for which upstream.
    pub routes: Option<Arc<RoutePlan>>,
    /// Bounds of the filters; `None`: shares go to the judge without any evidence.
    pub filters: Option<StageSettings>,
    /// What two of the filters go by.
    pub models: FilterModels,
    /// By which order of nonces jobs are drawn; none: slots have the bytes of their numbers.
    pub order: Option<Arc<NonceOrder>>,
    /// Orders of nonces from outside: the same for all lanes of a process.
    pub outside: OutsidePlans,
    /// Who proves first.
    pub judge: JudgePolicy,
    /// How many of the last shares are kept to be shown.
    pub shares_kept: usize,
    /// Where shares that ended are kept for good; none: nowhere.
    pub store: Option<StoreLink>,
    /// Hears of each rig that begins to mine.
    pub registry: Option<RegistryLink>,
    /// Who is connected under which names: the same for all lanes of a process.
    pub namesakes: Namesakes,
    /// What is remembered from an earlier run of the process.
    pub remembered: Remembered,
    /// The live state of a lane of the process before this one, to go on with.
    pub inherited: Option<LaneParcel>,
    /// Recomputes hashes; `None` with proving off.
    pub prover: Option<Prover<ShareTicket>>,
    /// Where actors show themselves.
    pub health: HealthRegistry,
    /// Where they note what is kept beside the shares.
    pub journal: Journal,
    /// Hears of jobs and of shares that ended.
    pub bridge: BridgeTap,
    /// The time.
    pub clock: Clock,
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
    clock: Clock,
}

/// Why a lane did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaneFailed {
    /// Its thread ended.
    #[error("lane {0} did not start: its thread ended")]
    Ended(usize),
    /// It can't go on with what it was given.
    #[error("lane {lane} can't take up what the process before gave: {why}")]
    Parcel {
        /// Which lane.
        lane: usize,
        /// Why not.
        why: BadParcel,
    },
}

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
    /// The thread ended before its actors were up, or the parcel can't be taken up: then nothing was
    /// done with the sockets in it.
    pub fn launch(mut args: LaneArgs) -> Result<Self, LaneFailed> {
        let index = args.index;
        let parcel = args.inherited.take();
        let inheritance = parcel.map(|parcel| Inheritance::open(parcel, &args.upstreams));
        let mut inheritance = inheritance
            .transpose()
            .map_err(|why| LaneFailed::Parcel { lane: index, why })?;
        if let Some(inheritance) = &mut inheritance {
            inheritance.remember(&mut args.remembered);
        }
        let addresses = args.doors.iter().map(Door::address).collect();
        let (clock, started) = (args.clock, args.clock.now());
        let view = Arc::new(LaneView::new(
            started,
            args.judge.max_rigs,
            args.shares_kept,
        ));
        args.remembered.restore_judge(&args, &view.rigs);
        let (tell, hear) = mpsc::sync_channel(1);
        let arbiter = Arbiter::new();
        let seen = Arc::clone(&view);
        arbiter.spawn_fn(move || {
            let (posts, alive) = introduce(args, inheritance, Arc::clone(&seen));
            actix::spawn(beat(seen, clock, started, alive));
            // The launcher waits for this; if it does not, there is nobody to tell.
            let _ = tell.send(posts);
        });
        let posts = hear.recv().map_err(|_| LaneFailed::Ended(index))?;
        Ok(Self {
            index,
            addresses,
            view,
            posts,
            arbiter,
            clock,
        })
    }

    /// What it shows.
    #[must_use]
    pub const fn view(&self) -> &Arc<LaneView> {
        &self.view
    }

    /// The way to put other models in force.
    #[must_use]
    pub fn models_way(&self) -> ModelsWay {
        ModelsWay {
            filters: self.posts.models.clone(),
            order: self.posts.replace_order.clone(),
        }
    }

    /// Other models are in force from now on; without filters there is nobody to tell.
    pub fn replace_models(&self, models: &FilterModels) {
        self.models_way().replace_models(models);
    }

    /// Jobs with another blob are drawn by this order of nonces from now on; none: their slots have
    /// the bytes of their numbers.
    pub fn replace_order(&self, order: Option<Arc<NonceOrder>>) {
        self.models_way().replace_order(order);
    }

    /// The way to ask who is connected.
    #[must_use]
    pub fn seats_way(&self) -> SeatsWay {
        SeatsWay::new(self.posts.report_seats.clone())
    }

    /// What its judge and its filters remember of rigs, to be written down.
    #[must_use]
    pub fn memory(&self) -> LaneMemory {
        LaneMemory {
            judge: Arc::clone(&self.view),
            filters: self.posts.states.clone(),
        }
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

/// How a lane is told to leave, and of other models.
#[derive(Debug)]
struct LanePosts {
    models: Option<ModelPosts>,
    states: StatePosts,
    replace_order: Post<ReplaceOrder>,
    report_seats: Post<ReportSeats>,
    settings: SettingsWay,
    stop_accepting: Post<StopAccepting>,
    stop_reading: Post<StopReading>,
    close_pools: Post<ClosePools>,
    close_all: Post<CloseAll>,
    giving: GivingPosts,
}

/// Makes the actors of a lane and introduces them to each other.
fn introduce(
    args: LaneArgs,
    inheritance: Option<Inheritance>,
    view: Arc<LaneView>,
) -> (LanePosts, Vec<Alive>) {
    let (seats, plan, links) = inheritance.map_or_else(Default::default, |it| {
        (Some(it.seats), Some(it.plan), it.links)
    });
    let ways = OpenWays::default();
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

    let dialing = Dialing::new(args.upstreams.clone(), args.timeouts);
    let open_pool = pool_opener(
        &args,
        Arc::clone(&dialing),
        &view,
        &sessions,
        &planner,
        [sessions_guard.clone(), planner_guard.clone()],
        (ways.clone(), links),
    );
    let on_job = seed_preparer(args.prover.clone());
    let judge_post = post!(judge, judge_guard);
    let lane = u16::try_from(args.index).unwrap_or(u16::MAX);
    let journal = args.journal.for_lane(lane);
    let (cascade, stages, models, states) = start_filters(&args, judge_post, &journal);
    // Before the first share, since posts are in order.
    states.restore(args.remembered.filters);
    let posts = LanePosts {
        models,
        states,
        replace_order: post!(sessions, sessions_guard),
        report_seats: post!(sessions, sessions_guard),
        settings: SettingsWay {
            view: Arc::clone(&view),
            dialing,
            judge: post!(judge, judge_guard),
            planner: post!(planner, planner_guard),
            worth: post!(planner, planner_guard),
            sessions: post!(sessions, sessions_guard),
        },
        stop_accepting: post!(sessions, sessions_guard),
        stop_reading: post!(sessions, sessions_guard),
        close_pools: post!(planner, planner_guard),
        close_all: post!(sessions, sessions_guard),
        giving: GivingPosts {
            plan: post!(planner, planner_guard),
            seats: post!(sessions, sessions_guard),
            ways,
            has_store: args.store.is_some(),
            pumps: PumpsLeft::default(),
        },
    };
    let mut all_there = stages;
    all_there.extend([
        alive(sessions.clone()),
        alive(planner.clone()),
        alive(judge.clone()),
    ]);

    judge_ctx.run(Judge::new(JudgeArgs {
        policy: args.judge,
        ban_rules: args.upstreams.iter().map(|up| up.ban_rule).collect(),
        board: Arc::clone(&view.rigs),
        prover: args.prover,
        settled: post!(sessions, sessions_guard),
        answers: post!(judge, judge_guard),
        journal: journal.clone(),
        guard: judge_guard.clone(),
        clock,
    }));
    let lane = u16::try_from(args.index).unwrap_or(u16::MAX);
    if let Some(store) = &args.store {
        store.join(lane, post!(sessions, sessions_guard));
    }
    let sessions_args = SessionArgs {
        doors: args.doors,
        doorkeeper: args.doorkeeper,
        lane,
        settings: args.sessions,
        posts: SessionPosts {
            cascade,
            lease_asked: post!(planner, planner_guard),
            lease_nearly_used_up: post!(planner, planner_guard),
            lease_given_up: post!(planner, planner_guard),
            seat_left: post!(planner, planner_guard),
            leases_held: post!(planner, planner_guard),
            worked: post!(planner, planner_guard),
            verdict: post!(judge, judge_guard),
            login_checked: post!(sessions, sessions_guard),
            settled: Arc::new(post!(sessions, sessions_guard)),
        },
        credits: Credits::new(args.max_shares_in_flight),
        stats: Arc::clone(&view.stats),
        records: Arc::clone(&view.records),
        store: args.store,
        namesakes: args.namesakes,
        unfit: Arc::clone(&view.unfit),
        guard: sessions_guard.clone(),
        clock,
        on_job,
        on_rig: name_keeper(&view, args.registry),
        remembered_rate: args.remembered.rate,
        order: args.order,
        outside: args.outside,
        random: StdRng::from_entropy(),
        journal: journal.clone(),
        bridge: args.bridge,
    };
    sessions_ctx.run(MinerSessions::new(sessions_args).inheriting(seats));
    let planner_args = PlannerArgs {
        policy: args.plan,
        max_sessions: args.upstreams.iter().map(|up| up.max_sessions).collect(),
        routes: args.routes,
        linger: Planner::linger_after(&args.judge),
        posts: PlannerPosts {
            granted: post!(sessions, sessions_guard),
            turn_away: post!(sessions, sessions_guard),
            report_leases: post!(sessions, sessions_guard),
            pool_opened: post!(judge, judge_guard),
            pool_closed: [post!(judge, judge_guard), post!(sessions, sessions_guard)],
        },
        open_pool,
        on_closed: pool_forgetter(args.index, &view, registry),
        on_routes: view.routes_keeper(),
        on_serving: Box::new(move |serving| view.set_serving(serving)),
        journal,
        guard: planner_guard,
        clock,
    };
    planner_ctx.run(Planner::new(planner_args).inheriting(plan));
    (posts, all_there)
}

/// Starts the filters, if there are any: where shares go in, whether all stages are there, and how
/// they are told of other models.
fn start_filters(
    args: &LaneArgs,
    judge: Post<ExamineShare>,
    journal: &Journal,
) -> (
    Post<ExamineShare>,
    Vec<Alive>,
    Option<ModelPosts>,
    StatePosts,
) {
    let Some(settings) = args.filters else {
        return (judge, Vec::new(), None, StatePosts::default());
    };
    let mut cascade = Cascade::before(
        judge,
        args.index,
        settings,
        args.health.clone(),
        journal.clone(),
        args.clock,
    );
    let models = cascade.put_all(&args.models);
    let states = cascade.state_posts();
    let (first, alive) = cascade.finish();
    (first, alive, Some(models), states)
}

/// Shows that the lane's thread turns and that its actors are there.
async fn beat(view: Arc<LaneView>, clock: Clock, started: Instant, alive: Vec<Alive>) {
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
