//! The lifts that are considered, and how they are weighed before anything was seen.

use std::sync::LazyLock;

/// Points of the grid.
pub(super) const POINTS: usize = 2001;

/// The place of a lift of 1.
pub(super) const MIDDLE: usize = POINTS / 2;

/// The greatest lift considered; the least is its inverse.
const GREATEST: f64 = 4.0;

/// Standard deviations of ln θ, equally weighed: lifts of about a hundredth, a twentieth, a quarter.
const WIDTHS: [f64; 3] = [0.01, 0.05, 0.25];

/// From one point to the next, in ln θ.
pub(super) fn step() -> f64 {
    GREATEST.ln() / as_f64(MIDDLE)
}

/// Evenly spaced in ln θ.
pub(super) struct Grid {
    pub(super) ln_theta: Vec<f64>,
    pub(super) theta: Vec<f64>,
    /// Logarithms of weights that sum to 1.
    pub(super) ln_weight: Vec<f64>,
}

pub(super) static GRID: LazyLock<Grid> = LazyLock::new(|| {
    let ln_theta: Vec<f64> = (0..POINTS)
        .map(|point| (as_f64(point) - as_f64(MIDDLE)) * step())
        .collect();
    let density = |x: f64| -> f64 {
        WIDTHS
            .iter()
            .map(|width| (-0.5 * (x / width).powi(2)).exp() / width)
            .sum()
    };
    let total: f64 = ln_theta.iter().map(|x| density(*x)).sum();
    Grid {
        theta: ln_theta.iter().map(|x| x.exp()).collect(),
        ln_weight: ln_theta
            .iter()
            .map(|x| (density(*x) / total).ln())
            .collect(),
        ln_theta,
    }
});

#[expect(
    clippy::cast_precision_loss,
    reason = "a place in a grid of two thousand"
)]
const fn as_f64(point: usize) -> f64 {
    point as f64
}
