//! What the IA does: filters, prover, models.

use serde::Serialize;
use utoipa::ToSchema;

/// One of the six filters, over all lanes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FilterShown {
    /// `entropy`, `divergence`, `pattern`, `pace`, `cluster` or `classifier`.
    pub stage: &'static str,
    /// The worst state of it in any lane: `running`, `backing_off`, `degraded`, `bypassed` or
    /// `stopped`.
    pub state: &'static str,
    /// The model that it goes by; none: it needs none, or has none and no opinion.
    pub model: Option<String>,
    /// Whether it needs a model to have an opinion.
    pub needs_model: bool,
    /// Faults since launch.
    pub faults: u64,
    /// Shares it has looked at since launch.
    pub looked_at: u64,
    /// Rigs that are suspect or in quarantine with this filter's evidence as the strongest.
    pub suspects: u64,
    /// Its strongest evidence against any rig now, a natural logarithm of odds against honesty; none
    /// where it has none or a judge is busy.
    pub strongest_log_e: Option<f64>,
    /// What that is for, in words.
    pub strongest_cause: Option<String>,
}

/// The prover.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProverShown {
    /// `light` or `fast`, as it works now.
    pub mode: &'static str,
    /// Threads that compute.
    pub threads: usize,
    /// Of these, at a hash now.
    pub busy: usize,
    /// Requests that wait.
    pub queue_depth: usize,
    /// Requests that may wait.
    pub queue_capacity: usize,
    /// Recomputed since launch.
    pub hashes: u64,
    /// One hash takes, ms; none before the first.
    pub hash_ms: Option<f64>,
    /// Proved right since launch.
    pub proved_good: u64,
    /// Proved wrong since launch.
    pub proved_bad: u64,
    /// Were to be proved and were not in time since launch.
    pub unproved: u64,
    /// Part of its capacity that sampling may use: 0 to 1.
    pub budget: f64,
    /// Why it can't work as it should, if so.
    pub failure: Option<String>,
}

/// What is learnt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelsShown {
    /// `idle`, `reading` or `training`.
    pub phase: &'static str,
    /// What is trained now.
    pub training: Option<&'static str>,
    /// Shares that can be learnt from.
    pub window: u64,
    /// Shares that are needed before anything is learnt.
    pub min_shares: u64,
    /// When the next training is due, ms since 1970.
    pub next_training_unix_ms: Option<u64>,
    /// When the last began, ms since 1970.
    pub last_training_unix_ms: Option<u64>,
    /// What came of the last training, in words, by model.
    pub last_results: Vec<String>,
    /// Whether shares look as those that the model was trained on; none before the first look.
    pub drifted: Option<bool>,
    /// What is amiss.
    pub faults: Vec<String>,
    /// Models in force, and shadows beside them.
    pub models: Vec<ModelShown>,
    /// What the order of nonces has brought; none before anything was measured.
    pub lift: Option<LiftShown>,
}

/// A model.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelShown {
    /// 16 hex digits.
    pub id: String,
    /// `outcome`, `behaviour`, `ranking` or `difficulty`.
    pub slot: &'static str,
    /// `champion`, `shadow`, `candidate` or `retired`.
    pub state: &'static str,
    /// Whether filters and planner go by it.
    pub in_force: bool,
    /// Since when, ms since 1970.
    pub since_unix_ms: u64,
    /// Why, in words.
    pub why: String,
    /// Shares that it was trained on.
    pub trained_on: u64,
    /// Of its measured worth: what, and how much with its interval, in words.
    pub worth: Vec<String>,
}

/// What the order of nonces has brought: shares for hashes tried, against chance.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LiftShown {
    /// Chance gives 1.
    pub estimate: f64,
    /// The truth is above this
    pub low: f64,
    /// and below this, whenever one looks; none: any.
    pub high: Option<f64>,
    /// Shares of both arms that it rests on.
    pub shares: u64,
}

/// The network's difficulty.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DifficultyShown {
    /// Of the newest block that is known; none before the node's first answer.
    pub height: Option<u64>,
    /// Its difficulty, hashes.
    pub difficulty: Option<f64>,
    /// Of the next block, hashes.
    pub next: Option<f64>,
    /// Beyond it.
    pub forecast: Vec<ForecastShown>,
    /// Difficulties of the last blocks: pairs of seconds since 1970 and hashes, the oldest first, at
    /// most 720, thinned.
    pub past: Vec<[f64; 2]>,
    /// Why something is missing.
    pub missing: Option<String>,
    /// Since the node last answered, seconds.
    pub age_s: Option<u64>,
}

/// The difficulty some blocks ahead.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ForecastShown {
    /// Blocks ahead.
    pub blocks: u64,
    /// Hashes.
    pub difficulty: f64,
    /// The truth is above this
    pub low: f64,
    /// and below this, as often as `level` says.
    pub high: f64,
    /// 0 to 1.
    pub level: f64,
}
