//! Miner sessions: all miners of a lane.
//!
//! One actor holds them all, because ten thousand idle actors would cost more than the miners
//! themselves. Each session is a core of its own ([`MinerProtocol`]): a fault in one is undone,
//! tried once more, and at worst closes that connection; the others do not notice.
//!
//! [`MinerProtocol`]: zartrux_models::session::MinerProtocol

mod acknowledging;
mod connection;
mod entering;
mod experiment;
mod handing;
mod identity;
mod inheriting;
mod jobs;
mod leases;
mod listeners;
mod messages;
mod rate_memory;
mod reactor;
mod reading;
mod seat;
mod seats_report;
mod settling;
mod taking;
mod tenants;
mod timing;
mod unfit;
mod working;
mod writing;

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Running, StreamHandler};
use rand::RngCore;
use rand::rngs::StdRng;
use slab::Slab;
use zartrux_models::plan::{Capability, NonceOrder, SeatKey, VardiffPolicy, Wheel};
use zartrux_models::share::RigKey;
use zartrux_models::stratum::{AlgoPerf, JobLine, LINE_LIMIT};
use zartrux_models::work::{JobTable, LeasedNonce, NonceSetId, PoolKey, UpstreamJob};

use crate::bridge::BridgeTap;
use crate::clock::Clock;
use crate::counters::LaneStats;
use crate::doorkeeper::Doorkeeper;
use crate::handover::InheritedSeats;
use crate::journal::Journal;
use crate::judge::{PoolClosed, VerdictSeen};
use crate::messaging::{Credits, Post};
use crate::outside_plans::OutsidePlans;
use crate::planner::{
    LeaseAsked, LeaseGivenUp, LeaseNearlyUsedUp, LeasesHeld, SeatLeft, SeatsWorked,
};
use crate::pool_session::{JobReplaced, PoolStateChanged};
use crate::rigs::ShareRecords;
use crate::share_ticket::{ExamineShare, ShareSettled, ShareTicket};
use crate::store::{SharesRecorded, StoreLink};
use crate::supervision::Guard;
use crate::unfit_rigs::UnfitRigs;

pub(crate) use handing::{PackSeats, PackedSeats};
pub use identity::{Namesakes, rig_key_of};
pub use listeners::{BindError, Door, bind};
pub use messages::{
    CloseAll, LeaseGranted, LoginChecked, ReplaceOrder, ReplaceSettings, ReportLeases,
    StopAccepting, StopReading, TurnAway,
};
pub use rate_memory::RateMemory;
pub use seats_report::{ReportSeats, SeatReport, SeatsReported, SeatsWay};

use acknowledging::Acknowledging;
use experiment::Experiment;
use reactor::{Batch, Reactor, Registrar};
use seat::{Seat, SeatLimits, Second};
use tenants::Tenants;
use working::WorkLog;

/// Whom the miner sessions tell what.
#[derive(Debug, Clone)]
pub struct SessionPosts {
    /// Admitted shares: to the first stage of the cascade.
    pub cascade: Post<ExamineShare>,
    /// A seat wants a lease.
    pub lease_asked: Post<LeaseAsked>,
    /// A seat needs another.
    pub lease_nearly_used_up: Post<LeaseNearlyUsedUp>,
    /// A seat has left a lease for another.
    pub lease_given_up: Post<LeaseGivenUp>,
    /// A seat is empty.
    pub seat_left: Post<SeatLeft>,
    /// Who holds what.
    pub leases_held: Post<LeasesHeld>,
    /// The work of good shares.
    pub worked: Post<SeatsWorked>,
    /// What became of a share that the judge forwarded.
    pub verdict: Post<VerdictSeen>,
    /// The way back to the miner sessions, for passwords that are checked elsewhere.
    pub login_checked: Post<LoginChecked>,
    /// The way back to the miner sessions, for tickets that are dropped on the way.
    pub settled: Arc<Post<ShareSettled>>,
}

/// Limits and pace of the miners' side.
#[derive(Debug, Clone, Copy)]
pub struct SessionSettings {
    /// From connecting to a complete login line.
    pub login_timeout: Duration,
    /// From a login to its first job.
    pub login_hold: Duration,
    /// Between two lines of a miner.
    pub idle_timeout: Duration,
    /// Most connections at once.
    pub max_connections: usize,
    /// Bytes that may wait for a miner that does not read.
    pub unsent_limit: usize,
    /// Difficulty per miner; `None`: the pool's for everyone.
    pub vardiff: Option<VardiffPolicy>,
}

/// What is told of each new job before miners get it, so that its seed can be prepared.
pub type JobListener = Arc<dyn Fn(&UpstreamJob) + Send + Sync>;

/// What is told of a rig at the first admitted share of each of its connections.
pub type RigListener = Arc<dyn Fn(&Introduction<'_>) + Send + Sync>;

/// Who a rig says it is, as it logged in. Hostile bytes: to be shown escaped, never trusted.
#[derive(Debug, Clone, Copy)]
pub struct Introduction<'a> {
    /// Which rig that is.
    pub rig: RigKey,
    /// `login`.
    pub user: &'a str,
    /// `rigid`; empty when not given.
    pub rig_id: &'a str,
    /// `agent`.
    pub agent: &'a str,
    /// `algo`: names of algorithms, separated by commas, as far as they are kept.
    pub algorithms: &'a str,
    /// `algo-perf`: hash rates that it claims.
    pub perf: &'a AlgoPerf,
}

/// Everything the miner sessions are built from.
pub struct SessionArgs {
    /// Where miners come in.
    pub doors: Vec<Door>,
    /// Who says who may come in.
    pub doorkeeper: Arc<Doorkeeper>,
    /// The lane's number.
    pub lane: u16,
    /// Limits.
    pub settings: SessionSettings,
    /// Whom to tell.
    pub posts: SessionPosts,
    /// Bounds the shares under way.
    pub credits: Credits,
    /// Where everything is counted.
    pub stats: Arc<LaneStats>,
    /// Where shares that ended are kept to be shown.
    pub records: Arc<ShareRecords>,
    /// Where shares that ended are kept for good; none: nowhere.
    pub store: Option<StoreLink>,
    /// Who is connected under which names, in any lane.
    pub namesakes: Namesakes,
    /// Where rigs are noted that can't hash what there is to mine.
    pub unfit: Arc<UnfitRigs>,
    /// Runs the session cores.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
    /// Hears of each new job.
    pub on_job: JobListener,
    /// Hears of each rig that mines.
    pub on_rig: RigListener,
    /// Where leases are noted.
    pub journal: Journal,
    /// Hears of jobs and of shares that ended.
    pub bridge: BridgeTap,
    /// How fast rigs were before.
    pub remembered_rate: Arc<dyn RateMemory>,
    /// By which order of nonces jobs are drawn at first; none: slots have the bytes of their numbers.
    pub order: Option<Arc<NonceOrder>>,
    /// Orders of nonces from outside.
    pub outside: OutsidePlans,
    /// What session ids and plans are drawn from.
    pub random: StdRng,
}

/// The actor.
pub struct MinerSessions {
    doors: Vec<Door>,
    doorkeeper: Arc<Doorkeeper>,
    lane: u16,
    /// Number of the last admitted share.
    last_share: u64,
    settings: SessionSettings,
    limits: SeatLimits,
    posts: SessionPosts,
    credits: Credits,
    stats: Arc<LaneStats>,
    records: Arc<ShareRecords>,
    acknowledging: Option<Acknowledging>,
    guard: Guard,
    clock: Clock,
    on_job: JobListener,
    on_rig: RigListener,
    remembered_rate: Arc<dyn RateMemory>,
    started: Instant,
    /// The wall clock at that moment, in milliseconds since 1970.
    started_unix_ms: u64,
    registrar: Option<Registrar>,
    seats: Slab<Seat>,
    last_generation: u32,
    tenants: Tenants,
    experiment: Experiment,
    jobs: JobTable,
    lines: HashMap<PoolKey, JobLine>,
    /// Shares for a nonce that another share has claimed, perhaps in another job of the same blob,
    /// until that one is settled. Each holds a credit, so they are bounded.
    contested: HashMap<(NonceSetId, LeasedNonce), VecDeque<ShareTicket>>,
    wheel: Wheel<SeatKey>,
    /// Sockets that had more to read than one turn allows.
    read_on: Vec<SeatKey>,
    /// Doors with more newcomers than one turn allows.
    accept_on: Vec<usize>,
    /// The next turn is set.
    goes_on: bool,
    /// Lines are read; not any more while leaving.
    reads: bool,
    /// One read buffer for all.
    buffer: Vec<u8>,
    /// One place to put replies together.
    scratch: Vec<u8>,
    agents: HashSet<Arc<str>>,
    /// By agent and list of algorithms.
    capabilities: HashMap<(Arc<str>, Arc<str>), Arc<Capability>>,
    unfit: Arc<UnfitRigs>,
    work: WorkLog,
    journal: Journal,
    bridge: BridgeTap,
    namesakes: Namesakes,
    random: StdRng,
    /// Of the process before, until it is taken up.
    inherited: Option<Box<InheritedSeats>>,
}

impl fmt::Debug for MinerSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MinerSessions")
            .field("seats", &self.seats.len())
            .finish_non_exhaustive()
    }
}

impl MinerSessions {
    /// How often timers are looked at.
    const TICK: Duration = Duration::from_millis(500);
    /// How long the others have the thread before a socket with more to read gets its next turn.
    const TURN: Duration = Duration::from_millis(1);

    /// Builds the actor; its doors open when it starts.
    #[must_use]
    pub fn new(mut args: SessionArgs) -> Self {
        let settings = args.settings;
        let journal = args.journal.for_lane(args.lane);
        Self {
            limits: SeatLimits::of(&settings),
            started: args.clock.now(),
            started_unix_ms: args.clock.unix_millis(),
            doors: args.doors,
            doorkeeper: args.doorkeeper,
            lane: args.lane,
            last_share: 0,
            settings,
            posts: args.posts,
            credits: args.credits,
            stats: args.stats,
            records: args.records,
            acknowledging: args.store.map(Acknowledging::new),
            guard: args.guard,
            clock: args.clock,
            on_job: args.on_job,
            on_rig: args.on_rig,
            remembered_rate: args.remembered_rate,
            registrar: None,
            seats: Slab::new(),
            last_generation: 0,
            tenants: Tenants::new(journal.clone()),
            experiment: Experiment::new(
                journal.clone(),
                (args.order, args.outside),
                args.random.next_u64(),
            ),
            jobs: JobTable::default(),
            lines: HashMap::new(),
            contested: HashMap::new(),
            wheel: Wheel::default(),
            read_on: Vec::new(),
            accept_on: Vec::new(),
            goes_on: false,
            reads: true,
            buffer: vec![0; LINE_LIMIT],
            scratch: Vec::with_capacity(1024),
            agents: HashSet::new(),
            capabilities: HashMap::new(),
            unfit: args.unfit,
            work: WorkLog::default(),
            journal,
            bridge: args.bridge,
            namesakes: args.namesakes,
            random: args.random,
            inherited: None,
        }
    }

    /// The lane's clock in whole seconds.
    fn second(&self) -> Second {
        let since = self.clock.now().duration_since(self.started);
        Second::try_from(since.as_secs()).unwrap_or(Second::MAX)
    }

    /// A time as the filters are told it: by the wall clock when the lane started, and by the
    /// monotonic one from there on. So it goes on over restarts, and never goes back within a run.
    fn at_ms(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.started).as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.started_unix_ms.saturating_add(since)
    }

    fn seat(&mut self, key: SeatKey) -> Option<&mut Seat> {
        let index = usize::try_from(key.index).ok()?;
        self.seats.get_mut(index).filter(|seat| seat.key == key)
    }
}

impl Actor for MinerSessions {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        match Reactor::new() {
            Ok((reactor, registrar)) => {
                self.registrar = Some(registrar);
                self.take_up_inherited();
                self.open_doors();
                ctx.add_stream(reactor);
                ctx.run_interval(Self::TICK, |this, _| this.on_tick());
            }
            Err(fault) => {
                tracing::error!(%fault, "no readiness queue: this lane can't serve");
                ctx.stop();
            }
        }
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.close_all();
        Running::Stop
    }
}

impl StreamHandler<std::io::Result<Batch>> for MinerSessions {
    fn handle(&mut self, batch: std::io::Result<Batch>, ctx: &mut Self::Context) {
        match batch {
            Ok(batch) => self.on_batch(&batch),
            Err(fault) => {
                tracing::error!(%fault, "the readiness queue failed");
                ctx.stop();
            }
        }
        self.go_on_later(ctx);
    }
}

impl MinerSessions {
    /// What did not fit in this turn comes in one of its own. A timer and not a message: the
    /// framework would handle a message before anybody else on this thread has had a turn, and one
    /// flooding peer could keep the lane to itself.
    fn go_on_later(&mut self, ctx: &mut Context<Self>) {
        let more = !self.read_on.is_empty() || !self.accept_on.is_empty();
        if more && !self.goes_on {
            self.goes_on = true;
            ctx.run_later(Self::TURN, |this, ctx| {
                this.goes_on = false;
                this.on_next_turn();
                this.go_on_later(ctx);
            });
        }
    }
}

impl Handler<CloseAll> for MinerSessions {
    type Result = ();

    fn handle(&mut self, _: CloseAll, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        self.acknowledge_all();
        ctx.stop();
    }
}

/// Handlers that only pass a message on to the method that deals with it.
macro_rules! handles {
    ($($message:ty => $method:ident),* $(,)?) => {$(
        impl Handler<$message> for MinerSessions {
            type Result = ();

            fn handle(&mut self, message: $message, _: &mut Self::Context) {
                self.guard.health().dequeued();
                self.$method(message);
            }
        }
    )*};
}

handles! {
    JobReplaced => on_job_replaced,
    PoolClosed => on_pool_closed,
    LeaseGranted => on_lease_granted,
    TurnAway => on_turn_away,
    ReportLeases => on_report_leases,
    ReportSeats => on_report_seats,
    ReplaceOrder => on_replace_order,
    ReplaceSettings => on_replace_settings,
    StopAccepting => on_stop_accepting,
    LoginChecked => on_login_checked,
    PackSeats => on_pack,
    SharesRecorded => on_recorded,
}

impl Handler<ShareSettled> for MinerSessions {
    type Result = ();

    fn handle(&mut self, settled: ShareSettled, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        self.on_settled(settled);
        self.watch_acknowledgements(ctx);
    }
}

impl Handler<PoolStateChanged> for MinerSessions {
    type Result = ();

    fn handle(&mut self, changed: PoolStateChanged, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.on_pool_state(&changed);
    }
}

impl Handler<StopReading> for MinerSessions {
    type Result = ();

    fn handle(&mut self, stop: StopReading, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.on_stop_reading(&stop);
    }
}
