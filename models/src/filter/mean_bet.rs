//! Bets that a bounded score's mean is above a ceiling.
//!
//! Null hypothesis: given the past, the mean of a score s in [0, 1] is at most m. A bettor stakes
//! the part c of its capital on s at the price m and keeps the rest: its factor is
//! 1 − c + c·s/m = 1 + λ(s − m) with λ = c/m in [0, 1/m). It is never negative, and its mean is at
//! most 1 whenever that of s is at most m, whatever else the score's distribution is
//! (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B
//! 86, 2024). Which c wins most depends on how often and how far scores are above the ceiling
//! (Kelly, "A new interpretation of information rate", Bell System Technical Journal 35, 1956),
//! which nobody knows: several are fixed beforehand and share the capital.

use serde::{Deserialize, Serialize};

use super::{Cause, EProcess, Evidence, ModelId};

/// Parts of their capital that bettors stake: for a score that is certain one time in a hundred,
/// and up to one that is always above the ceiling.
pub const STAKED: [f64; 4] = [0.01, 0.0625, 0.25, 0.875];

/// What is won beyond this in one round is given away: a ceiling close to 0 makes the factor
/// anything, and giving capital away keeps a supermartingale one.
const FACTOR_MAX: f64 = 1e9;

/// The factors of a round, by bettor. `None`, no bet, where the ceiling is not between 0 and 1
/// (both excluded), or the score not in [0, 1].
#[must_use]
pub fn mean_bet(ceiling: f64, score: f64) -> Option<[f32; STAKED.len()]> {
    let fair = ceiling > 0.0 && ceiling < 1.0 && (0.0..=1.0).contains(&score);
    fair.then(|| {
        STAKED.map(|staked| {
            let factor = (1.0 - staked + staked * score / ceiling).min(FACTOR_MAX);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "rounded to 1 part in 16 million, as all capital is"
            )]
            let factor = factor as f32;
            factor
        })
    })
}

/// What was won against one rig by betting on the scores of one model.
///
/// Another model starts at 1 again. What the old one won may have been won by a fault that it was
/// replaced for. Under each model an honest rig's capital ever reaches 1/α with probability at
/// most α; over k models it is at most k·α.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct ModelBets(Option<Running>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Running {
    model: ModelId,
    process: EProcess<{ STAKED.len() }>,
    has_bet: bool,
}

impl ModelBets {
    /// Goes by this model from now on. True if it is another one than before.
    pub(super) fn go_by(&mut self, model: ModelId) -> bool {
        if self
            .0
            .as_ref()
            .is_some_and(|running| running.model == model)
        {
            return false;
        }
        self.0 = Some(Running {
            model,
            process: EProcess::new(),
            has_bet: false,
        });
        true
    }

    /// Bets on a score of the model that it goes by.
    pub(super) fn bet(&mut self, ceiling: f64, score: f64) {
        if let Some(running) = &mut self.0
            && let Some(factors) = mean_bet(ceiling, score)
        {
            running.process.round(factors);
            running.has_bet = true;
        }
    }

    /// How things stand; no opinion before the first bet.
    pub(super) fn evidence(&self, cause: Cause) -> Evidence {
        match &self.0 {
            Some(running) if running.has_bet => Evidence::weighed(running.process.log_e(), cause),
            Some(_) | None => Evidence::NoOpinion,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mean(ceiling: f64, scores: [f64; 2], second: f64) -> Vec<f64> {
        let [low, high] = scores.map(|score| mean_bet(ceiling, score).unwrap());
        low.iter()
            .zip(high)
            .map(|(low, high)| (1.0 - second) * f64::from(*low) + second * f64::from(high))
            .collect()
    }

    #[test]
    fn what_is_no_score_or_no_ceiling_is_not_bet_on() {
        for score in [f64::NAN, f64::INFINITY, -1e-9, 1.0 + 1e-9] {
            assert_eq!(mean_bet(0.1, score), None, "{score}");
        }
        for ceiling in [f64::NAN, f64::INFINITY, 0.0, -0.1, 1.0, 2.0] {
            assert_eq!(mean_bet(ceiling, 0.5), None, "{ceiling}");
        }
    }

    #[test]
    fn factors_are_finite_at_the_smallest_of_ceilings() {
        for factor in mean_bet(f64::MIN_POSITIVE, 1.0).unwrap() {
            assert!(factor.is_finite() && factor > 1.0, "{factor}");
        }
    }

    proptest! {
        #[test]
        fn factors_are_never_negative_and_finite(ceiling in 0f64..1.0, score in 0f64..=1.0) {
            prop_assume!(ceiling > 0.0);
            for factor in mean_bet(ceiling, score).unwrap() {
                prop_assert!(factor.is_finite() && factor > 0.0, "{factor}");
            }
        }

        /// Every distribution on [0, 1] with a mean up to m is a mixture of two-point ones, so
        /// that fairness for these is fairness.
        #[test]
        fn no_two_point_score_with_a_mean_up_to_the_ceiling_wins_on_average(
            ceiling in 0.0001f64..0.9999,
            scores in [0f64..=1.0, 0f64..=1.0],
            second in 0f64..=1.0,
        ) {
            let centre = (1.0 - second) * scores[0] + second * scores[1];
            let scale = if centre > ceiling { ceiling / centre } else { 1.0 };
            for factor in mean(ceiling, scores.map(|score| score * scale), second) {
                prop_assert!(factor <= 1.0 + 1e-6, "{factor}");
            }
        }

        #[test]
        fn a_score_with_its_mean_at_the_ceiling_is_a_fair_game(ceiling in 0.0001f64..0.9999) {
            for factor in mean(ceiling, [0.0, 1.0], ceiling) {
                prop_assert!((factor - 1.0).abs() < 1e-6, "{factor}");
            }
        }

        #[test]
        fn a_mean_above_the_ceiling_is_a_game_that_can_be_won(ceiling in 0.001f64..0.5) {
            for factor in mean(ceiling, [0.0, 1.0], ceiling * 1.5) {
                prop_assert!(factor > 1.0, "{factor}");
            }
        }
    }
}
