//! What a lane is built from.

use std::sync::Arc;

use zartrux_models::judge::{BanRule, JudgePolicy};
use zartrux_models::plan::NonceOrder;

use super::Remembered;
use crate::bridge::BridgeTap;
use crate::clock::Clock;
use crate::dial::Names;
use crate::doorkeeper::Doorkeeper;
use crate::filters::{FilterModels, StageSettings};
use crate::handover::LaneParcel;
use crate::journal::Journal;
use crate::miner_sessions::{Door, Namesakes, SessionSettings};
use crate::node_session::NodeEndpoint;
use crate::outside_plans::OutsidePlans;
use crate::planner::{PlanPolicy, RoutePlan};
use crate::pool_session::{PoolEndpoint, PoolTimeouts};
use crate::prover::Prover;
use crate::share_ticket::ShareTicket;
use crate::store::StoreLink;
use crate::store::registry::RegistryLink;
use crate::supervision::HealthRegistry;

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
