//! Everything that the monitor shows at one glance, as one value: the page, the terminal view and
//! programs get the same. What was not measured is none, never a made-up number.
//!
//! - `farm`, `upstream`, `learning`: what there is to show
//! - `look`: counts the rigs, which takes milliseconds, so only while somebody watches; `fleet` is
//!   what it finds
//! - `build`: puts an [`Overview`] together from live figures and the last look
//! - `watch`: keeps both for all who watch

mod build;
mod farm;
mod fleet;
mod learning;
mod look;
mod upstream;
mod watch;

use serde::Serialize;
use utoipa::ToSchema;

pub use farm::{Attention, Earning, Presences, RateShown, RigsShown, Shares};
pub use learning::{
    DifficultyShown, FilterShown, ForecastShown, LiftShown, ModelShown, ModelsShown, ProverShown,
};
pub use upstream::{SessionShown, UpstreamShown};

pub(crate) use fleet::{Fleet, RigRow, RigState};
#[cfg(test)]
pub(crate) use fleet::{RigRate, RigShares};
pub(crate) use watch::{Seat, Watch};

/// The whole daemon at one moment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Overview {
    /// When it was put together, ms since 1970.
    pub at_unix_ms: u64,
    /// Of the program.
    pub version: &'static str,
    /// Since launch, seconds.
    pub uptime_s: u64,
    /// Whether miners can be served.
    pub ready: bool,
    /// Why not, in words.
    pub not_ready_because: Vec<String>,
    /// Is the farm earning?
    pub earning: Earning,
    /// The upstreams in the order of the settings.
    pub upstreams: Vec<UpstreamShown>,
    /// What became of all shares since launch.
    pub shares: Shares,
    /// How many rigs there are, and how they are.
    pub rigs: RigsShown,
    /// Rigs that need somebody, the gravest first, at most [`Self::ATTENTION_MAX`].
    pub attention: Vec<Attention>,
    /// How many need somebody.
    pub attention_total: usize,
    /// The six filters, in the order in which shares pass them; empty where they are off.
    pub filters: Vec<FilterShown>,
    /// The prover; none with proving off.
    pub prover: Option<ProverShown>,
    /// What is learnt; none where nothing is.
    pub models: Option<ModelsShown>,
    /// The network's difficulty; none where no node is asked for it.
    pub difficulty: Option<DifficultyShown>,
    /// The store; none where nothing is stored.
    pub store: Option<StoreShown>,
    /// Alerts that are open, the newest first; none where alerts are off.
    pub alerts: Option<Vec<AlertShown>>,
    /// Actors in order of their names.
    pub actors: Vec<ActorShown>,
    /// Times that a live invariant did not hold: anything but 0 is a defect.
    pub invariant_violations: u64,
    /// The number of the newest event.
    pub events_seq: u64,
}

impl Overview {
    /// Rigs that are named in [`Self::attention`].
    pub const ATTENTION_MAX: usize = 50;
}

/// The store.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StoreShown {
    /// Why it can't write; none: it can.
    pub failing: Option<String>,
    /// What is damaged.
    pub damage: Vec<String>,
    /// Shares written down since launch.
    pub recorded: u64,
    /// Acknowledged before they were written down.
    pub acknowledged_unrecorded: u64,
    /// Not kept at all.
    pub lost: u64,
    /// On disk, bytes.
    pub bytes: u64,
    /// Free on its disk, bytes; none where the system does not say.
    pub disk_free_bytes: Option<u64>,
}

/// An alert that is open.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AlertShown {
    /// What sort: a name such as `rig_silent`.
    pub kind: &'static str,
    /// `warning` or `critical`.
    pub severity: &'static str,
    /// Whom or what it is about; hostile bytes.
    pub subject: String,
    /// In words.
    pub text: String,
    /// Since when, ms since 1970.
    pub since_unix_ms: u64,
}

/// An actor.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ActorShown {
    /// Unique, such as `lane0/pool/1`: its place in the tree, by the slashes.
    pub name: String,
    /// What sort of actor.
    pub kind: &'static str,
    /// `running`, `backing_off`, `degraded`, `bypassed` or `stopped`.
    pub state: &'static str,
    /// Number of the current core, from 1.
    pub generation: u32,
    /// Since launch.
    pub faults: u64,
    /// Messages that wait.
    pub queue_depth: usize,
    /// Handled since launch.
    pub steps: u64,
    /// Smoothed time of a step, µs.
    pub step_micros: f64,
    /// What it says of itself.
    pub note: String,
    /// What the last fault said; none: there was none.
    pub last_fault: Option<String>,
    /// When that was, ms since 1970.
    pub last_fault_unix_ms: Option<u64>,
}
