//! How a share ended, as far as a model can learn it.

use serde::{Deserialize, Serialize};

use crate::ledger::Outcome;
use crate::share::RefusalReason;
use crate::stratum::ErrorClass;

/// What became of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OutcomeClass {
    /// The pool took it, or it was credited here.
    Accepted,
    /// Good work that came too late.
    Stale,
    /// The pool found it short of its difficulty.
    LowDifficulty,
    /// Its nonce had been sent before.
    Duplicate,
    /// Its hash is another.
    Invalid,
}

impl OutcomeClass {
    /// All of them, in the order of [`OutcomeClass::index`].
    pub const ALL: [Self; 5] = [
        Self::Accepted,
        Self::Stale,
        Self::LowDifficulty,
        Self::Duplicate,
        Self::Invalid,
    ];

    /// Place in [`OutcomeClass::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Stale => "stale",
            Self::LowDifficulty => "low_difficulty",
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
        }
    }

    /// Whether it was not taken.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        !matches!(self, Self::Accepted)
    }

    /// What a stored outcome teaches; none where it says nothing of the share: nobody answered, it
    /// stayed home unproved, or somebody else was at fault.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Accepted | Outcome::Credited => Some(Self::Accepted),
            Outcome::Rejected {
                class: ErrorClass::Stale,
                ..
            } => Some(Self::Stale),
            Outcome::Rejected {
                class: ErrorClass::Rig,
                text,
            } => Some(Self::of_words(text)),
            Outcome::Refused(RefusalReason::InvalidResult) => Some(Self::Invalid),
            Outcome::Refused(RefusalReason::Duplicate) => Some(Self::Duplicate),
            Outcome::Refused(RefusalReason::LowDifficulty) => Some(Self::LowDifficulty),
            Outcome::Rejected { .. }
            | Outcome::Refused(_)
            | Outcome::Unanswered
            | Outcome::Held
            | Outcome::Undeliverable => None,
        }
    }

    /// By the words of a pool that blames the rig.
    fn of_words(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        if text.contains("low diff") {
            Self::LowDifficulty
        } else if text.contains("duplicate") {
            Self::Duplicate
        } else {
            Self::Invalid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stratum::classify;

    fn rejected(text: &str) -> Outcome {
        Outcome::Rejected {
            class: classify(text),
            text: text.into(),
        }
    }

    #[test]
    fn words_of_pools_are_told_apart_as_far_as_they_blame_the_share() {
        for (text, class) in [
            ("Low difficulty share", Some(OutcomeClass::LowDifficulty)),
            ("Duplicate share", Some(OutcomeClass::Duplicate)),
            ("Invalid result", Some(OutcomeClass::Invalid)),
            ("Block expired", Some(OutcomeClass::Stale)),
            ("Bad gateway", None),
            ("Your IP is banned", None),
        ] {
            assert_eq!(OutcomeClass::of(&rejected(text)), class, "{text}");
        }
    }

    #[test]
    fn what_says_nothing_of_the_share_is_no_class() {
        for outcome in [Outcome::Unanswered, Outcome::Held, Outcome::Undeliverable] {
            assert_eq!(OutcomeClass::of(&outcome), None);
        }
    }

    #[test]
    fn places_are_those_of_the_list() {
        for (place, class) in OutcomeClass::ALL.iter().enumerate() {
            assert_eq!(class.index(), place);
        }
    }
}
