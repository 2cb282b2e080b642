//! The model: how far a behaviour is from those that are known.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::components::Components;
use super::report::ComponentFacts;
use super::scaling::Scaling;
use super::{CLUSTERS_MAX, COMPONENTS_MAX, Point, Values, real};
use crate::filter::{Behaviour, BehaviourModel, ModelId};
use crate::learn::artifact::{Artifact, Digest, Learnt, digest_of_features};
use crate::ledger::ModelSlot;

/// A group of blocks in the space of the components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterShape {
    /// Its mean.
    pub centre: [f64; COMPONENTS_MAX],
    /// Its variance along each component; 1 along those that there are not.
    pub variance: [f64; COMPONENTS_MAX],
    /// How many blocks of the training belong to it.
    pub blocks: u64,
}

impl ClusterShape {
    /// The square of the distance from its centre, in its own standard deviations.
    pub(super) fn square(&self, point: &Point) -> f64 {
        let from = point.iter().zip(&self.centre).zip(&self.variance);
        from.map(|((at, centre), variance)| (at - centre) * (at - centre) / variance)
            .sum()
    }
}

/// Clusters of how rigs behave.
///
/// A behaviour is scaled, projected on the components, and its squared distance d² from the
/// nearest cluster is in that cluster's own standard deviations; what no component tells counts as
/// one more direction. The answer is 1 − exp(−(d²/r)²), where r is what all but a hundredth of the
/// training's blocks stay below.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterModel {
    pub(super) scaling: Scaling,
    pub(super) components: Components,
    pub(super) clusters: Vec<ClusterShape>,
    /// Mean square of what no component tells.
    pub(super) rest: f64,
    /// d² that all but a hundredth of the training's blocks stay below.
    pub(super) reach: f64,
    /// The most that an honest rig's mean distance can be; strictly between 0 and 1.
    pub(super) ceiling: f64,
}

impl ClusterModel {
    /// How far a behaviour is from that of the nearest cluster: 0 at its centre, close to 1 beyond
    /// what the training had.
    #[must_use]
    pub fn distance(&self, behaviour: &Behaviour) -> f64 {
        self.squashed(self.square(&behaviour.values()))
    }

    /// How little the groups foretell a behaviour: minus the natural logarithm of the density of
    /// their mixture there, up to a constant that all models share. Of two models the one that is
    /// surprised less by what honest rigs do next is better. Each group weighs as much as it has
    /// blocks, or a model would gain by more groups alone; numbers are cut as for distances, so
    /// that no single block decides.
    #[must_use]
    pub fn surprise(&self, behaviour: &Behaviour) -> f64 {
        let (point, rest) = self.place(&behaviour.values());
        let kept = self.components.kept().len();
        // What no component tells, spread evenly over the directions that are left.
        let left = real(Behaviour::LEN - kept);
        let (rest_square, rest_volume) = if left > 0.0 {
            (rest * left / self.rest, left * (self.rest / left).ln())
        } else {
            (0.0, 0.0)
        };
        0.5 * (rest_square + rest_volume) + self.scaling.ln_volume() - self.ln_mixture(&point, kept)
    }

    /// Logarithm of the mixture's density at a point, without the constant of normal densities.
    fn ln_mixture(&self, point: &Point, kept: usize) -> f64 {
        let weight = |shape: &ClusterShape| {
            real(usize::try_from(shape.blocks).unwrap_or(usize::MAX)).max(1.0)
        };
        let total: f64 = self.clusters.iter().map(weight).sum();
        let ln_densities = || {
            self.clusters.iter().map(|shape| {
                let volume: f64 = shape.variance.iter().take(kept).map(|v| v.ln()).sum();
                (weight(shape) / total).ln() - 0.5 * (shape.square(point) + volume)
            })
        };
        let most = ln_densities().fold(f64::NEG_INFINITY, f64::max);
        most + ln_densities().map(|ln| (ln - most).exp()).sum::<f64>().ln()
    }

    /// The most that the mean distance of an honest rig's next block can be.
    #[must_use]
    pub const fn ceiling(&self) -> f64 {
        self.ceiling
    }

    /// The nearest cluster, and where the behaviour lies along the first two components.
    #[must_use]
    pub fn map(&self, behaviour: &Behaviour) -> (usize, [f64; 2]) {
        let (point, _) = self.place(&behaviour.values());
        let [first, second, ..] = point;
        (self.nearest(&point).0, [first, second])
    }

    /// The groups, the greatest first.
    #[must_use]
    pub fn clusters(&self) -> &[ClusterShape] {
        &self.clusters
    }

    /// The directions that are kept, the one of most variance first.
    #[must_use]
    pub fn components(&self) -> Vec<ComponentFacts> {
        let names = || Behaviour::FEATURES.iter().map(|feature| feature.name);
        let kept = self.components.kept().iter();
        kept.map(|component| ComponentFacts {
            explained: component.explained,
            loadings: names().zip(component.direction).collect(),
        })
        .collect()
    }

    /// The behaviour at the centre of a cluster.
    #[must_use]
    pub fn centre(&self, cluster: usize) -> Option<Behaviour> {
        let shape = self.clusters.get(cluster)?;
        let scaled = self.components.back(&shape.centre);
        Some(Behaviour::from_values(self.scaling.unscaled(&scaled)))
    }

    pub(super) fn place(&self, values: &Values) -> (Point, f64) {
        self.components.project(&self.scaling.scaled(values))
    }

    pub(super) fn square(&self, values: &Values) -> f64 {
        let (point, rest) = self.place(values);
        self.nearest(&point).1 + rest / self.rest
    }

    fn squashed(&self, square: f64) -> f64 {
        1.0 - (-(square / self.reach).powi(2)).exp()
    }

    fn nearest(&self, point: &Point) -> (usize, f64) {
        let mut nearest = (0, f64::INFINITY);
        for (place, shape) in self.clusters.iter().enumerate() {
            let square = shape.square(point);
            if square < nearest.1 {
                nearest = (place, square);
            }
        }
        nearest
    }
}

impl Learnt for ClusterModel {
    const SLOT: ModelSlot = ModelSlot::Behaviour;
    const SCHEMA: u16 = 1;

    fn features() -> Digest {
        digest_of_features(Behaviour::FEATURES)
    }

    fn check(&self) -> Result<(), String> {
        self.scaling.check()?;
        self.components.check()?;
        if !(1..=CLUSTERS_MAX).contains(&self.clusters.len()) {
            return Err(format!("it has {} clusters", self.clusters.len()));
        }
        for (place, shape) in self.clusters.iter().enumerate() {
            let placed = shape.centre.iter().all(|centre| centre.abs() < 1e3);
            let wide = |variance: &f64| (1e-9..1e6).contains(variance);
            if !placed || !shape.variance.iter().all(wide) {
                return Err(format!("its cluster {place} has no place or no width"));
            }
        }
        for (name, value) in [("reach", self.reach), ("remaining spread", self.rest)] {
            if !(1e-9..1e9).contains(&value) {
                return Err(format!("its {name} is {value}"));
            }
        }
        if !(self.ceiling > 0.0 && self.ceiling < 1.0) {
            return Err(format!("its ceiling is {}", self.ceiling));
        }
        Ok(())
    }

    fn answers(&self) -> Vec<f64> {
        let part_of_range = |part: f64, shift: usize| {
            let mut values = [0.0; Behaviour::LEN];
            for (place, feature) in Behaviour::FEATURES.iter().enumerate() {
                let part = if place % 2 == shift { part } else { 0.0 };
                values[place] = feature.neutral + part * (feature.high - feature.neutral);
            }
            Behaviour::from_values(values)
        };
        let mut answers = vec![self.ceiling, self.reach, self.rest];
        for (part, shift) in [(0.0, 0), (0.02, 0), (0.02, 1), (0.2, 0), (0.2, 1)] {
            let behaviour = part_of_range(part, shift);
            let (point, _) = self.place(&behaviour.values());
            answers.push(self.distance(&behaviour));
            answers.extend(point);
        }
        for shape in &self.clusters {
            answers.extend(shape.centre);
            answers.extend(shape.variance);
        }
        answers
    }
}

/// A model with the name that its file gave it, as the filter goes by it.
#[derive(Debug, Clone)]
pub struct DeployedClusters {
    id: ModelId,
    model: Arc<ClusterModel>,
}

impl DeployedClusters {
    /// What was read from a file.
    #[must_use]
    pub fn new(artifact: Artifact<ClusterModel>) -> Self {
        Self {
            id: artifact.id,
            model: Arc::new(artifact.model),
        }
    }

    /// What it answers by.
    #[must_use]
    pub fn model(&self) -> &ClusterModel {
        &self.model
    }
}

impl BehaviourModel for DeployedClusters {
    fn id(&self) -> ModelId {
        self.id
    }

    fn distance(&self, behaviour: &Behaviour) -> f64 {
        self.model.distance(behaviour)
    }

    fn ceiling(&self) -> f64 {
        self.model.ceiling()
    }
}
