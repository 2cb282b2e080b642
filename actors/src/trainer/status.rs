//! What the trainer shows of itself, read from any thread.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use zartrux_models::learn::artifact::Metric;
use zartrux_models::learn::drift::DriftReport;
use zartrux_models::learn::lift::{LiftReport, OutsideLift};
use zartrux_models::learn::roster::Roster;
use zartrux_models::learn::training::Trained;
use zartrux_models::learn::{Advantage, RowsSkipped};
use zartrux_models::ledger::{ModelChange, ModelSlot};

use super::in_force::InForce;

/// What the trainer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It waits.
    #[default]
    Idle,
    /// It reads the ledger.
    Reading,
    /// It trains.
    Training(ModelSlot),
}

/// What came of a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainingReport {
    /// When it began, milliseconds since 1970.
    pub began_ms: u64,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// What for.
    pub why: String,
    /// Shares that could be learnt from.
    pub shares: u64,
    /// What came of it, by model.
    pub results: Vec<SlotResult>,
}

/// What came of training one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlotResult {
    /// What it is for.
    pub slot: ModelSlot,
    /// Which model; none where there is none.
    pub id: Option<String>,
    /// How good it is, or why there is none.
    pub what: String,
}

impl SlotResult {
    pub(super) fn of((slot, trained): &(ModelSlot, Result<Trained, String>)) -> Self {
        match trained {
            Ok(trained) => {
                let (Ok(what) | Err(what)) = &trained.better_than_none;
                Self {
                    slot: *slot,
                    id: Some(trained.id.to_string()),
                    what: what.clone(),
                }
            }
            Err(why) => Self {
                slot: *slot,
                id: None,
                what: why.clone(),
            },
        }
    }
}

/// A model of the registry, with what its file says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedModel {
    /// Which: 16 hex digits.
    pub id: String,
    /// What it is for.
    pub slot: ModelSlot,
    /// Candidate, shadow, champion or retired.
    pub state: &'static str,
    /// Whether the filters and the planner go by it.
    pub in_force: bool,
    /// Since when it stands there, milliseconds since 1970.
    pub since_ms: u64,
    /// Why, in words.
    pub why: String,
    /// Shares, blocks or scans that it was trained on.
    pub trained_on: u64,
    /// The time of the last of these, milliseconds since 1970.
    pub trained_until_ms: u64,
    /// How well it did on data later than these; none where its file can't be read.
    pub metrics: Option<Vec<Metric>>,
    /// Of a shadow, how far it is ahead of the model in force; of a champion, how far the one before
    /// is ahead of it.
    pub duel: Option<Advantage>,
}

/// Everything that is shown.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// What it does.
    pub phase: Phase,
    /// Shares read since the start.
    pub shares_read: u64,
    /// Shares that are learnt from.
    pub window: u64,
    /// Shares that made no row.
    pub skipped: RowsSkipped,
    /// The last training; none since the start.
    pub last: Option<TrainingReport>,
    /// When the next is due, milliseconds since 1970; none where none is.
    pub next_ms: Option<u64>,
    /// What is amiss: the registry, a file.
    pub faults: Vec<String>,
    /// The registry.
    pub models: Vec<ListedModel>,
    /// What the order of nonces brings; none before the first look.
    pub lift: Option<LiftReport>,
    /// What orders from outside bring; none before a share was found in one.
    pub outside_lift: Option<OutsideLift>,
    /// Whether shares look as they did; none before the first comparison.
    pub drift: Option<DriftReport>,
    /// The models in force.
    pub in_force: InForce,
    /// Changes of models since the start, by what they are for and what changed.
    pub changes: BTreeMap<[&'static str; 2], u64>,
}

impl Shown {
    pub(super) fn count_change(&mut self, slot: ModelSlot, change: ModelChange) {
        let of = [slot.label(), change.label()];
        *self.changes.entry(of).or_default() += 1;
    }
}

/// The trainer's status.
#[derive(Debug, Default)]
pub struct TrainerStatus(Mutex<Shown>);

impl TrainerStatus {
    /// With the models that serve before the trainer has looked at anything.
    #[must_use]
    pub fn of(in_force: InForce) -> Self {
        Self(Mutex::new(Shown {
            in_force,
            ..Shown::default()
        }))
    }

    /// What is shown now.
    #[must_use]
    pub fn shown(&self) -> Shown {
        self.lock().clone()
    }

    /// The models in force.
    #[must_use]
    pub fn in_force(&self) -> InForce {
        self.lock().in_force.clone()
    }

    /// What the order of nonces brings.
    #[must_use]
    pub fn lift(&self) -> Option<LiftReport> {
        self.lock().lift
    }

    /// Whether it is at a training.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.lock().phase != Phase::Idle
    }

    pub(super) fn show(&self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The registry as it is shown.
#[must_use]
pub fn listed(
    roster: &Roster,
    in_force: &InForce,
    metrics: impl Fn(ModelSlot, zartrux_models::filter::ModelId) -> Option<Vec<Metric>>,
) -> Vec<ListedModel> {
    let serving = in_force.ids();
    let of = |(id, entry): (_, &zartrux_models::learn::roster::Entry)| ListedModel {
        id: format!("{id}"),
        slot: entry.slot,
        state: entry.state.label(),
        in_force: serving.contains(&Some(id)),
        since_ms: entry.since_ms,
        why: entry.why.clone(),
        trained_on: entry.data.rows,
        trained_until_ms: entry.data.last_ms,
        metrics: metrics(entry.slot, id),
        duel: entry.duel.advantage(),
    };
    roster.entries().into_iter().map(of).collect()
}
