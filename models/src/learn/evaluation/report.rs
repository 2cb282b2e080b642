//! Everything that is measured of an outcome model on later shares.

use serde::Serialize;

use super::comparison::Resampled;
use super::{
    BootstrapSettings, CalibrationBin, Comparison, CurvePoint, Estimate, Ranking, RigTable, Scored,
    base_rate, calibration_curve, count, expected_calibration_error, log_loss,
};
use crate::learn::OutcomeRow;
use crate::learn::artifact::Metric;

/// Bins of the calibration curve.
const BINS: usize = 20;

/// Why nothing can be said of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NothingToJudge {
    /// There are no later shares.
    #[error("there are no shares later than those it was trained on")]
    NoShares,
    /// Probabilities of other shares.
    #[error("{probabilities} probabilities were given for {rows} shares")]
    OtherShares {
        /// How many were given.
        probabilities: usize,
        /// How many there should be.
        rows: usize,
    },
    /// The later rows are not later, or not in order.
    #[error("the later shares are not in order of time after the earlier ones")]
    NotLater,
}

/// A baseline, and how much better the model is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AgainstBaseline {
    /// Log loss of the baseline.
    pub log_loss: f64,
    /// What the model gains over it.
    pub gain: Comparison,
}

/// What was measured of a model on later shares.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeReport {
    /// Shares.
    pub rows: usize,
    /// Those that were refused.
    pub refused: usize,
    /// When the first came, milliseconds since 1970.
    pub first_ms: u64,
    /// When the last came.
    pub last_ms: u64,
    /// Mean cost in natural units of information.
    pub log_loss: Estimate,
    /// Mean square difference.
    pub brier: Estimate,
    /// Area under the receiver operating characteristic; none where all shares ended alike.
    pub auc: Option<Estimate>,
    /// Mean precision; none where all shares ended alike.
    pub average_precision: Option<f64>,
    /// Mean difference between foretold and observed parts.
    pub calibration_error: f64,
    /// Foretold and observed parts in bins of equal counts.
    pub calibration: Vec<CalibrationBin>,
    /// See [`Ranking::roc`].
    pub roc: Vec<CurvePoint>,
    /// See [`Ranking::precision_recall`].
    pub precision_recall: Vec<CurvePoint>,
    /// See [`Ranking::gain`].
    pub gain: Vec<CurvePoint>,
    /// Part of the earlier shares that was refused, foretold for each.
    pub base_rate: AgainstBaseline,
    /// How often each rig was refused before; see [`RigTable`].
    pub rig_table: AgainstBaseline,
}

impl OutcomeReport {
    /// Judges a model by the probabilities of a refusal that it gives to later shares; the baselines
    /// learn from the earlier ones.
    ///
    /// # Errors
    /// There are no later shares, they are not later, or the probabilities are not theirs.
    pub fn new(
        earlier: &[OutcomeRow],
        later: &[OutcomeRow],
        probabilities: &[f64],
        settings: &BootstrapSettings,
    ) -> Result<Self, NothingToJudge> {
        let (Some(first), Some(last)) = (later.first(), later.last()) else {
            return Err(NothingToJudge::NoShares);
        };
        if probabilities.len() != later.len() {
            return Err(NothingToJudge::OtherShares {
                probabilities: probabilities.len(),
                rows: later.len(),
            });
        }
        let trained_until = earlier.last().map_or(0, |row| row.at_ms);
        if trained_until > first.at_ms || !later.is_sorted_by_key(|row| row.at_ms) {
            return Err(NothingToJudge::NotLater);
        }
        let mut given = probabilities.iter();
        let model = scored(later, |_| given.next().copied().unwrap_or(f64::NAN));
        let base = base_rate(earlier);
        let of_base = scored(later, |_| base);
        let mut table = RigTable::learn(earlier);
        let of_table = scored(later, |row| table.next(row.rig, row.class.is_refusal()));

        let resampled = Resampled::new(&model, settings);
        let against = |baseline: &[Scored]| {
            let gain = resampled.over(&Resampled::new(baseline, settings));
            gain.map(|gain| AgainstBaseline {
                log_loss: log_loss(baseline),
                gain,
            })
        };
        let ranking = Ranking::new(&model);
        let curve =
            |of: fn(&Ranking) -> Vec<CurvePoint>| ranking.as_ref().map_or_else(Vec::new, of);
        let calibration = calibration_curve(&model, BINS);
        Ok(Self {
            rows: later.len(),
            refused: later.iter().filter(|row| row.class.is_refusal()).count(),
            first_ms: first.at_ms,
            last_ms: last.at_ms,
            log_loss: resampled
                .estimate(|figures| Some(figures.log_loss))
                .ok_or(NothingToJudge::NoShares)?,
            brier: resampled
                .estimate(|figures| Some(figures.brier))
                .ok_or(NothingToJudge::NoShares)?,
            auc: resampled.estimate(|figures| figures.auc),
            average_precision: ranking.as_ref().map(Ranking::average_precision),
            calibration_error: expected_calibration_error(&calibration),
            calibration,
            roc: curve(Ranking::roc),
            precision_recall: curve(Ranking::precision_recall),
            gain: curve(Ranking::gain),
            base_rate: against(&of_base).ok_or(NothingToJudge::NoShares)?,
            rig_table: against(&of_table).ok_or(NothingToJudge::NoShares)?,
        })
    }

    /// Whether it is better than either baseline beyond chance: the interval of its gain in log
    /// loss is above 0.
    #[must_use]
    pub fn beats_baselines(&self) -> bool {
        [self.base_rate, self.rig_table]
            .iter()
            .all(|baseline| baseline.gain.log_loss_gain.low > 0.0)
    }

    /// What a model's file says of it.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let estimate = |name: &str, estimate: &Estimate| Metric {
            name: name.to_owned(),
            value: estimate.value,
            interval: Some((estimate.low, estimate.high)),
        };
        let number = |name: &str, value: f64| Metric {
            name: name.to_owned(),
            value,
            interval: None,
        };
        let mut metrics = vec![
            number("later_rows", count(self.rows)),
            number("later_refused", count(self.refused)),
            estimate("log_loss", &self.log_loss),
            estimate(
                "log_loss_gain_over_base_rate",
                &self.base_rate.gain.log_loss_gain,
            ),
            estimate(
                "log_loss_gain_over_rig_table",
                &self.rig_table.gain.log_loss_gain,
            ),
            estimate("brier", &self.brier),
            number("calibration_error", self.calibration_error),
        ];
        metrics.extend(self.auc.as_ref().map(|auc| estimate("auc", auc)));
        metrics.extend(
            self.average_precision
                .map(|value| number("average_precision", value)),
        );
        metrics
    }
}

fn scored(rows: &[OutcomeRow], mut probability: impl FnMut(&OutcomeRow) -> f64) -> Vec<Scored> {
    rows.iter()
        .map(|row| Scored {
            probability: probability(row),
            refused: row.class.is_refusal(),
            at_ms: row.at_ms,
            rig: row.rig,
        })
        .collect()
}
