//! A mean over seeds and how far it may be trusted.

use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A mean with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Student's t at 97.5 %, for 1 to 30 degrees of freedom.
const T_975: [f64; 30] = [
    12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004,
    2.262_157, 2.228_139, 2.200_985, 2.178_813, 2.160_369, 2.144_787, 2.131_450, 2.119_905,
    2.109_816, 2.100_922, 2.093_024, 2.085_963, 2.079_614, 2.073_873, 2.068_658, 2.063_899,
    2.059_539, 2.055_529, 2.051_831, 2.048_407, 2.045_230, 2.042_272,
];

/// Resamples of a ratio.
const RESAMPLES: usize = 2_000;

impl Interval {
    /// Mean and Student's interval of one value per seed; `None` for fewer than two, or if one of
    /// them is no number.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.len() < 2 || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let n = as_float(values.len());
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (n - 1.0) / n).sqrt();
        let half = t_975(values.len() - 1) * error;
        Some(Self {
            mean,
            low: mean - half,
            high: mean + half,
        })
    }

    /// How many times `above` is `below`, both summed over the same seeds, with the bootstrap's
    /// percentile interval over seeds (Efron and Tibshirani, "An introduction to the bootstrap",
    /// 1993). `None` where `below` sums to nothing: then no factor can be told. The upper end is
    /// infinite when more than one resample in forty divides by nothing.
    #[must_use]
    pub fn ratio(above: &[f64], below: &[f64]) -> Option<Self> {
        let pairs: Vec<(f64, f64)> = above.iter().copied().zip(below.iter().copied()).collect();
        let mean = quotient(pairs.iter().copied())?;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(0x0b00_7574);
        let mut ratios: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let drawn = (0..pairs.len()).map(|_| pairs[rng.gen_range(0..pairs.len())]);
                quotient(drawn).unwrap_or(f64::INFINITY)
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        Some(Self {
            mean,
            low: ratios[RESAMPLES / 40],
            high: ratios[RESAMPLES - 1 - RESAMPLES / 40],
        })
    }
}

fn quotient(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (above, below) = pairs.fold((0.0, 0.0), |sums: (f64, f64), pair| {
        (sums.0 + pair.0, sums.1 + pair.1)
    });
    let ratio = above / below;
    (below > 0.0 && ratio.is_finite()).then_some(ratio)
}

/// Beyond 30 degrees of freedom by the expansion around the normal quantile (Abramowitz and
/// Stegun 26.7.5), good to four digits.
fn t_975(freedom: usize) -> f64 {
    let z = 1.959_964_f64;
    T_975
        .get(freedom.wrapping_sub(1))
        .copied()
        .unwrap_or_else(|| {
            let v = as_float(freedom);
            z + (z.powi(3) + z) / (4.0 * v)
                + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * v * v)
        })
}

#[expect(clippy::cast_precision_loss, reason = "a number of seeds")]
const fn as_float(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_student_s() {
        // Mean 3, standard deviation √2.5, t of 4 degrees 2.776: ±1.963.
        let interval = Interval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((interval.mean - 3.0).abs() < 1e-12);
        assert!((interval.high - 4.963_2).abs() < 1e-3, "{interval:?}");
        assert!((interval.low - 1.036_8).abs() < 1e-3, "{interval:?}");
    }

    #[test]
    fn beyond_the_table_the_quantile_goes_on_without_a_step() {
        assert!((t_975(31) - 2.039_513).abs() < 1e-4);
        assert!((t_975(1_000) - 1.962_339).abs() < 1e-4);
        assert!((1..200).all(|v| t_975(v) > t_975(v + 1)));
    }

    #[test]
    fn one_value_has_no_interval_and_what_is_no_number_neither() {
        assert_eq!(Interval::of(&[1.0]), None);
        assert_eq!(Interval::of(&[]), None);
        assert_eq!(Interval::of(&[1.0, f64::NAN]), None);
    }

    #[test]
    fn nineteen_intervals_in_twenty_hold_the_truth() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let covered = (0..4_000)
            .filter(|_| {
                // A sum of twelve uniform numbers is close to normal, with mean 6.
                let values: Vec<f64> = (0..10)
                    .map(|_| (0..12).map(|_| rng.r#gen::<f64>()).sum())
                    .collect();
                Interval::of(&values).is_some_and(|i| i.low <= 6.0 && 6.0 <= i.high)
            })
            .count();
        assert!((3_740..=3_860).contains(&covered), "{covered} of 4000");
    }

    #[test]
    fn a_ratio_is_of_the_sums_and_its_interval_spans_it() {
        let above = [90.0, 110.0, 100.0, 100.0];
        let below = [9.0, 11.0, 12.0, 8.0];
        let ratio = Interval::ratio(&above, &below).unwrap();
        assert!((ratio.mean - 10.0).abs() < 1e-12);
        assert!(ratio.low < 10.0 && 10.0 < ratio.high, "{ratio:?}");
        assert!(ratio.low > 7.0 && ratio.high < 14.0, "{ratio:?}");
    }

    #[test]
    fn where_nothing_is_divided_by_there_is_no_ratio() {
        assert_eq!(Interval::ratio(&[1.0, 2.0], &[0.0, 0.0]), None);
        assert_eq!(Interval::ratio(&[], &[]), None);
        let rare = Interval::ratio(&[5.0; 4], &[1.0, 0.0, 0.0, 0.0]).unwrap();
        assert!(rare.high.is_infinite());
    }
}
