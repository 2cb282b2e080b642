//! From a share that ended to what is kept of it.

use std::time::Duration;

use zartrux_models::filter::{Scanner, Stage};
use zartrux_models::ledger::{
    Arm, Evidence, Flags, Latencies, Outcome, Proof, Ruled, ShareEntry, cut, evidence_kept,
};
use zartrux_models::share::{RefusalReason, RigKey, TargetClass};
use zartrux_models::work::{Difficulty, JobKey, Lateness};

use super::Provenance;
use crate::share_ticket::ShareSettled;

/// What is kept of a share that ended.
#[must_use]
pub(crate) fn entry_of(
    settled: &ShareSettled,
    provenance: &Provenance,
    unix_ms: u64,
    total: Duration,
) -> ShareEntry {
    let ShareSettled { ticket, settlement } = settled;
    let share = &ticket.share;
    let job = &share.job.job;
    ShareEntry {
        seq: 0,
        node: provenance.node,
        run: provenance.run,
        id: Some(ticket.id),
        unix_ms,
        rig: ticket.rig,
        upstream: ticket
            .upstream
            .and_then(|place| provenance.upstreams.get(place)),
        job_key: Some(share.job.key.0),
        job: cut(&job.id).into(),
        height: job.height,
        nonce: Some(share.nonce),
        age_s: ticket.age_s,
        asked: share.asked,
        found: share.result.difficulty().get(),
        rate: ticket.rate,
        class: share.class,
        flags: Flags {
            late: share.lateness == Lateness::Stale,
            corrected: ticket.corrected,
            retargeted: share.retargeted,
            imported: false,
            scan_known: ticket.seen.scanner == Scanner::XmrigBlocks,
            own_blob: share.job.job.work.is_template(),
        },
        arm: share.job.plan.arm(share.slot),
        evidence: evidence_kept(&ticket.evidence),
        ruled: ticket.ruling.as_ref().map(Ruled::from),
        proof: ticket.proof.map(|proof| Proof {
            outcome: proof.outcome,
            waited_us: micros(proof.waited),
            took_us: micros(proof.took),
        }),
        outcome: settlement.outcome(),
        latencies: Latencies {
            stages_ns: Stage::ALL.map(|stage| nanos(ticket.times.stage(stage))),
            judge_ns: nanos(ticket.times.judge()),
            total_us: micros(total),
        },
        models: [Stage::Cluster, Stage::Classifier].map(|stage| ticket.models[stage.index()]),
    }
}

/// What is kept of a share that was refused at the door, of which little was read.
#[must_use]
pub(crate) fn refusal_entry(
    provenance: &Provenance,
    rig: RigKey,
    reason: RefusalReason,
    asked: Option<Difficulty>,
    current: Option<JobKey>,
    age_s: u32,
    unix_ms: u64,
) -> ShareEntry {
    ShareEntry {
        seq: 0,
        node: provenance.node,
        run: provenance.run,
        id: None,
        unix_ms,
        rig,
        upstream: None,
        job_key: current.map(|job| job.0),
        job: "".into(),
        height: None,
        nonce: None,
        age_s,
        asked: asked.unwrap_or(Difficulty::ONE),
        found: 0,
        rate: 0.0,
        class: TargetClass::Local,
        flags: Flags::default(),
        arm: Arm::None,
        evidence: Evidence::default(),
        ruled: None,
        proof: None,
        outcome: Outcome::Refused(reason),
        latencies: Latencies::default(),
        models: [None, None],
    }
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

fn nanos(time: Duration) -> u32 {
    u32::try_from(time.as_nanos()).unwrap_or(u32::MAX)
}
