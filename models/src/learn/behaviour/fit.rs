//! From rows to a model.

use std::collections::{BTreeMap, BTreeSet};

use linfa_reduction::ReductionError;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::agreement::silhouette;
use super::ceiling::ceiling;
use super::clusters::{Clusters, Halved, clusters};
use super::components::Components;
use super::model::ClusterModel;
use super::report::{BehaviourReport, Later, report};
use super::scaling::{Scaling, quantile};
use super::{BehaviourRow, Point, Values, real};
use crate::learn::artifact::Learnt as _;
use crate::share::RigKey;

/// How clusters are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterSettings {
    /// Honest blocks that it takes at least, trained on and held out together.
    pub blocks_least: usize,
    /// Honest rigs that it takes at least.
    pub rigs_least: usize,
    /// Blocks that are trained on at most: with more, as many are drawn.
    pub blocks_most: usize,
    /// Part of the time's blocks, the latest, that the model is measured by and not trained on.
    pub held_out: f64,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            blocks_least: 200,
            rigs_least: 10,
            blocks_most: 10_000,
            held_out: 0.4,
        }
    }
}

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum CannotCluster {
    /// Too little has come.
    #[error("{found} blocks of 64 shares of rigs never proved wrong are too few: it takes {least}")]
    TooFewBlocks {
        /// Honest blocks.
        found: usize,
        /// At least.
        least: usize,
    },
    /// Too few have sent it.
    #[error("{found} rigs never proved wrong are too few: it takes {least}")]
    TooFewRigs {
        /// Honest rigs.
        found: usize,
        /// At least.
        least: usize,
    },
    /// Settings that leave nothing to train on or nothing to measure by.
    #[error("a part of {0} can't be held out: it must lie between 0.1 and 0.9")]
    HeldOut(f64),
    /// The decomposition failed.
    #[error("the directions of most variance can't be computed: {0}")]
    Components(#[from] ReductionError),
    /// What came out is no model.
    #[error("training ended with numbers that can't be a model's: {0}")]
    Numbers(String),
}

/// A model, and how well it does.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedClusters {
    /// The model.
    pub model: ClusterModel,
    /// Measured on blocks later than what it was trained on.
    pub report: BehaviourReport,
}

/// Trains on the blocks of rigs that were never proved wrong, in whatever order they come: on the
/// earlier ones, and measures on the later ones. `former` lends its centres where that helps.
///
/// The same rows, settings, seed and former model give the same model on the same kind of
/// processor.
///
/// # Errors
/// There are too few blocks or rigs, or the numbers defy training.
pub fn fit(
    rows: &[BehaviourRow],
    settings: &ClusterSettings,
    seed: u64,
    former: Option<&ClusterModel>,
) -> Result<FittedClusters, CannotCluster> {
    if !(0.1..=0.9).contains(&settings.held_out) {
        return Err(CannotCluster::HeldOut(settings.held_out));
    }
    let bad: BTreeSet<RigKey> = rows
        .iter()
        .filter(|row| row.proven_bad)
        .map(|row| row.rig)
        .collect();
    let mut ordered: Vec<&BehaviourRow> = rows.iter().collect();
    ordered.sort_by_key(|row| (row.at_ms, row.rig));
    let (bad_rows, honest): (Vec<&BehaviourRow>, Vec<&BehaviourRow>) =
        ordered.into_iter().partition(|row| bad.contains(&row.rig));
    enough(&honest, settings)?;
    let (earlier, later) = honest.split_at(earlier_part(honest.len(), settings.held_out));
    let since_ms = later.first().map_or(0, |row| row.at_ms);

    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let trained = drawn(earlier, settings.blocks_most, &mut random);
    let values: Vec<Values> = trained.iter().map(|row| row.behaviour().values()).collect();
    let scaling = Scaling::of(&values);
    let scaled: Vec<Values> = values.iter().map(|values| scaling.scaled(values)).collect();
    let components = Components::of(&scaled)?;
    let (points, rests): (Vec<Point>, Vec<f64>) = scaled
        .iter()
        .map(|scaled| components.project(scaled))
        .unzip();
    let halved = Halved {
        points: &points,
        halves: &halves(&trained, &mut random),
        dimensions: components.kept().len(),
    };
    let start: Vec<Point> = former.map_or_else(Vec::new, |former| {
        let centres = (0..former.clusters.len()).filter_map(|cluster| former.centre(cluster));
        centres
            .map(|centre| components.project(&scaling.scaled(&centre.values())).0)
            .collect()
    });
    let Clusters {
        shapes,
        members,
        agreement,
    } = clusters(halved, seed, &start);
    let mut model = ClusterModel {
        scaling,
        components,
        clusters: shapes,
        rest: (rests.iter().sum::<f64>() / real(rests.len())).max(REST_FLOOR),
        reach: 1.0,
        ceiling: 0.5,
    };
    let mut squares: Vec<f64> = values.iter().map(|values| model.square(values)).collect();
    squares.sort_unstable_by(f64::total_cmp);
    model.reach = quantile(&squares, BELOW_REACH).max(REACH_FLOOR);
    let later_bad = bad_rows.partition_point(|row| row.at_ms < since_ms);
    let later = Later {
        honest: distances(&model, later),
        bad: distances(&model, &bad_rows[later_bad..]),
    };
    model.ceiling = ceiling(later.honest.iter());
    model.check().map_err(CannotCluster::Numbers)?;
    let silhouette = silhouette(&points, &members, model.clusters.len());
    let report = report(&model, &trained, &members, &later, silhouette, agreement);
    Ok(FittedClusters { model, report })
}

/// What no component tells has at least this mean square, in scaled numbers.
const REST_FLOOR: f64 = 0.01;

/// Part of the training's blocks that lies below the reach.
const BELOW_REACH: f64 = 0.99;

/// The reach is at least that of one direction.
const REACH_FLOOR: f64 = 4.0;

fn enough(honest: &[&BehaviourRow], settings: &ClusterSettings) -> Result<(), CannotCluster> {
    let (found, least) = (honest.len(), settings.blocks_least.max(20));
    if found < least {
        return Err(CannotCluster::TooFewBlocks { found, least });
    }
    let found = honest
        .iter()
        .map(|row| row.rig)
        .collect::<BTreeSet<_>>()
        .len();
    let least = settings.rigs_least.max(2);
    if found < least {
        return Err(CannotCluster::TooFewRigs { found, least });
    }
    Ok(())
}

fn earlier_part(rows: usize, held_out: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a count"
    )]
    let held_out = (real(rows) * held_out) as usize;
    rows.saturating_sub(held_out.max(1)).max(1)
}

/// At most so many, in order.
fn drawn<'a>(
    rows: &[&'a BehaviourRow],
    most: usize,
    random: &mut Xoshiro256PlusPlus,
) -> Vec<&'a BehaviourRow> {
    let most = most.max(20);
    if rows.len() <= most {
        return rows.to_vec();
    }
    let mut places = rand::seq::index::sample(random, rows.len(), most).into_vec();
    places.sort_unstable();
    places.into_iter().map(|place| rows[place]).collect()
}

/// Which half of the rigs each row's belongs to.
fn halves(rows: &[&BehaviourRow], random: &mut Xoshiro256PlusPlus) -> Vec<bool> {
    let mut rigs: Vec<RigKey> = rows.iter().map(|row| row.rig).collect();
    rigs.sort_unstable();
    rigs.dedup();
    rigs.shuffle(random);
    let half: BTreeSet<RigKey> = rigs.iter().take(rigs.len() / 2).copied().collect();
    rows.iter().map(|row| half.contains(&row.rig)).collect()
}

fn distances(model: &ClusterModel, rows: &[&BehaviourRow]) -> BTreeMap<RigKey, Vec<f64>> {
    let mut distances: BTreeMap<RigKey, Vec<f64>> = BTreeMap::new();
    for row in rows {
        let distance = model.distance(&row.behaviour());
        distances.entry(row.rig).or_default().push(distance);
    }
    distances
}
