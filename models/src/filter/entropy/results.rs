//! A bet on results that come again.

use std::num::NonZeroU8;

use crate::work::ResultHash;

/// Part of the capital that is on a result coming again.
const STAKE: f32 = 1.0 / 256.0;

/// Most that the probability can be of a new result having one of [`Results::KEPT`] fingerprints
/// of 32 bits: 8 ÷ 2³².
const CEILING: f32 = 1.0 / (1u32 << 29) as f32;

/// How a result stands to those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// Not among those remembered.
    New,
    /// The very same share: an honest miner that got no answer may send it again.
    Resent,
    /// The same result from another nonce or job.
    Again,
}

/// Fingerprints of eight results, with marks of where they came from.
///
/// The n-th share takes place k if 2ᵏ is the largest power of two that divides n: half of the
/// shares take place 0, a quarter place 1, and so on. So the previous result is always there, and
/// a few stay for 128 shares: who goes round a list of a hundred results is met too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Results {
    prints: [u32; Self::KEPT],
    origins: [Option<NonZeroU8>; Self::KEPT],
    shares: u8,
}

impl Results {
    pub(super) const KEPT: usize = 8;

    /// Looks a result up, and remembers it unless it was only sent again.
    pub(super) fn meet(&mut self, print: u32, origin: NonZeroU8) -> Meeting {
        let mut meeting = Meeting::New;
        for (known, from) in self.prints.iter().zip(self.origins) {
            match from {
                Some(from) if *known == print && from != origin => meeting = Meeting::Again,
                Some(_) if *known == print && meeting == Meeting::New => meeting = Meeting::Resent,
                Some(_) | None => {}
            }
        }
        if meeting != Meeting::Resent {
            self.shares = self.shares.wrapping_add(1);
            let place = (self.shares.trailing_zeros() as usize).min(Self::KEPT - 1);
            self.prints[place] = print;
            self.origins[place] = Some(origin);
        }
        meeting
    }

    /// The factor of a result that came again, or did not.
    pub(super) fn factor(again: bool) -> f32 {
        if again {
            1.0 - STAKE + STAKE / CEILING
        } else {
            1.0 - STAKE
        }
    }
}

/// 32 bits of the first 24 bytes: uniform if they are, as the multipliers are odd.
pub(super) fn fingerprint(result: &ResultHash) -> u32 {
    let (words, _) = result.as_bytes().as_chunks::<8>();
    let sum = u64::from_le_bytes(words[0])
        .wrapping_add(u64::from_le_bytes(words[1]).wrapping_mul(0xbf58_476d_1ce4_e5b9))
        .wrapping_add(u64::from_le_bytes(words[2]).wrapping_mul(0x94d0_49bb_1331_11eb));
    let [a, b, c, d, ..] = sum.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngCore, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn mark(number: u8) -> NonZeroU8 {
        NonZeroU8::new(number).unwrap()
    }

    #[test]
    fn the_previous_result_is_always_known() {
        let mut results = Results::default();
        for share in 1..1_000 {
            assert_eq!(results.meet(share, mark(1)), Meeting::New);
            let before = results;
            assert_eq!(results.meet(share, mark(1)), Meeting::Resent);
            assert_eq!(results, before);
            assert_eq!(results.clone().meet(share, mark(2)), Meeting::Again);
        }
    }

    #[test]
    fn who_goes_round_a_list_of_a_hundred_results_is_met_in_every_round() {
        let mut results = Results::default();
        for round in 1..20 {
            let met = (0..100)
                .filter(|share| results.meet(*share, mark(round)) == Meeting::Again)
                .count();
            assert_eq!(met > 0, round > 1, "{round}");
        }
    }

    #[test]
    fn the_bet_is_fair_at_its_ceiling() {
        let ceiling = f64::from(CEILING);
        assert!((ceiling / (Results::KEPT as f64 / 2f64.powi(32)) - 1.0).abs() < 1e-9);
        let (again, new) = (Results::factor(true), Results::factor(false));
        let mean = ceiling * f64::from(again) + (1.0 - ceiling) * f64::from(new);
        assert!(mean <= 1.0 + 1e-6, "{mean}");
    }

    #[test]
    fn fingerprints_of_uniform_bytes_are_uniform_in_every_bit() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut ones = [0u32; 32];
        for _ in 0..20_000 {
            let mut bytes = [0; 32];
            random.fill_bytes(&mut bytes[..24]);
            let print = fingerprint(&ResultHash::new(bytes));
            for (bit, ones) in ones.iter_mut().enumerate() {
                *ones += print >> bit & 1;
            }
        }
        // Five standard deviations of 71.
        assert!(
            ones.iter().all(|ones| ones.abs_diff(10_000) < 354),
            "{ones:?}"
        );
    }
}
