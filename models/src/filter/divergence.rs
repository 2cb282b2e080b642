//! Where results lie below the target: what chance would not have made of them.
//!
//! Null hypothesis: an honest result is uniform below the target that was asked for, so its height
//! u = value ÷ target is uniform on [0, 1). A share worth x times what was asked has u < 1 ÷ x.
//!
//! Bets on *thin tops*: a part h of the shares worth more than x = 1 ÷ c times the target is
//! missing. The density is then (1−h) ÷ (1−hc) below c and 1 ÷ (1−hc) above: that is the factor.
//! Two more bets learn the distribution itself, by octaves and by sixteenths of the height. A third
//! of the capital is never staked.

mod octaves;

use std::mem::size_of;

use serde::{Deserialize, Serialize};

use self::octaves::OctaveBet;
use super::{Cause, EProcess, Evidence, Filter, Observation, RIG_STATE_LIMIT, Stage, SymbolBet};

/// The filter on heights below the target. All that it remembers is the rig's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Divergence;

/// What [`Divergence`] remembers of a rig.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct DivergenceRig {
    capital: EProcess<BETTORS>,
    octaves: OctaveBet,
    sixteenths: SymbolBet<16>,
}

const _: () = assert!(size_of::<DivergenceRig>() <= RIG_STATE_LIMIT);

impl Filter for Divergence {
    const STAGE: Stage = Stage::Divergence;

    type Rig = DivergenceRig;

    fn look(&mut self, rig: &mut DivergenceRig, seen: &Observation) -> Evidence {
        if let Some(height) = fine_height(seen) {
            let factors = rig.factors(height);
            rig.capital.round(factors);
        }
        rig.evidence()
    }

    /// Nothing that it remembers is tied to a scan: all of it stays.
    fn resumed(&self, _rig: &mut DivergenceRig) {}
}

impl DivergenceRig {
    fn factors(&mut self, height: f64) -> [f32; BETTORS] {
        let bucket = bucket(height);
        let mut factors = [1.0; BETTORS];
        factors[..THIN_TOPS.len()].copy_from_slice(&FACTORS[bucket]);
        factors[BETTORS - 2] = self.octaves.factor(bucket / PER_OCTAVE);
        factors[BETTORS - 1] = self.sixteenths.factor(sixteenth(height));
        factors
    }

    fn evidence(&self) -> Evidence {
        if self.capital.rounds() == 0 {
            return Evidence::NoOpinion;
        }
        let cause = if self.capital.leader() < THIN_TOPS.len() {
            Cause::HighSharesMissing
        } else {
            Cause::SkewedResults
        };
        Evidence::weighed(self.capital.log_e_of_part(STAKED), cause)
    }
}

/// Part of the capital that is ever staked. The bets are exactly fair, so that with all of it
/// nearly as many honest rigs would be suspected as the bound allows. It costs ln 1.5 = 0.4 nats.
const STAKED: f64 = 2.0 / 3.0;

/// Below this a target has so few values that heights are no longer a continuum: at 2²⁰ a bucket's
/// probability is off by up to 2⁻²⁰, and the rarest has 2⁻¹⁰. Such a target asks for 2⁴⁴ hashes.
const LEAST_THRESHOLD: u64 = 1 << 20;

fn fine_height(seen: &Observation) -> Option<f64> {
    let fine = seen.target?.threshold() >= LEAST_THRESHOLD;
    seen.height_below_target().filter(|_| fine)
}

/// Buckets in each octave of heights [2⁻⁽ᵒ⁺¹⁾, 2⁻ᵒ), of equal width.
const PER_OCTAVE: usize = 4;

/// Ten octaves, and all below 2⁻¹⁰ in one more bucket.
const BUCKETS: usize = 10 * PER_OCTAVE + 1;

/// The bucket of a height, 0 for the one just below 1: read off its exponent and the first two
/// bits of its fraction.
fn bucket(height: f64) -> usize {
    // The exponent of [½, 1) is 1022, and bits 50 and 51 are the fraction's first.
    const JUST_BELOW_ONE: u64 = 1022 * 4 + 3;
    let below = JUST_BELOW_ONE.saturating_sub(height.max(0.0).to_bits() >> 50);
    usize::try_from(below).map_or(BUCKETS - 1, |below| below.min(BUCKETS - 1))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "heights are on [0, 1); a cast of anything else saturates, and is not bet on"
)]
fn sixteenth(height: f64) -> usize {
    (height * 16.0) as usize
}

/// The largest height of a bucket and of those after it.
const fn upper_edge(bucket: usize) -> f64 {
    let mut edge = 1.0 - (bucket % PER_OCTAVE) as f64 / 8.0;
    let mut octave = 0;
    while octave < bucket / PER_OCTAVE {
        edge /= 2.0;
        octave += 1;
    }
    edge
}

/// A part of the shares from a bucket on is missing.
#[derive(Clone, Copy)]
struct ThinTop {
    from: usize,
    part: f64,
}

/// Nearly all are missing: one that was let through costs four nats, and not the game.
const ALL: f64 = 0.98;
const HALF: f64 = 0.5;

/// Shares above 4, 8, … times the target. Near misses are cheap: who withholds above 100 times is
/// found by the bet on 102.4 nearly as fast as by one on 100.
const THIN_TOPS: [ThinTop; 18] = {
    // x = 4, 8, 16, 32, 64, 102.4, 204.8, 409.6, 1024; and powers of two from 4 to 1024.
    const ALL_FROM: [usize; 9] = [8, 12, 16, 20, 24, 27, 31, 35, 40];
    const HALF_FROM: [usize; 9] = [8, 12, 16, 20, 24, 28, 32, 36, 40];
    let mut tops = [ThinTop { from: 0, part: ALL }; 18];
    let mut index = 0;
    while index < 9 {
        tops[index].from = ALL_FROM[index];
        tops[9 + index] = ThinTop {
            from: HALF_FROM[index],
            part: HALF,
        };
        index += 1;
    }
    tops
};

const BETTORS: usize = THIN_TOPS.len() + 2;

/// The factor of each thin top in each bucket.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest single is off by less than 10⁻⁷ of a factor"
)]
static FACTORS: [[f32; THIN_TOPS.len()]; BUCKETS] = {
    let mut factors = [[1.0; THIN_TOPS.len()]; BUCKETS];
    let mut bucket = 0;
    while bucket < BUCKETS {
        let mut index = 0;
        while index < THIN_TOPS.len() {
            let ThinTop { from, part } = THIN_TOPS[index];
            let left = if bucket >= from { 1.0 - part } else { 1.0 };
            factors[bucket][index] = (left / (1.0 - part * upper_edge(from))) as f32;
            index += 1;
        }
        bucket += 1;
    }
    factors
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{ScanKey, Scanner};
    use crate::share::RigKey;
    use crate::work::{Difficulty, JobKey, ResultHash, Slot, Target};
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// ln(10⁶ × 6): alone among six filters it makes the average pass 10⁶.
    const CONVICTED: f64 = 15.607;

    fn share(target: Option<Target>, value: u64) -> Observation {
        let mut bytes = [0; 32];
        bytes[24..].copy_from_slice(&value.to_le_bytes());
        Observation {
            rig: RigKey(1),
            scan: ScanKey {
                job: JobKey(1),
                slot: Slot(0),
            },
            counter: 0,
            result: ResultHash::new(bytes),
            target,
            asked: Difficulty::new(50_000),
            late: false,
            scanner: Scanner::Unknown,
            heard: crate::filter::VerdictsHeard::default(),
            at_ms: 0,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a height on [0, 1)"
    )]
    fn at_height(height: f64) -> Observation {
        let target = Difficulty::new(50_000).target();
        share(Some(target), (height * target.threshold() as f64) as u64)
    }

    /// Shares until each of 100 rigs is convicted, in order, and the causes named then.
    fn shares_to_conviction(
        name: &str,
        honest_before: u32,
        mut height: impl FnMut(&mut Xoshiro256PlusPlus) -> f64,
    ) -> (Vec<u32>, Vec<Cause>) {
        let mut causes = Vec::new();
        let mut shares: Vec<u32> = (0..100)
            .map(|seed| {
                let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
                let mut rig = DivergenceRig::default();
                for _ in 0..honest_before {
                    Divergence.look(&mut rig, &at_height(random.r#gen()));
                }
                for shares in 1..100_000 {
                    let seen = at_height(height(&mut random));
                    match Divergence.look(&mut rig, &seen) {
                        Evidence::Weighed { log_e, cause } if log_e >= CONVICTED => {
                            causes.push(cause);
                            return shares;
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
        (shares, causes)
    }

    fn withholding(above: f64, part: f64) -> impl FnMut(&mut Xoshiro256PlusPlus) -> f64 {
        move |random| loop {
            let height: f64 = random.r#gen();
            if height >= 1.0 / above || random.r#gen::<f64>() >= part {
                return height;
            }
        }
    }

    #[test]
    fn honest_rigs_stay_below_the_bound_at_every_share() {
        let exceeded = (0..2_000)
            .filter(|seed| {
                let mut random = Xoshiro256PlusPlus::seed_from_u64(0x4fed ^ seed << 20);
                let mut rig = DivergenceRig::default();
                let mut highest = f64::NEG_INFINITY;
                for _ in 0..5_000 {
                    let said = Divergence.look(&mut rig, &at_height(random.r#gen()));
                    highest = highest.max(said.log_e().unwrap());
                }
                highest >= 1_000f64.ln()
            })
            .count();
        println!("honest rigs that ever passed 1000: {exceeded} of 2000");
        assert!(exceeded <= 2, "{exceeded}");
    }

    #[test]
    fn a_rig_that_withholds_all_high_shares_is_found() {
        for (above, most) in [(16.0, 450), (100.0, 3_000), (1_000.0, 27_000)] {
            let name = format!("all above {above} withheld");
            let (shares, causes) = shares_to_conviction(&name, 0, withholding(above, 1.0));
            assert!(shares[49] < most, "{above}: {}", shares[49]);
            assert!(
                causes
                    .iter()
                    .all(|cause| *cause == Cause::HighSharesMissing)
            );
        }
    }

    #[test]
    fn a_rig_that_withholds_half_of_the_high_shares_is_found() {
        for (above, most) in [(16.0, 2_500), (100.0, 20_000)] {
            let name = format!("half above {above} withheld");
            let (shares, _) = shares_to_conviction(&name, 0, withholding(above, 0.5));
            assert!(shares[49] < most, "{above}: {}", shares[49]);
        }
    }

    #[test]
    fn a_rig_that_begins_to_withhold_after_5000_shares_is_found() {
        let name = "all above 100 withheld after 5000 honest";
        let (shares, _) = shares_to_conviction(name, 5_000, withholding(100.0, 1.0));
        assert!(shares[49] < 5_000, "{}", shares[49]);
    }

    #[test]
    fn made_up_heights_are_found_in_few_shares_and_said_to_be_skewed() {
        let near: fn(&mut Xoshiro256PlusPlus) -> f64 = |random| random.gen_range(0.5..1.0);
        let tiny = |random: &mut Xoshiro256PlusPlus| random.gen_range(0.0..1e-3);
        let middle = |random: &mut Xoshiro256PlusPlus| random.gen_range(0.3..0.4);
        let better = |random: &mut Xoshiro256PlusPlus| {
            let (one, other): (f64, f64) = random.r#gen();
            one.min(other)
        };
        for (name, height, most) in [
            ("upper half only", near, 60),
            ("a thousand times the target", tiny, 15),
            ("in the middle", middle, 30),
            ("the better of two", better, 300),
        ] {
            let (shares, causes) = shares_to_conviction(name, 0, height);
            assert!(shares[89] < most, "{name}: {}", shares[89]);
            if name != "upper half only" {
                assert!(causes.iter().all(|cause| *cause == Cause::SkewedResults));
            }
        }
    }

    #[test]
    fn without_a_known_and_fine_target_there_is_no_opinion_and_nothing_changes() {
        let mut rig = DivergenceRig::default();
        let coarse = Target::from_hex(&const_hex::encode(0xf_ffffu64.to_le_bytes())).unwrap();
        let unusable = [
            share(None, 7),
            share(Some(coarse), 7),
            // Meets the pool's target only.
            share(Some(Difficulty::new(50_000).target()), u64::MAX),
        ];
        for seen in &unusable {
            assert_eq!(Divergence.look(&mut rig, seen), Evidence::NoOpinion);
        }
        let said = Divergence.look(&mut rig, &at_height(0.7));
        assert!(said.log_e().is_some());
        let before = rig;
        for seen in &unusable {
            assert_eq!(Divergence.look(&mut rig, seen), said);
        }
        assert_eq!(rig, before);
    }

    #[test]
    fn every_bucket_ends_where_the_next_begins() {
        for index in 0..BUCKETS {
            let edge = upper_edge(index);
            assert_eq!(bucket(edge - edge * f64::EPSILON), index);
            assert_eq!(bucket(edge), index.saturating_sub(1));
        }
        assert_eq!(bucket(0.0), BUCKETS - 1);
        assert!((upper_edge(27) - 1.0 / 102.4).abs() < 1e-15);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// All edges of buckets, octaves and sixteenths are multiples of 1/4096 or below 1/1024,
        /// where nothing distinguishes: the sum over cells is the integral.
        #[test]
        fn every_bet_is_fair_after_any_history(
            history in proptest::collection::vec(0f64..1.0, 0..200),
            repeats in 1usize..200,
        ) {
            let mut rig = DivergenceRig::default();
            for _ in 0..repeats {
                for height in &history {
                    rig.factors(*height);
                }
            }
            let mut means = [0.0; BETTORS];
            for cell in 0..4_096u32 {
                let factors = rig.clone().factors((f64::from(cell) + 0.5) / 4_096.0);
                for (mean, factor) in means.iter_mut().zip(factors) {
                    *mean += f64::from(factor) / 4_096.0;
                }
            }
            for mean in means {
                prop_assert!((mean - 1.0).abs() < 1e-5, "{mean}");
            }
        }

        #[test]
        fn what_it_says_is_finite_whatever_it_sees(
            values in proptest::collection::vec(any::<u64>(), 1..300),
            threshold in 1u64..,
        ) {
            let target = Target::from_hex(&const_hex::encode(threshold.to_le_bytes())).unwrap();
            let mut rig = DivergenceRig::default();
            for value in values {
                let said = Divergence.look(&mut rig, &share(Some(target), value % threshold));
                prop_assert!(said.log_e().is_none_or(f64::is_finite));
                prop_assert!(said != Evidence::Unavailable);
            }
        }
    }
}
