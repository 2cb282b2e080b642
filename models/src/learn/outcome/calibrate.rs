//! Slope and shift of log-odds, from shares that the weights never saw.

use super::head::Calibration;
use super::{count, logistic};

/// Twice the gain in log-likelihood that two useless numbers exceed in one of a thousand cases
/// (χ² with two degrees of freedom).
const WORTH_IT: f64 = 13.8;

const STEPS: usize = 50;

/// Fits log-odds to what came: (log-odds, whether it came). Where that gains nothing beyond chance,
/// or would turn the line round, log-odds stay as they are.
pub(super) fn calibrate(later: &[(f64, bool)]) -> Calibration {
    let came = later.iter().filter(|share| share.1).count();
    if came == 0 || came == later.len() {
        return Calibration::NONE;
    }
    // Labels that are not quite certain, as Platt has them: a line that separates everything keeps
    // a finite slope.
    let yes = (count(came) + 1.0) / (count(came) + 2.0);
    let no = 1.0 / (count(later.len() - came) + 2.0);
    let loss = |with: &Calibration| -> f64 {
        later
            .iter()
            .map(|(log_odds, came)| {
                let log_odds = with.apply(*log_odds);
                let goal = if *came { yes } else { no };
                softplus(log_odds) - goal * log_odds
            })
            .sum()
    };
    let mut found = Calibration::NONE;
    let before = loss(&found);
    let mut best = before;
    for _ in 0..STEPS {
        let Some(step) = newton_step(later, found, yes, no) else {
            break;
        };
        let Some((next, reached)) = shortened(found, step, best, &loss) else {
            break;
        };
        let gained = best - reached;
        (found, best) = (next, reached);
        if gained < 1e-9 * best.abs() {
            break;
        }
    }
    if found.is_sane() && 2.0 * (before - best) > WORTH_IT {
        found
    } else {
        Calibration::NONE
    }
}

/// From slope and shift to those that would be best if the loss were a parabola.
fn newton_step(later: &[(f64, bool)], at: Calibration, yes: f64, no: f64) -> Option<(f64, f64)> {
    let (mut slope, mut shift) = (0.0, 0.0);
    let (mut slope_slope, mut slope_shift, mut shift_shift) = (1e-9, 0.0, 1e-9);
    for (log_odds, came) in later {
        let probability = logistic(at.apply(*log_odds));
        let off = probability - if *came { yes } else { no };
        let curve = probability * (1.0 - probability);
        slope += off * log_odds;
        shift += off;
        slope_slope += curve * log_odds * log_odds;
        slope_shift += curve * log_odds;
        shift_shift += curve;
    }
    let determinant = slope_slope * shift_shift - slope_shift * slope_shift;
    (determinant > 0.0).then(|| {
        (
            -(shift_shift * slope - slope_shift * shift) / determinant,
            -(slope_slope * shift - slope_shift * slope) / determinant,
        )
    })
}

/// The step, or a part of it, that makes the loss less.
fn shortened(
    from: Calibration,
    step: (f64, f64),
    loss_before: f64,
    loss: &impl Fn(&Calibration) -> f64,
) -> Option<(Calibration, f64)> {
    let mut part = 1.0;
    for _ in 0..20 {
        let next = Calibration {
            slope: from.slope + part * step.0,
            shift: from.shift + part * step.1,
        };
        let reached = loss(&next);
        if reached < loss_before {
            return Some((next, reached));
        }
        part /= 2.0;
    }
    None
}

/// ln(1 + eˣ) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    /// What comes by chance of log-odds that are slope and shift off.
    fn shares(slope: f64, shift: f64) -> Vec<(f64, bool)> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        (0..20_000)
            .map(|_| {
                let log_odds: f64 = rng.gen_range(-6.0..2.0);
                (log_odds, rng.gen_bool(logistic(slope * log_odds + shift)))
            })
            .collect()
    }

    #[test]
    fn log_odds_that_are_off_are_put_right() {
        for (slope, shift) in [(0.5, 0.0), (1.0, -1.5), (2.0, 1.0)] {
            let found = calibrate(&shares(slope, shift));
            assert!((found.slope - slope).abs() < 0.1, "{found:?}");
            assert!((found.shift - shift).abs() < 0.2, "{found:?}");
        }
    }

    #[test]
    fn log_odds_that_are_right_or_upside_down_or_of_one_kind_stay_as_they_are() {
        assert_eq!(calibrate(&shares(1.0, 0.0)), Calibration::NONE);
        assert_eq!(calibrate(&shares(-1.0, 0.0)), Calibration::NONE);
        assert_eq!(calibrate(&[(1.0, true); 500]), Calibration::NONE);
        assert_eq!(calibrate(&[(-1.0, false); 500]), Calibration::NONE);
        assert_eq!(calibrate(&[]), Calibration::NONE);
    }
}
