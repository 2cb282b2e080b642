//! What the miner sessions are built from.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use zartrux_models::plan::{NonceOrder, VardiffPolicy};
use zartrux_models::share::RigKey;
use zartrux_models::stratum::AlgoPerf;
use zartrux_models::work::UpstreamJob;

use super::{Door, LoginChecked, Namesakes, RateMemory};
use crate::bridge::BridgeTap;
use crate::clock::Clock;
use crate::counters::LaneStats;
use crate::doorkeeper::Doorkeeper;
use crate::journal::Journal;
use crate::judge::VerdictSeen;
use crate::messaging::{Credits, Post};
use crate::outside_plans::OutsidePlans;
use crate::planner::{
    LeaseAsked, LeaseGivenUp, LeaseNearlyUsedUp, LeasesHeld, SeatLeft, SeatsWorked,
};
use crate::rigs::ShareRecords;
use crate::share_ticket::{ExamineShare, ShareSettled};
use crate::store::StoreLink;
use crate::supervision::Guard;
use crate::unfit_rigs::UnfitRigs;

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
    /// Between two lines of a miner, each of them whole.
    pub idle_timeout: Duration,
    /// Most connections at once.
    pub max_connections: usize,
    /// Bytes that may wait for a miner that does not read.
    pub unsent_limit: usize,
    /// Bytes that the lane's miners together may leave unread, or send of lines that have no end.
    pub buffer_limit: usize,
    /// How long a line may take to come whole, and bytes wait to be read.
    pub stall_timeout: Duration,
    /// Lines that are read of one connection within a second, on the average.
    pub lines_per_second: Option<u32>,
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
