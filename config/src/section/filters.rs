//! `[filters]`: the statistical filters, and what is remembered of rigs.

use std::time::Duration;

use crate::reader::{Section, accept};
use crate::value::Probability;

/// `[filters]`: the statistical filters, and what is remembered of rigs.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {
    /// Whether shares pass the filters at all.
    pub enabled: bool,
    /// Probability that an honest rig is ever suspected; above 0, at most 0.1.
    pub alpha: Probability,
    /// Most rigs remembered, 1 to 10,000,000, shared evenly by the lanes.
    pub max_rigs: usize,
    /// How long a rig is remembered that sends nothing.
    pub forget_after: Duration,
}

impl Default for Filters {
    fn default() -> Self {
        Self {
            enabled: true,
            alpha: Probability::ONE_IN_A_MILLION,
            max_rigs: 100_000,
            forget_after: 7 * super::DAY,
        }
    }
}

impl Filters {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let memories = Duration::from_secs(60)..=365 * super::DAY;
        Self {
            enabled: section.value("enabled", default.enabled, accept::boolean),
            alpha: section.value("alpha", default.alpha, accept::alpha),
            max_rigs: section.value("max_rigs", default.max_rigs, accept::whole(1..=10_000_000)),
            forget_after: section.value(
                "forget_after",
                default.forget_after,
                accept::duration(memories),
            ),
        }
    }
}
