//! Numbers of different units made comparable.

use serde::{Deserialize, Serialize};

use super::{Values, real};
use crate::filter::Behaviour;

/// Where numbers lie and how far they spread, without their outermost hundredths: a few blocks
/// beyond everything would make all others look the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaling {
    centre: Values,
    /// Never below the floor: what never varied is not infinitely odd when it does.
    spread: Values,
}

/// Scaled numbers are cut to this on either side.
const FARTHEST: f64 = 8.0;

/// Part of a feature's range that its spread is at least.
const SPREAD_FLOOR: f64 = 1.0 / 256.0;

/// Part of the values that is drawn in on each side.
const OUTERMOST: f64 = 0.01;

impl Scaling {
    /// By numbers within their bounds; at least one.
    pub(super) fn of(values: &[Values]) -> Self {
        let mut scaling = Self {
            centre: [0.0; Behaviour::LEN],
            spread: [1.0; Behaviour::LEN],
        };
        for (place, feature) in Behaviour::FEATURES.iter().enumerate() {
            let mut sorted: Vec<f64> = values.iter().map(|values| values[place]).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let (low, high) = (
                quantile(&sorted, OUTERMOST),
                quantile(&sorted, 1.0 - OUTERMOST),
            );
            for value in &mut sorted {
                *value = value.clamp(low, high);
            }
            let count = real(sorted.len()).max(1.0);
            let mean = sorted.iter().sum::<f64>() / count;
            let square = sorted
                .iter()
                .map(|value| (value - mean).powi(2))
                .sum::<f64>()
                / count;
            scaling.centre[place] = mean;
            scaling.spread[place] = square
                .sqrt()
                .max(SPREAD_FLOOR * (feature.high - feature.low));
        }
        scaling
    }

    /// Makes numbers comparable.
    pub(super) fn scaled(&self, values: &Values) -> Values {
        std::array::from_fn(|place| {
            let scaled = (values[place] - self.centre[place]) / self.spread[place];
            scaled.clamp(-FARTHEST, FARTHEST)
        })
    }

    /// The numbers that these were made of, but for what was cut.
    pub(super) fn unscaled(&self, scaled: &Values) -> Values {
        std::array::from_fn(|place| self.centre[place] + scaled[place] * self.spread[place])
    }

    /// Logarithm of the volume that a unit of scaled numbers stands for.
    pub(super) fn ln_volume(&self) -> f64 {
        self.spread.iter().map(|spread| spread.ln()).sum()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for (place, feature) in Behaviour::FEATURES.iter().enumerate() {
            let (centre, spread) = (self.centre[place], self.spread[place]);
            let range = feature.low..=feature.high;
            let widest = feature.high - feature.low;
            let wide = spread > 0.0 && spread <= widest;
            if !(range.contains(&centre) && wide) {
                let name = feature.name;
                return Err(format!(
                    "{name} is centred at {centre} and spreads by {spread}"
                ));
            }
        }
        Ok(())
    }
}

/// The value below which such a part of sorted values lies; 0 of none.
pub(super) fn quantile(sorted: &[f64], part: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list: not negative, and small"
    )]
    let place = (real(sorted.len().saturating_sub(1)) * part).round() as usize;
    sorted.get(place).copied().unwrap_or(0.0)
}
