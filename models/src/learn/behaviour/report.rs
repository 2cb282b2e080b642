//! What a model of clusters found, and how well it tells rigs apart.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::model::ClusterModel;
use super::{BehaviourRow, real};
use crate::filter::Behaviour;
use crate::learn::artifact::Metric;
use crate::share::RigKey;

/// A mean over rigs of each rig's mean distance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanDistance {
    /// How many rigs.
    pub rigs: usize,
    /// How many blocks.
    pub blocks: usize,
    /// 0 to 1.
    pub mean: f64,
    /// Between which bounds it lies with about 95 %: two standard errors over rigs. None of fewer
    /// than two rigs.
    pub interval: Option<(f64, f64)>,
}

/// A direction of most variance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComponentFacts {
    /// Part of all variance of the scaled features.
    pub explained: f64,
    /// How far it goes along each feature; together of length 1.
    pub loadings: Vec<(&'static str, f64)>,
}

/// A group of blocks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterFacts {
    /// How many blocks of the training belong to it.
    pub blocks: usize,
    /// How many rigs have one there.
    pub rigs: usize,
    /// The behaviour at its centre.
    pub centre: Vec<(&'static str, f64)>,
}

/// What was learnt and measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BehaviourReport {
    /// Blocks trained on.
    pub trained: usize,
    /// The directions that are kept.
    pub components: Vec<ComponentFacts>,
    /// The groups, the greatest first.
    pub clusters: Vec<ClusterFacts>,
    /// Mean silhouette, −1 to 1; none with a single cluster.
    pub silhouette: Option<f64>,
    /// Adjusted Rand index of clusterings by two halves of the rigs; 1 with a single cluster.
    pub agreement: f64,
    /// The most that an honest rig's mean distance can be.
    pub ceiling: f64,
    /// Of rigs never proved wrong, on later blocks.
    pub honest: Option<MeanDistance>,
    /// Of rigs proved wrong, on later blocks.
    pub bad: Option<MeanDistance>,
    /// By how much the second mean is greater, with its interval: bounds above 0 mean that the
    /// model sees something.
    pub difference: Option<(f64, (f64, f64))>,
}

impl BehaviourReport {
    /// For the header of the model's file.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        let mut push = |name: &str, value: f64, interval| {
            metrics.push(Metric {
                name: name.to_owned(),
                value,
                interval,
            });
        };
        push("ceiling", self.ceiling, None);
        push("clusters", real(self.clusters.len()), None);
        push("agreement", self.agreement, None);
        let explained = self.components.iter().map(|component| component.explained);
        push("explained", explained.sum(), None);
        if let Some(silhouette) = self.silhouette {
            push("silhouette", silhouette, None);
        }
        for (name, of) in [("distance_honest", self.honest), ("distance_bad", self.bad)] {
            if let Some(of) = of {
                push(name, of.mean, of.interval);
            }
        }
        if let Some((difference, interval)) = self.difference {
            push("distance_difference", difference, Some(interval));
        }
        metrics
    }
}

/// Distances of later blocks, by rig and in the order of time.
#[derive(Debug)]
pub(super) struct Later {
    pub honest: BTreeMap<RigKey, Vec<f64>>,
    pub bad: BTreeMap<RigKey, Vec<f64>>,
}

pub(super) fn report(
    model: &ClusterModel,
    trained: &[&BehaviourRow],
    members: &[usize],
    later: &Later,
    silhouette: Option<f64>,
    agreement: f64,
) -> BehaviourReport {
    let names = || Behaviour::FEATURES.iter().map(|feature| feature.name);
    let clusters = (0..model.clusters.len()).map(|cluster| {
        let theirs = || {
            let all = trained.iter().zip(members);
            all.filter(|(_, member)| **member == cluster)
        };
        let rigs: BTreeSet<RigKey> = theirs().map(|(row, _)| row.rig).collect();
        let centre = model.centre(cluster).map(|centre| centre.values());
        ClusterFacts {
            blocks: theirs().count(),
            rigs: rigs.len(),
            centre: names().zip(centre.unwrap_or_default()).collect(),
        }
    });
    let (honest, honest_error) = mean_distance(&later.honest);
    let (bad, bad_error) = mean_distance(&later.bad);
    let difference =
        honest
            .zip(bad)
            .zip(honest_error.zip(bad_error))
            .map(|((honest, bad), (one, other))| {
                let (difference, error) = (bad.mean - honest.mean, one.hypot(other));
                (difference, around(difference, error))
            });
    BehaviourReport {
        trained: trained.len(),
        components: model.components(),
        clusters: clusters.collect(),
        silhouette,
        agreement,
        ceiling: model.ceiling,
        honest,
        bad,
        difference,
    }
}

/// With its standard error over rigs, of two rigs or more.
fn mean_distance(rigs: &BTreeMap<RigKey, Vec<f64>>) -> (Option<MeanDistance>, Option<f64>) {
    let means: Vec<f64> = rigs
        .values()
        .map(|distances| distances.iter().sum::<f64>() / real(distances.len()).max(1.0))
        .collect();
    if means.is_empty() {
        return (None, None);
    }
    let count = real(means.len());
    let mean = means.iter().sum::<f64>() / count;
    let squares: f64 = means.iter().map(|one| (one - mean).powi(2)).sum();
    let error = (count > 1.0).then(|| (squares / (count - 1.0) / count).sqrt());
    let measured = MeanDistance {
        rigs: means.len(),
        blocks: rigs.values().map(Vec::len).sum(),
        mean,
        interval: error.map(|error| around(mean, error)),
    };
    (Some(measured), error)
}

fn around(value: f64, error: f64) -> (f64, f64) {
    (value - 2.0 * error, value + 2.0 * error)
}
