//! How groups of rigs behave, learnt from blocks of shares.
//!
//! - [`BehaviourRow`], [`BehaviourBlocks`]: blocks of a rig's shares, from the ledger
//! - [`fit`]: from rows to a [`ClusterModel`], with a [`BehaviourReport`] of how well it does on
//!   later blocks
//! - [`DeployedClusters`]: the model as the filter goes by it

mod agreement;
mod blocks;
mod ceiling;
mod clusters;
mod components;
mod fit;
mod model;
mod report;
mod row;
mod scaling;
#[cfg(test)]
mod surprise_tests;
#[cfg(test)]
mod tests;

pub use agreement::adjusted_rand;
pub use blocks::BehaviourBlocks;
pub use fit::{CannotCluster, ClusterSettings, FittedClusters, fit};
pub use model::{ClusterModel, ClusterShape, DeployedClusters};
pub use report::{BehaviourReport, ClusterFacts, ComponentFacts, MeanDistance};
pub use row::{BehaviourRow, facts_of};

use crate::filter::Behaviour;

/// Most components that are kept. What they do not tell counts as one more direction: with all seven
/// kept, a single honest rig that is odd in a rare way would raise the ceiling so far that nothing
/// could be won. The price: where numbers vary alike and apart from one another no direction stands
/// out, and what is dropped may be what tells groups apart.
const COMPONENTS_MAX: usize = 5;

/// Most clusters.
const CLUSTERS_MAX: usize = 8;

/// A behaviour in the space of the components; places that no component has are 0.
type Point = [f64; COMPONENTS_MAX];

/// The numbers of a behaviour.
type Values = [f64; Behaviour::LEN];

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of what fits in memory are far below 2^53"
)]
const fn real(count: usize) -> f64 {
    count as f64
}

fn square_between<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
