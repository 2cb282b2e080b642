//! Probabilities.

use super::Invalid;

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Probability(f64);

impl Probability {
    /// Never.
    pub const ZERO: Self = Self(0.0);
    /// Always.
    pub const ONE: Self = Self(1.0);
    /// One time in twenty.
    pub(crate) const ONE_IN_TWENTY: Self = Self(0.05);
    /// As likely as not.
    pub(crate) const HALF: Self = Self(0.5);
    /// One time in a million.
    pub(crate) const ONE_IN_A_MILLION: Self = Self(1e-6);

    /// A probability of this value.
    ///
    /// # Errors
    ///
    /// [`Invalid`] when it is not from 0 to 1, or not a number at all.
    pub fn new(value: f64) -> Result<Self, Invalid> {
        if (0.0..=1.0).contains(&value) {
            // Adding zero makes one zero of the two.
            Ok(Self(value + 0.0))
        } else {
            Err(Invalid::new(format!(
                "must be a probability from 0 to 1, but is {value}"
            )))
        }
    }

    /// The value, from 0 to 1.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_belong_to_it_and_nothing_beyond() {
        assert_eq!(Probability::new(0.0), Ok(Probability::ZERO));
        assert_eq!(Probability::new(1.0), Ok(Probability::ONE));
        for value in [-0.01, 1.01, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Probability::new(value).is_err(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_a_probability(value: f64) {
            if let Ok(probability) = Probability::new(value) {
                prop_assert!((0.0..=1.0).contains(&probability.get()));
            }
        }
    }
}
