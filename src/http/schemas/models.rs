//! What is learnt.

use serde::Serialize;
use utoipa::ToSchema;

/// What the trainer does.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TrainingReport {
    /// When it began, milliseconds since 1970.
    began_ms: u64,
    /// How long it took, milliseconds.
    took_ms: u64,
    /// What for.
    why: String,
    /// Shares that could be learnt from.
    shares: u64,
    /// What came of it, by model.
    results: Vec<SlotResult>,
}

/// What the trainer does.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct SlotResult {
    /// What it is for.
    slot: String,
    /// Which model; none where there is none.
    id: Option<String>,
    /// How good it is, or why there is none.
    what: String,
}

/// What the trainer does.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ListedModel {
    /// Which: 16 hex digits.
    id: String,
    /// What it is for.
    slot: String,
    /// Candidate, shadow, champion or retired.
    state: String,
    /// Whether the filters and the planner go by it.
    in_force: bool,
    /// Since when it stands there, milliseconds since 1970.
    since_ms: u64,
    /// Why, in words.
    why: String,
    /// Shares, blocks or scans that it was trained on.
    trained_on: u64,
    /// The time of the last of these, milliseconds since 1970.
    trained_until_ms: u64,
    /// How well it did on data later than these; none where its file can't be read.
    metrics: Option<Vec<Metric>>,
    /// Of a shadow, how far it is ahead of the model in force; of a champion, how far the one before
    /// is ahead of it.
    duel: Option<Advantage>,
}

/// What one arm found, of the scans that were compared.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct LiftReport {
    /// Leases in the order of the model.
    model: ArmReport,
    /// Leases as they come.
    control: ArmReport,
    /// The lift that fits best; none before anything was compared.
    estimate: Option<f64>,
    /// The least that is compatible with what was seen; 0 where that is below all that is
    /// considered.
    low: f64,
    /// The greatest; infinite where it is above all that is considered, which no JSON can say:
    /// none.
    high: Option<f64>,
    /// The first trial compared, milliseconds since 1970.
    since_ms: Option<u64>,
    /// The last.
    until_ms: Option<u64>,
    /// Trials that gave way to those of other rigs before they were compared.
    given_up: u64,
}

/// How many times as many shares orders from outside find as chance does, per hash.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct OutsideLift {
    /// Leases in an order from outside.
    outside: ArmReport,
    /// Leases as they come, of the same time.
    control: ArmReport,
    /// The lift that fits best; none before anything was compared.
    estimate: Option<f64>,
    /// The least that is compatible with what was seen; 0 where that is below all that is
    /// considered.
    low: f64,
    /// The greatest; none where it is above all that is considered.
    high: Option<f64>,
    /// The first trial compared, milliseconds since 1970.
    since_ms: Option<u64>,
    /// The last.
    until_ms: Option<u64>,
    /// Trials that gave way to those of other rigs before they were compared.
    given_up: u64,
}

/// What one arm found, of the scans that were compared.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ArmReport {
    /// Scans.
    scans: u64,
    /// Shares but the last of each scan.
    shares: u64,
    /// Of the shares of both arms, how many would be in this one if there were no lift.
    expected: f64,
}

/// When two windows are called different.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DriftReport {
    /// In the order of the features.
    features: Vec<FeatureDrift>,
    /// Rigs in both windows together.
    rigs: usize,
    /// Shuffles that were made.
    shuffles: u32,
}

/// When two windows are called different.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct FeatureDrift {
    /// Its name.
    feature: String,
    /// Population stability index.
    psi: f64,
    /// Divergence of now from before, nats.
    kl: f64,
    /// How often chance makes an index as great, rigs being shuffled.
    p: f64,
    /// The same with regard to how many features were looked at (Holm).
    p_adjusted: f64,
    /// Whether it counts: the index is great enough, and not by chance.
    drifted: bool,
}

/// Which way it goes, as against the next difficulty.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ForecastPoint {
    /// Blocks after the newest.
    blocks: usize,
    /// With a probability of 90 % it is not below `low` nor above `high`.
    low: f64,
    /// As likely above as below.
    middle: f64,
    /// See `low`.
    high: f64,
    /// Of `middle`, as against the next difficulty.
    class: String,
}

/// What a feature tells an operator.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Explanation {
    /// How it would be refused most probably.
    class: String,
    /// How probable that is, 0 to 1.
    probability: f64,
    /// What each feature adds to the log-odds of that, the largest first.
    contributions: Vec<Contribution>,
    /// The same by what the features tell, the largest first.
    reasons: Vec<ReasonShare>,
}

/// What a feature tells an operator.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Contribution {
    /// Its name.
    feature: String,
    /// Its value in this share.
    value: f64,
    /// What it adds to the log-odds, over that of a mean share.
    log_odds: f64,
}

/// What a feature tells an operator.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ReasonShare {
    /// Which.
    reason: String,
    /// Sum of what its features add to the log-odds.
    log_odds: f64,
}

/// A SHA-256. In texts it is 64 hex digits.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Metric {
    /// What was measured.
    name: String,
    /// How much.
    value: f64,
    /// Between which bounds it lies with a probability of 95 %, where that was measured.
    interval: Option<[f64; 2]>,
}

/// How much less the challenger's answer cost than the incumbent's: natural logarithms of what they
/// gave to what happened. Above 0 where the challenger was nearer.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Advantage {
    /// Mean gain of a stretch of time, in nats a share.
    mean: f64,
    /// It is above this, with a probability of 95 % at all looks together.
    low: f64,
    /// And below this.
    high: f64,
    /// Shares that were compared.
    shares: u64,
    /// Stretches of time.
    stretches: u64,
    /// From the first to the last, milliseconds.
    lasted_ms: u64,
}
