//! What became known of a rig's earlier shares, to compute features of the next.

use serde::{Deserialize, Serialize};

use super::{Observation, OutcomeFeatures, RigPast};
use crate::work::Difficulty;

/// A verdict counts this part less than the next one: about five hundred are remembered.
const FORGET: f32 = 1.0 / 512.0;

/// What stands in for verdicts that never came: one good share, a hundredth of a bad one.
const PRIOR_GOOD: f32 = 1.0;
const PRIOR_BAD: f32 = 0.01;

/// Verdicts before a rig can be said to be wrong mostly.
const TO_KNOW: f32 = 3.5;

/// How a share ended, as far as anything can be learnt from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Accepted, or credited.
    Good,
    /// Good work that came too late.
    Stale,
    /// Bad work: another hash, a low difficulty, a duplicate.
    Wrong,
}

/// Verdicts that became known between a rig's share before and this one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VerdictsHeard {
    /// Good shares, at most 255.
    pub good: u8,
    /// Stale ones, at most 255.
    pub stale: u8,
    /// Wrong ones, at most 255.
    pub wrong: u8,
}

impl VerdictsHeard {
    /// One more.
    pub const fn hear(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Good => &mut self.good,
            Verdict::Stale => &mut self.stale,
            Verdict::Wrong => &mut self.wrong,
        };
        *count = count.saturating_add(1);
    }
}

/// A rig's past with the verdicts on it, in constant space.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OutcomePast {
    shares: RigPast,
    /// Verdicts, and how many of them were of either kind; all forget alike.
    heard: f32,
    stale: f32,
    wrong: f32,
}

impl OutcomePast {
    /// The features of a share, which then belongs to the past.
    pub fn next(&mut self, seen: &Observation) -> OutcomeFeatures {
        self.hear(seen.heard);
        let shares = self.shares.next(seen);
        self.with_verdicts(shares)
    }

    fn with_verdicts(&self, shares: OutcomeFeatures) -> OutcomeFeatures {
        let mostly_wrong = self.heard > TO_KNOW && self.wrong * 2.0 > self.heard;
        OutcomeFeatures {
            stale_before: self.log_odds(self.stale),
            wrong_before: self.log_odds(self.wrong),
            mostly_wrong: f64::from(u8::from(mostly_wrong)),
            ..shares
        }
        .clipped()
    }

    /// The features of a share that would come at the rig's usual pace, not late, in the middle of
    /// its scan and below its target.
    #[must_use]
    pub fn usual(&self, asked: Difficulty) -> OutcomeFeatures {
        let mut values = [0.0; OutcomeFeatures::LEN];
        for (value, feature) in values.iter_mut().zip(OutcomeFeatures::FEATURES) {
            *value = feature.neutral;
        }
        let shares = self
            .shares
            .usual(asked, OutcomeFeatures::from_values(values));
        self.with_verdicts(shares)
    }

    fn hear(&mut self, heard: VerdictsHeard) {
        for (count, stale, wrong) in [
            (heard.good, 0.0, 0.0),
            (heard.stale, 1.0, 0.0),
            (heard.wrong, 0.0, 1.0),
        ] {
            for _ in 0..count {
                self.heard += 1.0 - self.heard * FORGET;
                self.stale += stale - self.stale * FORGET;
                self.wrong += wrong - self.wrong * FORGET;
            }
        }
    }

    fn log_odds(&self, bad: f32) -> f64 {
        let good = (self.heard - bad).max(0.0);
        f64::from((bad + PRIOR_BAD) / (good + PRIOR_GOOD)).ln()
    }

    /// Goes on in another run of the process: the next share follows none.
    pub(super) const fn resume(&mut self) {
        self.shares.resume();
    }
}

/// Logarithm of the odds where nothing is known: of the two priors.
pub(super) const UNKNOWN_LOG_ODDS: f64 = -4.605;

#[cfg(test)]
mod tests {
    use super::super::toy::share_at;
    use super::*;
    use proptest::prelude::*;

    fn after(verdicts: impl IntoIterator<Item = Verdict>) -> OutcomeFeatures {
        let mut past = OutcomePast::default();
        for verdict in verdicts {
            let mut seen = share_at(0);
            seen.heard.hear(verdict);
            past.next(&seen);
        }
        past.next(&share_at(0))
    }

    #[test]
    fn a_rig_of_which_no_verdict_is_known_has_neutral_odds() {
        let features = after([]);
        for (feature, value) in OutcomeFeatures::FEATURES.iter().zip(features.values()) {
            if feature.name.ends_with("e_before") || feature.name == "wrong_before" {
                assert!((value - feature.neutral).abs() < 0.01, "{}", feature.name);
            }
        }
        assert!((features.wrong_before() - UNKNOWN_LOG_ODDS).abs() < 0.01);
    }

    #[test]
    fn odds_follow_what_became_of_the_shares_before() {
        let good = after([Verdict::Good; 400]);
        assert!(good.wrong_before() < -10.0, "{}", good.wrong_before());
        let failing = after((0..2_000).map(|share| {
            if share % 50 == 0 {
                Verdict::Wrong
            } else {
                Verdict::Good
            }
        }));
        assert!((failing.wrong_before() - (1.0f64 / 49.0).ln()).abs() < 0.15);
        assert!(failing.stale_before() < -10.0);
        let late = after([Verdict::Good, Verdict::Stale].repeat(500));
        assert!(late.stale_before().abs() < 0.05, "{}", late.stale_before());
    }

    #[test]
    fn a_rig_whose_hashes_are_wrong_mostly_is_another_case_than_one_that_fails_at_times() {
        let features = after([Verdict::Wrong; 6]);
        assert!(features.mostly_wrong() > 0.5);
        // The odds say so too: a model that never saw such a rig still has something to go by.
        assert!(features.wrong_before() > 1.5, "{}", features.wrong_before());
        let features = after([Verdict::Wrong, Verdict::Good].repeat(20));
        assert!(features.mostly_wrong() < 0.5);
        assert!(features.wrong_before() > -0.2);
    }

    #[test]
    fn no_share_has_its_own_verdict_among_its_features() {
        let mut past = OutcomePast::default();
        let mut seen = share_at(0);
        let before = past.clone().next(&seen);
        // The verdict on a share is heard with the next one.
        assert_eq!(past.next(&seen), before);
        seen.heard.hear(Verdict::Wrong);
        assert!(past.next(&seen).wrong_before() > before.wrong_before());
    }

    proptest! {
        #[test]
        fn whatever_was_heard_each_feature_is_a_number_within_its_bounds(
            heard in proptest::collection::vec(any::<(u8, u8, u8)>(), 0..50),
        ) {
            let mut past = OutcomePast::default();
            for (good, stale, wrong) in heard {
                let mut seen = share_at(0);
                seen.heard = VerdictsHeard { good, stale, wrong };
                for (value, feature) in past.next(&seen).values().iter().zip(OutcomeFeatures::FEATURES) {
                    prop_assert!((feature.low..=feature.high).contains(value), "{}: {value}", feature.name);
                }
            }
        }
    }
}
