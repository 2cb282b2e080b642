//! Whether what models are shown has changed since they were trained, and what bytes say.
//!
//! - [`DriftWindow`]: a bounded sample of feature values with the rigs that they came from
//! - [`compare`]: two windows, feature by feature
//! - [`EntropyTable`]: bytes of results and nonces, rig by rig

mod compare;
mod entropy;
mod histogram;
#[cfg(test)]
mod tests;
mod window;

pub use compare::{CannotCompare, DriftReport, DriftSettings, FeatureDrift, compare};
pub use entropy::{ByteFacts, EntropyTable, RigBytes, SentBytes};
pub use window::DriftWindow;

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of what fits in memory are far below 2^53"
)]
const fn real(count: u64) -> f64 {
    count as f64
}
