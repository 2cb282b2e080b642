//! From what was learnt to files: trained on the earlier part, measured on the later, and told
//! whether it is better than nothing.

use super::artifact::{self, DataFacts, Learnt, Metric};
use super::behaviour::{self, BehaviourRow, ClusterModel, ClusterSettings};
use super::evaluation::{BootstrapSettings, OutcomeReport, temporal_split};
use super::lift::Trial;
use super::outcome::{self, LogisticOutcome, OutcomeSettings};
use super::ranking::NonceRanking;
use super::{OutcomeRow, facts_of_rows};
use crate::filter::ModelId;

/// A trained model, ready to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trained {
    /// Which it is.
    pub id: ModelId,
    /// Its file.
    pub file: Vec<u8>,
    /// What it was trained on.
    pub data: DataFacts,
    /// Whether it is better than no model, and how that is known.
    pub better_than_none: Result<String, String>,
}

/// Part of the shares, the earlier, that a model is trained on; by the rest it is measured.
pub const EARLIER: f64 = 0.8;

/// Trains a model of outcomes on rows in the order of their coming; `warm` is the one in force.
///
/// # Errors
/// Why there is none, in words.
pub fn train_outcome(
    rows: &[OutcomeRow],
    settings: &OutcomeSettings,
    warm: Option<(ModelId, &LogisticOutcome)>,
) -> Result<(Trained, OutcomeReport), String> {
    let (earlier, later) = temporal_split(rows, EARLIER);
    let fitted = outcome::fit(earlier, settings, warm.map(|(_, model)| model))
        .map_err(|why| why.to_string())?;
    let probabilities: Vec<f64> = later
        .iter()
        .map(|row| fitted.model.rejection_probability(&row.features()))
        .collect();
    let bootstrap = BootstrapSettings::new(settings.seed);
    let report = OutcomeReport::new(earlier, later, &probabilities, &bootstrap)
        .map_err(|why| why.to_string())?;
    let gain = report.base_rate.gain.log_loss_gain;
    let compared = format!(
        "{:+.5} nats a share over the base rate ({:+.5} to {:+.5}) on {} later shares",
        gain.value, gain.low, gain.high, report.rows
    );
    let better_than_none = if gain.low > 0.0 {
        Ok(compared)
    } else {
        Err(format!(
            "not better than the base rate for sure: {compared}"
        ))
    };
    let trained = finish(
        &fitted.model,
        facts_of_rows(earlier),
        settings.seed,
        warm.map(|(id, _)| id),
        report.metrics(),
        better_than_none,
    )?;
    Ok((trained, report))
}

/// Trains a model of behaviours; `former` is the one in force.
///
/// # Errors
/// Why there is none, in words.
pub fn train_behaviour(
    blocks: &[BehaviourRow],
    settings: &ClusterSettings,
    seed: u64,
    former: Option<(ModelId, &ClusterModel)>,
) -> Result<(Trained, behaviour::BehaviourReport), String> {
    let fitted = behaviour::fit(blocks, settings, seed, former.map(|(_, model)| model))
        .map_err(|why| why.to_string())?;
    // A filter that goes by it bets only above its ceiling, so that it can do no harm where it
    // sees nothing.
    let better_than_none = Ok(format!(
        "{} clusters of {} blocks; an honest block's mean distance is at most {:.3}",
        fitted.model.clusters().len(),
        fitted.report.trained,
        fitted.model.ceiling()
    ));
    let trained = finish(
        &fitted.model,
        behaviour::facts_of(blocks),
        seed,
        former.map(|(id, _)| id),
        fitted.report.metrics(),
        better_than_none,
    )?;
    Ok((trained, fitted.report))
}

/// Makes an order of nonces from scans.
///
/// # Errors
/// Why there is none, in words.
pub fn train_ranking(trials: &[Trial], seed: u64) -> Result<Trained, String> {
    let ranking = NonceRanking::fit(trials).map_err(|why| why.to_string())?;
    let data = super::lift::facts_of(trials);
    // Any order costs nothing, and what this one brings is measured while it is in force.
    let better = Err("in force to be measured: nothing is claimed of it".to_owned());
    finish(&ranking, data, seed, None, ranking.metrics(), better)
}

fn finish<T: Learnt>(
    model: &T,
    data: DataFacts,
    seed: u64,
    warm: Option<ModelId>,
    metrics: Vec<Metric>,
    better_than_none: Result<String, String>,
) -> Result<Trained, String> {
    let file = artifact::write(model, data, seed, warm, metrics)?;
    // What was written must be readable, or the model in force would be replaced by none.
    let read = artifact::read::<T>(&file).map_err(|why| why.to_string())?;
    Ok(Trained {
        id: read.id,
        file,
        data,
        better_than_none,
    })
}

#[cfg(test)]
mod days_tests;
#[cfg(test)]
mod tests;
