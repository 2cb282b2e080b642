//! Whether what the model of outcomes is shown has changed since its training.

use serde::Serialize;
use zartrux_models::filter::OutcomeFeatures;
use zartrux_models::learn::OutcomeRow;
use zartrux_models::learn::drift::{DriftReport, DriftSettings, DriftWindow, compare};

use super::Measured;

/// Features before and after the end of the model's training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Drift {
    /// The comparison.
    pub(crate) report: DriftReport,
    /// Shares before, of which so many are compared.
    pub(crate) before: (u64, usize),
    /// Shares after.
    pub(crate) after: (u64, usize),
    /// What is called drift.
    pub(crate) psi_least: f64,
    /// The probability that any feature is called drifted while nothing has changed.
    pub(crate) level: f64,
}

#[derive(Debug)]
pub(super) struct DriftRows {
    before: DriftWindow<{ OutcomeFeatures::LEN }>,
    after: DriftWindow<{ OutcomeFeatures::LEN }>,
    seed: u64,
}

impl DriftRows {
    /// Shares of either side that are compared: an even sample.
    const MOST: usize = 20_000;

    pub(super) fn new(seed: u64) -> Self {
        Self {
            before: DriftWindow::new(Self::MOST, seed),
            after: DriftWindow::new(Self::MOST, seed.wrapping_add(1)),
            seed,
        }
    }

    pub(super) fn take(&mut self, row: &OutcomeRow, is_later: bool) {
        let window = if is_later {
            &mut self.after
        } else {
            &mut self.before
        };
        window.take(row.rig, row.features);
    }

    pub(super) fn finish(&self) -> Measured<Drift> {
        let features = OutcomeFeatures::FEATURES
            .first_chunk()
            .ok_or("there are no features")?;
        let settings = DriftSettings::default();
        let report = compare(features, &self.before, &self.after, &settings, self.seed)
            .map_err(|why| why.to_string())?;
        let sides = |window: &DriftWindow<_>| (window.came(), window.rows().len());
        Ok(Drift {
            report,
            before: sides(&self.before),
            after: sides(&self.after),
            psi_least: settings.psi_least,
            level: settings.level,
        })
    }
}
