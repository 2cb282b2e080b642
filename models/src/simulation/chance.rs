//! Draws that the simulation needs.

use rand::Rng;

/// Uniform on [0, 1).
pub(super) fn uniform(rng: &mut impl Rng) -> f64 {
    rng.r#gen()
}

/// Exponential with mean 1: time between two events of a Poisson process, in mean distances.
pub(super) fn exponential(rng: &mut impl Rng) -> f64 {
    // 1 − u is on (0, 1]: its logarithm is a number.
    -(1.0 - uniform(rng)).ln()
}

/// Uniform in its logarithm, on [low, high).
pub(super) fn log_uniform(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    low * (high / low).powf(uniform(rng))
}

/// Whether something of this probability happens; one that is no number never does.
pub(super) fn happens(rng: &mut impl Rng, probability: f64) -> bool {
    uniform(rng) < probability
}

/// A whole number uniform on `0..below`, for small `below`; 0 where there is none.
pub(super) fn below(rng: &mut impl Rng, below: u32) -> u32 {
    scaled(rng.r#gen(), below)
}

/// 32 random bits brought to `0..below`: exactly uniform for a slot's 2²⁴ nonces and all powers of
/// two, to one part in 2²⁵ for a number of threads.
pub(super) fn scaled(bits: u32, below: u32) -> u32 {
    let [high, _] = halves(u64::from(bits) * u64::from(below));
    high
}

/// The high and the low half.
pub(super) fn halves(word: u64) -> [u32; 2] {
    let bytes = word.to_be_bytes();
    let [a, b, c, d, e, f, g, h] = bytes;
    [
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([e, f, g, h]),
    ]
}

/// The whole part; 0 below 0 and for what is no number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float-to-int casts saturate"
)]
pub(super) const fn whole(number: f64) -> u32 {
    number as u32
}

/// The whole part; 0 below 0 and for what is no number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float-to-int casts saturate"
)]
pub(super) const fn whole_u64(number: f64) -> u64 {
    number as u64
}

/// A bijection of 64 bits in which each bit of the input turns about half of the output (the
/// finaliser of `MurmurHash3`, Appleby 2011).
pub(super) const fn mix(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}
