//! What may come, drawn many times: blocks found at a wandering hash rate, and the difficulties
//! that follow from their times.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::hash_rate::{HashRate, float128};
use super::{BLOCKS, CUT, HeaderChain, KEPT, TARGET_SECONDS, WINDOW};

/// Drawn for each forecast.
const PATHS: usize = 400;

/// Steps of the log hash rate are kept within this of where it began: a factor of e^20.
const WIDEST: f64 = 20.0;

/// Logarithms of the difficulty: the lowest twentieth ends at `low`, the highest begins at `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) low: f64,
    pub(super) middle: f64,
    pub(super) high: f64,
}

/// The spread of the difficulty of the block so many ahead, for each of `ahead` (each at least 1).
/// The chain has at least [`BLOCKS`] headers.
pub(super) fn spreads(
    chain: &HeaderChain,
    rate: HashRate,
    block_variance: f64,
    ahead: &[usize],
    seed: u64,
) -> Vec<Spread> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let newest: Vec<_> = chain.iter().skip(chain.len() - BLOCKS).collect();
    let first_s = newest.iter().map(|header| header.unix_s).min().unwrap_or(0);
    let mut times_s: Vec<f64> = newest
        .iter()
        .map(|header| float128(u128::from(header.unix_s - first_s)))
        .collect();
    // Sorted as a whole: a window's own order differs from this only where times near its ends are
    // out of order by more than the outliers that are cut off.
    times_s.sort_unstable_by(f64::total_cmp);
    let base = newest[0].cumulative;
    let mut work: Vec<f64> = newest
        .iter()
        .map(|header| float128(header.cumulative - base))
        .collect();
    let furthest = ahead.iter().copied().max().unwrap_or(0);
    let mut drawn = vec![Vec::with_capacity(PATHS); ahead.len()];
    let step = block_variance.sqrt();
    for _ in 0..PATHS {
        times_s.truncate(BLOCKS);
        work.truncate(BLOCKS);
        let mut log_rate = rate.log + rate.variance.sqrt() * normal(&mut random);
        let (lowest, highest) = (rate.log - WIDEST, rate.log + WIDEST);
        for block in 0..furthest {
            // Of a window that begins with `block`: what stands at the cuts.
            let (begin, end) = (block + CUT, block + WINDOW - CUT - 1);
            debug_assert!(end - begin + 1 == KEPT, "what is left between the cuts");
            let span = (times_s[end] - times_s[begin]).max(1.0);
            // Rounded up as the network does it.
            let asked = (work[end] - work[begin]) * float128(u128::from(TARGET_SECONDS)) / span;
            let asked = asked.ceil().max(1.0);
            for (drawn, _) in drawn
                .iter_mut()
                .zip(ahead)
                .filter(|(_, ahead)| **ahead == block + 1)
            {
                drawn.push(asked.ln());
            }
            let found = -(1.0 - random.r#gen::<f64>()).ln() * asked / log_rate.exp();
            times_s.push(times_s[times_s.len() - 1] + found);
            work.push(work[work.len() - 1] + asked);
            log_rate = (log_rate + step * normal(&mut random)).clamp(lowest, highest);
        }
    }
    drawn.iter_mut().map(|drawn| spread(drawn)).collect()
}

fn spread(drawn: &mut [f64]) -> Spread {
    drawn.sort_unstable_by(f64::total_cmp);
    let last = drawn.len() - 1;
    Spread {
        low: drawn[last / 20],
        middle: f64::midpoint(drawn[last / 2], drawn[last - last / 2]),
        high: drawn[last - last / 20],
    }
}

/// Standard normal, by Box and Muller.
fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    let radius = (-2.0 * (1.0 - random.r#gen::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.r#gen::<f64>()).cos()
}
