//! How good forecasts would have been: from later heights than those that were learnt from.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;

use super::forecast::{DifficultyForecast, NotForecast, Trend};
use super::hash_rate::float128;
use super::{BLOCKS, HeaderChain, next_difficulty};

/// Resamples of the bootstrap.
const RESAMPLES: usize = 1_000;

/// Forecasts from whose errors an interval is taken, fewest: of blocks that overlap no more.
const APART_MIN: usize = 4;

/// How forecasts of one horizon did. Errors are absolute errors of the difficulty's logarithm:
/// 0.01 is about 1 %.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HorizonScore {
    /// Blocks ahead.
    pub blocks: usize,
    /// Forecasts.
    pub forecasts: usize,
    /// Mean error of the forecasts' middles.
    pub error: f64,
    /// Mean error of "as the next difficulty, which is known".
    pub error_as_now: f64,
    /// How much smaller the forecasts' mean error is.
    pub gain: f64,
    /// Of `gain`, 95 %, by a bootstrap of blocks as long as the horizon (H. Künsch, Annals of
    /// Statistics 17, 1989); none where there are too few that do not overlap.
    pub gain_interval: Option<(f64, f64)>,
    /// Share of forecasts whose interval holds what came; 0.9 is meant, and 1 where it is known.
    pub coverage: f64,
    /// Share of forecasts whose class is that of what came.
    pub class_right: f64,
}

/// Learns from the first `learnt` headers and forecasts at every `stride`-th height after them.
/// A horizon that no forecast reaches is left out.
///
/// # Errors
/// There are too few headers to learn from, or a horizon is zero or too far.
pub fn evaluate(
    chain: &HeaderChain,
    learnt: usize,
    ahead: &[usize],
    stride: usize,
    seed: u64,
) -> Result<Vec<HorizonScore>, NotForecast> {
    let stride = stride.max(1);
    let model = DifficultyForecast::learn(&chain.as_of(learnt), seed)?;
    let logs: Vec<f64> = chain
        .iter()
        .map(|header| float128(header.difficulty).ln())
        .collect();
    let mut tries: Vec<Vec<Try>> = vec![Vec::new(); ahead.len()];
    for length in (learnt.max(BLOCKS)..chain.len()).step_by(stride) {
        let known = chain.as_of(length);
        let now_log = float128(next_difficulty(&known)?).ln();
        let points = model.forecast(&known, ahead)?;
        for (tries, point) in tries.iter_mut().zip(points) {
            let Some(came) = logs.get(length + point.blocks - 1).copied() else {
                continue;
            };
            tries.push(Try {
                error: (point.middle.ln() - came).abs(),
                error_as_now: (now_log - came).abs(),
                // Logarithms are rounded.
                held: (point.low.ln() - 1e-12..=point.high.ln() + 1e-12).contains(&came),
                class_right: point.class == Trend::of(now_log, came),
            });
        }
    }
    let scores = ahead
        .iter()
        .zip(&tries)
        .filter(|(_, tries)| !tries.is_empty());
    Ok(scores
        .map(|(&blocks, tries)| score(blocks, tries, blocks.div_ceil(stride), seed))
        .collect())
}

/// One forecast and what came.
#[derive(Debug, Clone, Copy)]
struct Try {
    error: f64,
    error_as_now: f64,
    held: bool,
    class_right: bool,
}

fn score(blocks: usize, tries: &[Try], overlapping: usize, seed: u64) -> HorizonScore {
    let share = |counts: fn(&Try) -> bool| {
        let count = tries.iter().filter(|a_try| counts(a_try)).count();
        float(count) / float(tries.len())
    };
    let gains: Vec<f64> = tries
        .iter()
        .map(|a_try| a_try.error_as_now - a_try.error)
        .collect();
    HorizonScore {
        blocks,
        forecasts: tries.len(),
        error: mean(tries.iter().map(|a_try| a_try.error)),
        error_as_now: mean(tries.iter().map(|a_try| a_try.error_as_now)),
        gain: mean(gains.iter().copied()),
        gain_interval: block_bootstrap(&gains, overlapping, seed),
        coverage: share(|a_try| a_try.held),
        class_right: share(|a_try| a_try.class_right),
    }
}

/// Between which bounds the mean of a series lies with 95 %, drawn in blocks of neighbours.
fn block_bootstrap(series: &[f64], block: usize, seed: u64) -> Option<(f64, f64)> {
    let block = block.max(1);
    if series.len() / block < APART_MIN {
        return None;
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let mut drawn = Vec::with_capacity(series.len() + block);
            while drawn.len() < series.len() {
                let begin = random.gen_range(0..=series.len() - block);
                drawn.extend_from_slice(&series[begin..begin + block]);
            }
            mean(drawn.into_iter().take(series.len()))
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    let outside = RESAMPLES / 40;
    Some((means[outside], means[RESAMPLES - 1 - outside]))
}

/// What a new one of a kind is not above, with at least this probability (the conformal quantile:
/// V. Vovk, A. Gammerman and G. Shafer, "Algorithmic learning in a random world", chapter 2); the
/// highest where there are too few to say, none of none.
pub(super) fn quantile(numbers: &[f64], probability: f64) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let wanted = probability * float(sorted.len() + 1);
    let place = (1..=sorted.len()).find(|rank| float(*rank) >= wanted);
    place
        .and_then(|rank| sorted.get(rank - 1))
        .or(sorted.last())
        .copied()
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = float(numbers.len().max(1));
    numbers.sum::<f64>() / count
}

#[expect(clippy::cast_precision_loss, reason = "counts, far below 2^53")]
const fn float(count: usize) -> f64 {
    count as f64
}
