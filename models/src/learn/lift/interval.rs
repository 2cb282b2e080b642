//! The lift with an interval that may be looked at at any time.
//!
//! θ is how many times as many shares a hash of the model's arm finds as one of the control's. Each
//! rig is compared with itself: when it has 8 scans in each arm, its n shares in both are divided
//! between them as Bin(n, θ·Eₘ ÷ (θ·Eₘ + E꜀)), whatever its speed is (J. Przyborowski and
//! H. Wilenski, Biometrika 31, 1940). So the likelihood of every θ is known, and its e-value is that
//! of a mixture of all θ, over its own: a martingale that starts at 1 if θ is the true one
//! (H. Robbins, Annals of Mathematical Statistics 41, 1970). By Ville's inequality it *ever* reaches
//! 20 with a probability of at most 5 %. The interval is every θ that stands below 20 now; those
//! that were above it once are not kept out (no running intersection), so that it is never empty and
//! needs no memory but the likelihoods.
//!
//! ln of the likelihood is concave in ln θ, so that what lies between two excluded points of the grid
//! on one side of the estimate is excluded too; ends are rounded outward to the next point.

use serde::{Deserialize, Serialize};

use super::grid::{GRID, MIDDLE, POINTS, step};
use super::pairing::{Pair, Pairing};
use super::report::{ArmReport, LiftReport};
use super::{Trial, as_f64};

/// Odds at which a lift is excluded: 1 ÷ (1 − 0.95).
const EXCLUDED: f64 = 20.0;

/// What can't be the state of an interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no state of a lift: {0}")]
pub struct BadLift(&'static str);

/// The ratio of the arms' shares per hash, with a 95 % confidence sequence: looks at any time are
/// allowed. Takes about 16 kB, and 80 bytes for each rig whose trials wait, 4,096 of them at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct LiftInterval(Written);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Written {
    /// Logarithm of the likelihood of each point of the grid, but for what they have in common.
    ln_likelihood: Vec<f64>,
    pairing: Pairing,
    /// Pairs that were compared, and the sum of their squared distances from what no lift would
    /// give, each over its binomial variance.
    pairs: u64,
    squares: f64,
    model: ArmReport,
    control: ArmReport,
    since_ms: Option<u64>,
    until_ms: Option<u64>,
}

impl Default for LiftInterval {
    fn default() -> Self {
        Self(Written {
            ln_likelihood: vec![0.0; POINTS],
            pairing: Pairing::default(),
            pairs: 0,
            squares: 0.0,
            model: ArmReport::default(),
            control: ArmReport::default(),
            since_ms: None,
            until_ms: None,
        })
    }
}

impl TryFrom<Written> for LiftInterval {
    type Error = BadLift;

    fn try_from(written: Written) -> Result<Self, BadLift> {
        let interval = Self(written);
        interval.check()?;
        Ok(interval)
    }
}

impl From<LiftInterval> for Written {
    fn from(interval: LiftInterval) -> Self {
        interval.0
    }
}

impl LiftInterval {
    /// Takes a trial; those outside both arms say nothing. Returns whether a rig's arms were
    /// compared by it, so that the interval is another one.
    pub fn take(&mut self, trial: &Trial) -> bool {
        let state = &mut self.0;
        if matches!(
            trial.arm,
            crate::ledger::Arm::Model | crate::ledger::Arm::Control
        ) {
            state.since_ms = Some(state.since_ms.map_or(trial.at_ms, |at| at.min(trial.at_ms)));
            state.until_ms = state.until_ms.max(Some(trial.at_ms));
        }
        let Some(pair) = state.pairing.take(trial) else {
            return false;
        };
        self.compare(&pair);
        true
    }

    fn compare(&mut self, Pair { model, control, .. }: &Pair) {
        let state = &mut self.0;
        let ratio = model.exposure / control.exposure;
        if !(ratio.is_finite() && ratio > 0.0) {
            return;
        }
        let both = as_f64(model.shares.saturating_add(control.shares));
        let of_model = as_f64(model.shares);
        let expected = both * ratio / (1.0 + ratio);
        let variance = expected / (1.0 + ratio);
        if variance > 0.0 {
            state.pairs = state.pairs.saturating_add(1);
            state.squares += (of_model - expected).powi(2) / variance;
        }
        state.model.add(model.scans, model.shares, expected);
        state
            .control
            .add(control.scans, control.shares, both / (1.0 + ratio));
        let points = GRID.ln_theta.iter().zip(&GRID.theta);
        for (sum, (ln_theta, theta)) in state.ln_likelihood.iter_mut().zip(points) {
            *sum += of_model * ln_theta - both * ratio.mul_add(*theta, 1.0).ln();
        }
    }

    /// Logarithm of the e-value against a lift of 1: of how much was won by betting that there is
    /// one.
    #[must_use]
    pub fn ln_e_against_none(&self) -> f64 {
        self.ln_mixture() - self.0.ln_likelihood[MIDDLE] / self.dispersion()
    }

    /// How many times as much as chance has it the arms of rigs differ, 1 at least. Machines that
    /// pause or slow down within a scan make it more: then their shares tell less than their number
    /// promises, and likelihoods are taken to the power of its inverse (quasi-likelihood:
    /// R. Wedderburn, Biometrika 61, 1974). A lift that is there makes it greater too, never less.
    #[must_use]
    pub fn dispersion(&self) -> f64 {
        (self.0.squares / as_f64(self.0.pairs.max(1))).max(1.0)
    }

    /// How things stand.
    #[must_use]
    pub fn report(&self) -> LiftReport {
        let state = &self.0;
        let dispersion = self.dispersion();
        let least = (self.ln_mixture() - EXCLUDED.ln()) * dispersion;
        let is_in = |ln_likelihood: &f64| *ln_likelihood > least;
        // One point further out, for what lies between.
        let low = match state.ln_likelihood.iter().position(is_in) {
            Some(first) if first > 0 => GRID.theta[first - 1],
            Some(_) | None => 0.0,
        };
        let high = match state.ln_likelihood.iter().rposition(is_in) {
            Some(last) if last + 1 < POINTS => Some(GRID.theta[last + 1]),
            Some(_) | None => None,
        };
        LiftReport {
            model: state.model,
            control: state.control,
            estimate: self.estimate(),
            low,
            high,
            since_ms: state.since_ms,
            until_ms: state.until_ms,
            given_up: state.pairing.given_up,
        }
    }

    /// Logarithm of the likelihood that the mixture of all lifts has.
    fn ln_mixture(&self) -> f64 {
        let dispersion = self.dispersion();
        let weighed = self.0.ln_likelihood.iter().zip(&GRID.ln_weight);
        let weighed =
            weighed.map(|(ln_likelihood, ln_weight)| ln_likelihood / dispersion + ln_weight);
        let greatest = weighed.clone().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = weighed.map(|ln| (ln - greatest).exp()).sum();
        greatest + sum.ln()
    }

    /// The most likely lift: the top of the parabola through the best point and its neighbours.
    fn estimate(&self) -> Option<f64> {
        if self.0.model.shares.saturating_add(self.0.control.shares) == 0 {
            return None;
        }
        let sums = &self.0.ln_likelihood;
        let (best, top) = (1..).zip(&sums[1..]).fold((0, sums[0]), |best, next| {
            if *next.1 > best.1 {
                (next.0, *next.1)
            } else {
                best
            }
        });
        if best == 0 || best == POINTS - 1 {
            return Some(GRID.theta[best]);
        }
        let (below, above) = (sums[best - 1], sums[best + 1]);
        let bend = below - 2.0 * top + above;
        let shift = if bend < 0.0 {
            0.5 * (below - above) / bend
        } else {
            0.0
        };
        Some((GRID.ln_theta[best] + shift.clamp(-0.5, 0.5) * step()).exp())
    }

    /// Whether it can be the state of an interval.
    ///
    /// # Errors
    /// What is amiss.
    pub fn check(&self) -> Result<(), BadLift> {
        let state = &self.0;
        if state.ln_likelihood.len() != POINTS {
            return Err(BadLift("it has another number of points"));
        }
        if !state.ln_likelihood.iter().all(|sum| sum.is_finite()) {
            return Err(BadLift("a likelihood is no number"));
        }
        if !(state.squares.is_finite() && state.squares >= 0.0) {
            return Err(BadLift("a sum of squares is none"));
        }
        if !state.pairing.is_sound() {
            return Err(BadLift("the trials that wait can't have come about"));
        }
        let arm = |arm: &ArmReport| arm.expected.is_finite() && arm.expected >= 0.0;
        if !arm(&state.model) || !arm(&state.control) {
            return Err(BadLift("an expected number is none"));
        }
        Ok(())
    }
}

impl ArmReport {
    fn add(&mut self, scans: u32, shares: u64, expected: f64) {
        self.scans = self.scans.saturating_add(u64::from(scans));
        self.shares = self.shares.saturating_add(shares);
        self.expected += expected;
    }
}
