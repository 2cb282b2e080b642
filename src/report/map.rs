//! How rigs behave: a map of them, with clusters.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use zartrux_models::learn::behaviour::{
    BehaviourRow, ClusterModel, ClusterSettings, ComponentFacts, fit,
};
use zartrux_models::share::RigKey;

use super::rigs::real;
use super::{Champions, Measured};

/// Rigs in the plane of the first two components.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RigMap {
    /// The model in force; none: it was trained for this report alone.
    pub(crate) champion: Option<String>,
    /// Why the model in force was not used, if it was not.
    pub(crate) why_not: Option<String>,
    /// Blocks of 64 shares.
    pub(crate) blocks: usize,
    /// The directions of most variance in the model's training.
    pub(crate) components: Vec<ComponentFacts>,
    /// The groups.
    pub(crate) clusters: Vec<Group>,
    /// Rigs at the mean place of their blocks, in the cluster of most of them; those with the most
    /// blocks first.
    pub(crate) rigs: Vec<Placed>,
    /// Rigs with fewer blocks that there was no room for.
    pub(crate) rigs_beyond: usize,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Group {
    /// Blocks of this report that lie nearest to it.
    pub(crate) blocks: usize,
    /// Rigs that have one there.
    pub(crate) rigs: usize,
    /// The behaviour at its centre.
    pub(crate) centre: Vec<(&'static str, f64)>,
}

/// A rig on the map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Placed {
    /// Its 16 hex digits.
    pub(crate) rig: String,
    /// Its cluster, from 0.
    pub(crate) cluster: usize,
    /// Along the first component.
    pub(crate) x: f64,
    /// Along the second.
    pub(crate) y: f64,
    /// Blocks that the mean is of.
    pub(crate) blocks: usize,
    /// Mean distance from the nearest cluster, 0 to 1.
    pub(crate) distance: f64,
}

#[derive(Debug, Default)]
struct Place {
    sum: [f64; 2],
    distance: f64,
    blocks: usize,
    in_cluster: BTreeMap<usize, usize>,
}

/// Rigs that are drawn.
const DRAWN: usize = 1_000;

pub(super) fn map(
    blocks: &[BehaviourRow],
    champions: &Champions<'_>,
    seed: u64,
) -> Measured<RigMap> {
    if blocks.is_empty() {
        return Err("no rig has sent 64 shares that filters saw, which make a block".to_owned());
    }
    match &champions.behaviour {
        Ok((id, model)) => Ok(placed(blocks, model, Some(id.to_string()), None)),
        Err(why) => {
            let fitted = fit(blocks, &ClusterSettings::default(), seed, None)
                .map_err(|fault| format!("{why}; and none can be trained here: {fault}"))?;
            Ok(placed(blocks, &fitted.model, None, Some(why.clone())))
        }
    }
}

fn placed(
    blocks: &[BehaviourRow],
    model: &ClusterModel,
    champion: Option<String>,
    why_not: Option<String>,
) -> RigMap {
    let mut rigs: BTreeMap<RigKey, Place> = BTreeMap::new();
    let mut groups: Vec<(usize, BTreeSet<RigKey>)> = vec![<_>::default(); model.clusters().len()];
    for row in blocks {
        let behaviour = row.behaviour();
        let (cluster, [x, y]) = model.map(&behaviour);
        let place = rigs.entry(row.rig).or_default();
        place.sum[0] += x;
        place.sum[1] += y;
        place.distance += model.distance(&behaviour);
        place.blocks += 1;
        *place.in_cluster.entry(cluster).or_default() += 1;
        if let Some((count, rigs)) = groups.get_mut(cluster) {
            *count += 1;
            rigs.insert(row.rig);
        }
    }
    let clusters = groups.iter().enumerate().map(|(cluster, (blocks, rigs))| {
        let centre = model.centre(cluster).map(|centre| centre.values());
        let names = zartrux_models::filter::Behaviour::FEATURES
            .iter()
            .map(|feature| feature.name);
        Group {
            blocks: *blocks,
            rigs: rigs.len(),
            centre: centre.map_or_else(Vec::new, |centre| names.zip(centre).collect()),
        }
    });
    let clusters = clusters.collect();
    let mut drawn: Vec<(RigKey, Place)> = rigs.into_iter().collect();
    drawn.sort_by_key(|(key, place)| (std::cmp::Reverse(place.blocks), *key));
    let rigs_beyond = drawn.len().saturating_sub(DRAWN);
    drawn.truncate(DRAWN);
    let rigs = drawn.iter().map(|(key, place)| {
        let count = real(place.blocks as u64);
        let mut most = (0, 0);
        for (cluster, blocks) in &place.in_cluster {
            if *blocks > most.1 {
                most = (*cluster, *blocks);
            }
        }
        Placed {
            rig: format!("{key}"),
            cluster: most.0,
            x: place.sum[0] / count,
            y: place.sum[1] / count,
            blocks: place.blocks,
            distance: place.distance / count,
        }
    });
    RigMap {
        champion,
        why_not,
        blocks: blocks.len(),
        components: model.components(),
        clusters,
        rigs: rigs.collect(),
        rigs_beyond,
    }
}
