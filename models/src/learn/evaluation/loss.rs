//! Proper scores: the least mean has who says the true probabilities.

use super::{Scored, count};

/// Probabilities are taken to be at least this far from 0 and from 1: one wrong certainty shall
/// not decide alone.
const CERTAIN: f64 = 1e-9;

/// What one share costs: minus the natural logarithm of the probability that was given to what
/// came. What is no number costs as much as a wrong certainty.
#[must_use]
pub fn log_loss_of(probability: f64, refused: bool) -> f64 {
    let of_outcome = if refused {
        probability
    } else {
        1.0 - probability
    };
    if of_outcome.is_nan() {
        return -CERTAIN.ln();
    }
    -of_outcome.clamp(CERTAIN, 1.0 - CERTAIN).ln()
}

/// Mean of [`log_loss_of`]; no number where there are no shares.
#[must_use]
pub fn log_loss(scored: &[Scored]) -> f64 {
    let sum: f64 = scored
        .iter()
        .map(|share| log_loss_of(share.probability, share.refused))
        .sum();
    sum / count(scored.len())
}

/// Mean square of the difference between what was foretold and what came (Brier 1950); no number
/// where there are no shares.
#[must_use]
pub fn brier(scored: &[Scored]) -> f64 {
    let sum: f64 = scored
        .iter()
        .map(|share| (share.probability - f64::from(u8::from(share.refused))).powi(2))
        .sum();
    sum / count(scored.len())
}
