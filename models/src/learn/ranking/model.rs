//! The ranking, and how it is kept.

use std::array::from_fn;

use serde::{Deserialize, Serialize};

use super::fit::{CannotRank, fitted};
use crate::filter::Feature;
use crate::learn::artifact::{Digest, Learnt, Metric, digest_of_features};
use crate::learn::lift::Trial;
use crate::ledger::ModelSlot;

/// Bits of a top byte.
pub(super) const BITS: usize = 8;

/// No effect is larger, ln of a ratio.
const EFFECT_MAX: f64 = 20.0;

/// Standard deviations on either side: 95 % for all eight effects at once (Bonferroni).
const SIMULTANEOUS: f64 = 2.734;

const fn bit(name: &'static str) -> Feature {
    Feature {
        name,
        unit: "0 or 1",
        low: 0.0,
        high: 1.0,
        neutral: 0.0,
    }
}

const FEATURES: [Feature; BITS] = [
    bit("slot_bit_0"),
    bit("slot_bit_1"),
    bit("slot_bit_2"),
    bit("slot_bit_3"),
    bit("slot_bit_4"),
    bit("slot_bit_5"),
    bit("slot_bit_6"),
    bit("slot_bit_7"),
];

/// What a bit of the top byte does to the shares found per hash, as measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BitEffect {
    /// ln of the ratio of shares with the bit set to shares without.
    pub ln_ratio: f64,
    /// Its standard error.
    pub error: f64,
}

impl BitEffect {
    /// The ratio.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.ln_ratio.exp()
    }

    /// Between which the ratio lies, for all eight bits at once with a probability of about 95 %;
    /// for one look.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        let reach = SIMULTANEOUS * self.error;
        ((self.ln_ratio - reach).exp(), (self.ln_ratio + reach).exp())
    }
}

/// An order of the 256 slots of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NonceRanking {
    measured: [BitEffect; BITS],
    /// What is left of the effects after shrinking, ln of ratios.
    effects: [f64; BITS],
}

impl NonceRanking {
    /// Ranks by what was found. The same trials in the same order give the same ranking.
    ///
    /// # Errors
    /// The trials don't tell every bit's effect.
    pub fn fit(trials: &[Trial]) -> Result<Self, CannotRank> {
        let measured = fitted(trials)?;
        let count = f64::from(u8::try_from(BITS).unwrap_or(u8::MAX));
        // The variance among the true effects that explains what they vary beyond their errors.
        let beyond = measured
            .iter()
            .map(|bit| bit.ln_ratio.powi(2) - bit.error.powi(2));
        let variance = (beyond.sum::<f64>() / count).max(0.0);
        let effects = measured.map(|bit| {
            let kept = variance / (variance + bit.error.powi(2));
            if kept.is_finite() {
                bit.ln_ratio * kept
            } else {
                0.0
            }
        });
        Ok(Self { measured, effects })
    }

    /// ln of the ratio of shares per hash to be expected under a top byte to that of all bytes.
    #[must_use]
    pub fn score(&self, byte: u8) -> f64 {
        let signed = |(bit, effect): (usize, &f64)| {
            let half = if byte >> bit & 1 == 1 { 0.5 } else { -0.5 };
            half * effect
        };
        self.effects.iter().enumerate().map(signed).sum()
    }

    /// All top bytes, best first; the smaller first where two are as good.
    #[must_use]
    pub fn order(&self) -> [u8; 256] {
        let mut bytes: Vec<(f64, u8)> =
            (0..=u8::MAX).map(|byte| (self.score(byte), byte)).collect();
        bytes.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        from_fn(|place| bytes.get(place).map_or(0, |(_, byte)| *byte))
    }

    /// What each bit does, as measured and not shrunk; the lowest bit first.
    #[must_use]
    pub const fn effects(&self) -> &[BitEffect; BITS] {
        &self.measured
    }

    /// The ratio of each bit with its interval, for the header of its file.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let named = FEATURES.iter().zip(&self.measured);
        named
            .map(|(feature, bit)| Metric {
                name: feature.name.to_owned(),
                value: bit.ratio(),
                interval: Some(bit.interval()),
            })
            .collect()
    }
}

impl Learnt for NonceRanking {
    const SLOT: ModelSlot = ModelSlot::Ranking;
    const SCHEMA: u16 = 1;

    fn features() -> Digest {
        digest_of_features(&FEATURES)
    }

    fn check(&self) -> Result<(), String> {
        for (place, (bit, effect)) in self.measured.iter().zip(&self.effects).enumerate() {
            let measured =
                bit.ln_ratio.abs() <= EFFECT_MAX && bit.error > 0.0 && bit.error.is_finite();
            if !measured {
                return Err(format!("the effect of bit {place} is no effect"));
            }
            let shrunk = effect * bit.ln_ratio >= 0.0 && effect.abs() <= bit.ln_ratio.abs();
            if !shrunk {
                return Err(format!("bit {place} counts for more than was measured"));
            }
        }
        Ok(())
    }

    fn answers(&self) -> Vec<f64> {
        let single = (0..BITS).map(|bit| self.score(1 << bit));
        single.chain([self.score(0), self.score(u8::MAX)]).collect()
    }
}
