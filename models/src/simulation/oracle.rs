//! A proof of shares that costs nanoseconds.

use rand::Rng;

use super::chance;
use crate::filter::{Observation, ScanKey};
use crate::work::{ResultHash, Target};

/// Stands for `RandomX`: only who has its key makes results that it proves, and to all others they
/// look as random as any.
///
/// The first 8 bytes of a good result are a tag of its other bytes, its job, slot and counter. The
/// mix behind it is no cryptography: simulated miners do not try to break it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToyOracle {
    key: u64,
}

impl ToyOracle {
    /// The oracle of this key.
    #[must_use]
    pub const fn new(key: u64) -> Self {
        Self { key }
    }

    /// Whether the result is what hashing that job with that nonce comes to.
    #[must_use]
    pub fn proves(&self, seen: &Observation) -> bool {
        let bytes = seen.result.as_bytes();
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        };
        let body = [word(8), word(16), word(24)];
        word(0) == self.tag(seen.scan, seen.counter, body)
    }

    /// A true result below the target, uniform there.
    pub(super) fn hash(
        &self,
        scan: ScanKey,
        counter: u32,
        target: Target,
        rng: &mut impl Rng,
    ) -> ResultHash {
        let body = body_below(target, rng);
        join(self.tag(scan, counter, body), body)
    }

    fn tag(&self, scan: ScanKey, counter: u32, body: [u64; 3]) -> u64 {
        let place = (u64::from(scan.job.0) << 32) | u64::from(counter);
        let mut tag = chance::mix(self.key ^ u64::from(scan.slot.0));
        for word in [place, body[0], body[1], body[2]] {
            // Added after the mix so that a word of zero counts too.
            tag = chance::mix(tag ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        }
        tag
    }
}

/// A result below the target that nobody computed: made up, or computed wrongly.
pub(super) fn made_up(target: Target, rng: &mut impl Rng) -> ResultHash {
    let body = body_below(target, rng);
    join(rng.r#gen(), body)
}

/// 16 free bytes, and a value that is uniform on [0, threshold).
fn body_below(target: Target, rng: &mut impl Rng) -> [u64; 3] {
    let scaled = u128::from(rng.r#gen::<u64>()) * u128::from(target.threshold());
    // The high half of a product of 64-bit numbers fits in 64 bits.
    let value = u64::try_from(scaled >> 64).unwrap_or(0);
    [rng.r#gen(), rng.r#gen(), value]
}

fn join(tag: u64, body: [u64; 3]) -> ResultHash {
    let mut bytes = [0; 32];
    for (part, word) in bytes
        .chunks_exact_mut(8)
        .zip([tag, body[0], body[1], body[2]])
    {
        part.copy_from_slice(&word.to_le_bytes());
    }
    ResultHash::new(bytes)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::filter::Scanner;
    use crate::share::RigKey;
    use crate::work::{Difficulty, JobKey, Slot};

    const ORACLE: ToyOracle = ToyOracle::new(0x5eed);

    fn seen(rng: &mut Xoshiro256PlusPlus) -> Observation {
        let asked = Difficulty::new(30_000);
        let scan = ScanKey {
            job: JobKey(rng.r#gen()),
            slot: Slot(rng.r#gen()),
        };
        let counter = rng.gen_range(0..Slot::NONCES);
        Observation {
            rig: RigKey(1),
            scan,
            counter,
            result: ORACLE.hash(scan, counter, asked.target(), rng),
            target: Some(asked.target()),
            asked,
            late: false,
            scanner: Scanner::XmrigBlocks,
            heard: crate::filter::VerdictsHeard::default(),
            at_ms: 0,
        }
    }

    #[test]
    fn true_results_are_proved_and_no_other_place_or_byte_is() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        for _ in 0..1_000 {
            let good = seen(&mut rng);
            assert!(ORACLE.proves(&good));
            assert!(!ToyOracle::new(0x5eee).proves(&good), "another key");
            let mut moved = good;
            moved.counter ^= 1;
            assert!(!ORACLE.proves(&moved));
            let mut moved = good;
            moved.scan.job.0 ^= 1;
            assert!(!ORACLE.proves(&moved));
            let mut moved = good;
            moved.scan.slot.0 ^= 1;
            assert!(!ORACLE.proves(&moved));
            for byte in 0..32 {
                let mut bytes = *good.result.as_bytes();
                bytes[byte] ^= 0x10;
                let changed = Observation {
                    result: ResultHash::new(bytes),
                    ..good
                };
                assert!(!ORACLE.proves(&changed), "byte {byte}");
            }
            let forged = Observation {
                result: made_up(good.asked.target(), &mut rng),
                ..good
            };
            assert!(!ORACLE.proves(&forged));
        }
    }

    /// Chi-squared of 255 degrees of freedom: mean 255, standard deviation 22.6.
    #[test]
    fn every_byte_above_the_value_looks_uniform() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        let mut counts = [[0u32; 256]; 24];
        let shares = 100_000;
        for _ in 0..shares {
            let seen = seen(&mut rng);
            for (count, byte) in counts.iter_mut().zip(seen.result.as_bytes()) {
                count[usize::from(*byte)] += 1;
            }
        }
        for (place, count) in counts.iter().enumerate() {
            let expected = f64::from(shares) / 256.0;
            let chi: f64 = count
                .iter()
                .map(|n| (f64::from(*n) - expected).powi(2) / expected)
                .sum();
            assert!((150.0..390.0).contains(&chi), "byte {place}: {chi}");
        }
    }
}
