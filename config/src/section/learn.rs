//! `[learn]`: models that are trained from what is stored, and how they come into force.

use std::time::Duration;

use super::DAY;
use crate::reader::{Section, accept};
use crate::value::NodeUrl;

/// `[learn]`: models that are trained from what is stored, and how they come into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learn {
    /// Whether models are trained at all; those that are there are used all the same.
    pub enabled: bool,
    /// The hour of the day (UTC) at which models are trained, 0 to 23.
    pub at_hour: u32,
    /// Most shares that are learnt from: the last ones.
    pub window: usize,
    /// Fewer are not learnt from.
    pub min_shares: usize,
    /// How often later shares are looked at, for duels, lift and drift.
    pub look_every: Duration,
    /// How long a challenger runs beside the model in force, at least.
    pub shadow: Duration,
    /// Whether nonces are handed out in the order of a model to a random half, to measure what
    /// that brings.
    pub ranking: bool,
    /// Of whatever is drawn in training.
    pub seed: u64,
    /// A monerod whose block headers are read; none: the network's difficulty is not forecast.
    pub node: Option<NodeUrl>,
}

impl Default for Learn {
    fn default() -> Self {
        Self {
            enabled: true,
            at_hour: 3,
            window: 250_000,
            min_shares: 2_000,
            look_every: Duration::from_secs(10 * 60),
            shadow: DAY,
            ranking: true,
            seed: 1,
            node: None,
        }
    }
}

impl Learn {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let hour = section.value(
            "at_hour",
            usize::try_from(default.at_hour).unwrap_or_default(),
            accept::whole(0..=23),
        );
        let seed = section.value("seed", 1, accept::whole(0..=usize::MAX >> 1));
        let looks = Duration::from_secs(1)..=DAY;
        let shadows = Duration::ZERO..=30 * DAY;
        Self {
            enabled: section.value("enabled", default.enabled, accept::boolean),
            // The rule has held it to 23.
            at_hour: u32::try_from(hour).unwrap_or(default.at_hour),
            window: section.value("window", default.window, accept::whole(1_000..=5_000_000)),
            min_shares: section.value(
                "min_shares",
                default.min_shares,
                accept::whole(100..=5_000_000),
            ),
            look_every: section.value("look_every", default.look_every, accept::duration(looks)),
            shadow: section.value("shadow", default.shadow, accept::duration(shadows)),
            ranking: section.value("ranking", default.ranking, accept::boolean),
            seed: seed as u64,
            node: section.value("node", default.node, accept::or_off(accept::parsed)),
        }
    }
}
