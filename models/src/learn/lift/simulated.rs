//! Scans as a farm makes them, with arms at random: shares by the exact law, nothing else.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{COUNTER_BITS, Trial};
use crate::ledger::Arm;
use crate::share::RigKey;

/// Seconds in which a rig is asked for a share.
const GOAL: f64 = 20.0;

/// One scan with the shares that nobody drops.
pub(crate) struct Scan {
    /// All of them.
    pub(crate) shares: u32,
    /// None without a share.
    pub(crate) trial: Option<Trial>,
    /// Nonces of the shares in the order of their finding, if one thread counts upward.
    pub(crate) counters: Vec<u32>,
}

/// Rigs of speeds far apart.
pub(crate) struct Farm {
    pub(crate) rng: Xoshiro256PlusPlus,
    /// Hashes per second and difficulty of each.
    rigs: Vec<(f64, u64)>,
    scans: u64,
}

impl Farm {
    pub(crate) fn new(seed: u64, rigs: usize) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let rigs = (0..rigs)
            .map(|_| {
                let rate = 200.0 * 500f64.powf(rng.gen_range(0.0..1.0));
                // Asked for a share in 10 to 40 seconds.
                let asked = rate * GOAL * rng.gen_range(0.5..2.0);
                (rate, whole(asked))
            })
            .collect();
        Self {
            rng,
            rigs,
            scans: 0,
        }
    }

    /// The next scan, with a top byte and the probability of a share as told for its arm.
    pub(crate) fn scan(
        &mut self,
        told: impl FnOnce(Arm, &mut Xoshiro256PlusPlus) -> (u8, f64),
    ) -> Scan {
        let arm = if self.rng.r#gen() {
            Arm::Model
        } else {
            Arm::Control
        };
        let (slot, luck) = told(arm, &mut self.rng);
        let rig = self.rng.gen_range(0..self.rigs.len());
        let (rate, asked) = self.rigs[rig];
        let mut exponential = || -self.rng.gen_range(f64::MIN_POSITIVE..1.0).ln();
        let ends = 60.0 * exponential();
        let pace = rate * luck / asked as f64;
        let (mut at, mut last, mut counters) = (0.0, 0.0, Vec::new());
        loop {
            at += exponential() / pace;
            if at > ends {
                break;
            }
            last = at;
            counters.push(u32::try_from(whole(at * rate)).unwrap());
        }
        self.scans += 1;
        let shares = u32::try_from(counters.len()).unwrap();
        let highest = counters.last().copied().unwrap_or(0);
        let mut with_bit = [0; COUNTER_BITS];
        for counter in counters.iter().filter(|counter| **counter != highest) {
            for (bit, count) in with_bit.iter_mut().enumerate() {
                *count += counter >> bit & 1;
            }
        }
        let trial = Trial {
            arm,
            at_ms: 1_796_000_000_000 + self.scans * 1_000,
            slot,
            rig: RigKey(rig as u64),
            shares: shares.saturating_sub(1),
            seconds: last,
            asked,
            tried: highest,
            with_bit,
        };
        Scan {
            shares,
            trial: (shares > 0).then_some(trial),
            counters,
        }
    }

    /// Hashes per second.
    pub(crate) fn rate(&self, rig: RigKey) -> f64 {
        self.rigs[usize::try_from(rig.0).unwrap()].0
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive and far below 2^53"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

/// Any top byte, and a hash that does not care.
pub(crate) fn honest(_: Arm, rng: &mut Xoshiro256PlusPlus) -> (u8, f64) {
    (rng.r#gen(), 1.0)
}
