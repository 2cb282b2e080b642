//! What the IA does.

use zartrux_actors::headers::HeadersReport;
use zartrux_actors::prover::{DatasetState, Mode, ProverStatus};
use zartrux_actors::share_ticket::ProofOutcome;
use zartrux_actors::supervision::{ActorState, HealthReport};
use zartrux_actors::trainer::{ListedModel, Phase, Shown as TrainerShown};
use zartrux_models::filter::Stage;

use crate::node::NodeView;
use crate::overview::{
    DifficultyShown, FilterShown, Fleet, ForecastShown, LiftShown, ModelShown, ModelsShown,
    ProverShown,
};

/// The six filters; empty where they are off.
pub(super) fn filters(
    view: &NodeView,
    reports: &[HealthReport],
    fleet: Option<&Fleet>,
    learnt: Option<&TrainerShown>,
) -> Vec<FilterShown> {
    if !view.facts().filters {
        return Vec::new();
    }
    let hits = fleet.and_then(|fleet| fleet.stages);
    let filter = |stage: Stage| {
        let mine = || reports.iter().filter(|report| report.kind == stage.name());
        let state = mine().map(|report| report.state).max_by_key(badness);
        let hits = hits.and_then(|hits| hits.get(stage.index()).copied());
        let strongest = hits.and_then(|hits| hits.strongest);
        let in_force = learnt.map(|learnt| &learnt.in_force);
        let (needs_model, model) = match stage {
            Stage::Cluster => (
                true,
                in_force.and_then(|models| models.behaviour.as_ref().map(|model| model.id)),
            ),
            Stage::Classifier => (
                true,
                in_force.and_then(|models| models.outcome.as_ref().map(|model| model.id)),
            ),
            Stage::Entropy | Stage::Divergence | Stage::Pattern | Stage::Pace => (false, None),
        };
        FilterShown {
            stage: stage.name(),
            state: state.unwrap_or(ActorState::Stopped).label(),
            model: model.map(|id| id.to_string()),
            needs_model,
            faults: mine().map(|report| report.faults).sum(),
            looked_at: mine().map(|report| report.steps).sum(),
            suspects: hits.map_or(0, |hits| hits.suspects),
            strongest_log_e: strongest.map(|(log_e, _)| log_e),
            strongest_cause: strongest.map(|(_, cause)| cause.to_owned()),
        }
    };
    Stage::ALL.map(filter).into()
}

/// The worse, the greater.
const fn badness(state: &ActorState) -> u8 {
    match state {
        ActorState::Running => 0,
        ActorState::Stopped => 1,
        ActorState::Degraded => 2,
        ActorState::BackingOff => 3,
        ActorState::Bypassed => 4,
    }
}

/// The prover; none with proving off.
pub(super) fn prover(view: &NodeView) -> Option<ProverShown> {
    let status = view.prover()?;
    let lanes = view.lanes();
    let proofs = |outcome| -> u64 {
        let counts = lanes.iter().map(|lane| lane.rigs().counts());
        counts.map(|counts| counts.by_outcome(outcome)).sum()
    };
    let is_fast = is_fast(&status);
    let micros = if is_fast {
        status.fast_hash_micros
    } else {
        status.light_hash_micros
    };
    let busy = status
        .threads
        .iter()
        .filter(|thread| thread.busy_ms.is_some());
    Some(ProverShown {
        mode: if is_fast { "fast" } else { "light" },
        threads: status.threads.len(),
        busy: busy.count(),
        queue_depth: status.queue_depth,
        queue_capacity: status.queue_capacity,
        hashes: status.hashes,
        hash_ms: micros.map(|micros| micros / 1e3),
        proved_good: proofs(ProofOutcome::Good),
        proved_bad: proofs(ProofOutcome::Bad) + proofs(ProofOutcome::Corrected),
        unproved: proofs(ProofOutcome::None),
        budget: view.prove_budget(),
        failure: status.cache_failure.or(status.dataset_failure),
    })
}

/// Whether a dataset serves.
fn is_fast(status: &ProverStatus) -> bool {
    let mut seeds = status.seeds.iter();
    status.mode == Mode::Fast && seeds.any(|seed| seed.dataset == Some(DatasetState::Ready))
}

/// What is learnt.
pub(super) fn models(learnt: &TrainerShown, min_shares: usize) -> ModelsShown {
    let (phase, training) = match learnt.phase {
        Phase::Idle => ("idle", None),
        Phase::Reading => ("reading", None),
        Phase::Training(slot) => ("training", Some(slot.label())),
    };
    let last = learnt.last.as_ref();
    let results = last.map(|last| last.results.as_slice()).unwrap_or_default();
    ModelsShown {
        phase,
        training,
        window: learnt.window,
        min_shares: min_shares as u64,
        next_training_unix_ms: learnt.next_ms,
        last_training_unix_ms: last.map(|last| last.began_ms),
        last_results: results
            .iter()
            .map(|result| format!("{}: {}", result.slot.label(), result.what))
            .collect(),
        drifted: learnt.drift.as_ref().map(|drift| drift.drifted()),
        faults: learnt.faults.clone(),
        models: learnt.models.iter().map(model).collect(),
        lift: learnt.lift.and_then(|lift| {
            Some(LiftShown {
                estimate: lift.estimate?,
                low: lift.low,
                high: lift.high,
                shares: lift.model.shares + lift.control.shares,
            })
        }),
    }
}

fn model(model: &ListedModel) -> ModelShown {
    let mut worth: Vec<String> = model
        .metrics
        .iter()
        .flatten()
        .map(|metric| match metric.interval {
            Some((low, high)) => {
                format!(
                    "{}: {:.4} ({low:.4} to {high:.4})",
                    metric.name, metric.value
                )
            }
            None => format!("{}: {:.4}", metric.name, metric.value),
        })
        .collect();
    worth.extend(model.duel.map(|duel| {
        let whose = if model.in_force {
            "of the one before"
        } else {
            "of it"
        };
        format!(
            "advantage {whose}: {:.6} nats a share ({:.6} to {:.6})",
            duel.mean, duel.low, duel.high
        )
    }));
    ModelShown {
        id: model.id.clone(),
        slot: model.slot.label(),
        state: model.state,
        in_force: model.in_force,
        since_unix_ms: model.since_ms,
        why: model.why.clone(),
        trained_on: model.trained_on,
        worth,
    }
}

/// Blocks of [`DifficultyShown::past`],
const PAST: usize = 720;
/// of which one in so many is shown.
const THINNED: usize = 4;
/// How sure a forecast is.
const LEVEL: f64 = 0.9;

#[expect(
    clippy::cast_precision_loss,
    reason = "a difficulty that is drawn, and seconds since 1970"
)]
pub(super) fn difficulty(report: &HeadersReport, now_ms: u64) -> DifficultyShown {
    let chain = report.chain.as_ref();
    let tip = chain.map(|chain| chain.tip());
    let mut past: Vec<[f64; 2]> = chain
        .into_iter()
        .flat_map(|chain| chain.iter().rev().take(PAST).step_by(THINNED))
        .map(|header| [header.unix_s as f64, header.difficulty as f64])
        .collect();
    past.reverse();
    let age_ms = report
        .answered_unix_ms
        .map(|answered| now_ms.saturating_sub(answered));
    DifficultyShown {
        height: tip.map(|tip| tip.height),
        difficulty: tip.map(|tip| tip.difficulty as f64),
        next: report.next.map(|next| next as f64),
        forecast: report
            .forecast
            .iter()
            .map(|point| ForecastShown {
                blocks: point.blocks as u64,
                difficulty: point.middle,
                low: point.low,
                high: point.high,
                level: LEVEL,
            })
            .collect(),
        past,
        missing: report.missing.clone().or_else(|| report.error.clone()),
        age_s: age_ms.map(|age| age / 1_000),
    }
}
