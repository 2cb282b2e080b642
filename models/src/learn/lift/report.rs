//! The lift as it is shown.

use serde::{Deserialize, Serialize};

/// What one arm found, of the scans that were compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ArmReport {
    /// Scans.
    pub scans: u64,
    /// Shares but the last of each scan.
    pub shares: u64,
    /// Of the shares of both arms, how many would be in this one if there were no lift.
    pub expected: f64,
}

/// How many times as many shares the model's order finds as chance does, per hash.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LiftReport {
    /// Leases in the order of the model.
    pub model: ArmReport,
    /// Leases as they come.
    pub control: ArmReport,
    /// The lift that fits best; none before anything was compared.
    pub estimate: Option<f64>,
    /// The least that is compatible with what was seen; 0 where that is below all that is
    /// considered.
    pub low: f64,
    /// The greatest; infinite where it is above all that is considered, which no JSON can say:
    /// none.
    pub high: Option<f64>,
    /// The first trial compared, milliseconds since 1970.
    pub since_ms: Option<u64>,
    /// The last.
    pub until_ms: Option<u64>,
    /// Trials that gave way to those of other rigs before they were compared.
    pub given_up: u64,
}

impl LiftReport {
    /// Whether chance alone explains what was seen.
    #[must_use]
    pub fn is_compatible_with_none(&self) -> bool {
        self.low <= 1.0 && self.high.is_none_or(|high| high >= 1.0)
    }
}

/// How many times as many shares orders from outside find as chance does, per hash: all of them
/// together, whoever made them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutsideLift {
    /// Leases in an order from outside.
    pub outside: ArmReport,
    /// Leases as they come, of the same time.
    pub control: ArmReport,
    /// The lift that fits best; none before anything was compared.
    pub estimate: Option<f64>,
    /// The least that is compatible with what was seen; 0 where that is below all that is
    /// considered.
    pub low: f64,
    /// The greatest; none where it is above all that is considered.
    pub high: Option<f64>,
    /// The first trial compared, milliseconds since 1970.
    pub since_ms: Option<u64>,
    /// The last.
    pub until_ms: Option<u64>,
    /// Trials that gave way to those of other rigs before they were compared.
    pub given_up: u64,
}

impl OutsideLift {
    /// What is counted, in words for those who see it.
    pub const COUNTS: &str = "scans of leases that any plan from outside gave, against control scans \
                              of the same rigs and the same time";

    pub(super) const fn of(report: &LiftReport) -> Self {
        Self {
            outside: report.model,
            control: report.control,
            estimate: report.estimate,
            low: report.low,
            high: report.high,
            since_ms: report.since_ms,
            until_ms: report.until_ms,
            given_up: report.given_up,
        }
    }

    /// Whether chance alone explains what was seen.
    #[must_use]
    pub fn is_compatible_with_none(&self) -> bool {
        self.low <= 1.0 && self.high.is_none_or(|high| high >= 1.0)
    }
}
