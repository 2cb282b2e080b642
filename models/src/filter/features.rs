//! What the trained models are shown: named numbers with a unit and bounds, never anything else
//! than a number within them.

/// What a feature is and where it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature {
    /// Its name in records and reports.
    pub name: &'static str,
    /// Of its value.
    pub unit: &'static str,
    /// Its least value; what lies below is clipped.
    pub low: f64,
    /// Its greatest value; what lies above is clipped.
    pub high: f64,
    /// Its value where there is nothing to compute it from.
    pub neutral: f64,
}

impl Feature {
    const fn clip(&self, value: f64) -> f64 {
        if value.is_nan() {
            self.neutral
        } else {
            value.clamp(self.low, self.high)
        }
    }
}

/// Writes a vector of features once: struct, table, accessors and array cannot disagree.
macro_rules! features {
    (
        $(#[$doc:meta])* $name:ident {
            $( $(#[$field_doc:meta])*
               $field:ident: $unit:literal, $low:literal to $high:literal, or $neutral:literal; )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            $( pub(super) $field: f64, )*
        }

        impl $name {
            /// What its numbers are, in the order of [`Self::values`].
            pub const FEATURES: &'static [Feature] = &[
                $( Feature {
                    name: stringify!($field),
                    unit: $unit,
                    low: $low,
                    high: $high,
                    neutral: $neutral,
                }, )*
            ];

            /// How many numbers it has.
            pub const LEN: usize = Self::FEATURES.len();

            /// Takes numbers in the order of [`Self::FEATURES`], clipped to their bounds; what is
            /// no number becomes neutral.
            #[must_use]
            pub fn from_values([$( $field ),*]: [f64; Self::LEN]) -> Self {
                Self { $( $field ),* }.clipped()
            }

            /// The numbers in the order of [`Self::FEATURES`]; each within its bounds.
            #[must_use]
            pub const fn values(&self) -> [f64; Self::LEN] {
                [$( self.$field ),*]
            }

            /// With each number within its bounds.
            pub(super) fn clipped(self) -> Self {
                let mut values = self.values();
                for (value, feature) in values.iter_mut().zip(Self::FEATURES) {
                    *value = feature.clip(*value);
                }
                let [$( $field ),*] = values;
                Self { $( $field ),* }
            }

            $( $(#[$field_doc])*
            #[must_use]
            pub const fn $field(&self) -> f64 {
                self.$field
            } )*
        }
    };
}

features! {
    /// A share as the outcome model sees it: from the share itself and what the same rig sent
    /// before it, never from its verdict.
    OutcomeFeatures {
        /// Natural logarithm of the difficulty that was asked for, in hashes.
        ln_difficulty: "ln(hashes)", 0.0 to 45.0, or 12.0;
        /// Natural logarithm of the time since the rig's share before, over what it usually takes
        /// the rig at this difficulty; 0 while that is not known.
        ln_interval: "ln(ratio)", -8.0 to 8.0, or 0.0;
        /// Where the result lies between 0 and the target; ½ where the target is not known.
        height: "ratio", 0.0 to 1.0, or 0.5;
        /// 1 where the rig was asked for several targets in this scan, or missed the one it was
        /// asked for; 0 otherwise.
        target_unclear: "0 or 1", 0.0 to 1.0, or 0.0;
        /// 1 for a job that is not the current one any more, 0 otherwise.
        late: "0 or 1", 0.0 to 1.0, or 0.0;
        /// Part of the rig's shares before this one that were late; each share counts 1/64 less
        /// than the next.
        late_before: "ratio", 0.0 to 1.0, or 0.0;
        /// Position of the nonce within its slot.
        progress: "ratio of 2^24", 0.0 to 1.0, or 0.0;
        /// 1 where the nonce is not above that of the rig's share before in the same scan, 0
        /// otherwise.
        backward: "0 or 1", 0.0 to 1.0, or 0.0;
        /// 1 where the rig's program scans in a way that is not known, 0 otherwise.
        scanner_unknown: "0 or 1", 0.0 to 1.0, or 0.0;
        /// Natural logarithm of 1 + the rig's shares before this one.
        ln_shares_before: "ln(shares)", 0.0 to 23.0, or 0.0;
        /// Natural logarithm of the odds of a stale share, by the verdicts on the rig's shares
        /// that were known when this one came; each verdict counts 1/512 less than the next.
        stale_before: "ln(odds)", -12.0 to 12.0, or -4.605;
        /// The same of a wrong share.
        wrong_before: "ln(odds)", -12.0 to 12.0, or -4.605;
        /// 1 where more than half of the rig's shares before were wrong, of four or more; 0
        /// otherwise.
        mostly_wrong: "0 or 1", 0.0 to 1.0, or 0.0;
    }
}

features! {
    /// How a rig behaved over a block of shares.
    Behaviour {
        /// Mean place of results between 0 and the target; ½ for an honest miner, and where no
        /// target was known.
        mean_height: "ratio", 0.0 to 1.0, or 0.5;
        /// Mean square of the natural logarithm of intervals over what is usual for the rig:
        /// about 2 where shares come by chance (γ² + π²/6), less where they come evenly, more
        /// where they come in bursts.
        burstiness: "ln(ratio)^2", 0.0 to 64.0, or 1.978;
        /// Part of shares that were late.
        late: "ratio", 0.0 to 1.0, or 0.0;
        /// Part of shares whose nonce is not above that of the share before in the same scan.
        backward: "ratio", 0.0 to 1.0, or 0.0;
        /// Part of shares that are in another scan than the share before.
        new_scans: "ratio", 0.0 to 1.0, or 0.0;
        /// Natural logarithm of the work per time over that of the block before; 0 in the first.
        ln_rate_change: "ln(ratio)", -8.0 to 8.0, or 0.0;
        /// Standard deviation of the nonces' positions within their slots.
        nonce_spread: "ratio of 2^24", 0.0 to 0.5, or 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_numbers_stand_in_the_same_order() {
        let mut values = [0.0; Behaviour::LEN];
        for (index, feature) in Behaviour::FEATURES.iter().enumerate() {
            if feature.name == "nonce_spread" {
                values[index] = 0.25;
            }
        }
        let behaviour = Behaviour::from_values(values);
        assert!((behaviour.nonce_spread() - 0.25).abs() < 1e-12);
        assert!(behaviour.mean_height().abs() < 1e-12);
    }

    #[test]
    fn what_is_no_number_is_neutral_and_what_is_too_much_is_clipped() {
        let features = OutcomeFeatures::from_values([f64::NAN; OutcomeFeatures::LEN]);
        let neutral: Vec<f64> = OutcomeFeatures::FEATURES
            .iter()
            .map(|feature| feature.neutral)
            .collect();
        assert_eq!(features.values().to_vec(), neutral);
        let features = OutcomeFeatures::from_values([f64::INFINITY; OutcomeFeatures::LEN]);
        assert!((features.ln_interval() - 8.0).abs() < 1e-12);
        let features = OutcomeFeatures::from_values([f64::NEG_INFINITY; OutcomeFeatures::LEN]);
        assert!((features.ln_interval() + 8.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn every_feature_lies_within_its_bounds(values: [f64; Behaviour::LEN]) {
            for (value, feature) in Behaviour::from_values(values).values().iter().zip(Behaviour::FEATURES) {
                prop_assert!((feature.low..=feature.high).contains(value), "{}: {value}", feature.name);
            }
        }
    }
}
