//! Whether of shares that are foretold to be refused with probability p the part p is refused.

use serde::Serialize;

use super::{Scored, count};

/// Shares whose probabilities are near each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Mean of the probabilities.
    pub predicted: f64,
    /// Part that was refused.
    pub observed: f64,
    /// Shares.
    pub count: usize,
}

/// Bins of equal counts, by probability; at most as many as there are shares.
#[must_use]
pub fn calibration_curve(scored: &[Scored], bins: usize) -> Vec<CalibrationBin> {
    let bins = bins.clamp(1, scored.len().max(1));
    let mut by_probability: Vec<(f64, bool)> = scored
        .iter()
        .map(|share| (share.probability, share.refused))
        .collect();
    by_probability.sort_by(|a, b| a.0.total_cmp(&b.0));
    (0..bins)
        .filter_map(|bin| {
            let from = by_probability.len() * bin / bins;
            let until = by_probability.len() * (bin + 1) / bins;
            bin_of(by_probability.get(from..until)?)
        })
        .collect()
}

fn bin_of(shares: &[(f64, bool)]) -> Option<CalibrationBin> {
    if shares.is_empty() {
        return None;
    }
    let refused = shares.iter().filter(|share| share.1).count();
    let predicted: f64 = shares.iter().map(|share| share.0).sum();
    Some(CalibrationBin {
        predicted: predicted / count(shares.len()),
        observed: count(refused) / count(shares.len()),
        count: shares.len(),
    })
}

/// Mean difference between what was foretold and what came, over all bins by their counts; no
/// number without any.
#[must_use]
pub fn expected_calibration_error(bins: &[CalibrationBin]) -> f64 {
    let shares: usize = bins.iter().map(|bin| bin.count).sum();
    let sum: f64 = bins
        .iter()
        .map(|bin| (bin.predicted - bin.observed).abs() * count(bin.count))
        .sum();
    sum / count(shares)
}
