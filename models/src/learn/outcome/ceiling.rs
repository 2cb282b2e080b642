//! The most that an honest rig's mean score can be; see [`OutcomeModel::ceiling`].
//!
//! Measured on later shares of rigs of which none was proved to be bad work. Of each rig's mean an
//! upper confidence bound is taken, over all its shares and over those that follow one with a high
//! score, for after one high score the next may be high too. The largest of the bounds is the
//! ceiling. What is known of a rig with few shares is drawn towards the mean of all honest rigs, and
//! rigs with very few are taken as one: chance shall not make the ceiling.
//!
//! [`OutcomeModel::ceiling`]: crate::filter::OutcomeModel::ceiling

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use statrs::function::erf::erf_inv;

use super::count;
use crate::learn::{OutcomeClass, OutcomeRow};
use crate::share::RigKey;

/// Shares below which rigs are taken as one.
const FEW: f64 = 50.0;

/// Shares of the honest rigs' mean that each rig is given.
const PRIOR: f64 = 100.0;

/// Part of the honest rigs' scores that are not high.
const NOT_HIGH: f64 = 0.95;

/// The probability that any of the bounds is too low, as far as means are normal.
const MISS: f64 = 0.05;

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ceiling {
    /// Above 0 and below 1. Where there are no honest rigs it is the highest there is, with which
    /// nothing can be won.
    pub value: f64,
    /// Rigs none of whose later shares was proved to be bad work.
    pub honest_rigs: usize,
    /// Their later shares.
    pub honest_shares: usize,
}

impl Ceiling {
    /// What a ceiling can be: with less or more a bet would be as good as certain.
    pub const BOUNDS: RangeInclusive<f64> = 1e-6..=0.999;

    /// Measures it on later rows in order of time with the model's score of each.
    pub(super) fn measure(later: &[OutcomeRow], scores: &[f64]) -> Self {
        let bad: BTreeSet<RigKey> = later
            .iter()
            .filter(|row| is_bad_work(row.class))
            .map(|row| row.rig)
            .collect();
        let honest = || {
            let rows = later.iter().zip(scores);
            rows.filter(|(row, _)| !bad.contains(&row.rig))
                .map(|(row, score)| (row.rig, *score))
        };
        let mut ordered: Vec<f64> = honest().map(|(_, score)| score).collect();
        ordered.sort_by(f64::total_cmp);
        let high = quantile(&ordered, NOT_HIGH);

        let mut overall: BTreeMap<RigKey, Scores> = BTreeMap::new();
        let mut after_high: BTreeMap<RigKey, Scores> = BTreeMap::new();
        let mut was_high: BTreeMap<RigKey, bool> = BTreeMap::new();
        for (rig, score) in honest() {
            overall.entry(rig).or_default().note(score);
            if was_high.insert(rig, score >= high) == Some(true) {
                after_high.entry(rig).or_default().note(score);
            }
        }
        let value = largest_bound(&overall)
            .into_iter()
            .chain(largest_bound(&after_high))
            .reduce(f64::max)
            .unwrap_or(*Self::BOUNDS.end());
        Self {
            value: value.clamp(*Self::BOUNDS.start(), *Self::BOUNDS.end()),
            honest_rigs: overall.len(),
            honest_shares: ordered.len(),
        }
    }
}

fn is_bad_work(class: OutcomeClass) -> bool {
    match class {
        OutcomeClass::Accepted | OutcomeClass::Stale => false,
        OutcomeClass::LowDifficulty | OutcomeClass::Duplicate | OutcomeClass::Invalid => true,
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Scores {
    shares: f64,
    sum: f64,
    squares: f64,
}

impl Scores {
    fn note(&mut self, score: f64) {
        self.shares += 1.0;
        self.sum += score;
        self.squares += score * score;
    }

    fn with(self, other: Self, weight: f64) -> Self {
        Self {
            shares: self.shares + weight * other.shares,
            sum: self.sum + weight * other.sum,
            squares: self.squares + weight * other.squares,
        }
    }

    /// So many standard errors above the mean.
    fn bound(self, errors: f64) -> f64 {
        let mean = self.sum / self.shares;
        let variance = (self.squares / self.shares - mean * mean).max(0.0);
        mean + errors * (variance / self.shares).sqrt()
    }
}

/// The largest upper bound of all rigs; `None` where there are none.
fn largest_bound(rigs: &BTreeMap<RigKey, Scores>) -> Option<f64> {
    let all = rigs
        .values()
        .fold(Scores::default(), |sum, scores| sum.with(*scores, 1.0));
    if all.shares <= 0.0 {
        return None;
    }
    let few = rigs
        .values()
        .filter(|scores| scores.shares < FEW)
        .fold(Scores::default(), |sum, scores| sum.with(*scores, 1.0));
    let many = rigs.values().copied().filter(|it| it.shares >= FEW);
    let groups: Vec<Scores> = many.chain((few.shares > 0.0).then_some(few)).collect();
    // One-sided, for as many bounds as there are, overall and after a high score.
    let errors = normal_quantile(1.0 - MISS / (2.0 * count(groups.len())));
    groups
        .into_iter()
        .map(|scores| scores.with(all, PRIOR / all.shares).bound(errors))
        .reduce(f64::max)
}

fn normal_quantile(part: f64) -> f64 {
    std::f64::consts::SQRT_2 * erf_inv(2.0 * part - 1.0)
}

/// The value below which this part lies; infinite where there is none.
fn quantile(ordered: &[f64], part: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list: a part of its length"
    )]
    let place = (count(ordered.len()) * part) as usize;
    ordered.get(place).copied().unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::OutcomeFeatures;
    use crate::ledger::Arm;

    fn row(rig: u64, class: OutcomeClass) -> OutcomeRow {
        OutcomeRow {
            seq: 0,
            at_ms: 0,
            rig: RigKey(rig),
            features: [0.0; OutcomeFeatures::LEN],
            class,
            arm: Arm::None,
        }
    }

    /// `shares` of each of these rigs, in turn, with the scores of their places.
    fn measure(rigs: u64, shares: u64, score: impl Fn(u64, u64) -> f64) -> Ceiling {
        let places = (0..shares).flat_map(|share| (0..rigs).map(move |rig| (rig, share)));
        let (rows, scores): (Vec<_>, Vec<_>) = places
            .map(|(rig, share)| (row(rig, OutcomeClass::Accepted), score(rig, share)))
            .unzip();
        Ceiling::measure(&rows, &scores)
    }

    #[test]
    fn the_rig_with_the_highest_mean_makes_it_and_not_the_mean_of_all() {
        let found = measure(20, 1_000, |rig, _| if rig == 7 { 0.3 } else { 0.01 });
        assert!((0.27..0.4).contains(&found.value), "{found:?}");
        assert_eq!((found.honest_rigs, found.honest_shares), (20, 20_000));
    }

    #[test]
    fn a_rig_with_three_shares_does_not_make_it() {
        let mut rows: Vec<_> = (0..2_000)
            .map(|share| row(share % 4, OutcomeClass::Accepted))
            .collect();
        let mut scores = vec![0.01; rows.len()];
        rows.extend([row(99, OutcomeClass::Accepted); 3]);
        scores.extend([0.99; 3]);
        let found = Ceiling::measure(&rows, &scores);
        assert!(found.value < 0.1, "{found:?}");
    }

    #[test]
    fn high_scores_that_come_in_runs_raise_it_above_that_of_scattered_ones() {
        let scattered = measure(
            4,
            2_000,
            |_, share| if share % 20 == 0 { 0.5 } else { 0.01 },
        );
        let in_runs = measure(
            4,
            2_000,
            |_, share| if share % 400 < 20 { 0.5 } else { 0.01 },
        );
        assert!(scattered.value < 0.06, "{scattered:?}");
        assert!(in_runs.value > 0.4, "{in_runs:?}");
    }

    #[test]
    fn rigs_with_bad_work_do_not_count_and_without_others_nothing_can_be_won() {
        let rows: Vec<_> = (0..1_000)
            .map(|share| match share {
                500 => row(1, OutcomeClass::Invalid),
                _ => row(1 + share % 2, OutcomeClass::Stale),
            })
            .collect();
        let scores: Vec<f64> = rows
            .iter()
            .map(|row| if row.rig.0 == 1 { 0.9 } else { 0.1 })
            .collect();
        let found = Ceiling::measure(&rows, &scores);
        assert_eq!(found.honest_rigs, 1);
        assert!(found.value < 0.2, "{found:?}");
        let alone = Ceiling::measure(&rows[500..=500], &scores[500..=500]);
        assert!((alone.value - Ceiling::BOUNDS.end()).abs() < 1e-12);
        assert!(Ceiling::measure(&[], &[]).value < 1.0);
    }
}
