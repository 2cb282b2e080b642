//! What happened, as events.

use std::time::Duration;

use zartrux_models::bridge::{
    AlertEvent, ArmBytes, BridgeEvent, JobEvent, JobTag, ModelEvent, PlanEvent, PlanOutcome,
    ShareEvent, VerdictEvent, printable,
};
use zartrux_models::filter::Stage;
use zartrux_models::ledger::{Arm, JournalEvent};
use zartrux_models::plan::DrawnBy;
use zartrux_models::work::{IssuedJob, Slot, Work};

use super::Names;
use super::tap::Item;
use crate::rigs::SettledShare;
use crate::share_ticket::Settlement;

/// The events that an item comes to, in order.
pub(super) fn events(item: &Item, names: &dyn Names) -> Vec<BridgeEvent> {
    match item {
        Item::Share(share) => {
            let verdict = verdict(share, names).map(BridgeEvent::Verdict);
            let share = BridgeEvent::Share(share_event(share, names));
            verdict.into_iter().chain([share]).collect()
        }
        Item::Job(lane, job) => {
            let drawn = drawn(*lane, job).map(BridgeEvent::Plan);
            let job = BridgeEvent::Job(job_event(*lane, job, names));
            [job].into_iter().chain(drawn).collect()
        }
        Item::Journal(event) => of_journal(event).into_iter().collect(),
    }
}

/// What the pool said of a share; none of one that did not go there.
pub(super) const fn pool_verdict(share: &SettledShare) -> Option<&'static str> {
    match share.settlement {
        Settlement::Accepted => Some("accepted"),
        Settlement::Rejected { .. } => Some("rejected"),
        Settlement::Unanswered => Some("unanswered"),
        Settlement::Credited
        | Settlement::Refused(_)
        | Settlement::Held
        | Settlement::Undeliverable => None,
    }
}

fn tag(lane: u16, job: &IssuedJob) -> String {
    let tag = JobTag { lane, job: job.key };
    tag.to_string()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn upstream(share: &SettledShare, names: &dyn Names) -> Option<String> {
    let at = share.upstream.and_then(|place| names.upstream_at(place));
    at.or_else(|| names.upstream_of(share.id.lane(), share.job.origin.pool))
}

fn arm(share: &SettledShare) -> Arm {
    match share.job.job.work {
        Work::Sliced(_) => share.job.plan.arm(share.nonce.slot()),
        Work::Template(_) => Arm::None,
    }
}

fn share_event(share: &SettledShare, names: &dyn Names) -> ShareEvent {
    let lane = share.id.lane();
    let called = names.rig(lane, share.rig);
    let called = called.as_ref();
    let outcome = share.settlement.outcome();
    ShareEvent {
        share: share.id.to_string(),
        lane,
        rig: share.rig.to_string(),
        user: called.map(|names| printable(&names.user)),
        rig_id: called
            .filter(|names| !names.rig_id.is_empty())
            .map(|names| printable(&names.rig_id)),
        job: tag(lane, &share.job),
        upstream: upstream(share, names),
        height: share.job.job.height,
        class: share.class.label(),
        arm: arm(share).label(),
        difficulty_asked: share.asked.get(),
        difficulty_found: share.result.difficulty().get(),
        nonce: share.nonce.to_string(),
        late: share.late,
        // JSON has no infinite numbers.
        log_e: share
            .evidence
            .joined_if_any()
            .filter(|log_e| log_e.is_finite()),
        proof: share.proof.as_ref().map(|proof| proof.outcome.label()),
        outcome: outcome.label(),
        reason: outcome.reason(),
        took_micros: micros(share.total),
    }
}

fn verdict(share: &SettledShare, names: &dyn Names) -> Option<VerdictEvent> {
    let verdict = pool_verdict(share)?;
    let said = match &share.settlement {
        Settlement::Rejected { text, .. } => Some(printable(text)),
        Settlement::Accepted
        | Settlement::Unanswered
        | Settlement::Credited
        | Settlement::Refused(_)
        | Settlement::Held
        | Settlement::Undeliverable => None,
    };
    let stages: Duration = Stage::ALL.iter().map(|one| share.times.stage(*one)).sum();
    let proof = share
        .proof
        .map_or(Duration::ZERO, |proof| proof.waited + proof.took);
    let before = stages + share.times.judge() + proof;
    let lane = share.id.lane();
    Some(VerdictEvent {
        share: share.id.to_string(),
        lane,
        rig: share.rig.to_string(),
        job: tag(lane, &share.job),
        upstream: upstream(share, names),
        verdict,
        reason: share.settlement.outcome().reason(),
        pool_said: said,
        pool_micros: micros(share.total.saturating_sub(before)),
    })
}

fn job_event(lane: u16, issued: &IssuedJob, names: &dyn Names) -> JobEvent {
    let job = &issued.job;
    JobEvent {
        job: tag(lane, issued),
        lane,
        session: issued.origin.pool.0,
        upstream: names.upstream_of(lane, issued.origin.pool),
        pool_job: printable(&job.id),
        algorithm: printable(job.algorithm.name()),
        height: job.height,
        difficulty: job.target.difficulty().get(),
        network_difficulty: job.network_difficulty.map(|network| network.get()),
        seed_hash: job.seed.map(|seed| seed.to_string()),
        blob: match &job.work {
            Work::Sliced(blob) => Some(blob.to_hex()),
            Work::Template(_) => None,
        },
    }
}

/// What was drawn for a job; none where its slots have the bytes of their numbers.
fn drawn(lane: u16, issued: &IssuedJob) -> Option<PlanEvent> {
    let from = issued.plan.drawn_from()?;
    let (ranking, outside) = match from.by {
        DrawnBy::Model(model) => (Some(model), None),
        DrawnBy::Outside { ranking, outside } => (ranking, Some(outside)),
    };
    Some(PlanEvent {
        job: Some(tag(lane, issued)),
        lane: Some(lane),
        draw_seed: Some(format!("{:016x}", from.seed)),
        ranking: ranking.map(|model| model.to_string()),
        outside: outside.map(|order| order.to_string()),
        arms: Some(ArmBytes::of(|byte| issued.plan.arm(Slot(byte)))),
        ..PlanEvent::bare(PlanOutcome::Drawn)
    })
}

fn of_journal(event: &JournalEvent) -> Option<BridgeEvent> {
    let alert = |state, alert, subject: &str| {
        Some(BridgeEvent::Alert(AlertEvent {
            state,
            alert,
            subject: printable(subject),
        }))
    };
    if let JournalEvent::AlertRaised { kind, subject } = event {
        return alert("raised", kind.label(), subject);
    }
    if let JournalEvent::AlertCleared { kind, subject } = event {
        return alert("cleared", kind.label(), subject);
    }
    if let JournalEvent::ModelEvent {
        change,
        slot,
        id,
        why,
    } = event
    {
        return Some(BridgeEvent::Model(ModelEvent {
            change: change.label(),
            slot: slot.label(),
            model: id.map(|id| id.to_string()),
            why: printable(why),
        }));
    }
    None
}
