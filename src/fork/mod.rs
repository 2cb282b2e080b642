//! Whether the farm is ready for the fork to `rx/2`: rigs, upstreams and the proxy itself, as one
//! value that the API tells and `zartrux report fork` prints.
//!
//! - `survey`: rig after rig, who is ready
//! - `text`: the report for terminals

mod survey;
mod text;

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use survey::{Said, Survey};
pub(crate) use text::text;

/// Days without a sign of life after which a rig does not count, where nothing is said.
pub const USUAL_DAYS: u64 = 7;
/// Most days that can be asked for.
pub const MOST_DAYS: u64 = 3_650;

/// How ready a farm is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForkReport {
    /// When it was put together, ms since 1970.
    pub at_unix_ms: u64,
    /// Rigs count that gave a sign of life within so many days.
    pub days: u64,
    /// The proxy itself.
    pub proxy: ProxyState,
    /// The upstreams in the order of the settings.
    pub upstreams: Vec<UpstreamAlgorithms>,
    /// All rigs that count; none in a following part of a list.
    pub fleet: Option<Fleet>,
    /// Rigs by their keys, those that were asked for.
    pub rigs: Vec<ForkRig>,
    /// Where the next part of the list begins: the parameter `after`. None at the end.
    pub next: Option<String>,
}

/// What the proxy itself can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProxyState {
    /// Of the program.
    pub version: String,
    /// Whether it answered: a report from the data folder alone says nothing of a running daemon.
    pub running: bool,
    /// `light` or `fast`; none with proving off.
    pub proves: Option<String>,
    /// Whether the RandomX library of this build computes version 2.
    pub randomx_v2: VersionKnown,
}

/// Whether a version of RandomX was found to be computed correctly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VersionKnown {
    /// The published hashes came out.
    Known,
    /// They did not.
    Unknown,
    /// Nobody has tried: nothing is proved.
    NotTested,
}

impl VersionKnown {
    /// Of what was found out; none: nothing was.
    #[must_use]
    pub const fn of(found: Option<bool>) -> Self {
        match found {
            Some(true) => Self::Known,
            Some(false) => Self::Unknown,
            None => Self::NotTested,
        }
    }
}

/// For a line of text.
impl fmt::Display for VersionKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known => "yes",
            Self::Unknown => "no",
            Self::NotTested => "not tested",
        })
    }
}

/// What an upstream has to be mined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UpstreamAlgorithms {
    /// `host:port`.
    pub name: String,
    /// Of the last jobs of its sessions; empty where none is open or has sent a job. Hostile bytes.
    pub algorithms: Vec<String>,
}

/// Rigs by whether they are ready.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Fleet {
    /// Those that will follow.
    pub ready: Part,
    /// Those that will get no job.
    pub not_ready: Part,
    /// Those of which nothing tells.
    pub unknown: Part,
    /// Of all of them, those in quarantine: where the proxy does not know version 2 none of their
    /// shares of `rx/2` can be proved, and all are held.
    pub quarantined: u64,
    /// Part of the hash rate that is ready, 0 to 1; none where no rate was measured.
    pub ready_share: Option<f64>,
}

/// Some rigs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Part {
    /// How many.
    pub rigs: u64,
    /// The rates of their last shares together.
    pub hashes_per_second: f64,
}

/// A rig. Names are hostile bytes, wallets masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForkRig {
    /// Its key, 16 hex digits.
    pub rig: String,
    /// What it logs in as.
    pub user: String,
    /// Its own name; empty where it gave none.
    pub rig_id: String,
    /// The miner program.
    pub agent: String,
    /// What it lists; empty where it has no list.
    pub algorithms: Vec<String>,
    /// `ready`, `not_ready` or `unknown`.
    pub readiness: String,
    /// Why, in words.
    pub why: String,
    /// At its last share; none before the first.
    pub hashes_per_second: Option<f64>,
    /// The last sign of it, ms since 1970.
    pub last_seen_unix_ms: u64,
    /// Whether it is in quarantine.
    pub quarantined: bool,
    /// Times that it was kept from a job that it can't hash since the daemon started.
    pub kept_out: u64,
}
