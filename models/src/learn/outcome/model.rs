//! The model itself.

use serde::{Deserialize, Serialize};

use super::ceiling::Ceiling;
use super::head::Head;
use super::scaler::Scaler;
use crate::filter::OutcomeFeatures;
use crate::learn::OutcomeClass;
use crate::learn::artifact::{Digest, Learnt, digest_of_features};
use crate::ledger::ModelSlot;

/// Kinds of refusal: all classes but the first.
pub(super) const KINDS: usize = OutcomeClass::ALL.len() - 1;

/// The kinds of refusal, in their order.
pub(super) fn kinds() -> impl Iterator<Item = OutcomeClass> {
    OutcomeClass::ALL
        .into_iter()
        .filter(|class| class.is_refusal())
}

/// Which shares are refused, and how: logistic regressions that were fitted and calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticOutcome {
    pub(super) scaler: Scaler,
    pub(super) refused: Head,
    /// By kind of refusal.
    pub(super) kinds: [Head; KINDS],
    pub(super) ceiling: f64,
}

impl LogisticOutcome {
    /// The probability that a share with these features is refused, 0 to 1.
    #[must_use]
    pub fn rejection_probability(&self, features: &OutcomeFeatures) -> f64 {
        self.refused.probability(&self.scaler.scale(features))
    }

    /// The probabilities of all ends, in the order of [`OutcomeClass::ALL`]; their sum is 1.
    #[must_use]
    pub fn probabilities(&self, features: &OutcomeFeatures) -> [f64; OutcomeClass::ALL.len()] {
        let scaled = self.scaler.scale(features);
        let refused = self.refused.probability(&scaled);
        let of_kinds = self.kinds.map(|head| head.probability(&scaled));
        let sum: f64 = of_kinds.iter().sum();
        let mut probabilities = [1.0 - refused; OutcomeClass::ALL.len()];
        for (probability, of_kind) in probabilities.iter_mut().skip(1).zip(of_kinds) {
            *probability = refused * of_kind / sum;
        }
        probabilities
    }

    /// The most that the mean of [`LogisticOutcome::rejection_probability`] over an honest rig's
    /// next share can be, as far as that was measured; above 0 and below 1.
    #[must_use]
    pub const fn ceiling(&self) -> f64 {
        self.ceiling
    }
}

impl Learnt for LogisticOutcome {
    const SLOT: ModelSlot = ModelSlot::Outcome;
    const SCHEMA: u16 = 1;

    fn features() -> Digest {
        digest_of_features(OutcomeFeatures::FEATURES)
    }

    fn check(&self) -> Result<(), String> {
        self.scaler.check()?;
        self.refused
            .check()
            .map_err(|why| format!("of refusals: {why}"))?;
        for (class, head) in kinds().zip(&self.kinds) {
            head.check()
                .map_err(|why| format!("of class {}: {why}", class.label()))?;
        }
        if Ceiling::BOUNDS.contains(&self.ceiling) {
            Ok(())
        } else {
            Err(format!("{} can't be a ceiling", self.ceiling))
        }
    }

    /// Probabilities of a share of which nothing is known, and of such shares with one feature at
    /// either of its bounds.
    fn answers(&self) -> Vec<f64> {
        let neutral = OutcomeFeatures::from_values([f64::NAN; OutcomeFeatures::LEN]).values();
        let mut questions = vec![neutral];
        for (place, feature) in OutcomeFeatures::FEATURES.iter().enumerate() {
            for bound in [feature.low, feature.high] {
                let mut question = neutral;
                question[place] = bound;
                questions.push(question);
            }
        }
        questions
            .into_iter()
            .flat_map(|question| self.probabilities(&OutcomeFeatures::from_values(question)))
            .chain([self.ceiling])
            .collect()
    }
}
