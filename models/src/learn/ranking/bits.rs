//! For reports: whether any bit of their nonces is set more often than the search explains.
//!
//! Of the 24 bits that a rig counts through: given the highest nonce X of a scan, its other n shares
//! lie anywhere below X with the same probability, so the probability of a set bit is counted out.
//! That is for one thread. Several take blocks of 32,768 each and leave gaps below X: a bit is as
//! chance has it only if threads went through many of its periods within their blocks. Slow machines
//! do not get far: of 323 real shares half were found within the first 225 nonces of a block. Of the 8 bits of the top byte: given the number of its shares, a rig
//! has found them in proportion to the time that it searched with the bit set.

use std::collections::BTreeMap;

use crate::learn::lift::{COUNTER_BITS, Trial, as_f64};

use super::model::BITS;

/// Bits of a nonce, the lowest of its counter first, those of the top byte last.
const ALL: usize = COUNTER_BITS + BITS;

/// Standard deviations on either side: 95 % for all 32 bits at once (Bonferroni), by the normal
/// approximation.
const SIMULTANEOUS: f64 = 3.163;

/// Shares of which a bit is set.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BitRatio {
    /// As found.
    pub observed: u64,
    /// As the search explains.
    pub expected: f64,
    /// Of the number found, if the search explains it all.
    pub variance: f64,
}

impl BitRatio {
    /// Observed over expected, with its interval; none with less than 5 expected with the bit or
    /// without it.
    #[must_use]
    pub fn ratio(&self) -> Option<(f64, f64, f64)> {
        if self.variance < 5.0 {
            return None;
        }
        let ratio = as_f64(self.observed) / self.expected;
        let reach = SIMULTANEOUS * self.variance.sqrt() / self.expected;
        Some((ratio, ratio - reach, ratio + reach))
    }

    fn add(&mut self, observed: u64, shares: u64, probability: f64) {
        let shares = as_f64(shares);
        self.observed = self.observed.saturating_add(observed);
        self.expected += shares * probability;
        self.variance += shares * probability * (1.0 - probability);
    }
}

/// Numbers below `below` of which a bit is set.
fn set_below(below: u32, bit: usize) -> u32 {
    let half = 1u32 << bit;
    let rest = below & (2 * half - 1);
    (below - rest) / 2 + rest.saturating_sub(half)
}

/// One for each bit of a nonce, the lowest of its counter first, those of the top byte last.
#[must_use]
pub fn bit_ratios(trials: &[Trial]) -> [BitRatio; ALL] {
    let mut ratios = [BitRatio::default(); ALL];
    let mut rigs: BTreeMap<u64, Vec<&Trial>> = BTreeMap::new();
    for trial in trials {
        rigs.entry(trial.rig.0).or_default().push(trial);
        if trial.tried == 0 {
            continue;
        }
        for (bit, ratio) in ratios.iter_mut().take(COUNTER_BITS).enumerate() {
            let set = f64::from(set_below(trial.tried, bit)) / f64::from(trial.tried);
            let observed = trial.with_bit.get(bit).copied().unwrap_or_default();
            ratio.add(u64::from(observed), u64::from(trial.shares), set);
        }
    }
    for trials in rigs.values() {
        for (bit, ratio) in ratios.iter_mut().skip(COUNTER_BITS).enumerate() {
            let has = |trial: &&&Trial| trial.slot >> bit & 1 == 1;
            let shares = |trial: &Trial| u64::from(trial.shares);
            let all: f64 = trials.iter().map(|trial| trial.exposure()).sum();
            let with: f64 = trials
                .iter()
                .filter(has)
                .map(|trial| trial.exposure())
                .sum();
            if all > 0.0 {
                let observed = trials.iter().filter(has).map(|trial| shares(trial)).sum();
                ratio.add(
                    observed,
                    trials.iter().map(|trial| shares(trial)).sum(),
                    with / all,
                );
            }
        }
    }
    ratios
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_bits_are_counted_out() {
        for below in [0u32, 1, 2, 3, 7, 8, 1_000, 4_095] {
            for bit in 0..COUNTER_BITS {
                let counted = (0..below).filter(|number| number >> bit & 1 == 1).count();
                assert_eq!(set_below(below, bit) as usize, counted, "{below}, {bit}");
            }
        }
    }
}
