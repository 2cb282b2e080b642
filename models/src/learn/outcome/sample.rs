//! Which shares a line is fitted on: a random choice of those in a class, and one of those outside.
//!
//! Leaving out some of either kind changes the intercept alone, by the logarithms of the parts that
//! were kept (Prentice and Pyke 1979), which is put right afterwards. What it costs is exactness:
//! with k weights and n shares a fitted line is worse than the best line by about k/(2n) nats a
//! share, and with ten shares outside for each inside the weights are as exact as from 10/11 of what
//! all of them would tell.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::scaler::Scaler;
use super::solve::Examples;
use super::{OutcomeSettings, count};
use crate::learn::OutcomeRow;

/// Shares outside a class that are always taken, where there are so many.
const OTHERS_MIN: usize = 20_000;

/// Shares for a line, and what its intercept is too large by for shares being left out.
#[derive(Debug)]
pub(super) struct Sample {
    pub examples: Examples,
    pub intercept_excess: f64,
}

impl Sample {
    /// Chooses from rows in order of time; `seed` is that of this line's choice.
    pub(super) fn choose(
        rows: &[OutcomeRow],
        scaler: &Scaler,
        settings: &OutcomeSettings,
        seed: u64,
        inside: impl Fn(&OutcomeRow) -> bool,
    ) -> Self {
        let shares = rows.iter().filter(|row| inside(row)).count();
        let mut taken = Choice::of(settings.shares_max, shares);
        let others = taken
            .missing
            .saturating_mul(settings.others_per_share)
            .max(OTHERS_MIN)
            .min(settings.others_max);
        let mut others = Choice::of(others, rows.len() - shares);
        let intercept_excess = taken.log_part() - others.log_part();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut examples = Examples::with_room_for(taken.missing + others.missing);
        for row in rows {
            let is_inside = inside(row);
            let choice = if is_inside { &mut taken } else { &mut others };
            if choice.next(&mut rng) {
                examples.push(&scaler.scale(&row.features()), is_inside);
            }
        }
        Self {
            examples,
            intercept_excess,
        }
    }
}

/// Exactly so many of so many, each choice as likely as any other (Knuth's algorithm S).
#[derive(Debug, Clone, Copy)]
struct Choice {
    missing: usize,
    left: usize,
}

impl Choice {
    /// As many as wanted, or all.
    fn of(wanted: usize, all: usize) -> Self {
        Self {
            missing: wanted.min(all),
            left: all,
        }
    }

    /// The logarithm of the part that is chosen; 0 where there is nothing to choose.
    fn log_part(self) -> f64 {
        if self.missing == self.left {
            0.0
        } else {
            (count(self.missing) / count(self.left)).ln()
        }
    }

    fn next(&mut self, rng: &mut Xoshiro256PlusPlus) -> bool {
        let chosen = self.missing == self.left || rng.gen_range(0..self.left) < self.missing;
        self.left = self.left.saturating_sub(1);
        if chosen {
            self.missing = self.missing.saturating_sub(1);
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::OutcomeClass;
    use crate::simulation::outcome_rows;

    #[test]
    fn exactly_as_many_are_taken_of_either_kind_as_wanted_and_by_the_seed() {
        let rows = outcome_rows(60_000, 1);
        let scaler = Scaler::measure(&rows);
        let stale = |row: &OutcomeRow| row.class == OutcomeClass::Stale;
        let settings = OutcomeSettings {
            shares_max: 200,
            others_per_share: 1,
            ..OutcomeSettings::new(1)
        };
        let sample = |seed| Sample::choose(&rows, &scaler, &settings, seed, stale);
        let first = sample(1);
        let inside = first.examples.inside.iter().filter(|inside| **inside);
        assert_eq!(inside.count(), 200);
        assert_eq!(first.examples.inside.len(), 200 + OTHERS_MIN);
        assert_eq!(first.examples.features, sample(1).examples.features);
        assert_ne!(first.examples.features, sample(2).examples.features);
        let shares = rows.iter().filter(|row| stale(row)).count();
        assert!(shares > 250, "{shares}");
        let excess =
            (200.0 / count(shares)).ln() - (count(OTHERS_MIN) / count(rows.len() - shares)).ln();
        assert!((first.intercept_excess - excess).abs() < 1e-12);
    }

    #[test]
    fn where_there_are_few_all_are_taken_and_the_intercept_is_right() {
        let rows = outcome_rows(5_000, 1);
        let scaler = Scaler::measure(&rows);
        let refused = |row: &OutcomeRow| row.class.is_refusal();
        let all = Sample::choose(&rows, &scaler, &OutcomeSettings::new(1), 1, refused);
        assert_eq!(all.examples.inside.len(), rows.len());
        assert!(all.intercept_excess.abs() < 1e-12);
    }
}
