//! Two windows, feature by feature.
//!
//! Shares of a rig hang together: to shuffle single shares would take a rig that sends more of
//! them today for a change of the world. So rigs are what is shuffled. A rig that is in both
//! windows keeps its shares together in each and changes windows, all or nothing, with a
//! probability of ½; those that are in one window alone are dealt out anew among the two. If nothing
//! has changed, every such shuffle is as likely as what was seen, and the p-value is exact (Phipson
//! and Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010).

use std::collections::BTreeMap;

use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;

use super::histogram::{Apart, BINS, Bins, Counts, apart};
use super::{DriftWindow, real};
use crate::filter::Feature;
use crate::share::RigKey;

/// When two windows are called different.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftSettings {
    /// Probability that any feature of a comparison is called drifted while nothing has changed.
    pub level: f64,
    /// What the population stability index must be besides.
    pub psi_least: f64,
    /// Shuffles, at most [`DriftSettings::SHUFFLES_MOST`].
    pub shuffles: u32,
    /// Rigs that it takes at least, of both windows together.
    pub rigs_least: usize,
}

impl DriftSettings {
    /// Most shuffles that are made.
    pub const SHUFFLES_MOST: u32 = 100_000;
}

impl Default for DriftSettings {
    fn default() -> Self {
        Self {
            level: 0.01,
            psi_least: 0.1,
            shuffles: 4_999,
            rigs_least: 12,
        }
    }
}

/// Why two windows can't be compared.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CannotCompare {
    /// Nothing in one of them.
    #[error("a window is empty: {reference} rows before, {current} now")]
    Empty {
        /// Rows of the reference.
        reference: usize,
        /// Rows of the current window.
        current: usize,
    },
    /// Too few rigs to shuffle.
    #[error("{found} rigs are too few to tell change from chance: it takes {least}")]
    TooFewRigs {
        /// In both together.
        found: usize,
        /// At least.
        least: usize,
    },
    /// So few shuffles have no p-value that is small enough.
    #[error(
        "{shuffles} shuffles can't tell a level of {level} over {features} features: it takes {least}"
    )]
    TooFewShuffles {
        /// Asked for.
        shuffles: u32,
        /// Of the test.
        level: f64,
        /// How many.
        features: usize,
        /// At least.
        least: f64,
    },
}

/// How a feature has changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FeatureDrift {
    /// Its name.
    pub feature: &'static str,
    /// Population stability index.
    pub psi: f64,
    /// Divergence of now from before, nats.
    pub kl: f64,
    /// How often chance makes an index as great, rigs being shuffled.
    pub p: f64,
    /// The same with regard to how many features were looked at (Holm).
    pub p_adjusted: f64,
    /// Whether it counts: the index is great enough, and not by chance.
    pub drifted: bool,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftReport {
    /// In the order of the features.
    pub features: Vec<FeatureDrift>,
    /// Rigs in both windows together.
    pub rigs: usize,
    /// Shuffles that were made.
    pub shuffles: u32,
}

impl DriftReport {
    /// Whether any feature drifted.
    #[must_use]
    pub fn drifted(&self) -> bool {
        self.features.iter().any(|feature| feature.drifted)
    }
}

/// A rig's counts: by feature, then before and now.
type OfRig<const N: usize> = [[Counts; 2]; N];

/// Compares what is now with what was before. The same windows, settings and seed have the same
/// report.
///
/// # Errors
/// There is too little to compare, or there are too few shuffles to say anything.
pub fn compare<const N: usize>(
    features: &[Feature; N],
    reference: &DriftWindow<N>,
    current: &DriftWindow<N>,
    settings: &DriftSettings,
    seed: u64,
) -> Result<DriftReport, CannotCompare> {
    let shuffles = settings.shuffles.min(DriftSettings::SHUFFLES_MOST);
    if reference.rows().is_empty() || current.rows().is_empty() {
        return Err(CannotCompare::Empty {
            reference: reference.rows().len(),
            current: current.rows().len(),
        });
    }
    let least = real(N as u64) / settings.level;
    if f64::from(shuffles) + 1.0 < least || least.is_nan() {
        return Err(CannotCompare::TooFewShuffles {
            shuffles,
            level: settings.level,
            features: N,
            least,
        });
    }
    let bins: [Bins; N] = std::array::from_fn(|place| {
        let both = reference.rows().iter().chain(current.rows());
        Bins::of(both.map(|(_, values)| values[place]).collect())
    });
    let rigs = counted(&bins, reference, current);
    let (found, least) = (rigs.len(), settings.rigs_least.max(2));
    if found < least {
        return Err(CannotCompare::TooFewRigs { found, least });
    }
    let rigs = Rigs::of(rigs);
    let seen = rigs.apart(&bins, &rigs.as_they_came());
    let mut as_great = [0u32; N];
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..shuffles {
        let shuffled = rigs.apart(&bins, &rigs.shuffled(&mut random));
        for ((count, shuffled), seen) in as_great.iter_mut().zip(shuffled).zip(&seen) {
            // Sums in another order may differ in their last digits.
            *count += u32::from(shuffled.psi >= seen.psi - 1e-12);
        }
    }
    let p = as_great.map(|count| (f64::from(count) + 1.0) / (f64::from(shuffles) + 1.0));
    let adjusted = holm(&p);
    let of_feature = |place: usize| FeatureDrift {
        feature: features[place].name,
        psi: seen[place].psi,
        kl: seen[place].kl,
        p: p[place],
        p_adjusted: adjusted[place],
        drifted: adjusted[place] <= settings.level && seen[place].psi >= settings.psi_least,
    };
    Ok(DriftReport {
        features: (0..N).map(of_feature).collect(),
        rigs: found,
        shuffles,
    })
}

fn counted<const N: usize>(
    bins: &[Bins; N],
    reference: &DriftWindow<N>,
    current: &DriftWindow<N>,
) -> BTreeMap<RigKey, OfRig<N>> {
    let mut rigs: BTreeMap<RigKey, OfRig<N>> = BTreeMap::new();
    for (window, rows) in [reference.rows(), current.rows()].into_iter().enumerate() {
        for (rig, values) in rows {
            let counts = rigs.entry(*rig).or_insert([[[0; BINS]; 2]; N]);
            for ((counts, bins), value) in counts.iter_mut().zip(bins).zip(values) {
                counts[window][bins.of_value(*value)] += 1;
            }
        }
    }
    rigs
}

/// Rigs by what can be shuffled about them.
#[derive(Debug)]
struct Rigs<const N: usize> {
    counts: Vec<OfRig<N>>,
    /// Whether it is in both windows.
    in_both: Vec<bool>,
    /// For those in one window: whether that is the current one. As many are there in each shuffle.
    alone_now: Vec<bool>,
}

impl<const N: usize> Rigs<N> {
    fn of(rigs: BTreeMap<RigKey, OfRig<N>>) -> Self {
        let counts: Vec<OfRig<N>> = rigs.into_values().collect();
        let is_in = |rig: &OfRig<N>, window: usize| {
            let counts = rig.first().map(|feature| feature[window]);
            counts.unwrap_or_default().iter().any(|count| *count > 0)
        };
        let in_both = counts
            .iter()
            .map(|rig| is_in(rig, 0) && is_in(rig, 1))
            .collect();
        let alone = counts
            .iter()
            .filter(|rig| !(is_in(rig, 0) && is_in(rig, 1)));
        let alone_now = alone.map(|rig| is_in(rig, 1)).collect();
        Self {
            counts,
            in_both,
            alone_now,
        }
    }

    /// Which rigs change windows: none.
    fn as_they_came(&self) -> Vec<bool> {
        vec![false; self.counts.len()]
    }

    /// Which rigs change windows in a shuffle.
    fn shuffled(&self, random: &mut Xoshiro256PlusPlus) -> Vec<bool> {
        let mut dealt = self.alone_now.clone();
        dealt.shuffle(random);
        let mut alone = self.alone_now.iter().zip(dealt).map(|(was, is)| *was != is);
        self.in_both
            .iter()
            .map(|in_both| {
                if *in_both {
                    random.r#gen()
                } else {
                    alone.next().unwrap_or(false)
                }
            })
            .collect()
    }

    fn apart(&self, bins: &[Bins; N], changes: &[bool]) -> [Apart; N] {
        let mut sums: OfRig<N> = [[[0; BINS]; 2]; N];
        for (rig, changes) in self.counts.iter().zip(changes) {
            for (sums, counts) in sums.iter_mut().zip(rig) {
                for (window, counts) in counts.iter().enumerate() {
                    let to = if *changes { 1 - window } else { window };
                    for (sum, count) in sums[to].iter_mut().zip(counts) {
                        *sum += count;
                    }
                }
            }
        }
        std::array::from_fn(|place| {
            let [before, now] = &sums[place];
            apart(before, now, bins[place].count())
        })
    }
}

/// P-values with regard to how many there are: the least times all of them, the next times one
/// fewer, and so on, none less than the one before (Holm, Scandinavian Journal of Statistics 6,
/// 1979).
fn holm<const N: usize>(p: &[f64; N]) -> [f64; N] {
    let mut order: Vec<usize> = (0..N).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = [1.0; N];
    let mut before: f64 = 0.0;
    for (rank, place) in order.into_iter().enumerate() {
        before = before.max(p[place] * real((N - rank) as u64)).min(1.0);
        adjusted[place] = before;
    }
    adjusted
}
