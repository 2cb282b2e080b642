//! Failing hardware: some hashes come out wrong.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::demo::target::{self, Target64};

/// Memory that flips a bit now and then.
#[derive(Debug)]
pub(super) struct FailingMemory {
    rate: f64,
    random: StdRng,
}

impl FailingMemory {
    /// `rate` is the portion of hashes that come out wrong, cut to 0 and 1.
    pub(super) fn new(rate: f64, seed: u64) -> Self {
        let rate = if rate.is_nan() {
            0.0
        } else {
            rate.clamp(0.0, 1.0)
        };
        Self {
            rate,
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// Perhaps changes a hash; whether it did.
    ///
    /// A real fault would show once in as many hashes as the difficulty says, when the wrong
    /// hash happens to meet the target. A demo has no time for that: here each wrong hash
    /// claims to meet it.
    pub(super) fn strike(&mut self, hash: &mut [u8; 32], target: Target64) -> bool {
        if !self.random.gen_bool(self.rate) {
            return false;
        }
        let sound = *hash;
        let bit = self.random.gen_range(0..256_usize);
        hash[bit / 8] ^= 1 << (bit % 8);
        if !target.is_met_by(hash) {
            let below = target::value_of(hash) % target.get();
            hash[24..].copy_from_slice(&below.to_le_bytes());
        }
        if *hash == sound {
            // The second change has undone the first.
            hash[0] ^= 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_struck_hash_is_wrong_and_claims_to_meet_the_target() {
        let target = Target64::of_difficulty(30);
        let mut memory = FailingMemory::new(1.0, 7);
        for first in 0..=255 {
            let sound = [first; 32];
            let mut hash = sound;
            assert!(memory.strike(&mut hash, target));
            assert_ne!(hash, sound);
            assert!(target.is_met_by(&hash));
        }
    }

    #[test]
    fn one_in_ten_is_struck_and_the_others_are_left_alone() {
        let mut memory = FailingMemory::new(0.1, 7);
        let mut struck = 0;
        for _ in 0..10_000 {
            let mut hash = [9; 32];
            if memory.strike(&mut hash, Target64::of_difficulty(30)) {
                struck += 1;
            } else {
                assert_eq!(hash, [9; 32]);
            }
        }
        // The draws are fixed by the seed; ten standard deviations leave room for another generator.
        assert!((700..1_300).contains(&struck), "{struck}");
    }

    #[test]
    fn a_rate_out_of_range_is_cut() {
        let target = Target64::of_difficulty(1);
        assert!(!FailingMemory::new(f64::NAN, 1).strike(&mut [1; 32], target));
        assert!(!FailingMemory::new(-1.0, 1).strike(&mut [1; 32], target));
        assert!(FailingMemory::new(9.0, 1).strike(&mut [1; 32], target));
    }
}
