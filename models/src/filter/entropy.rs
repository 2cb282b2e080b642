//! Bytes of results and nonces: what a hash function cannot have made.
//!
//! Null hypothesis: a result is the output of BLAKE2b, so its first 24 bytes are uniform whatever
//! the last 8 are, and no other nonce or job ever gives the same; and the nonces of shares are not
//! the same job after job. The last 8 bytes are what a target is compared with: they are left to
//! [`Divergence`](super::Divergence).
//!
//! Four bets: on low nibbles, on high nibbles, on a result that comes again, on nonces that do.

mod nibbles;
mod nonces;
mod results;

use std::mem::size_of;
use std::num::NonZeroU8;

use serde::{Deserialize, Serialize};

use self::nibbles::NibbleBet;
use self::nonces::Nonces;
use self::results::{Meeting, Results, fingerprint};
use super::{Cause, EProcess, Evidence, Filter, Observation, RIG_STATE_LIMIT, ScanKey, Stage};
use crate::work::ResultHash;

/// The filter on bytes of results and nonces. All that it remembers is the rig's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entropy;

/// Bytes of a result before those that a target is compared with.
const UNIFORM: usize = 24;

/// What [`Entropy`] remembers of a rig.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct EntropyRig {
    capital: EProcess<4>,
    low_nibbles: NibbleBet,
    high_nibbles: NibbleBet,
    #[serde(skip)]
    results: Results,
    #[serde(skip)]
    nonces: Nonces,
}

const _: () = assert!(size_of::<EntropyRig>() <= RIG_STATE_LIMIT);

impl Filter for Entropy {
    const STAGE: Stage = Stage::Entropy;

    type Rig = EntropyRig;

    fn look(&mut self, rig: &mut EntropyRig, seen: &Observation) -> Evidence {
        let (low, high, again) = match rig.results.meet(fingerprint(&seen.result), origin(seen)) {
            // Nothing new was drawn, so there is nothing to bet on.
            Meeting::Resent => return rig.evidence(),
            Meeting::New => {
                let (low, high) = rig.bet_on_bytes(&seen.result);
                (low, high, false)
            }
            // Its bytes were bet on when they came first. Not betting on what has a probability of
            // 2⁻²⁹ adds no more than that to a mean of 1: less than rounding does.
            Meeting::Again => (1.0, 1.0, true),
        };
        let nonces = rig.nonces.look(scan_mark(seen.scan), seen);
        let repeat = Results::factor(again);
        rig.capital.round([low, high, repeat, nonces]);
        rig.evidence()
    }

    /// Which results and nonces it has sent is forgotten: they are marked by job numbers of the
    /// earlier run, and a rig that gets the same blob again after a restart, honestly scans it
    /// again from the start and finds the same. What is known of nibbles stays, since bets on the
    /// next ones are fair whatever came before.
    fn resumed(&self, rig: &mut EntropyRig) {
        rig.results = Results::default();
        rig.nonces = Nonces::default();
    }
}

impl EntropyRig {
    /// The factors of a result's low and of its high nibbles.
    fn bet_on_bytes(&mut self, result: &ResultHash) -> (f32, f32) {
        let (bytes, _) = result.as_bytes().split_at(UNIFORM);
        (
            self.low_nibbles.factor(bytes.iter().map(|byte| byte & 0xf)),
            self.high_nibbles.factor(bytes.iter().map(|byte| byte >> 4)),
        )
    }

    fn evidence(&self) -> Evidence {
        let cause = match self.capital.leader() {
            0 | 1 => Cause::BiasedBytes,
            2 => Cause::RepeatedResult,
            _ => Cause::ConstantNonces,
        };
        Evidence::weighed(self.capital.log_e(), cause)
    }
}

/// A mark of 8 bits of where a share was found: nearly always another for another nonce or job.
fn origin(seen: &Observation) -> NonZeroU8 {
    let scan = u64::from(seen.scan.job.0) << 32 | u64::from(seen.scan.slot.0) << 24;
    mark(scan | u64::from(seen.counter & 0x00ff_ffff))
}

/// A mark of 8 bits of a scan.
fn scan_mark(scan: ScanKey) -> NonZeroU8 {
    mark(u64::from(scan.job.0) << 8 | u64::from(scan.slot.0))
}

/// Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4): neighbours fall apart.
fn mark(key: u64) -> NonZeroU8 {
    let [top, ..] = key.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    NonZeroU8::new(top).unwrap_or(NonZeroU8::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Scanner;
    use crate::share::RigKey;
    use crate::work::{Difficulty, JobKey, Slot};
    use proptest::prelude::*;
    use rand::{Rng, RngCore, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// ln(10⁶ × 6): alone among six filters it makes the average pass 10⁶.
    const CONVICTED: f64 = 15.607;

    type Random = Xoshiro256PlusPlus;

    fn share(job: u32, counter: u32, result: [u8; 32]) -> Observation {
        let asked = Difficulty::new(50_000);
        Observation {
            rig: RigKey(1),
            scan: ScanKey {
                job: JobKey(job),
                slot: Slot(3),
            },
            counter,
            result: ResultHash::new(result),
            target: Some(asked.target()),
            asked,
            late: false,
            scanner: Scanner::Unknown,
            heard: crate::filter::VerdictsHeard::default(),
            at_ms: 0,
        }
    }

    /// An honest share: four in each job, among the first 200,000 nonces; zeros on top.
    fn honest(random: &mut Random, index: u32) -> Observation {
        let mut result = [0; 32];
        random.fill_bytes(&mut result[..30]);
        share(index / 4, random.gen_range(0..200_000), result)
    }

    /// Shares until each of 100 rigs is convicted, in order; all must be for the same cause.
    fn shares_to_conviction(
        name: &str,
        cause: Cause,
        honest_before: u32,
        mut change: impl FnMut(&mut Random, u32, &mut Observation),
    ) -> Vec<u32> {
        let mut shares: Vec<u32> = (0..100)
            .map(|seed| {
                let mut random = Random::seed_from_u64(seed);
                let mut rig = EntropyRig::default();
                for index in 0..honest_before {
                    Entropy.look(&mut rig, &honest(&mut random, index));
                }
                for index in 0..10_000 {
                    let mut seen = honest(&mut random, honest_before + index);
                    change(&mut random, index, &mut seen);
                    match Entropy.look(&mut rig, &seen) {
                        Evidence::Weighed { log_e, cause: said } if log_e >= CONVICTED => {
                            assert_eq!(said, cause, "{name}");
                            return index + 1;
                        }
                        Evidence::Weighed { .. } => {}
                        Evidence::NoOpinion | Evidence::Unavailable => panic!("it has bet"),
                    }
                }
                u32::MAX
            })
            .collect();
        shares.sort_unstable();
        println!("{name}: median {}, 90 % {}", shares[49], shares[89]);
        shares
    }

    fn with_bytes(seen: &mut Observation, mut byte: impl FnMut(usize, u8) -> u8) {
        let mut bytes = *seen.result.as_bytes();
        for (place, old) in bytes.iter_mut().enumerate().take(24) {
            *old = byte(place, *old);
        }
        seen.result = ResultHash::new(bytes);
    }

    #[test]
    fn honest_rigs_stay_below_the_bound_at_every_share() {
        let exceeded = (0..2_000)
            .filter(|seed| {
                let mut random = Random::seed_from_u64(0x4fed ^ seed << 20);
                let mut rig = EntropyRig::default();
                let mut highest = f64::NEG_INFINITY;
                for index in 0..5_000 {
                    let said = Entropy.look(&mut rig, &honest(&mut random, index));
                    highest = highest.max(said.log_e().unwrap());
                }
                highest >= 1_000f64.ln()
            })
            .count();
        println!("honest rigs that ever passed 1000: {exceeded} of 2000");
        assert!(exceeded <= 2, "{exceeded}");
    }

    #[test]
    fn results_with_biased_bytes_are_found() {
        let cause = Cause::BiasedBytes;
        let zeros = |_: &mut Random, _, seen: &mut Observation| with_bytes(seen, |_, _| 0);
        let counted = |_: &mut Random, index: u32, seen: &mut Observation| {
            let count = index.to_le_bytes();
            with_bytes(seen, |place, _| count.get(place).copied().unwrap_or(0));
        };
        let hex = |_: &mut Random, _, seen: &mut Observation| {
            with_bytes(seen, |_, old| b"0123456789abcdef"[usize::from(old % 16)]);
        };
        let letters = |_: &mut Random, _, seen: &mut Observation| {
            with_bytes(seen, |_, old| b'a' + old % 26);
        };
        let stuck = |_: &mut Random, _, seen: &mut Observation| {
            with_bytes(
                seen,
                |place, old| if place % 8 == 0 { old | 0x10 } else { old },
            );
        };
        assert!(shares_to_conviction("zeros", cause, 0, zeros)[99] <= 2);
        assert!(shares_to_conviction("small numbers", cause, 0, counted)[99] <= 2);
        assert!(shares_to_conviction("digits", cause, 0, hex)[99] <= 5);
        assert!(shares_to_conviction("letters", cause, 0, letters)[99] <= 5);
        assert!(shares_to_conviction("one bit of 64 stuck", cause, 0, stuck)[89] <= 600);
        let late = "letters after 5000 honest";
        assert!(shares_to_conviction(late, cause, 5_000, letters)[99] <= 40);
    }

    #[test]
    fn results_that_come_again_are_found() {
        let cause = Cause::RepeatedResult;
        let mut first = None;
        let last = |_: &mut Random, index: u32, seen: &mut Observation| {
            if index == 0 {
                first = Some(seen.result);
            }
            seen.result = first.unwrap();
        };
        assert!(shares_to_conviction("one result", cause, 0, last)[89] <= 6);
        for (kept, honest_before, most) in [(8, 0, 40), (30, 0, 120), (100, 0, 400), (8, 5_000, 60)]
        {
            let mut known = Vec::new();
            let from_list = |random: &mut Random, index: u32, seen: &mut Observation| {
                if index == 0 {
                    known.clear();
                }
                if known.len() < kept {
                    known.push(seen.result);
                } else {
                    seen.result = known[random.gen_range(0..kept)];
                }
            };
            let name = format!("any of {kept} results after {honest_before} honest");
            let shares = shares_to_conviction(&name, cause, honest_before, from_list);
            assert!(shares[89] <= most, "{name}: {}", shares[89]);
        }
    }

    #[test]
    fn the_same_nonces_job_after_job_are_found() {
        let cause = Cause::ConstantNonces;
        let same = |_: &mut Random, index: u32, seen: &mut Observation| {
            seen.counter = 0x12_3456 + index % 4;
        };
        let any = |random: &mut Random, _, seen: &mut Observation| {
            seen.counter = 77 * random.gen_range(0..5);
        };
        let alone = |_: &mut Random, index: u32, seen: &mut Observation| {
            seen.scan.job = JobKey(1 << 20 | index);
            seen.counter = 5;
        };
        assert!(shares_to_conviction("four nonces", cause, 0, same)[89] <= 50);
        assert!(shares_to_conviction("any of five nonces", cause, 0, any)[89] <= 100);
        assert!(shares_to_conviction("one nonce, a share a job", cause, 0, alone)[89] <= 40);
        let late = "four nonces after 5000 honest";
        assert!(shares_to_conviction(late, cause, 5_000, same)[89] <= 150);
    }

    #[test]
    fn a_share_that_is_sent_again_counts_for_nothing() {
        let mut random = Random::seed_from_u64(7);
        let mut rig = EntropyRig::default();
        for index in 0..500 {
            let seen = honest(&mut random, index);
            let said = Entropy.look(&mut rig, &seen);
            let before = rig;
            assert_eq!(Entropy.look(&mut rig, &seen), said);
            assert_eq!(rig, before);
        }
    }

    #[test]
    fn a_rig_that_is_asked_for_almost_nothing_may_repeat_its_nonces() {
        let mut random = Random::seed_from_u64(7);
        let mut rig = EntropyRig::default();
        for index in 0..400 {
            let mut seen = honest(&mut random, index);
            // At difficulty 1 every nonce is a share: 0, 1, 2, 3 in each job.
            (seen.counter, seen.asked) = (index % 4, Difficulty::ONE);
            assert!(Entropy.look(&mut rig, &seen).log_e().unwrap() < 3.0);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_it_says_is_finite_whatever_it_sees(
            shares in proptest::collection::vec((any::<u32>(), any::<u32>(), any::<[u8; 32]>()), 1..20),
            repeats in 1usize..60,
        ) {
            let mut rig = EntropyRig::default();
            for _ in 0..repeats {
                for (job, counter, result) in &shares {
                    let said = Entropy.look(&mut rig, &share(*job, *counter, *result));
                    prop_assert!(said.log_e().is_some_and(f64::is_finite));
                }
            }
        }
    }
}
