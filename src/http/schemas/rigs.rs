//! Rigs and shares.

use serde::Serialize;
use utoipa::ToSchema;

/// How a rig stands with the judge.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct RigReport {
    /// How it stands, the gravest first.
    standing: String,
    /// What it has proved.
    trust: TrustReport,
    /// Its present quarantine.
    quarantine: Option<QuarantineReport>,
    /// How often it has been in quarantine, the present one included.
    quarantines: u32,
    /// What the filters said at its last share.
    evidence: EvidenceReport,
    /// Probability with which its last share was to be proved, before the draw.
    last_chance: f64,
    /// Proofs of its shares.
    proofs: ProofCounts,
    /// Seconds since its last share.
    idle_seconds: f64,
}

/// How a rig stands with the judge.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TrustReport {
    /// Proven work, in hashes.
    work: u64,
    /// Work that trust takes at the difficulty of its last share, in hashes.
    work_needed: u64,
    /// Good proofs in a row.
    good_proofs: u32,
    /// Good proofs that trust takes.
    good_proofs_needed: u32,
}

/// How a rig stands with the judge.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct QuarantineReport {
    /// The share that was proved bad, by its id in records.
    share: String,
    /// Seconds since then.
    seconds: f64,
    /// Bad proofs after that one.
    bad_since: u32,
    /// Good work in a row that releases it, in hashes.
    work_needed: u64,
    /// Delivered of it, in hashes.
    work_delivered: u64,
}

/// How a rig stands with the judge.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct EvidenceReport {
    /// Natural logarithm of the joined capital; none if no filter was there.
    joined_log_e: Option<f64>,
    /// The filter that had most against it, from odds of ten: an honest rig is always a little
    /// ahead somewhere, and nobody should read an accusation into that.
    strongest: Option<StrongestReport>,
}

/// How a rig stands with the judge.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct StrongestReport {
    /// Its name.
    stage: String,
    /// Natural logarithm of its capital.
    log_e: f64,
    /// What that was mostly won by, in words.
    cause: String,
}

/// How a rig stands with the judge.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ProofCounts {
    /// Asked for.
    asked: u64,
    /// Came, and the hash was as claimed.
    good: u64,
    /// Came, and it was not.
    bad: u64,
    /// Did not come.
    none: u64,
}

/// A share that ended, as it is shown.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ShareRecord {
    /// What it is called, hex.
    id: String,
    /// When it ended, milliseconds since 1970.
    unix_ms: u64,
    /// The lane it came in at.
    lane: u16,
    /// Its rig's key, hex.
    rig: String,
    /// Place of its upstream in the list, from 0.
    upstream: Option<usize>,
    /// Height of the block being mined, where the pool tells it.
    height: Option<u64>,
    /// The pool's own name of the job.
    job: String,
    /// By the targets that it claimed to meet.
    class: String,
    /// The difficulty that its rig was asked for.
    difficulty_asked: u64,
    /// The difficulty of its result.
    difficulty_found: u64,
    /// Hex, as it stands in the blob.
    nonce: String,
    /// For the job before the current one.
    late: bool,
    /// What each filter said.
    evidence: Vec<StageRecord>,
    /// The logarithm of the joined evidence; none if no filter was there.
    joined_log_e: Option<f64>,
    /// What the judge said; none if the share did not come that far.
    ruling: Option<RulingRecord>,
    /// What came of its proof; none if it was not to be proved.
    proof: Option<ProofShown>,
    /// How it ended.
    settlement: SettlementRecord,
    /// How long each step took.
    latency: LatencyRecord,
    /// Ids of the models that the filters went by.
    models: ModelsRecord,
}

/// A share that ended, as it is shown.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct StageRecord {
    /// Which filter.
    stage: String,
    /// `weighed`, `no opinion` or `unavailable`.
    says: String,
    /// The logarithm of what was won by betting against the rig.
    log_e: Option<f64>,
    /// What it was mostly won by, from odds of ten.
    cause: Option<String>,
}

/// A share that ended, as it is shown.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct RulingRecord {
    /// Why.
    rule: String,
    /// What.
    decision: String,
    /// The probability with which it was to be proved, before the draw.
    chance: f64,
    /// The longest that it may have waited for its proof, ms.
    wait_at_most_ms: Option<u64>,
}

/// A share that ended, as it is shown.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ProofShown {
    /// `good`, `bad`, `corrected` or `none`.
    outcome: String,
    /// From the request until its hash was begun, µs.
    waited_micros: u64,
    /// The hash itself, µs.
    took_micros: u64,
}

/// A share that ended, as it is shown.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct SettlementRecord {
    /// In words.
    ended: String,
    /// The class of the pool's words, or the reason of our refusal.
    reason: Option<String>,
    /// The pool's own words.
    pool_said: Option<String>,
}

/// A share that ended, as it is shown.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct LatencyRecord {
    /// With each filter, its mailbox included.
    stages: Vec<StageLatency>,
    /// From the last filter to the judge's ruling.
    judge_micros: u64,
    /// From its line to its end.
    total_micros: u64,
}

/// A share that ended, as it is shown.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct StageLatency {
    /// Which filter.
    stage: String,
    /// µs.
    micros: f64,
}

/// A share that ended, as it is shown.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ModelsRecord {
    /// Of the filter `cluster`.
    cluster: Option<String>,
    /// Of the filter `classifier`.
    classifier: Option<String>,
}
