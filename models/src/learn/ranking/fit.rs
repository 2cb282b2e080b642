//! The effects that make what was found most likely.
//!
//! Given the number of its shares, a rig's shares are divided among its trials in proportion to
//! exposure × exp(Σ ±½·effect): its own speed falls out. Newton's method on that likelihood, which
//! is concave.

use std::array::from_fn;
use std::collections::BTreeMap;

use super::model::{BITS, BitEffect};
use crate::learn::lift::{Trial, as_f64};

/// Newton's steps at most.
const STEPS: usize = 50;

/// A step that moves no effect farther is the last.
const STILL: f64 = 1e-10;

/// No step moves an effect farther.
const STRIDE: f64 = 1.0;

/// Of a bit's information, what must be left when the other bits' is taken away.
const OWN_PART: f64 = 1e-6;

/// Why there is no ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotRank {
    /// No rig found shares in several scans.
    #[error("there are no shares to rank by: no rig has any in several scans")]
    NoShares,
    /// A bit was never seen both ways, or only together with others.
    #[error("the effect of bit {0} of the top byte can't be told: its values were not mixed")]
    OneSided(usize),
    /// The effects grow without end.
    #[error("the effects don't settle: too few shares")]
    Unsettled,
}

type Vector = [f64; BITS];
type Matrix = [Vector; BITS];

fn signs(byte: u8) -> Vector {
    from_fn(|bit| if byte >> bit & 1 == 1 { 0.5 } else { -0.5 })
}

fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Gradient and information of the logarithm of the likelihood.
struct Slope {
    gradient: Vector,
    information: Matrix,
}

impl Slope {
    fn at(effects: &Vector, rigs: &BTreeMap<u64, Vec<&Trial>>) -> Self {
        let mut slope = Self {
            gradient: [0.0; BITS],
            information: [[0.0; BITS]; BITS],
        };
        for trials in rigs.values() {
            slope.add_rig(effects, trials);
        }
        slope
    }

    fn add_rig(&mut self, effects: &Vector, trials: &[&Trial]) {
        let shares: u64 = trials.iter().map(|trial| u64::from(trial.shares)).sum();
        if shares == 0 {
            return;
        }
        let shares = as_f64(shares);
        let mut total = 0.0;
        let mut first = [0.0; BITS];
        let mut second = [[0.0; BITS]; BITS];
        for trial in trials {
            let x = signs(trial.slot);
            let weight = trial.exposure() * dot(&x, effects).exp();
            total += weight;
            for row in 0..BITS {
                self.gradient[row] += f64::from(trial.shares) * x[row];
                first[row] += weight * x[row];
                for column in 0..=row {
                    second[row][column] += weight * x[row] * x[column];
                }
            }
        }
        if total <= 0.0 {
            return;
        }
        for row in 0..BITS {
            let mean = first[row] / total;
            self.gradient[row] -= shares * mean;
            for column in 0..=row {
                let covariance = second[row][column] / total - mean * first[column] / total;
                self.information[row][column] += shares * covariance;
            }
        }
    }
}

/// Lower triangle of the Cholesky factor.
fn factor(matrix: &Matrix) -> Result<Matrix, CannotRank> {
    let mut lower = [[0.0; BITS]; BITS];
    for row in 0..BITS {
        for column in 0..=row {
            let taken = (0..column).map(|k| lower[row][k] * lower[column][k]);
            let left = matrix[row][column] - taken.sum::<f64>();
            if row == column {
                // What is no number is too little as well.
                if !(left > OWN_PART * matrix[row][row] && left > 0.0) {
                    return Err(CannotRank::OneSided(row));
                }
                lower[row][row] = left.sqrt();
            } else {
                lower[row][column] = left / lower[column][column];
            }
        }
    }
    Ok(lower)
}

fn solved(lower: &Matrix, right: &Vector) -> Vector {
    let mut x = *right;
    for row in 0..BITS {
        let taken: f64 = (0..row).map(|k| lower[row][k] * x[k]).sum();
        x[row] = (x[row] - taken) / lower[row][row];
    }
    for row in (0..BITS).rev() {
        let taken: f64 = (row + 1..BITS).map(|k| lower[k][row] * x[k]).sum();
        x[row] = (x[row] - taken) / lower[row][row];
    }
    x
}

/// The most likely effects with their standard errors.
pub(super) fn fitted(trials: &[Trial]) -> Result<[BitEffect; BITS], CannotRank> {
    let mut rigs: BTreeMap<u64, Vec<&Trial>> = BTreeMap::new();
    for trial in trials {
        rigs.entry(trial.rig.0).or_default().push(trial);
    }
    rigs.retain(|_, trials| trials.len() > 1 && trials.iter().any(|trial| trial.shares > 0));
    if rigs.is_empty() {
        return Err(CannotRank::NoShares);
    }
    let mut effects = [0.0; BITS];
    for _ in 0..STEPS {
        let slope = Slope::at(&effects, &rigs);
        let lower = factor(&slope.information)?;
        let step = solved(&lower, &slope.gradient).map(|step| step.clamp(-STRIDE, STRIDE));
        let farthest = step.iter().fold(0.0f64, |far, step| far.max(step.abs()));
        effects = from_fn(|bit| effects[bit] + step[bit]);
        if farthest < STILL {
            return Ok(from_fn(|bit| {
                let unit = from_fn(|other| f64::from(u8::from(other == bit)));
                BitEffect {
                    ln_ratio: effects[bit],
                    error: solved(&lower, &unit)[bit].sqrt(),
                }
            }));
        }
    }
    Err(CannotRank::Unsettled)
}
