//! A bet on nonces that come again, job after job.

use std::num::NonZeroU8;

use crate::filter::Observation;

/// Most that the probability of a nonce's coming again is allowed to be.
///
/// A nonce that is tried is a share with probability 1/D, in whatever order and by however many
/// threads the rig scans. Of the scans that the rig begins until its next share, each may try all
/// of [`Nonces::KEPT`] remembered ones; with n nonces tried in a scan there are
/// 1 ÷ (1 − e^(−n/D)) ≤ 1 + D/n of them in the mean. So the probability is at most 7/D + 7/n,
/// which is below the ceiling for D ≥ 64 and n ≥ 50. This needs whole nonces: with T threads the
/// first of them differ in their blocks, and their low halves are little more than n/T numbers.
const CEILING: f32 = 0.25;

/// How often the alternative has them come again. Fixed, not learned: after an honest week a
/// learned one would first have to forget.
const HOPE: f32 = 2.0 / 3.0;

/// Below this difficulty the first nonces of each job are shares too often, see [`CEILING`].
const LEAST_DIFFICULTY: u64 = 64;

/// Nonces within the slot, of 24 bits, of the first shares in the last scans, newest first.
///
/// Only the first shares of a scan are looked at: else the scan's own would soon have pushed out
/// those of others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Nonces {
    counters: [[u8; 3]; Self::KEPT],
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
        self.factor(scan, seen.counter)
    }

    fn factor(&mut self, scan: NonZeroU8, counter: u32) -> f32 {
        let [low, middle, high, _] = counter.to_le_bytes();
        let counter = [low, middle, high];
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
    use crate::filter::EProcess;
    use crate::filter::simulated_xmrig::{Rig, generator, observation};
    use proptest::prelude::*;
    use rand::Rng;

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

    #[test]
    fn nonces_of_which_only_the_low_or_the_high_bits_are_the_same_are_others() {
        let mut nonces = Nonces::default();
        nonces.factor(mark(1), 0x12_3456);
        assert!(nonces.clone().factor(mark(2), 0x13_3456) < 1.0);
        assert!(nonces.clone().factor(mark(2), 0x12_3457) < 1.0);
        assert!(nonces.factor(mark(2), 0x12_3456) > 1.0);
    }

    /// Part of the shares bet on whose nonce came again, and whether the capital of betting on
    /// nonces alone ever passed 1,000.
    fn watch(threads: usize, difficulty: u32, shares_of_job: u32, seed: u64) -> (f64, bool) {
        let mut random = generator(seed);
        let speeds: Vec<f64> = (0..threads).map(|_| random.gen_range(1.0..1.3)).collect();
        let mut rig = Rig::of_speeds(&speeds, 1_000.0);
        let (mut nonces, mut capital) = (Nonces::default(), EProcess::<1>::new());
        let (mut hits, mut rounds, mut highest) = (0u32, 0u32, 0f64);
        for job in 1..=1_500u32 {
            rig.begin_scan(&mut random);
            let scan = mark(u8::try_from(job % 255 + 1).unwrap());
            for _ in 0..shares_of_job {
                let counter = rig.next_share(&mut random, f64::from(difficulty)).unwrap();
                let seen = observation(job, counter, u64::from(difficulty));
                let factor = nonces.look(scan, &seen);
                hits += u32::from(factor > 1.0);
                rounds += u32::from((factor - 1.0).abs() > 1e-6);
                capital.round([factor]);
                highest = highest.max(capital.log_e());
            }
        }
        assert!(rounds > 1_000);
        (f64::from(hits) / f64::from(rounds), highest > 1_000f64.ln())
    }

    #[test]
    fn the_ceiling_holds_for_honest_rigs_of_up_to_256_threads() {
        let mut most = 0f64;
        for threads in [1, 4, 32, 64, 128, 256] {
            for difficulty in [64, 100, 256, 500, 5_000] {
                for shares_of_job in [1, 2, 3] {
                    let seed = u64::from(difficulty) << 16 | threads as u64;
                    let (part, suspected) = watch(threads, difficulty, shares_of_job, seed);
                    let name = format!("{threads} threads, difficulty {difficulty}");
                    most = most.max(part);
                    assert!(part < f64::from(CEILING), "{name}: {part}");
                    assert!(!suspected, "{name}");
                }
            }
        }
        println!("at most {most:.3} of the shares had a nonce that came again");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn at_most_seven_nonces_are_a_coincidence_after_any_history(
            history in proptest::collection::vec((1u8..5, 0u32..1 << 14), 0..40),
            job in 1u8..6,
        ) {
            let mut nonces = Nonces::default();
            for (job, counter) in history {
                nonces.factor(mark(job), counter << 10);
            }
            let scan = mark(job);
            let hits = (0..1u32 << 14)
                .filter(|counter| nonces.clone().factor(scan, *counter << 10) > 1.0);
            prop_assert!(hits.count() <= Nonces::KEPT);
        }
    }
}
