//! What the router keeps of a seat.

use std::sync::Arc;
use std::time::Duration;

use super::RigTraits;
use super::bits::Bits;
use super::rates::{Estimate, Rates};
use super::sums::counted;
use crate::work::Algorithm;

#[derive(Debug)]
pub(super) struct Sitting {
    pub(super) traits: Arc<RigTraits>,
    /// Routes whose rules name it.
    pub(super) named: Bits,
    /// Routes whose algorithm it can hash, as of the last walk.
    pub(super) able: Bits,
    pub(super) route: Option<usize>,
    /// Measured work a second, as it counts in sums.
    pub(super) rate: Option<f64>,
    pub(super) rates: Rates,
    pub(super) moved_at: Duration,
    pub(super) stay: Stay,
    pub(super) trial: Option<Trial>,
    /// Seconds that it may spend on trials.
    pub(super) allowance: f64,
}

/// What a rig lost and won by staying where it is.
#[derive(Debug, Default)]
pub(super) struct Stay {
    /// By route: what it would have done better there since that was best to begin with, in
    /// seconds of its work. Empty where nothing was compared yet.
    pub(super) lost: Vec<f32>,
    /// Where it was before, if it left that for the sake of worth.
    pub(super) before: Option<usize>,
    /// What that move cost, in seconds of its work.
    pub(super) paid: f64,
    /// What it did better here than there since, in seconds of its work.
    pub(super) won: f64,
    /// How often what is lost has to double before it moves.
    pub(super) level: u8,
}

/// A try of a route of which the rate is not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    /// Where the rig belongs.
    pub(super) home: usize,
    pub(super) since: Duration,
}

impl Sitting {
    /// Hashes a second with an algorithm, as far as anything is known of it.
    pub(super) fn estimate(&self, algorithm: &Algorithm, now: Duration) -> Option<Estimate> {
        let said = self.traits.rate(algorithm);
        self.rates.estimate(algorithm, said, now)
    }
}

impl Sitting {
    /// It hashes this from now on; a rate that was measured with something else counts no more.
    pub(super) fn works_on(&mut self, algorithm: Option<&Algorithm>, now: Duration) {
        if self.rates.begin(algorithm, now) {
            let measured = algorithm.and_then(|it| self.rates.measured(it, now));
            self.rate = measured.and_then(|it| counted(it.rate));
        }
    }
}

impl Stay {
    /// The seat went elsewhere.
    pub(super) fn end(&mut self) {
        self.lost.fill(0.0);
        (self.before, self.paid, self.won) = (None, 0.0, 0.0);
    }
}
