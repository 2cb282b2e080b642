//! Brings features to one scale.

use serde::{Deserialize, Serialize};

use super::{LEN, Row, count};
use crate::filter::OutcomeFeatures;
use crate::learn::OutcomeRow;

/// Standard deviations beyond which nothing is further away.
const FAR: f64 = 16.0;

/// A standard deviation below which a feature is a constant, as a part of its bounds' distance.
const CONSTANT: f64 = 1e-7;

/// Mean and standard deviation of each feature over the rows that weights were fitted on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaler {
    mean: Row,
    /// 0 for a feature that was the same in all rows: it says nothing.
    deviation: Row,
}

impl Scaler {
    pub(super) fn measure(rows: &[OutcomeRow]) -> Self {
        let mut mean = [0.0; LEN];
        let mut squares = [0.0; LEN];
        let mut seen = 0.0;
        // Welford's: no difference of large sums.
        for row in rows {
            seen += 1.0;
            let values = row.features().values();
            for ((mean, squares), value) in mean.iter_mut().zip(&mut squares).zip(values) {
                let before = value - *mean;
                *mean += before / seen;
                *squares += before * (value - *mean);
            }
        }
        let mut deviation = [0.0; LEN];
        for ((deviation, squares), feature) in deviation
            .iter_mut()
            .zip(squares)
            .zip(OutcomeFeatures::FEATURES)
        {
            let measured = (squares / count(rows.len().max(1))).sqrt();
            if measured > CONSTANT * (feature.high - feature.low) {
                *deviation = measured;
            }
        }
        Self { mean, deviation }
    }

    /// Distances from the means in standard deviations.
    pub(super) fn scale(&self, features: &OutcomeFeatures) -> Row {
        let mut scaled = [0.0; LEN];
        let measured = self.mean.iter().zip(&self.deviation);
        for ((scaled, value), (mean, deviation)) in
            scaled.iter_mut().zip(features.values()).zip(measured)
        {
            if *deviation > 0.0 {
                *scaled = ((value - mean) / deviation).clamp(-FAR, FAR);
            }
        }
        scaled
    }

    /// What weights and an intercept of another scaler are in this one, as long as nothing is far.
    pub(super) fn convert(&self, from: &Self, weights: &Row, intercept: f64) -> (Row, f64) {
        let mut converted = [0.0; LEN];
        let mut intercept = intercept;
        for (feature, converted) in converted.iter_mut().enumerate() {
            let (old, new) = (from.deviation[feature], self.deviation[feature]);
            if old > 0.0 && new > 0.0 {
                *converted = weights[feature] * new / old;
                intercept += weights[feature] * (self.mean[feature] - from.mean[feature]) / old;
            }
        }
        (converted, intercept)
    }

    /// Whether a feature is the same everywhere.
    pub(super) fn is_constant(&self, feature: usize) -> bool {
        self.deviation.get(feature).is_none_or(|it| *it <= 0.0)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let measured = self.mean.iter().zip(&self.deviation);
        for (feature, (mean, deviation)) in OutcomeFeatures::FEATURES.iter().zip(measured) {
            let width = feature.high - feature.low;
            let within = mean.is_finite()
                && *mean >= feature.low - CONSTANT * width
                && *mean <= feature.high + CONSTANT * width;
            // Half of the bounds' distance is the most that a deviation can be.
            if !within || !(0.0..=width).contains(deviation) {
                return Err(format!(
                    "mean {mean} and deviation {deviation} of {} are not those of shares",
                    feature.name
                ));
            }
        }
        Ok(())
    }
}
