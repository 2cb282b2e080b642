//! A bet on nonces that come again, job after job.

use std::num::NonZeroU8;

use crate::filter::Observation;

/// Most that the probability of a nonce's coming again is allowed to be. For a rig that tries n
/// nonces in a job it is [`Nonces::KEPT`] ÷ n: only one that tries a few dozen comes near.
const CEILING: f32 = 0.25;

/// How often the alternative has them come again. Fixed, not learned: after an honest week a
/// learned one would first have to forget.
const HOPE: f32 = 2.0 / 3.0;

/// Below this difficulty the first nonces of each job are shares too often.
const LEAST_DIFFICULTY: u64 = 64;

/// Low halves of the nonces of the first shares in the last scans, newest first.
///
/// Only the first shares of a scan are looked at: else the scan's own would soon have pushed out
/// those of others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Nonces {
    counters: [u16; Self::KEPT],
    scans: [Option<NonZeroU8>; Self::KEPT],
}

impl Nonces {
    const KEPT: usize = 7;
    const PER_SCAN: usize = 3;

    /// The factor of a share of a scan; 1 where there is nothing to bet on.
    pub(super) fn look(&mut self, scan: NonZeroU8, seen: &Observation) -> f32 {
        if seen.asked.get() < LEAST_DIFFICULTY {
            return 1.0;
        }
        let [low, high, ..] = seen.counter.to_le_bytes();
        self.factor(scan, u16::from_le_bytes([low, high]))
    }

    fn factor(&mut self, scan: NonZeroU8, counter: u16) -> f32 {
        let (mut of_this_scan, mut of_others, mut hit) = (0, 0, false);
        for (known, from) in self.counters.iter().zip(self.scans) {
            match from {
                Some(from) if from == scan => of_this_scan += 1,
                Some(_) => {
                    of_others += 1;
                    hit |= *known == counter;
                }
                None => {}
            }
        }
        if of_this_scan >= Self::PER_SCAN {
            return 1.0;
        }
        self.counters.copy_within(..Self::KEPT - 1, 1);
        self.scans.copy_within(..Self::KEPT - 1, 1);
        self.counters[0] = counter;
        self.scans[0] = Some(scan);
        if of_others == 0 {
            return 1.0;
        }
        if hit {
            HOPE / CEILING
        } else {
            (1.0 - HOPE) / (1.0 - CEILING)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mark(number: u8) -> NonZeroU8 {
        NonZeroU8::new(number).unwrap()
    }

    #[test]
    fn nonces_of_late_shares_are_not_taken_for_those_of_another_job() {
        let (old, new) = (mark(1), mark(2));
        let mut nonces = Nonces::default();
        nonces.factor(old, 10);
        nonces.factor(new, 20);
        assert!(nonces.factor(old, 10) < 1.0);
        assert!(nonces.factor(new, 10) > 1.0);
    }

    #[test]
    fn the_bet_is_fair_up_to_its_ceiling() {
        let mut nonces = Nonces::default();
        nonces.factor(mark(1), 7);
        let again = f64::from(nonces.clone().factor(mark(2), 7));
        let new = f64::from(nonces.factor(mark(2), 8));
        for part in [0.0, 0.5, 1.0] {
            let p = f64::from(CEILING) * part;
            let mean = p * again + (1.0 - p) * new;
            assert!(mean <= 1.0 + 1e-6, "{mean}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// So that an honest rig's next nonce, which is any one of them with a probability of at
        /// most 1/64 or so, is one of them less often than the ceiling says.
        #[test]
        fn at_most_seven_nonces_are_a_coincidence_after_any_history(
            history in proptest::collection::vec((1u8..5, any::<u16>()), 0..40),
            job in 1u8..6,
        ) {
            let mut nonces = Nonces::default();
            for (job, counter) in history {
                nonces.factor(mark(job), counter);
            }
            let scan = mark(job);
            let hits = (0..=u16::MAX)
                .filter(|counter| nonces.clone().factor(scan, *counter) > 1.0);
            prop_assert!(hits.count() <= Nonces::KEPT);
        }

    }
}
