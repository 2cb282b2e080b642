//! The most that an honest rig's mean distance can be.
//!
//! A rig's own mean over few blocks says little, and the greatest of many such means says nothing
//! but how few they were. So each is drawn towards the mean of all, by how much rigs really differ
//! (empirical Bayes: Efron and Morris, JASA 70, 1975), and its bound is that of the drawn mean; with
//! enough blocks that of its own mean, if it is greater. A
//! rig that is not among them may lie as far out as rigs differ: that is a bound too.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF as _, Normal};

use super::real;
use crate::share::RigKey;

/// How often one of the bounds may be too low, all rigs together.
const WRONG: f64 = 0.01;

/// Standard deviations that a rig which was not among them may lie out.
const NEW_RIG: f64 = 3.3;

/// With so many blocks a rig's own mean says enough, and is not drawn to that of others: one rig
/// that lies far out is not how rigs differ.
const ENOUGH_ALONE: usize = 30;

/// A distance above it makes the block odd, as in the tests of the filter.
const ODD: f64 = 0.5;

/// Nothing is known of distances: no ceiling can be said to be closer to the ends.
const ENDS: (f64, f64) = (0.005, 0.995);

/// Distances of a rig's blocks: how many, their sum, and the sum of their squares.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    blocks: usize,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, distance: f64) {
        self.blocks += 1;
        self.sum += distance;
        self.squares += distance * distance;
    }

    fn mean(&self) -> f64 {
        self.sum / real(self.blocks).max(1.0)
    }

    /// Sum of squares around the mean.
    fn around_mean(&self) -> f64 {
        (self.squares - self.sum * self.mean()).max(0.0)
    }
}

/// From the distances of honest rigs' blocks, each rig's in the order of time: the greatest bound
/// of all blocks, and of those that came after an odd one.
pub(super) fn ceiling<'a>(rigs: impl Iterator<Item = (&'a RigKey, &'a Vec<f64>)>) -> f64 {
    let mut all: BTreeMap<RigKey, Sums> = BTreeMap::new();
    let mut after_odd: BTreeMap<RigKey, Sums> = BTreeMap::new();
    for (rig, distances) in rigs {
        let mut odd = false;
        for distance in distances {
            all.entry(*rig).or_default().add(*distance);
            if odd {
                after_odd.entry(*rig).or_default().add(*distance);
            }
            odd = *distance > ODD;
        }
    }
    let [all, after_odd] = [all, after_odd].map(|sums| {
        let sums: Vec<Sums> = sums.into_values().collect();
        greatest_bound(&sums)
    });
    all.unwrap_or(ENDS.1)
        .max(after_odd.unwrap_or(0.0))
        .clamp(ENDS.0, ENDS.1)
}

/// None of nothing.
fn greatest_bound(rigs: &[Sums]) -> Option<f64> {
    let count = real(rigs.len());
    let blocks = real(rigs.iter().map(|rig| rig.blocks).sum());
    if blocks < 1.0 {
        return None;
    }
    let mean = rigs.iter().map(|rig| rig.sum).sum::<f64>() / blocks;
    let inside: f64 = rigs.iter().map(Sums::around_mean).sum();
    let between: f64 = rigs
        .iter()
        .map(|rig| real(rig.blocks) * (rig.mean() - mean).powi(2))
        .sum();
    // With a block a rig nothing tells spread within from spread between: all of it is within.
    // A distance has a variance of at most ¼; a few blocks that happen to be alike have not none.
    let freedom = blocks - count;
    let within = (inside + between.max(0.01)) / blocks;
    let within = if freedom > 30.0 {
        (inside + 0.01) / freedom
    } else {
        within
    };
    let squares: f64 = rigs.iter().map(|rig| real(rig.blocks).powi(2)).sum();
    let differ =
        ((between - (count - 1.0) * within) / (blocks - squares / blocks).max(1.0)).max(0.0);
    let normal = Normal::standard();
    let beyond = normal.inverse_cdf(1.0 - WRONG / (count + 1.0));
    let of_rig = |rig: &Sums| {
        let alone = if rig.blocks < ENOUGH_ALONE {
            0.0
        } else {
            let own = within.max(rig.around_mean() / real(rig.blocks));
            rig.mean() + beyond * (own / real(rig.blocks)).sqrt()
        };
        if differ <= 0.0 {
            return alone.max(mean + beyond * (within / blocks).sqrt());
        }
        let precision = real(rig.blocks) / within + 1.0 / differ;
        let drawn = (rig.sum / within + mean / differ) / precision;
        alone.max(drawn + beyond / precision.sqrt())
    };
    let new_rig = mean + NEW_RIG * differ.sqrt() + beyond * (within / blocks).sqrt();
    Some(rigs.iter().map(of_rig).fold(new_rig, f64::max))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    /// Distances of so many blocks each that are 1 with a rig's own probability, else 0.
    fn rigs(seed: u64, odds: &[f64], blocks: usize) -> BTreeMap<RigKey, Vec<f64>> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        (1..)
            .map(RigKey)
            .zip(odds)
            .map(|(rig, odds)| {
                let draw = |_| f64::from(u8::from(random.gen_bool(*odds)));
                (rig, (0..blocks).map(draw).collect())
            })
            .collect()
    }

    #[test]
    fn the_ceiling_lies_above_the_mean_of_the_oddest_rig() {
        let mut odds = vec![0.05; 100];
        odds[7] = 0.3;
        let above = (0..200)
            .filter(|seed| ceiling(rigs(*seed, &odds, 100).iter()) >= 0.3)
            .count();
        println!("ceiling at or above the oddest rig's mean: {above} of 200");
        assert!(above >= 195, "{above}");
    }

    #[test]
    fn rigs_with_few_blocks_do_not_push_it_to_the_top() {
        // One block in twenty is odd: among a thousand rigs with two blocks some have two odd ones.
        let few = ceiling(rigs(1, &[0.05; 1_000], 2).iter());
        println!("ceiling of 1,000 alike rigs with 2 blocks: {few:.3}");
        assert!((0.05..0.5).contains(&few), "{few}");
    }

    proptest! {
        #[test]
        fn it_lies_strictly_between_0_and_1(
            rigs in prop::collection::btree_map(
                (0..20u64).prop_map(RigKey), prop::collection::vec(0.0..=1.0f64, 0..20), 0..20,
            ),
        ) {
            let ceiling = ceiling(rigs.iter());
            prop_assert!(ceiling > 0.0 && ceiling < 1.0, "{ceiling}");
        }
    }
}
