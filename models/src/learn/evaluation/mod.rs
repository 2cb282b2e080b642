//! How well a classifier foretells refusals, always on shares that are later than those it was
//! trained on.
//!
//! A figure alone says little: a model is compared with the base rate and with a table of how often
//! each rig was refused so far, which goes on learning, and each comparison has an interval from a
//! bootstrap over blocks of consecutive shares, for shares near in time are alike.

mod baselines;
mod blocks;
mod calibration;
mod comparison;
mod curve;
mod loss;
mod ranking;
mod report;
mod split;
#[cfg(test)]
mod tests;

use crate::share::RigKey;

pub use baselines::{RigTable, base_rate};
pub use calibration::{CalibrationBin, calibration_curve, expected_calibration_error};
pub use comparison::{Comparison, Estimate, Settings as BootstrapSettings, compare};
pub use curve::{CURVE_POINTS, CurvePoint};
pub use loss::{brier, log_loss, log_loss_of};
pub use ranking::Ranking;
pub use report::{AgainstBaseline, NothingToJudge, OutcomeReport};
pub use split::temporal_split;

/// A share that was foretold, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Probability of a refusal that was foretold, 0 to 1.
    pub probability: f64,
    /// Whether it was refused.
    pub refused: bool,
    /// When it came, milliseconds since 1970.
    pub at_ms: u64,
    /// Whose.
    pub rig: RigKey,
}

/// A count as a number to compute with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of shares are far below 2^53"
)]
const fn count(shares: usize) -> f64 {
    shares as f64
}
