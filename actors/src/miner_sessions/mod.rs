//! Miner sessions: all miners of a lane.
//!
//! One actor holds them all, because ten thousand idle actors would cost more than the miners
//! themselves. Each session is a core of its own ([`MinerProtocol`]): a fault in one is undone,
//! tried once more, and at worst closes that connection; the others do not notice.
//!
//! [`MinerProtocol`]: zartrux_models::session::MinerProtocol

mod acknowledging;
mod args;
mod batches;
mod connection;
mod entering;
mod experiment;
mod handing;
mod holding;
mod identity;
mod inheriting;
mod jobs;
mod leases;
mod listeners;
mod messages;
mod pacing;
mod rate_memory;
mod reactor;
mod reading;
mod said;
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
use zartrux_models::plan::{Capability, SeatKey, Wheel};
use zartrux_models::stratum::{JobLine, LINE_LIMIT};
use zartrux_models::work::{JobTable, LeasedNonce, NonceSetId, PoolKey};

use crate::bridge::BridgeTap;
use crate::clock::Clock;
use crate::counters::LaneStats;
use crate::doorkeeper::Doorkeeper;
use crate::handover::InheritedSeats;
use crate::inbox;
use crate::journal::Journal;
use crate::judge::PoolClosed;
use crate::messaging::Credits;
use crate::pool_session::JobReplaced;
use crate::rigs::ShareRecords;
use crate::share_ticket::{ShareSettled, ShareTicket};
use crate::store::SharesRecorded;
use crate::supervision::Guard;
use crate::unfit_rigs::UnfitRigs;

pub use args::{
    Introduction, JobListener, RigListener, SessionArgs, SessionPosts, SessionSettings,
};
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
use holding::Held;
use reactor::{Batch, Reactor, Registrar};
use seat::{Seat, SeatLimits, Second};
use tenants::Tenants;
use working::WorkLog;

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
    settled: inbox::Batch<ShareSettled>,
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
    /// Sockets that had more to read than their pace allows.
    paused: Vec<SeatKey>,
    held: Held,
    /// Doors with more newcomers than one turn allows.
    accept_on: Vec<usize>,
    /// The next turn is set.
    goes_on: bool,
    /// Lines are read; not any more while leaving.
    reads: bool,
    /// When a socket was read last.
    read_at: Instant,
    /// One read buffer for all.
    buffer: Vec<u8>,
    /// One place to put replies together.
    scratch: Vec<u8>,
    agents: HashSet<Arc<str>>,
    /// Lists of algorithms as they were sent, and as they are kept.
    lists: HashMap<Box<str>, Arc<str>>,
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
            settled: inbox::Batch::default(),
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
            paused: Vec::new(),
            held: Held::default(),
            accept_on: Vec::new(),
            goes_on: false,
            reads: true,
            read_at: args.clock.now(),
            buffer: vec![0; LINE_LIMIT],
            scratch: Vec::with_capacity(1024),
            agents: HashSet::new(),
            lists: HashMap::new(),
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
        self.second_at(self.clock.now())
    }

    fn second_at(&self, now: Instant) -> Second {
        let since = now.saturating_duration_since(self.started);
        Second::try_from(since.as_secs()).unwrap_or(Second::MAX)
    }

    /// The lane's clock in milliseconds; it begins again after 49 days.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "differences are what counts"
    )]
    fn millis(&self) -> u32 {
        self.clock.now().duration_since(self.started).as_millis() as u32
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
                ctx.run_interval(Self::TICK, |this, ctx| {
                    this.on_tick();
                    this.go_on_later(ctx);
                });
            }
            Err(fault) => {
                tracing::error!(%fault, "no readiness queue: this lane can't serve");
                ctx.stop();
            }
        }
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.close_all();
        self.hand_over_records();
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
        self.hand_over_soon(ctx);
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
