//! The last steps to the best line, by Newton's method: where shares are nearly told apart the loss
//! is a long flat valley, in which the solver's gradient steps go on for hundreds of rounds and do
//! not arrive. Here a round is one pass over the shares, and a handful are enough.

use super::solve::{Effort, Examples, Line};
use super::{LEN, Row, count, logistic};

/// Weights and the intercept, which is the last.
const NUMBERS: usize = LEN + 1;

/// Halvings after which a step is given up.
const HALVINGS: u32 = 30;

/// What keeps a matrix regular where a feature is constant and nothing is penalised.
const REGULAR: f64 = 1e-9;

type Vector = [f64; NUMBERS];

/// The line at which the penalised loss is least, from one that is near it; as near as the steps
/// go, which only ever make the loss less.
pub(super) fn finish(examples: &Examples, effort: Effort, start: &Line) -> Line {
    let mut at = Place::of(examples, effort.penalty, numbers(start));
    for _ in 0..effort.steps {
        let Some(step) = at.step() else { break };
        // Half of what the step gains where the loss is a parabola.
        let promised: f64 = at.slope.iter().zip(&step).map(|(a, b)| -a * b).sum();
        if promised.is_nan() || promised <= effort.gain * count(examples.inside.len()) {
            break;
        }
        let shortened = (0..HALVINGS).find_map(|halvings| {
            let part = 0.5_f64.powi(i32::try_from(halvings).unwrap_or(i32::MAX));
            let mut next = at.numbers;
            for (number, step) in next.iter_mut().zip(&step) {
                *number += part * step;
            }
            let next = Place::of(examples, effort.penalty, next);
            (next.loss < at.loss).then_some(next)
        });
        let Some(next) = shortened else { break };
        at = next;
    }
    line(&at.numbers)
}

fn numbers(line: &Line) -> Vector {
    let mut numbers = [line.intercept; NUMBERS];
    for (number, weight) in numbers.iter_mut().zip(line.weights) {
        *number = weight;
    }
    numbers
}

fn line(numbers: &Vector) -> Line {
    let mut weights: Row = [0.0; LEN];
    for (weight, number) in weights.iter_mut().zip(numbers) {
        *weight = *number;
    }
    Line {
        weights,
        intercept: numbers[LEN],
    }
}

/// The loss of a line, and how it changes around it.
struct Place {
    numbers: Vector,
    loss: f64,
    slope: Vector,
    /// Its lower triangle.
    curve: [Vector; NUMBERS],
}

impl Place {
    fn of(examples: &Examples, penalty: f64, numbers: Vector) -> Self {
        let mut loss = 0.0;
        let mut slope = [0.0; NUMBERS];
        let mut curve = [[0.0; NUMBERS]; NUMBERS];
        let mut share = [1.0; NUMBERS];
        for (features, inside) in examples.features.chunks_exact(LEN).zip(&examples.inside) {
            for (value, feature) in share.iter_mut().zip(features) {
                *value = *feature;
            }
            let log_odds: f64 = numbers.iter().zip(&share).map(|(a, b)| a * b).sum();
            let goal = f64::from(u8::from(*inside));
            let probability = logistic(log_odds);
            loss += log_odds.max(0.0) + (-log_odds.abs()).exp().ln_1p() - goal * log_odds;
            let off = probability - goal;
            let weight = probability * (1.0 - probability);
            for (place, (row, value)) in curve.iter_mut().zip(share).enumerate() {
                slope[place] += off * value;
                let weighted = weight * value;
                for (sum, other) in row.iter_mut().zip(&share).take(place + 1) {
                    *sum += weighted * other;
                }
            }
        }
        for place in 0..NUMBERS {
            let penalty = if place < LEN { penalty } else { 0.0 };
            loss += 0.5 * penalty * numbers[place] * numbers[place];
            slope[place] += penalty * numbers[place];
            curve[place][place] += penalty + REGULAR;
        }
        Self {
            numbers,
            loss,
            slope,
            curve,
        }
    }

    /// To the least loss if that were a parabola, by Cholesky's decomposition; `None` where the
    /// curve is none.
    fn step(&self) -> Option<Vector> {
        let mut root = [[0.0; NUMBERS]; NUMBERS];
        for row in 0..NUMBERS {
            for column in 0..=row {
                let known: f64 = (0..column).map(|k| root[row][k] * root[column][k]).sum();
                let rest = self.curve[row][column] - known;
                if row != column {
                    root[row][column] = rest / root[column][column];
                } else if rest > 0.0 {
                    root[row][row] = rest.sqrt();
                } else {
                    return None;
                }
            }
        }
        let mut step = [0.0; NUMBERS];
        for row in 0..NUMBERS {
            let known: f64 = (0..row).map(|k| root[row][k] * step[k]).sum();
            step[row] = (-self.slope[row] - known) / root[row][row];
        }
        for row in (0..NUMBERS).rev() {
            let known: f64 = (row + 1..NUMBERS).map(|k| root[k][row] * step[k]).sum();
            step[row] = (step[row] - known) / root[row][row];
        }
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    const EFFORT: Effort = Effort {
        penalty: 1.0,
        gain: 1e-12,
        steps: 100,
    };

    const NOWHERE: Line = Line {
        weights: [0.0; LEN],
        intercept: 0.0,
    };

    fn examples(odds: impl Fn(&Row) -> f64) -> Examples {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
        let mut examples = Examples::with_room_for(20_000);
        for _ in 0..20_000 {
            let mut row = [0.0; LEN];
            row.fill_with(|| rng.gen_range(-1.0..1.0));
            let inside = rng.gen_bool(logistic(odds(&row)));
            examples.push(&row, inside);
        }
        examples
    }

    #[test]
    fn the_line_that_shares_were_drawn_by_is_found_from_nowhere() {
        let shares = examples(|row| 2.0 * row[0] - row[5] - 1.0);
        let found = finish(&shares, EFFORT, &NOWHERE);
        assert!((found.weights[0] - 2.0).abs() < 0.1, "{found:?}");
        assert!((found.weights[5] + 1.0).abs() < 0.1, "{found:?}");
        assert!((found.intercept + 1.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn where_shares_are_told_apart_wholly_it_ends_at_the_same_place_from_anywhere() {
        let mut shares = examples(|_| 0.0);
        let rows = shares.features.chunks_exact(LEN);
        shares.inside = rows.map(|row| row[0] + 0.5 * row[1] > 0.6).collect();
        let far = Line {
            weights: [-3.0; LEN],
            intercept: 5.0,
        };
        let (one, other) = (
            finish(&shares, EFFORT, &NOWHERE),
            finish(&shares, EFFORT, &far),
        );
        let slope = Place::of(&shares, EFFORT.penalty, numbers(&one)).slope;
        assert!(slope.iter().all(|it| it.abs() < 0.01), "{slope:?}");
        for (a, b) in one.weights.iter().zip(other.weights) {
            assert!((a - b).abs() < 1e-3, "{a} and {b}");
        }
    }

    #[test]
    fn without_shares_it_stays_where_it_was() {
        let found = finish(&Examples::with_room_for(0), EFFORT, &NOWHERE);
        assert_eq!(found, NOWHERE);
    }
}
