//! How well the model of outcomes in force foretells shares later than its training.

use serde::Serialize;
use zartrux_models::learn::OutcomeRow;
use zartrux_models::learn::evaluation::{BootstrapSettings, OutcomeReport};
use zartrux_models::learn::outcome::LogisticOutcome;

use super::window::Window;
use super::{Champions, Measured};

/// A model, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OutcomeJudged {
    /// Which.
    pub(crate) model: String,
    /// What it was trained on.
    pub(crate) trained_on: String,
    /// Shares up to the end of its training that the baselines learn from.
    pub(crate) earlier: usize,
    /// Earlier and later shares that gave way to others, for want of room.
    pub(crate) gone: (u64, u64),
    /// What was measured.
    pub(crate) report: OutcomeReport,
}

/// The last shares on both sides of the end of the training.
#[derive(Debug)]
pub(super) struct OutcomeRows {
    earlier: Window<OutcomeRow>,
    later: Window<OutcomeRow>,
}

impl OutcomeRows {
    /// Fewer later shares are no ground for an interval.
    const LATER_LEAST: usize = 100;

    /// Half of the window for either side.
    pub(super) const fn new(window: usize) -> Self {
        Self {
            earlier: Window::new(window / 2),
            later: Window::new(window / 2),
        }
    }

    pub(super) fn take(&mut self, row: OutcomeRow, is_later: bool) {
        if is_later {
            self.later.push(row);
        } else {
            self.earlier.push(row);
        }
    }

    pub(super) fn finish(
        mut self,
        champions: &Champions<'_>,
        seed: u64,
    ) -> Measured<OutcomeJudged> {
        let champion = champions.outcome.as_ref().map_err(Clone::clone)?;
        let gone = (self.earlier.gone(), self.later.gone());
        let (earlier, later) = (self.earlier.kept(), self.later.kept());
        if later.len() < Self::LATER_LEAST {
            return Err(format!(
                "{} shares with a known end are later than the training of model {}: it takes {}",
                later.len(),
                champion.id,
                Self::LATER_LEAST
            ));
        }
        // Without them the baselines would know nothing, and any model would beat them.
        if earlier.is_empty() {
            return Err(format!(
                "no share from before the end of the training of model {} is in the span, and the \
                 baselines learn from those",
                champion.id
            ));
        }
        let model: &LogisticOutcome = champion.model;
        let probabilities: Vec<f64> = later
            .iter()
            .map(|row| model.rejection_probability(&row.features()))
            .collect();
        let bootstrap = BootstrapSettings::new(seed);
        let report = OutcomeReport::new(earlier, later, &probabilities, &bootstrap)
            .map_err(|why| why.to_string())?;
        Ok(OutcomeJudged {
            model: champion.id.to_string(),
            trained_on: champion.data.to_string(),
            earlier: earlier.len(),
            gone,
            report,
        })
    }
}
