//! Running sums of the seats' rates.

use super::router::MOST_ROUTES;

/// Rates are whole multiples of one sixteenth, and at most this (hashes a second).
///
/// Sums of such numbers are exact in any order for up to 131,072 seats at the top, and for any
/// number of seats that a farm has: nothing drifts, and a seat that leaves leaves nothing behind.
const TOP: f64 = 4_294_967_296.0;
const STEP: f64 = 16.0;

/// A measured rate as it counts; none where it is not a positive number.
pub(super) fn counted(rate: f64) -> Option<f64> {
    let steps = (rate.min(TOP) * STEP).round().max(1.0);
    (rate.is_finite() && rate > 0.0).then_some(steps / STEP)
}

/// Of the seats at one place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    rates: f64,
    /// Seats of which the rate is known, and of which it is not.
    known: u32,
    unknown: u32,
}

/// By route, and last of the seats that wait.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sums([Sum; MOST_ROUTES + 1]);

impl Default for Sums {
    fn default() -> Self {
        Self([Sum::default(); MOST_ROUTES + 1])
    }
}

impl Sums {
    fn at(&mut self, route: Option<usize>) -> &mut Sum {
        &mut self.0[route.unwrap_or(MOST_ROUTES).min(MOST_ROUTES)]
    }

    /// A seat is there from now on.
    pub(super) fn add(&mut self, route: Option<usize>, rate: Option<f64>) {
        let sum = self.at(route);
        match rate {
            Some(rate) => (sum.rates, sum.known) = (sum.rates + rate, sum.known + 1),
            None => sum.unknown += 1,
        }
    }

    /// A seat that was added so is there no more.
    pub(super) fn take(&mut self, route: Option<usize>, rate: Option<f64>) {
        let sum = self.at(route);
        match rate {
            Some(rate) => {
                (sum.rates, sum.known) = (sum.rates - rate, sum.known.saturating_sub(1));
            }
            None => sum.unknown = sum.unknown.saturating_sub(1),
        }
    }

    /// What a seat of which nothing was measured counts for.
    pub(super) fn usual(&self) -> f64 {
        let rates: f64 = self.0.iter().map(|sum| sum.rates).sum();
        let known: u32 = self.0.iter().map(|sum| sum.known).sum();
        if known > 0 {
            rates / f64::from(known)
        } else {
            1.0
        }
    }

    /// Work a second on a route.
    pub(super) fn rate(&self, route: usize, usual: f64) -> f64 {
        let sum = self.0.get(route).copied().unwrap_or_default();
        f64::from(sum.unknown).mul_add(usual, sum.rates)
    }
}
