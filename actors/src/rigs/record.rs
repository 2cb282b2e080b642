//! A share that ended, in words and numbers for whoever reads them.

use std::time::Duration;

use serde::Serialize;
use zartrux_models::filter::{CascadeEvidence, Evidence, Stage};
use zartrux_models::judge::{Decision, Ruling, Unproved};

use super::SettledShare;
use crate::share_ticket::{ProofRecord, Settlement};

/// A share that ended, as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct ShareRecord {
    /// What it is called, hex.
    pub id: String,
    /// When it ended, milliseconds since 1970.
    pub unix_ms: u64,
    /// The lane it came in at.
    pub lane: u16,
    /// Its rig's key, hex.
    pub rig: String,
    /// Place of its upstream in the list, from 0.
    pub upstream: Option<usize>,
    /// Height of the block being mined, where the pool tells it.
    pub height: Option<u64>,
    /// The pool's own name of the job.
    pub job: String,
    /// By the targets that it claimed to meet.
    pub class: &'static str,
    /// The difficulty that its rig was asked for.
    pub difficulty_asked: u64,
    /// The difficulty of its result.
    pub difficulty_found: u64,
    /// Hex, as it stands in the blob.
    pub nonce: String,
    /// For the job before the current one.
    pub late: bool,
    /// What each filter said.
    pub evidence: Vec<StageRecord>,
    /// The logarithm of the joined evidence; none if no filter was there.
    pub joined_log_e: Option<f64>,
    /// What the judge said; none if the share did not come that far.
    pub ruling: Option<RulingRecord>,
    /// What came of its proof; none if it was not to be proved.
    pub proof: Option<ProofShown>,
    /// How it ended.
    pub settlement: SettlementRecord,
    /// How long each step took.
    pub latency: LatencyRecord,
    /// Ids of the models that the filters went by.
    pub models: ModelsRecord,
}

/// What a filter said.
#[derive(Debug, Clone, Serialize)]
pub struct StageRecord {
    /// Which filter.
    pub stage: &'static str,
    /// `weighed`, `no opinion` or `unavailable`.
    pub says: &'static str,
    /// The logarithm of what was won by betting against the rig.
    pub log_e: Option<f64>,
    /// What it was mostly won by, from odds of ten.
    pub cause: Option<&'static str>,
}

/// What the judge said.
#[derive(Debug, Clone, Serialize)]
pub struct RulingRecord {
    /// Why.
    pub rule: &'static str,
    /// What.
    pub decision: &'static str,
    /// The probability with which it was to be proved, before the draw.
    pub chance: f64,
    /// The longest that it may have waited for its proof, ms.
    pub wait_at_most_ms: Option<u64>,
}

/// What came of a proof.
#[derive(Debug, Clone, Serialize)]
pub struct ProofShown {
    /// `good`, `bad`, `corrected` or `none`.
    pub outcome: &'static str,
    /// From the request until its hash was begun, µs.
    pub waited_micros: u64,
    /// The hash itself, µs.
    pub took_micros: u64,
}

/// How a share ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettlementRecord {
    /// In words.
    pub ended: &'static str,
    /// The class of the pool's words, or the reason of our refusal.
    pub reason: Option<&'static str>,
    /// The pool's own words.
    pub pool_said: Option<String>,
}

/// How long each step took, µs.
#[derive(Debug, Clone, Serialize)]
pub struct LatencyRecord {
    /// With each filter, its mailbox included.
    pub stages: Vec<StageLatency>,
    /// From the last filter to the judge's ruling.
    pub judge_micros: u64,
    /// From its line to its end.
    pub total_micros: u64,
}

/// How long a share was with a filter.
#[derive(Debug, Clone, Serialize)]
pub struct StageLatency {
    /// Which filter.
    pub stage: &'static str,
    /// µs.
    pub micros: f64,
}

/// Ids of the trained models that looked at a share; none while there are none.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ModelsRecord {
    /// Of the filter `cluster`.
    pub cluster: Option<String>,
    /// Of the filter `classifier`.
    pub classifier: Option<String>,
}

impl SettledShare {
    /// In words and numbers.
    #[must_use]
    pub fn record(&self) -> ShareRecord {
        ShareRecord {
            id: self.id.to_string(),
            unix_ms: self.unix_ms,
            lane: self.id.lane(),
            rig: self.rig.to_string(),
            upstream: self.upstream,
            height: self.job.job.height,
            job: self.job.job.id.to_string(),
            class: self.class.label(),
            difficulty_asked: self.asked.get(),
            difficulty_found: self.result.difficulty().get(),
            nonce: self.nonce.to_string(),
            late: self.late,
            evidence: stage_records(&self.evidence),
            joined_log_e: self.evidence.joined_if_any(),
            ruling: self.ruling.as_ref().map(ruling_record),
            proof: self.proof.as_ref().map(proof_shown),
            settlement: settlement_record(&self.settlement),
            latency: LatencyRecord {
                stages: Stage::ALL
                    .iter()
                    .map(|stage| StageLatency {
                        stage: stage.name(),
                        micros: fine_micros(self.times.stage(*stage)),
                    })
                    .collect(),
                judge_micros: micros(self.times.judge()),
                total_micros: micros(self.total),
            },
            models: ModelsRecord::default(),
        }
    }
}

/// Odds of ten: below them some alternative fits best too, but to name it would accuse the honest.
const WORTH_SAYING: f64 = std::f64::consts::LN_10;

/// What each filter said, in words.
#[must_use]
pub fn stage_records(evidence: &CascadeEvidence) -> Vec<StageRecord> {
    Stage::ALL
        .iter()
        .map(|stage| {
            let (says, log_e, cause) = match evidence.of(*stage) {
                Evidence::Unavailable => ("unavailable", None, None),
                Evidence::NoOpinion => ("no opinion", None, None),
                Evidence::Weighed { log_e, cause } => {
                    let cause = (log_e >= WORTH_SAYING).then(|| cause.text());
                    ("weighed", Some(log_e), cause)
                }
            };
            StageRecord {
                stage: stage.name(),
                says,
                log_e,
                cause,
            }
        })
        .collect()
}

fn ruling_record(ruling: &Ruling) -> RulingRecord {
    let (decision, wait) = match ruling.decision {
        Decision::ProveFirst {
            wait_at_most,
            unproved: Unproved::PassOn,
        } => ("prove first, else pass on", Some(wait_at_most)),
        Decision::ProveFirst {
            wait_at_most,
            unproved: Unproved::Hold,
        } => ("prove first, else hold", Some(wait_at_most)),
        Decision::Wait { wait_at_most } => ("wait for its turn", Some(wait_at_most)),
        Decision::PassOn => ("pass on", None),
        Decision::Hold => ("hold", None),
    };
    RulingRecord {
        rule: ruling.rule.label(),
        decision,
        chance: ruling.chance,
        wait_at_most_ms: wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
    }
}

fn proof_shown(proof: &ProofRecord) -> ProofShown {
    ProofShown {
        outcome: proof.outcome.label(),
        waited_micros: micros(proof.waited),
        took_micros: micros(proof.took),
    }
}

fn settlement_record(settlement: &Settlement) -> SettlementRecord {
    let (ended, reason, pool_said) = match settlement {
        Settlement::Accepted => ("accepted by the pool", None, None),
        Settlement::Rejected { class, text } => (
            "rejected by the pool",
            Some(class.label()),
            Some(text.to_string()),
        ),
        Settlement::Unanswered => ("unanswered by the pool", None, None),
        Settlement::Credited => ("credited here", None, None),
        Settlement::Refused(refusal) => ("refused here", Some(refusal.reason().label()), None),
        Settlement::Held => ("held: its rig is in quarantine", None, None),
        Settlement::Undeliverable => ("upstream gone before it could be sent", None, None),
    };
    SettlementRecord {
        ended,
        reason,
        pool_said,
    }
}

/// With nanoseconds; what is kept of a step is at most 4.3 s.
fn fine_micros(time: Duration) -> f64 {
    u32::try_from(time.as_nanos()).map_or(f64::from(u32::MAX), f64::from) / 1_000.0
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zartrux_models::filter::Cause;
    use zartrux_models::stratum::ErrorClass;

    #[test]
    fn a_cause_is_named_only_where_there_is_something_against_the_rig() {
        let mut evidence = CascadeEvidence::default();
        evidence.set(Stage::Entropy, Evidence::weighed(0.07, Cause::BiasedBytes));
        evidence.set(
            Stage::Pace,
            Evidence::weighed(9.0, Cause::FewerSharesThanHashes),
        );
        let records = stage_records(&evidence);
        let causes: Vec<_> = records.iter().map(|record| record.cause).collect();
        let named = Some(Cause::FewerSharesThanHashes.text());
        assert_eq!(causes, [None, None, None, named, None, None]);
        assert_eq!(records[0].log_e, Some(0.07));
    }

    #[test]
    fn how_a_share_ended_is_told_with_the_pools_own_words() {
        let record = settlement_record(&Settlement::Rejected {
            class: ErrorClass::Stale,
            text: "Block expired".into(),
        });
        assert_eq!(record.reason, Some("stale"));
        assert_eq!(record.pool_said.as_deref(), Some("Block expired"));
        let held = settlement_record(&Settlement::Held);
        assert_eq!((held.reason, held.pool_said), (None, None));
    }
}
