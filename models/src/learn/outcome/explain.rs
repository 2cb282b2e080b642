//! Why a share is likely to be refused, in an operator's words.

use serde::Serialize;

use super::head::Head;
use super::model::kinds;
use super::{LEN, LogisticOutcome};
use crate::filter::OutcomeFeatures;
use crate::learn::OutcomeClass;

/// What a feature tells an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The way between rig, proxy and pool takes too long.
    Latency,
    /// The machine computes wrongly now and then.
    FailingHardware,
    /// The machine computes another hash than it was asked for.
    OtherHash,
    /// How its shares come: their pace, difficulty, height and the order of nonces.
    Habits,
}

impl Reason {
    /// All of them, in the order of [`Explanation::reasons`] where they weigh the same.
    pub const ALL: [Self; 4] = [
        Self::Latency,
        Self::FailingHardware,
        Self::OtherHash,
        Self::Habits,
    ];

    /// What a feature of a share tells. A machine that fails now and then is another thing than one
    /// that computes something else, though the same odds tell of both.
    #[must_use]
    pub fn of_feature(name: &str, features: &OutcomeFeatures) -> Self {
        match name {
            "late" | "late_before" | "stale_before" => Self::Latency,
            "wrong_before" if features.mostly_wrong() < 0.5 => Self::FailingHardware,
            "wrong_before" | "mostly_wrong" => Self::OtherHash,
            _ => Self::Habits,
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Latency => {
                "its shares come late: the way between rig, proxy and pool takes too long"
            }
            Self::FailingHardware => {
                "its hashes are wrong now and then: failing hardware (memory, heat, overclocking)"
            }
            Self::OtherHash => {
                "its hashes are wrong mostly: it computes another hash (wrong algorithm or seed)"
            }
            Self::Habits => "how its shares come: their pace, difficulty and order of nonces",
        }
    }
}

/// What a feature adds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Contribution {
    /// Its name.
    pub feature: &'static str,
    /// Its value in this share.
    pub value: f64,
    /// What it adds to the log-odds, over that of a mean share.
    pub log_odds: f64,
}

/// What all features of a reason add.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReasonShare {
    /// Which.
    pub reason: Reason,
    /// Sum of what its features add to the log-odds.
    pub log_odds: f64,
}

/// Why a share is likely to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Explanation {
    /// How it would be refused most probably.
    pub class: OutcomeClass,
    /// How probable that is, 0 to 1.
    pub probability: f64,
    /// What each feature adds to the log-odds of that, the largest first.
    pub contributions: [Contribution; LEN],
    /// The same by what the features tell, the largest first.
    pub reasons: [ReasonShare; Reason::ALL.len()],
}

impl Explanation {
    /// What weighs most.
    #[must_use]
    pub const fn first_reason(&self) -> Reason {
        self.reasons[0].reason
    }
}

impl LogisticOutcome {
    /// Why a share with these features is likely to be refused: by the weights of its most probable
    /// class of refusal, or by those of any refusal where there were too few of that class.
    #[must_use]
    pub fn explain(&self, features: &OutcomeFeatures) -> Explanation {
        let scaled = self.scaler.scale(features);
        let probabilities = self.probabilities(features);
        let mut likeliest = (OutcomeClass::Invalid, 0.0, &self.refused);
        for (class, head) in kinds().zip(&self.kinds) {
            let probability = probabilities[class.index()];
            if probability > likeliest.1 {
                likeliest = (class, probability, head);
            }
        }
        let (class, probability, head) = likeliest;
        let added = head
            .contributions(&scaled)
            .or_else(|| Head::contributions(&self.refused, &scaled))
            .unwrap_or([0.0; LEN]);
        let values = features.values();
        let mut contributions = [Contribution {
            feature: "",
            value: 0.0,
            log_odds: 0.0,
        }; LEN];
        let mut reasons = Reason::ALL.map(|reason| ReasonShare {
            reason,
            log_odds: 0.0,
        });
        let named = OutcomeFeatures::FEATURES.iter().zip(values).zip(added);
        for (contribution, ((feature, value), log_odds)) in contributions.iter_mut().zip(named) {
            *contribution = Contribution {
                feature: feature.name,
                value,
                log_odds,
            };
            let reason = Reason::of_feature(feature.name, features);
            for share in reasons.iter_mut().filter(|share| share.reason == reason) {
                share.log_odds += log_odds;
            }
        }
        contributions.sort_by(|a, b| b.log_odds.total_cmp(&a.log_odds));
        reasons.sort_by(|a, b| b.log_odds.total_cmp(&a.log_odds));
        Explanation {
            class,
            probability,
            contributions,
            reasons,
        }
    }
}
