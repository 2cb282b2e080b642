//! The log-odds of one kind of end.

use serde::{Deserialize, Serialize};

use super::scaler::Scaler;
use super::solve::Line;
use super::{LEN, Row, logistic};

/// Log-odds beyond which a probability is as good as certain.
const CERTAIN: f64 = 30.0;

/// Weights beyond which something went wrong.
const WEIGHT_MAX: f64 = 1e4;

/// What says how likely one kind of end is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Head {
    /// By the features.
    Line {
        weights: Row,
        intercept: f64,
        calibration: Calibration,
    },
    /// Always the same: there were too few such ends to learn from.
    Rate {
        /// Above 0 and below 1.
        probability: f64,
    },
}

/// What makes log-odds agree with what came later (Platt 1999).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibration {
    pub slope: f64,
    pub shift: f64,
}

impl Calibration {
    /// Log-odds as they are.
    pub(super) const NONE: Self = Self {
        slope: 1.0,
        shift: 0.0,
    };
    /// Slopes within which a line still says what it was fitted to say.
    pub(super) const SLOPES: std::ops::RangeInclusive<f64> = 0.05..=20.0;
    /// The most that log-odds may be off.
    pub(super) const SHIFT_MAX: f64 = 20.0;

    pub(super) fn apply(&self, log_odds: f64) -> f64 {
        self.slope * log_odds + self.shift
    }

    pub(super) fn is_sane(&self) -> bool {
        Self::SLOPES.contains(&self.slope) && self.shift.abs() <= Self::SHIFT_MAX
    }
}

impl Head {
    pub(super) const fn of_line(line: &Line) -> Self {
        Self::Line {
            weights: line.weights,
            intercept: line.intercept,
            calibration: Calibration::NONE,
        }
    }

    pub(super) fn log_odds(&self, scaled: &Row) -> f64 {
        match self {
            Self::Line { calibration, .. } => calibration.apply(self.raw_log_odds(scaled)),
            Self::Rate { .. } => self.raw_log_odds(scaled),
        }
        .clamp(-CERTAIN, CERTAIN)
    }

    /// Before calibration.
    pub(super) fn raw_log_odds(&self, scaled: &Row) -> f64 {
        match self {
            Self::Line {
                weights, intercept, ..
            } => {
                let sum: f64 = weights.iter().zip(scaled).map(|(a, b)| a * b).sum();
                (intercept + sum).clamp(-CERTAIN, CERTAIN)
            }
            Self::Rate { probability } => (probability / (1.0 - probability)).ln(),
        }
    }

    pub(super) fn probability(&self, scaled: &Row) -> f64 {
        logistic(self.log_odds(scaled))
    }

    /// What each feature adds to the log-odds, over that of a share with mean features; `None`
    /// where features add nothing.
    pub(super) fn contributions(&self, scaled: &Row) -> Option<Row> {
        let Self::Line {
            weights,
            calibration,
            ..
        } = self
        else {
            return None;
        };
        let mut added = [0.0; LEN];
        for ((added, weight), value) in added.iter_mut().zip(weights).zip(scaled) {
            *added = calibration.slope * weight * value;
        }
        Some(added)
    }

    /// Where a fit may begin that goes on from this one.
    pub(super) fn start(&self, from: &Scaler, to: &Scaler) -> Option<Line> {
        let Self::Line {
            weights, intercept, ..
        } = self
        else {
            return None;
        };
        let (weights, intercept) = to.convert(from, weights, *intercept);
        Some(Line { weights, intercept })
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Line {
                weights,
                intercept,
                calibration,
            } => {
                let mut numbers = weights.iter().chain([intercept]);
                if !numbers.all(|number| number.abs() <= WEIGHT_MAX) {
                    return Err("a weight is no number or too large".to_owned());
                }
                if !calibration.is_sane() {
                    return Err(format!(
                        "a calibration of slope {} and shift {} turns it into something else",
                        calibration.slope, calibration.shift
                    ));
                }
            }
            Self::Rate { probability } => {
                if !(*probability > 0.0 && *probability < 1.0) {
                    return Err(format!("{probability} is not between 0 and 1"));
                }
            }
        }
        Ok(())
    }
}
