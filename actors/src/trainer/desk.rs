//! What the trainer works with: what it has learnt from, the models that it compares, the folder.

use std::ops::ControlFlow;
use std::sync::Arc;

use zartrux_models::filter::{ModelId, OutcomeFeatures};
use zartrux_models::learn::artifact::read_header;
use zartrux_models::learn::behaviour::{BehaviourRow, ClusterSettings, DeployedClusters};
use zartrux_models::learn::drift::{DriftReport, DriftSettings, DriftWindow, compare};
use zartrux_models::learn::outcome::{Deployed, OutcomeSettings};
use zartrux_models::learn::roster::{Change, PromotionPolicy, Roster};
use zartrux_models::learn::training::{Trained, train_behaviour, train_outcome, train_ranking};
use zartrux_models::learn::{Course, CourseBounds, Fresh, OutcomeRow, gain_of};
use zartrux_models::ledger::ModelSlot;

use super::admission::admit;
use super::in_force::{self, InForce, Refused, Serving};
use super::status::{Phase, TrainerStatus, listed};
use super::{FolderFault, ModelsFolder, TrainerSettings};
use crate::store::ledger::{LedgerReader, Reading};
use crate::store::{Damage, StoreFault};

/// Models beside those in force: they answer the same shares, and decide nothing.
#[derive(Debug, Default)]
struct Beside {
    outcome_shadow: Option<Serving<Deployed>>,
    outcome_before: Option<Serving<Deployed>>,
    behaviour_shadow: Option<Serving<DeployedClusters>>,
    behaviour_before: Option<Serving<DeployedClusters>>,
}

/// What a share says of two models.
#[derive(Debug, Clone, Copy)]
struct Gain {
    slot: ModelSlot,
    /// Of the one before, and not of the shadow.
    of_before: bool,
    at_ms: u64,
    gain: f64,
}

/// What came of something that may have changed models.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What became of models, to be noted.
    pub(super) changes: Vec<Change>,
    /// Models that can't be used.
    pub(super) refused: Vec<Refused>,
    /// Others are in force.
    pub(super) deploy: bool,
}

impl Outcome {
    pub(super) fn without_deploying(self) -> Self {
        Self {
            deploy: false,
            ..self
        }
    }
}

/// The core of the trainer.
pub(super) struct Desk {
    folder: ModelsFolder,
    reader: Option<LedgerReader>,
    settings: TrainerSettings,
    course: Course,
    in_force: InForce,
    beside: Beside,
    /// Not in the registry yet.
    gains: Vec<Gain>,
    /// Told already: a model that can't be used is told of once.
    told: Vec<Refused>,
    status: Arc<TrainerStatus>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// Shares after the last training that are needed to say whether anything has changed.
    const DRIFT_LEAST: usize = 500;
    /// Shares that are compared at most.
    const DRIFT_MOST: usize = 20_000;
    /// Gains that are kept until they are written down.
    const GAINS: usize = 100_000;

    pub(super) fn new(
        folder: ModelsFolder,
        reader: Option<LedgerReader>,
        settings: TrainerSettings,
        in_force: InForce,
        status: Arc<TrainerStatus>,
    ) -> Self {
        let bounds = CourseBounds {
            window: settings.window,
            rigs: settings.rigs,
        };
        // What is amiss with the registry is told when it is read to go by it.
        let beside = folder
            .roster()
            .map(|roster| Beside::of(&folder, &roster))
            .unwrap_or_default();
        Self {
            folder,
            reader,
            settings,
            course: Course::new(bounds),
            in_force,
            beside,
            gains: Vec::new(),
            told: Vec::new(),
            status,
        }
    }

    pub(super) const fn in_force(&self) -> &InForce {
        &self.in_force
    }

    /// Whether there is no model of outcomes.
    pub(super) const fn has_none(&self) -> bool {
        self.in_force.outcome.is_none()
    }

    /// Shares that there are to learn from.
    pub(super) fn window(&self) -> usize {
        self.course.window()
    }

    /// Reads what has come to the ledger since the last time.
    pub(super) fn read_on(&mut self) -> Result<(), StoreFault> {
        let Some(reader) = self.reader.clone() else {
            return Ok(());
        };
        self.status.show(|shown| shown.phase = Phase::Reading);
        let after = self.course.last_seq().max(self.settings.read_after);
        let Self {
            course,
            in_force,
            beside,
            gains,
            status,
            ..
        } = self;
        let mut read = 0u64;
        for volume in reader.volumes_above(after) {
            let mut reading = Reading {
                share: |entry| {
                    read += 1;
                    course.take(&entry, |fresh| beside.compare(in_force, fresh, gains));
                    if gains.len() > Self::GAINS {
                        gains.drain(..gains.len() - Self::GAINS);
                    }
                    ControlFlow::Continue(())
                },
                // The store tells of it.
                damage: |_: Damage| (),
            };
            let _ = reader.shares(volume, after, &mut reading)?;
        }
        let (window, skipped, lift, outside) = (
            course.rows().len() as u64,
            course.rows_skipped(),
            course.lifts().model(),
            course.lifts().outside(),
        );
        status.show(|shown| {
            shown.shares_read += read;
            shown.window = window;
            shown.skipped = skipped;
            shown.lift = Some(lift);
            shown.outside_lift = outside;
        });
        Ok(())
    }

    /// Writes down what the duels have seen, and lets them decide.
    pub(super) fn decide(&mut self, now_ms: u64) -> Result<Outcome, FolderFault> {
        let gains = &self.gains;
        let policy = PromotionPolicy {
            shadow_ms: self.settings.shadow_ms,
            ..PromotionPolicy::default()
        };
        let changes = self.folder.change(|roster| {
            for slot in [ModelSlot::Outcome, ModelSlot::Behaviour] {
                let of = |of_before| {
                    let gains = gains.iter();
                    let of_these =
                        move |gain: &&Gain| gain.slot == slot && gain.of_before == of_before;
                    gains.filter(of_these).map(|gain| (gain.at_ms, gain.gain))
                };
                roster.note_gains(slot, of(false));
                roster.note_gains_of_before(slot, of(true));
            }
            let mut changes = roster.decide(ModelSlot::Outcome, policy, now_ms);
            changes.extend(roster.decide(ModelSlot::Behaviour, policy, now_ms));
            changes
        })?;
        self.gains.clear();
        self.after_changes(changes)
    }

    /// Trains all models on what is in the window, and changes nothing yet: a training that fails
    /// half-way must not leave some of them in force.
    pub(super) fn train(&mut self) -> Vec<(ModelSlot, Result<Trained, String>)> {
        let ranking = self.settings.ranking.then_some(ModelSlot::Ranking);
        [ModelSlot::Outcome, ModelSlot::Behaviour]
            .into_iter()
            .chain(ranking)
            .map(|slot| {
                self.status
                    .show(|shown| shown.phase = Phase::Training(slot));
                (slot, self.train_one(slot))
            })
            .collect()
    }

    /// Takes in what was trained.
    pub(super) fn admit(
        &mut self,
        trained: &[(ModelSlot, Trained)],
        now_ms: u64,
    ) -> Result<Outcome, FolderFault> {
        let changes = admit(&self.folder, trained, now_ms)?;
        self.after_changes(changes)
    }

    fn train_one(&mut self, slot: ModelSlot) -> Result<Trained, String> {
        let seed = self.settings.seed;
        match slot {
            ModelSlot::Outcome => {
                let settings = OutcomeSettings {
                    rows_min: self.settings.min_shares,
                    ..OutcomeSettings::new(seed)
                };
                let warm = self.in_force.outcome.as_ref();
                let warm = warm.map(|serving| (serving.id, &serving.model.model));
                let rows = self.course.rows();
                if rows.len() < self.settings.min_shares {
                    return Err(format!(
                        "{} shares can be learnt from; {} are needed",
                        rows.len(),
                        self.settings.min_shares
                    ));
                }
                train_outcome(rows, &settings, warm).map(|(trained, _)| trained)
            }
            ModelSlot::Behaviour => {
                let former = self.in_force.behaviour.as_ref();
                let former = former.map(|serving| (serving.id, serving.model.model()));
                let blocks = self.course.blocks();
                train_behaviour(blocks, &ClusterSettings::default(), seed, former)
                    .map(|(trained, _)| trained)
            }
            ModelSlot::Ranking => train_ranking(self.course.trials(), seed),
            ModelSlot::Difficulty => Err("is not trained from shares".to_owned()),
        }
    }

    /// Goes by what the registry and the files say now.
    pub(super) fn reload(&mut self) -> Result<Outcome, FolderFault> {
        self.after_changes(Vec::new())
    }

    fn after_changes(&mut self, changes: Vec<Change>) -> Result<Outcome, FolderFault> {
        let roster = self.folder.roster()?;
        let (mut next, refused) = self.in_force.after(&self.folder, &roster);
        if !self.settings.ranking {
            next.ranking = None;
        }
        let deploy = next.ids() != self.in_force.ids();
        self.in_force = next;
        self.beside = Beside::of(&self.folder, &roster);
        self.show(&roster, &refused);
        let fresh = refused
            .iter()
            .filter(|found| !self.told.contains(found))
            .cloned()
            .collect();
        self.told = refused;
        Ok(Outcome {
            changes,
            refused: fresh,
            deploy,
        })
    }

    fn show(&self, roster: &Roster, refused: &[Refused]) {
        let metrics = |slot, id| {
            let file = self.folder.read(slot, id).ok()?;
            Some(read_header(&file).ok()?.1.metrics)
        };
        let models = listed(roster, &self.in_force, metrics);
        let faults = refused.iter().map(|refused| refused.why.clone()).collect();
        let in_force = self.in_force.clone();
        self.status.show(|shown| {
            shown.models = models;
            shown.faults = faults;
            shown.in_force = in_force;
        });
    }

    /// Whether shares look otherwise than those that the model in force was trained on; none where
    /// there is nothing to compare.
    pub(super) fn drift(&mut self) -> Option<DriftReport> {
        let until_ms = self.in_force.outcome.as_ref()?.header.data.last_ms;
        let seed = self.settings.seed;
        let [mut before, mut now] =
            [seed, seed + 1].map(|seed| DriftWindow::new(Self::DRIFT_MOST, seed));
        for row in self.course.rows() {
            let window = if row.at_ms <= until_ms {
                &mut before
            } else {
                &mut now
            };
            window.take(row.rig, row.features);
        }
        if now.rows().len() < Self::DRIFT_LEAST || before.rows().len() < Self::DRIFT_LEAST {
            return None;
        }
        let features = OutcomeFeatures::FEATURES.first_chunk()?;
        let report = compare(features, &before, &now, &DriftSettings::default(), seed).ok()?;
        let shown_report = report.clone();
        self.status.show(|shown| shown.drift = Some(shown_report));
        Some(report)
    }
}

impl Beside {
    fn of(folder: &ModelsFolder, roster: &Roster) -> Self {
        let shadow = |slot| roster.shadow(slot).map(|(id, _)| id);
        let before = |slot| roster.champion(slot).and_then(|(_, entry)| entry.before);
        let outcome = |id: Option<ModelId>| in_force::outcome(folder, id?).ok();
        let behaviour = |id: Option<ModelId>| in_force::behaviour(folder, id?).ok();
        Self {
            outcome_shadow: outcome(shadow(ModelSlot::Outcome)),
            outcome_before: outcome(before(ModelSlot::Outcome)),
            behaviour_shadow: behaviour(shadow(ModelSlot::Behaviour)),
            behaviour_before: behaviour(before(ModelSlot::Behaviour)),
        }
    }

    /// Sets the answers to something fresh side by side, where it is later than what either model
    /// was trained on.
    fn compare(&self, in_force: &InForce, fresh: Fresh<'_>, gains: &mut Vec<Gain>) {
        match fresh {
            Fresh::Row(row) => {
                let Some(champion) = &in_force.outcome else {
                    return;
                };
                for (other, of_before) in
                    [(&self.outcome_shadow, false), (&self.outcome_before, true)]
                {
                    gains.extend(
                        other
                            .as_ref()
                            .filter(|other| is_later(row.at_ms, other, champion))
                            .map(|other| of_row(row, other, champion, of_before)),
                    );
                }
            }
            Fresh::Block(block) => {
                let Some(champion) = &in_force.behaviour else {
                    return;
                };
                for (other, of_before) in [
                    (&self.behaviour_shadow, false),
                    (&self.behaviour_before, true),
                ] {
                    gains.extend(
                        other
                            .as_ref()
                            .filter(|other| is_later(block.at_ms, other, champion))
                            .filter(|_| !block.proven_bad)
                            .map(|other| of_block(block, other, champion, of_before)),
                    );
                }
            }
        }
    }
}

fn is_later<T>(at_ms: u64, one: &Serving<T>, other: &Serving<T>) -> bool {
    at_ms > one.header.data.last_ms && at_ms > other.header.data.last_ms
}

fn of_row(
    row: &OutcomeRow,
    challenger: &Serving<Deployed>,
    incumbent: &Serving<Deployed>,
    of_before: bool,
) -> Gain {
    let features = row.features();
    let [of_challenger, of_incumbent] =
        [challenger, incumbent].map(|serving| serving.model.model.rejection_probability(&features));
    Gain {
        slot: ModelSlot::Outcome,
        of_before,
        at_ms: row.at_ms,
        gain: gain_of(row.class.is_refusal(), of_challenger, of_incumbent),
    }
}

fn of_block(
    block: &BehaviourRow,
    challenger: &Serving<DeployedClusters>,
    incumbent: &Serving<DeployedClusters>,
    of_before: bool,
) -> Gain {
    let behaviour = block.behaviour();
    let [of_challenger, of_incumbent] =
        [challenger, incumbent].map(|serving| serving.model.model().surprise(&behaviour));
    Gain {
        slot: ModelSlot::Behaviour,
        of_before,
        at_ms: block.at_ms,
        gain: of_incumbent - of_challenger,
    }
}

#[cfg(test)]
mod tests;
