//! Which shares are refused, and why: logistic regressions on what was known when a share came.
//!
//! One line says whether a share is refused at all. How it is refused is said by one line for each
//! class, one class against all shares, in proportion. Weights come from the earlier part of the
//! rows, calibration and ceiling from the later part, which the weights never saw.

mod calibrate;
mod cannot;
mod ceiling;
mod deployed;
mod explain;
mod fit;
mod head;
mod model;
mod newton;
mod sample;
mod scaler;
mod settings;
mod solve;

use crate::filter::OutcomeFeatures;

pub use cannot::CannotLearn;
pub use ceiling::Ceiling;
pub use deployed::Deployed;
pub use explain::{Contribution, Explanation, Reason, ReasonShare};
pub use fit::{Fitted, fit};
pub use model::LogisticOutcome;
pub use settings::OutcomeSettings;

/// Features of a share.
const LEN: usize = OutcomeFeatures::LEN;

/// A number for each feature, in their order.
type Row = [f64; LEN];

/// A count as a number to compute with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of shares are far below 2^53"
)]
const fn count(shares: usize) -> f64 {
    shares as f64
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
