//! Which shares a line is fitted on.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::count;
use super::scaler::Scaler;
use super::solve::Examples;
use crate::learn::OutcomeRow;

/// Shares outside a class that are always taken, where there are so many.
const OTHERS_MIN: usize = 20_000;

/// Shares for a line, and what its intercept is too large by for shares outside being left out.
#[derive(Debug)]
pub(super) struct Sample {
    pub examples: Examples,
    pub intercept_excess: f64,
}

/// All shares.
pub(super) fn all(
    rows: &[OutcomeRow],
    scaler: &Scaler,
    inside: impl Fn(&OutcomeRow) -> bool,
) -> Sample {
    let mut examples = Examples::with_room_for(rows.len());
    for row in rows {
        examples.push(&scaler.scale(&row.features()), inside(row));
    }
    Sample {
        examples,
        intercept_excess: 0.0,
    }
}

/// All shares inside, and of those outside a random choice. Leaving out others changes the
/// intercept alone, by the logarithm of the part that was kept (Prentice and Pyke 1979).
pub(super) fn of_class(
    rows: &[OutcomeRow],
    scaler: &Scaler,
    per_share: usize,
    seed: u64,
    inside: impl Fn(&OutcomeRow) -> bool,
) -> Sample {
    let shares = rows.iter().filter(|row| inside(row)).count();
    let others = rows.len() - shares;
    let wanted = shares.saturating_mul(per_share).max(OTHERS_MIN);
    if wanted >= others {
        return all(rows, scaler, inside);
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut examples = Examples::with_room_for(shares + wanted);
    let (mut left, mut missing) = (others, wanted);
    for row in rows {
        let is_inside = inside(row);
        if !is_inside {
            // Each choice of so many is as likely as any other (Knuth's algorithm S).
            let chosen = rng.gen_range(0..left) < missing;
            left -= 1;
            if !chosen {
                continue;
            }
            missing -= 1;
        }
        examples.push(&scaler.scale(&row.features()), is_inside);
    }
    Sample {
        examples,
        intercept_excess: -(count(wanted) / count(others)).ln(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::OutcomeClass;
    use crate::simulation::outcome_rows;

    #[test]
    fn all_shares_of_the_class_are_taken_and_exactly_as_many_others_as_wanted() {
        let rows = outcome_rows(60_000, 1);
        let scaler = Scaler::measure(&rows);
        let stale = |row: &OutcomeRow| row.class == OutcomeClass::Stale;
        let sample = |seed| of_class(&rows, &scaler, 1, seed, stale);
        let first = sample(1);
        let inside = first.examples.inside.iter().filter(|inside| **inside);
        let shares = rows.iter().filter(|row| stale(row)).count();
        assert_eq!(inside.count(), shares);
        assert_eq!(first.examples.inside.len(), shares + OTHERS_MIN);
        assert_eq!(first.examples.features, sample(1).examples.features);
        assert_ne!(first.examples.features, sample(2).examples.features);
        let part = count(OTHERS_MIN) / count(rows.len() - shares);
        assert!((first.intercept_excess + part.ln()).abs() < 1e-12);
    }
}
