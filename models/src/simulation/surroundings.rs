//! What the rigs of a farm have in common.

use std::time::Duration;

use super::jobs::SESSIONS;
use super::{Jobs, ToyOracle};
use crate::plan::VardiffPolicy;
use crate::share::TargetClass;
use crate::work::{Difficulty, ResultHash, Slot};

/// Pool, proxy and chain around a farm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surroundings {
    /// When jobs are replaced.
    pub jobs: Jobs,
    /// Tells true results from others.
    pub oracle: ToyOracle,
    /// What rigs are asked for.
    pub vardiff: VardiffPolicy,
    /// What the pool asks for.
    pub pool: Difficulty,
    /// What a block takes, where the proxy knows it.
    pub network: Option<Difficulty>,
}

impl Surroundings {
    /// A share of each rig in 30 seconds, a pool that asks for 10 million hashes, a network that
    /// asks for 600 thousand million.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            jobs: Jobs::new(seed),
            oracle: ToyOracle::new(!seed),
            vardiff: VardiffPolicy {
                goal: Duration::from_secs(30),
                floor: Difficulty::new(500),
            },
            pool: Difficulty::new(10_000_000),
            network: Some(Difficulty::new(600_000_000_000)),
        }
    }

    /// What a result is worth, if it is true.
    #[must_use]
    pub fn class(&self, result: &ResultHash) -> TargetClass {
        let meets = |difficulty: Difficulty| difficulty.target().is_met_by(result);
        if self.network.is_some_and(meets) {
            TargetClass::BlockCandidate
        } else if meets(self.pool) {
            TargetClass::Upstream
        } else {
            TargetClass::Local
        }
    }
}

/// A rig's place among the rigs of its farm: it decides which slots it gets, so that no two rigs
/// ever have the same nonces, though they do not know of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    index: u32,
    of: u32,
}

impl Place {
    /// A farm's only rig.
    pub const ALONE: Self = Self { index: 0, of: 1 };

    /// The place `index` of `of`; `None` unless it is below.
    #[must_use]
    pub const fn new(index: u32, of: u32) -> Option<Self> {
        if index < of {
            Some(Self { index, of })
        } else {
            None
        }
    }

    /// Its lease number `ordinal` within a job: pool session and slot.
    pub(super) fn lease(self, ordinal: u32) -> (u32, Slot) {
        let number = self.of.wrapping_mul(ordinal).wrapping_add(self.index);
        let [slot, ..] = number.to_le_bytes();
        ((number >> 8) % SESSIONS, Slot(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_leases_of_a_farm_are_the_same() {
        let mut seen = std::collections::HashSet::new();
        for index in 0..300 {
            let place = Place::new(index, 300).unwrap();
            for ordinal in 0..200 {
                assert!(seen.insert(place.lease(ordinal)));
            }
        }
        assert_eq!(Place::new(3, 3), None);
    }
}
