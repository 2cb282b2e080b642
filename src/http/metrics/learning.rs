//! What is learnt.

use std::collections::BTreeMap;
use std::fmt;

use zartrux_actors::trainer::{Phase, Shown};
use zartrux_models::ledger::{ModelChange, ModelSlot};

use super::writer::Writer;

const PHASES: [&str; 3] = ["idle", "reading", "training"];

pub(super) fn write(writer: &mut Writer<'_, '_>, shown: &Shown, now_ms: u64) -> fmt::Result {
    let phase = match shown.phase {
        Phase::Idle => PHASES[0],
        Phase::Reading => PHASES[1],
        Phase::Training(_) => PHASES[2],
    };
    writer.gauges(
        (
            "zartrux_trainer_phase",
            "1 for what the trainer does: idle, reading or training",
        ),
        ["phase"],
        PHASES.map(|of| ([of], of == phase)),
    )?;
    training(writer, shown)?;
    writer.gauge(
        (
            "zartrux_trainer_faults",
            "What is amiss with models and their files",
        ),
        shown.faults.len(),
    )?;
    models(writer, shown, now_ms)?;
    writer.measured(
        (
            "zartrux_learn_drifted",
            "1 when shares do not look as those that models were trained on; none before the first look",
        ),
        shown.drift.as_ref().map(|drift| drift.drifted()),
    )?;
    lift(writer, shown)?;
    outside_lift(writer, shown)
}

fn training(writer: &mut Writer<'_, '_>, shown: &Shown) -> fmt::Result {
    writer.counter(
        (
            "zartrux_trainer_shares_read",
            "Shares read from the ledger to learn from",
        ),
        shown.shares_read,
    )?;
    writer.gauge(
        (
            "zartrux_trainer_window_shares",
            "Shares that are learnt from",
        ),
        shown.window,
    )?;
    let seconds = |ms: u64| ms as f64 / 1e3;
    let last = shown.last.as_ref();
    writer.measured(
        (
            "zartrux_trainer_last_training_timestamp_seconds",
            "When the last training began, since 1970; no series before the first since launch",
        ),
        last.map(|last| seconds(last.began_ms)),
    )?;
    writer.measured(
        (
            "zartrux_trainer_last_training_duration_seconds",
            "How long the last training took",
        ),
        last.map(|last| seconds(last.took_ms)),
    )?;
    writer.measured(
        (
            "zartrux_trainer_next_training_timestamp_seconds",
            "When the next training is due, since 1970",
        ),
        shown.next_ms.map(seconds),
    )
}

fn models(writer: &mut Writer<'_, '_>, shown: &Shown, now_ms: u64) -> fmt::Result {
    let in_force = || shown.models.iter().filter(|model| model.in_force);
    writer.gauges(
        (
            "zartrux_model_info",
            "Always 1: the model in force, by what it is for",
        ),
        ["slot", "model"],
        in_force().map(|model| ([model.slot.label(), model.id.as_str()], 1_u64)),
    )?;
    writer.gauges(
        (
            "zartrux_model_age_seconds",
            "Since the last share that the model in force was trained on",
        ),
        ["slot"],
        in_force().map(|model| {
            let age_ms = now_ms.saturating_sub(model.trained_until_ms);
            ([model.slot.label()], age_ms as f64 / 1e3)
        }),
    )?;
    let mut states: BTreeMap<_, u64> = BTreeMap::new();
    for model in &shown.models {
        *states.entry([model.slot.label(), model.state]).or_default() += 1;
    }
    writer.gauges(
        ("zartrux_models", "Models in the registry, by state"),
        ["slot", "state"],
        states,
    )?;
    // All of them, those that never came too: else the first would be hidden from `increase`.
    let all = ModelSlot::ALL.into_iter().map(|slot| {
        ModelChange::ALL.map(|change| {
            let of = [slot.label(), change.label()];
            (of, shown.changes.get(&of).copied().unwrap_or_default())
        })
    });
    writer.counters(
        (
            "zartrux_model_changes",
            "Changes of models since launch, such as promoted, rolled_back, refused",
        ),
        ["slot", "change"],
        all.flatten(),
    )
}

fn lift(writer: &mut Writer<'_, '_>, shown: &Shown) -> fmt::Result {
    // Without an estimate nothing was compared, and the bounds say nothing.
    let Some((lift, estimate)) = shown.lift.and_then(|lift| Some((lift, lift.estimate?))) else {
        return Ok(());
    };
    writer.gauge(
        (
            "zartrux_lift_ratio",
            "Shares for hashes in the model's order of nonces against chance, as it fits best",
        ),
        estimate,
    )?;
    writer.gauge(
        ("zartrux_lift_low_ratio", "The lift is above this"),
        lift.low,
    )?;
    writer.measured(
        (
            "zartrux_lift_high_ratio",
            "The lift is below this; no series where nothing bounds it",
        ),
        lift.high,
    )
}

fn outside_lift(writer: &mut Writer<'_, '_>, shown: &Shown) -> fmt::Result {
    let lift = shown.outside_lift;
    let Some((lift, estimate)) = lift.and_then(|lift| Some((lift, lift.estimate?))) else {
        return Ok(());
    };
    writer.gauge(
        (
            "zartrux_outside_lift_ratio",
            "Shares for hashes in orders from outside against chance, as it fits best",
        ),
        estimate,
    )?;
    writer.gauge(
        (
            "zartrux_outside_lift_low_ratio",
            "The lift of orders from outside is above this",
        ),
        lift.low,
    )?;
    writer.measured(
        (
            "zartrux_outside_lift_high_ratio",
            "The lift of orders from outside is below this; no series where nothing bounds it",
        ),
        lift.high,
    )
}
