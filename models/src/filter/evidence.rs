//! What a filter has to say of a rig, and how six opinions are joined.

use std::fmt;

/// The six filters, in the order in which a share passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Bytes of results and nonces.
    Entropy,
    /// How far below the target results lie.
    Divergence,
    /// Order of nonces.
    Pattern,
    /// Shares against hashes tried.
    Pace,
    /// Behaviour against trained clusters.
    Cluster,
    /// Shares against a trained model of what is refused.
    Classifier,
}

impl Stage {
    /// All, in the order of the cascade.
    pub const ALL: [Self; 6] = [
        Self::Entropy,
        Self::Divergence,
        Self::Pattern,
        Self::Pace,
        Self::Cluster,
        Self::Classifier,
    ];

    /// Its place in the cascade, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Entropy => 0,
            Self::Divergence => 1,
            Self::Pattern => 2,
            Self::Pace => 3,
            Self::Cluster => 4,
            Self::Classifier => 5,
        }
    }

    /// The actor's name, also in metrics and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entropy => "entropy",
            Self::Divergence => "divergence",
            Self::Pattern => "pattern",
            Self::Pace => "pace",
            Self::Cluster => "cluster",
            Self::Classifier => "classifier",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The alternative to an honest miner that fits best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Bytes of results are not uniform.
    BiasedBytes,
    /// A result came again with another nonce or job.
    RepeatedResult,
    /// The same nonces come again, job after job.
    ConstantNonces,
    /// High shares are missing.
    HighSharesMissing,
    /// Results lie below the target in another way than chance would have it.
    SkewedResults,
    /// Nonces go backward within a block of the scan.
    BackwardNonces,
    /// Nonces are beyond what can have been scanned.
    ImpossibleNonces,
    /// Nonces go on in constant steps.
    ConstantSteps,
    /// The same nonces as another rig's in the same jobs.
    SameNoncesAsAnotherRig,
    /// Fewer shares than the hashes that the nonces claim.
    FewerSharesThanHashes,
    /// Behaves unlike any cluster of rigs.
    OddBehaviour,
    /// Shares look like those that are refused.
    LikelyRefused,
}

impl Cause {
    /// All of them; their places are stored, so new ones are added at the end.
    pub const ALL: [Self; 12] = [
        Self::BiasedBytes,
        Self::RepeatedResult,
        Self::ConstantNonces,
        Self::HighSharesMissing,
        Self::SkewedResults,
        Self::BackwardNonces,
        Self::ImpossibleNonces,
        Self::ConstantSteps,
        Self::SameNoncesAsAnotherRig,
        Self::FewerSharesThanHashes,
        Self::OddBehaviour,
        Self::LikelyRefused,
    ];

    /// A name for records; what is written with it is read for ever.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::BiasedBytes => "biased_bytes",
            Self::RepeatedResult => "repeated_result",
            Self::ConstantNonces => "constant_nonces",
            Self::HighSharesMissing => "high_shares_missing",
            Self::SkewedResults => "skewed_results",
            Self::BackwardNonces => "backward_nonces",
            Self::ImpossibleNonces => "impossible_nonces",
            Self::ConstantSteps => "constant_steps",
            Self::SameNoncesAsAnotherRig => "same_nonces_as_another_rig",
            Self::FewerSharesThanHashes => "fewer_shares_than_hashes",
            Self::OddBehaviour => "odd_behaviour",
            Self::LikelyRefused => "likely_refused",
        }
    }

    /// In words, for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::BiasedBytes => "bytes of its results are not uniform",
            Self::RepeatedResult => "results come again with other nonces or jobs",
            Self::ConstantNonces => "the same nonces come again, job after job",
            Self::HighSharesMissing => "shares far above the target are missing",
            Self::SkewedResults => "results lie below the target as chance would not have it",
            Self::BackwardNonces => "nonces go backward within a block of the scan",
            Self::ImpossibleNonces => "nonces are beyond what can have been scanned",
            Self::ConstantSteps => "nonces go on in constant steps",
            Self::SameNoncesAsAnotherRig => "the same nonces as another rig's, job after job",
            Self::FewerSharesThanHashes => "fewer shares than the hashes its nonces claim",
            Self::OddBehaviour => "behaves unlike any known group of rigs",
            Self::LikelyRefused => "its shares look like those that are refused",
        }
    }
}

/// What a filter says of a rig after one more share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    /// The filter failed at this share, or is bypassed.
    Unavailable,
    /// The filter has nothing to go by: no model, a scan it does not know.
    NoOpinion,
    /// The capital won so far by betting that the rig is not honest.
    Weighed {
        /// Its natural logarithm; finite.
        log_e: f64,
        /// What it was mostly won by.
        cause: Cause,
    },
}

impl Evidence {
    /// What was won; a number that is none is no evidence.
    #[must_use]
    pub fn weighed(log_e: f64, cause: Cause) -> Self {
        if log_e.is_finite() {
            Self::Weighed { log_e, cause }
        } else {
            Self::Unavailable
        }
    }

    /// The logarithm of the capital, where there is any opinion.
    #[must_use]
    pub const fn log_e(&self) -> Option<f64> {
        match self {
            Self::Weighed { log_e, .. } => Some(*log_e),
            Self::Unavailable | Self::NoOpinion => None,
        }
    }

    /// The e-value that stands for it in a sum: a filter without an opinion has not bet (1), one
    /// that is not there has lost (0), and a number that is none counts as the latter.
    fn capital(self) -> f64 {
        match self {
            Self::Unavailable => 0.0,
            Self::NoOpinion => 1.0,
            Self::Weighed { log_e, .. } if log_e.is_nan() => 0.0,
            Self::Weighed { log_e, .. } => log_e.min(LOG_E_MAX).exp(),
        }
    }
}

/// No capital is worth more in a sum; e³⁰⁰ is a number still.
const LOG_E_MAX: f64 = 300.0;

/// What the six filters said of one share's rig, by place in the cascade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CascadeEvidence([Evidence; Stage::ALL.len()]);

impl Default for CascadeEvidence {
    fn default() -> Self {
        Self([Evidence::Unavailable; Stage::ALL.len()])
    }
}

impl CascadeEvidence {
    /// Notes what a stage said.
    pub const fn set(&mut self, stage: Stage, evidence: Evidence) {
        self.0[stage.index()] = evidence;
    }

    /// What a stage said.
    #[must_use]
    pub const fn of(&self, stage: Stage) -> Evidence {
        self.0[stage.index()]
    }

    /// The logarithm of the average capital: an average of e-processes is one, however they
    /// depend on each other (Vovk and Wang, "E-values: calibration, combination and
    /// applications", Annals of Statistics 49, 2021).
    #[must_use]
    pub fn joined(&self) -> f64 {
        let sum: f64 = self.0.iter().map(|evidence| evidence.capital()).sum();
        #[expect(clippy::cast_precision_loss, reason = "six")]
        let average = sum / self.0.len() as f64;
        average.max(f64::MIN_POSITIVE).ln()
    }

    /// The same; `None` if no filter was there to say anything.
    #[must_use]
    pub fn joined_if_any(&self) -> Option<f64> {
        let there = self.0.iter().any(|said| *said != Evidence::Unavailable);
        there.then(|| self.joined())
    }

    /// The stage that has won most, with its cause.
    #[must_use]
    pub fn strongest(&self) -> Option<(Stage, f64, Cause)> {
        let weighed = Stage::ALL
            .into_iter()
            .filter_map(|stage| match self.of(stage) {
                Evidence::Weighed { log_e, cause } if !log_e.is_nan() => {
                    Some((stage, log_e, cause))
                }
                Evidence::Weighed { .. } | Evidence::Unavailable | Evidence::NoOpinion => None,
            });
        weighed.max_by(|(_, a, _), (_, b, _)| a.total_cmp(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_join_is_the_average_and_silence_is_neither_for_nor_against() {
        let mut all = CascadeEvidence::default();
        for stage in Stage::ALL {
            all.set(stage, Evidence::NoOpinion);
        }
        assert!(all.joined().abs() < 1e-12);
        all.set(
            Stage::Pace,
            Evidence::weighed(20.0, Cause::FewerSharesThanHashes),
        );
        assert!((all.joined() - (20.0 - 6f64.ln())).abs() < 1e-6);
        assert_eq!(
            all.strongest(),
            Some((Stage::Pace, 20.0, Cause::FewerSharesThanHashes))
        );
    }

    #[test]
    fn where_no_filter_was_there_nothing_is_said() {
        let mut all = CascadeEvidence::default();
        assert_eq!(all.joined_if_any(), None);
        all.set(Stage::Pace, Evidence::NoOpinion);
        assert_eq!(all.joined_if_any(), Some(all.joined()));
    }

    #[test]
    fn a_number_that_is_none_is_no_evidence() {
        assert_eq!(
            Evidence::weighed(f64::NAN, Cause::OddBehaviour),
            Evidence::Unavailable
        );
        assert_eq!(
            Evidence::weighed(f64::INFINITY, Cause::OddBehaviour),
            Evidence::Unavailable
        );
    }

    proptest! {
        #[test]
        fn the_join_is_a_number_whatever_the_filters_say(values in proptest::array::uniform6(any::<f64>())) {
            let mut all = CascadeEvidence::default();
            for (stage, log_e) in Stage::ALL.into_iter().zip(values) {
                // Built past the check on purpose.
                all.set(stage, Evidence::Weighed { log_e, cause: Cause::BiasedBytes });
            }
            prop_assert!(all.joined().is_finite());
        }
    }
}
