//! What the network's hash rate was, and how it wanders: a random walk of its logarithm, seen
//! through the times of blocks (a local level model, by the Kalman filter; J. Durbin and
//! S. Koopman, "Time series analysis by state space methods", chapter 2).

use super::HeaderChain;

/// Blocks of a bin: their common time is Gamma-distributed, its logarithm close to normal.
const BIN: usize = 24;

/// Variances that are tried, of the step of the log hash rate from bin to bin: from one that lets it
/// wander by 2 % a day, less than any network's, to one of tenfold changes.
const TRIED: (f64, f64, u32) = (1e-5, 0.2, 60);

/// Of the log hash rate, hashes per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HashRate {
    /// Logarithm, now.
    pub(super) log: f64,
    /// Of that.
    pub(super) variance: f64,
}

/// Logarithms of work over time, bin by bin, the newest last; none where there is no full bin.
fn observations(chain: &HeaderChain) -> Vec<f64> {
    let mut times: Vec<u64> = chain.iter().map(|header| header.unix_s).collect();
    // A miner's clock may be wrong: in order, the times of neighbours are exchanged.
    times.sort_unstable();
    let work: Vec<u128> = chain.iter().map(|header| header.cumulative).collect();
    // The newest blocks must be in a bin; the oldest need not.
    let skipped = (chain.len() - 1) % BIN;
    let ends: Vec<usize> = (skipped..chain.len()).step_by(BIN).collect();
    let bias = (2.0 * float(BIN as u64)).recip();
    ends.iter()
        .zip(ends.iter().skip(1))
        .map(|(&begin, &end)| {
            let seconds = (times[end] - times[begin]).max(1);
            float128(work[end] - work[begin]).ln() - float(seconds).ln() - bias
        })
        .collect()
}

/// Of the logarithm of a sum of [`BIN`] exponential times: the trigamma function's first terms.
fn noise() -> f64 {
    let bin = float(BIN as u64);
    bin.recip() + 0.5 / (bin * bin)
}

/// The filtered level and the log likelihood of all observations but the first.
fn filtered(observed: &[f64], step_variance: f64) -> Option<(HashRate, f64)> {
    let (first, rest) = observed.split_first()?;
    let (mut log, mut variance, mut likelihood) = (*first, noise(), 0.0);
    for seen in rest {
        let expected = variance + step_variance;
        let of_seen = expected + noise();
        let surprise = seen - log;
        let gain = expected / of_seen;
        log += gain * surprise;
        variance = expected * (1.0 - gain);
        likelihood -= 0.5 * (of_seen.ln() + surprise * surprise / of_seen);
    }
    Some((HashRate { log, variance }, likelihood))
}

/// The variance of a step of the log hash rate from block to block: the mean of those that are
/// tried, by their likelihoods. The likeliest alone is often far too small, as days of blocks say
/// little of it. None where there are not two bins.
pub(super) fn step_variance(chain: &HeaderChain) -> Option<f64> {
    let observed = observations(chain);
    if observed.len() < 2 {
        return None;
    }
    let (low, high, steps) = TRIED;
    let ratio = (high / low).powf(f64::from(steps).recip());
    let tried: Vec<(f64, f64)> = (0..=steps)
        .map(|step| low * ratio.powf(f64::from(step)))
        .filter_map(|variance| Some((variance, filtered(&observed, variance)?.1)))
        .collect();
    let best = tried
        .iter()
        .map(|(_, likelihood)| *likelihood)
        .fold(f64::NEG_INFINITY, f64::max);
    let (mut sum, mut weights) = (0.0, 0.0);
    for (variance, likelihood) in tried {
        let weight = (likelihood - best).exp();
        sum += weight * variance;
        weights += weight;
    }
    Some(sum / weights / float(BIN as u64))
}

/// The hash rate at the newest block, if it wanders with this variance from block to block.
pub(super) fn hash_rate(chain: &HeaderChain, block_variance: f64) -> Option<HashRate> {
    let observed = observations(chain);
    filtered(&observed, block_variance * float(BIN as u64)).map(|(rate, _)| rate)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes and seconds, far below 2^53"
)]
const fn float(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "relative error of 2^-53 is far below what is forecast"
)]
pub(super) const fn float128(number: u128) -> f64 {
    number as f64
}
