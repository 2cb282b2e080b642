//! How a rig behaves over blocks of shares, in constant space.

use serde::{Deserialize, Serialize};

use super::past::{hashes, progress};
use super::{Behaviour, Observation, RigPast};

/// A rig's past and the block of shares it is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BehaviourTrail {
    past: RigPast,
    #[serde(skip)]
    block: Block,
    /// Hashes per millisecond in the block before.
    rate_before: Option<f32>,
}

/// Sums over the shares of a block so far.
#[derive(Debug, Clone, Default, PartialEq)]
struct Block {
    shares: u8,
    late: u8,
    backward: u8,
    new_scans: u8,
    heights: u8,
    intervals: u8,
    height: f32,
    ln_interval_squared: f32,
    progress: f32,
    progress_squared: f32,
    work: f32,
    spent_ms: f32,
}

impl BehaviourTrail {
    /// Shares of a block. Blocks do not overlap: each is a new observation.
    pub const BLOCK: u8 = 64;

    /// Takes one more share; the last of a block gives the block's behaviour.
    pub fn next(&mut self, seen: &Observation) -> Option<Behaviour> {
        let step = self.past.step(seen);
        self.past.note(seen, step);
        let block = &mut self.block;
        block.shares += 1;
        block.late += u8::from(seen.late);
        block.backward += u8::from(step.backward);
        block.new_scans += u8::from(step.new_scan);
        if let Some(height) = seen.height_below_target() {
            block.heights += 1;
            block.height += small(height);
        }
        if let Some(ln_interval) = step.ln_interval {
            block.intervals += 1;
            block.ln_interval_squared += small(ln_interval.clamp(-8.0, 8.0).powi(2));
        }
        if let Some(interval_ms) = step.interval_ms {
            block.work += hashes(seen);
            block.spent_ms += interval_ms;
        }
        let progress = small(progress(seen).min(1.0));
        block.progress += progress;
        block.progress_squared += progress * progress;
        (block.shares >= Self::BLOCK).then(|| self.finish())
    }

    /// Leaves the block that it is in; a new one begins with the next share.
    pub(super) fn leave_block(&mut self) {
        self.block = Block::default();
    }

    /// Goes on in another run of the process.
    pub(super) fn resume(&mut self) {
        self.leave_block();
        self.past.resume();
    }

    fn finish(&mut self) -> Behaviour {
        let block = std::mem::take(&mut self.block);
        let rate = block.work / (block.spent_ms + 1.0);
        let before = self.rate_before.replace(rate);
        let part = |count: u8| f64::from(count) / f64::from(block.shares);
        let mean_progress = f64::from(block.progress) / f64::from(block.shares);
        let mean_square = f64::from(block.progress_squared) / f64::from(block.shares);
        // A mean of nothing is 0 ÷ 0, which clipping makes neutral.
        Behaviour {
            mean_height: f64::from(block.height) / f64::from(block.heights),
            burstiness: f64::from(block.ln_interval_squared) / f64::from(block.intervals),
            late: part(block.late),
            backward: part(block.backward),
            new_scans: part(block.new_scans),
            ln_rate_change: before.map_or(0.0, |before| f64::from(rate / before).ln()),
            nonce_spread: (mean_square - mean_progress * mean_progress)
                .max(0.0)
                .sqrt(),
        }
        .clipped()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a bounded number in a sum of 64; the state is kept small"
)]
const fn small(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::super::toy::{ToyRig, share_at};
    use super::*;
    use crate::work::{Difficulty, Slot};
    use proptest::prelude::*;

    fn blocks(mut rig: ToyRig, count: usize) -> Vec<Behaviour> {
        let mut trail = BehaviourTrail::default();
        std::iter::repeat_with(|| trail.next(&rig.next()))
            .flatten()
            .take(count)
            .collect()
    }

    fn mean(blocks: &[Behaviour], of: impl Fn(&Behaviour) -> f64) -> f64 {
        blocks.iter().map(of).sum::<f64>() / f64::from(u32::try_from(blocks.len()).unwrap())
    }

    #[test]
    fn a_block_ends_with_its_64th_share_and_the_next_begins() {
        let mut trail = BehaviourTrail::default();
        for index in 1..=200 {
            let ends = trail.next(&share_at(index * 1_000)).is_some();
            assert_eq!(ends, index % 64 == 0, "{index}");
        }
    }

    #[test]
    fn honest_behaviour_is_what_chance_makes_of_it() {
        let blocks = blocks(ToyRig::honest(11), 2_000);
        let height = mean(&blocks, Behaviour::mean_height);
        assert!((height - 0.5).abs() < 0.005, "{height}");
        // γ² + π²/6, and a little for the usual interval being an estimate of 64 shares.
        let burstiness = mean(&blocks[1..], Behaviour::burstiness);
        assert!((burstiness - 1.978).abs() < 0.06, "{burstiness}");
        let change = mean(&blocks, Behaviour::ln_rate_change);
        assert!(change.abs() < 0.01, "{change}");
        assert!((mean(&blocks, Behaviour::late) - 0.01).abs() < 0.002);
    }

    #[test]
    fn steps_back_and_into_other_scans_are_told_apart() {
        let mut trail = BehaviourTrail::default();
        let blocks = (0..64u32).filter_map(|index| {
            let mut seen = share_at(u64::from(index) * 1_000);
            // Four scans of 16 shares; in each, every other nonce is below the one before.
            seen.scan.job.0 = index / 16;
            seen.counter = if index % 2 == 0 { Slot::NONCES / 2 } else { 0 };
            trail.next(&seen)
        });
        let block = blocks.last().unwrap();
        assert!((block.new_scans() - 3.0 / 64.0).abs() < 1e-9);
        assert!((block.backward() - 32.0 / 64.0).abs() < 1e-9);
        assert!((block.nonce_spread() - 0.25).abs() < 1e-6);
    }

    #[test]
    fn evenly_spaced_shares_are_less_bursty_than_chance() {
        let mut trail = BehaviourTrail::default();
        let last = (1..=256).filter_map(|index| trail.next(&share_at(index * 10_000)));
        assert!(last.last().unwrap().burstiness() < 0.01);
    }

    proptest! {
        #[test]
        fn behaviour_is_within_its_bounds_whatever_comes(
            shares in proptest::collection::vec((any::<u64>(), any::<u32>(), any::<u64>(), any::<bool>()), 64..200),
        ) {
            let mut trail = BehaviourTrail::default();
            for (at_ms, counter, asked, late) in shares {
                let mut seen = share_at(at_ms);
                (seen.counter, seen.asked, seen.late) = (counter, Difficulty::new(asked), late);
                let Some(behaviour) = trail.next(&seen) else { continue };
                for (value, feature) in behaviour.values().iter().zip(Behaviour::FEATURES) {
                    prop_assert!((feature.low..=feature.high).contains(value), "{}: {value}", feature.name);
                }
            }
        }
    }
}
