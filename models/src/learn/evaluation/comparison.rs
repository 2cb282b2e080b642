//! Two predictors on the same shares, with an interval for what lies between them.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;

use super::Scored;
use super::blocks::{Blocks, Figures};

/// A measured number with the interval in which it lies with a probability of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// Of all shares.
    pub value: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Estimate {
    /// Whether the interval has this number in it.
    #[must_use]
    pub fn covers(&self, number: f64) -> bool {
        (self.low..=self.high).contains(&number)
    }

    /// By the percentiles of resamples; `None` where the number itself is none, or that of more
    /// than one resample in twenty.
    fn of(value: Option<f64>, resamples: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        let value = value?;
        let (mut drawn, mut all) = (Vec::new(), 0usize);
        for resample in resamples {
            all += 1;
            drawn.extend(resample);
        }
        if drawn.is_empty() || (all - drawn.len()) * 20 > all {
            return None;
        }
        drawn.sort_by(f64::total_cmp);
        let last = drawn.len() - 1;
        Some(Self {
            value,
            low: *drawn.get(last / 40)?,
            high: *drawn.get(last - last / 40)?,
        })
    }
}

/// How intervals are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Blocks of consecutive shares, of equal counts; 1 to 1,000.
    pub blocks: usize,
    /// Resamples of the blocks; at least one is drawn.
    pub resamples: usize,
    /// Of the draws.
    pub seed: u64,
}

impl Settings {
    /// A hundred blocks, a thousand resamples.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            blocks: 100,
            resamples: 1_000,
            seed,
        }
    }

    /// How often each block is in each resample.
    pub(super) fn draws(&self, blocks: usize) -> Vec<Vec<f64>> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        (0..self.resamples.max(1))
            .map(|_| {
                let mut times = vec![0.0; blocks];
                for _ in 0..blocks {
                    if let Some(times) = times.get_mut(rng.gen_range(0..blocks)) {
                        *times += 1.0;
                    }
                }
                times
            })
            .collect()
    }
}

/// The figures of a predictor, of all shares and of each resample.
#[derive(Debug, Clone)]
pub(super) struct Resampled {
    all: Figures,
    drawn: Vec<Figures>,
}

impl Resampled {
    pub(super) fn new(scored: &[Scored], settings: &Settings) -> Self {
        let blocks = Blocks::new(scored, settings.blocks);
        Self {
            all: blocks.figures(&vec![1.0; blocks.len()]),
            drawn: settings
                .draws(blocks.len())
                .iter()
                .map(|times| blocks.figures(times))
                .collect(),
        }
    }

    pub(super) fn estimate(&self, of: impl Fn(&Figures) -> Option<f64>) -> Option<Estimate> {
        Estimate::of(of(&self.all), self.drawn.iter().map(&of))
    }

    pub(super) fn over(&self, other: &Self) -> Option<Comparison> {
        let gain = |of: &dyn Fn(&Figures, &Figures) -> Option<f64>| {
            let drawn = self.drawn.iter().zip(&other.drawn);
            Estimate::of(of(&self.all, &other.all), drawn.map(|(a, b)| of(a, b)))
        };
        Some(Comparison {
            log_loss_gain: gain(&|one, other| Some(other.log_loss - one.log_loss))?,
            auc_gain: gain(&|one, other| Some(one.auc? - other.auc?)),
        })
    }
}

/// How much better one predictor is than another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// Log loss of the other less that of the one: above 0 where the one is better.
    pub log_loss_gain: Estimate,
    /// AUC of the one less that of the other; none where all shares ended alike.
    pub auc_gain: Option<Estimate>,
}

/// Compares two predictors on the same shares in order of time: the resamples of both are the same.
/// `None` where there are no shares, or not the same ones.
#[must_use]
pub fn compare(one: &[Scored], other: &[Scored], settings: &Settings) -> Option<Comparison> {
    let same = one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(a, b)| (a.at_ms, a.rig, a.refused) == (b.at_ms, b.rig, b.refused));
    if one.is_empty() || !same {
        return None;
    }
    Resampled::new(one, settings).over(&Resampled::new(other, settings))
}
