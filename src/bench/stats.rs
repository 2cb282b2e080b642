//! Percentiles of what one run saw, and the spread of a figure over runs.

use serde::{Deserialize, Serialize};

/// Exact samples of one run, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    values: Vec<u64>,
    sorted: bool,
}

impl Samples {
    /// Adds one sample, ns.
    pub(crate) fn push(&mut self, value: u64) {
        self.values.push(value);
        self.sorted = false;
    }

    /// The smallest sample that at least `per_mille` thousandths of all samples do not exceed
    /// (nearest rank); `None` without samples.
    pub(crate) fn percentile(&mut self, per_mille: u16) -> Option<u64> {
        if !self.sorted {
            self.values.sort_unstable();
            self.sorted = true;
        }
        let rank = (self.values.len() * usize::from(per_mille)).div_ceil(1000);
        let index = rank.max(1) - 1;
        self.values
            .get(index.min(self.values.len().checked_sub(1)?))
            .copied()
    }

    /// All of them together, ns.
    pub(crate) fn sum(&self) -> u64 {
        self.values.iter().sum()
    }

    /// The percentile in microseconds; NaN without samples.
    pub(crate) fn micros(&mut self, per_mille: u16) -> f64 {
        self.percentile(per_mille)
            .map_or(f64::NAN, |nanos| nanos_to_f64(nanos) / 1e3)
    }

    /// The percentile in milliseconds; NaN without samples.
    pub(crate) fn millis(&mut self, per_mille: u16) -> f64 {
        self.micros(per_mille) / 1e3
    }
}

/// A count or a span as a float: exact up to 2⁵³, which is 104 days in nanoseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "far below 2^53 in any run, and a figure needs no more digits than that"
)]
pub(crate) const fn nanos_to_f64(nanos: u64) -> f64 {
    nanos as f64
}

/// A count as a float.
pub(crate) fn count(n: usize) -> f64 {
    nanos_to_f64(u64::try_from(n).unwrap_or(u64::MAX))
}

/// One figure over several runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    /// The middle value, or the mean of the two in the middle.
    pub(crate) median: f64,
    /// The smallest.
    pub(crate) min: f64,
    /// The largest.
    pub(crate) max: f64,
}

impl Spread {
    /// The spread of `values`; `None` without values.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(*sorted.get(middle - 1)?, upper)
        } else {
            upper
        };
        Some(Self { median, min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: impl IntoIterator<Item = u64>) -> Samples {
        let mut samples = Samples::default();
        values.into_iter().for_each(|value| samples.push(value));
        samples
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let mut hundred = samples((1..=100).rev());
        assert_eq!(hundred.percentile(500), Some(50));
        assert_eq!(hundred.percentile(990), Some(99));
        assert_eq!(hundred.percentile(991), Some(100));
        assert_eq!(hundred.percentile(1000), Some(100));
        assert_eq!(hundred.percentile(0), Some(1));
    }

    #[test]
    fn one_sample_is_every_percentile_and_none_is_none() {
        let mut one = samples([7]);
        assert_eq!(one.percentile(10), Some(7));
        assert_eq!(one.percentile(990), Some(7));
        assert_eq!(samples([]).percentile(500), None);
        assert!(samples([]).micros(500).is_nan());
    }

    #[test]
    fn a_sample_that_comes_after_a_look_is_counted() {
        let mut grown = samples([10, 20]);
        assert_eq!(grown.percentile(1000), Some(20));
        grown.push(5);
        assert_eq!(grown.percentile(0), Some(5));
    }

    #[test]
    fn the_median_of_an_even_number_of_runs_lies_between_the_two_in_the_middle() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(
            spread,
            Spread {
                median: 2.5,
                min: 1.0,
                max: 4.0
            }
        );
        assert!((Spread::of(&[3.0, 1.0, 2.0]).unwrap().median - 2.0).abs() < f64::EPSILON);
        assert!(Spread::of(&[]).is_none());
    }
}
