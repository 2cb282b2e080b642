//! Whether clusters are there, or only made.

use std::collections::BTreeMap;

use super::{Point, real, square_between};

/// Most points that a silhouette is computed of: it takes all pairs.
const SILHOUETTE_POINTS: usize = 1_000;

/// How far two groupings of the same things agree: 1 in everything, 0 as much as chance makes them
/// (Hubert and Arabie, "Comparing partitions", Journal of Classification 2, 1985).
#[must_use]
pub fn adjusted_rand(one: &[usize], other: &[usize]) -> f64 {
    let mut cells: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
    let mut columns: BTreeMap<usize, usize> = BTreeMap::new();
    let mut things = 0;
    for (a, b) in one.iter().zip(other) {
        *cells.entry((*a, *b)).or_default() += 1;
        *rows.entry(*a).or_default() += 1;
        *columns.entry(*b).or_default() += 1;
        things += 1;
    }
    let pairs = |count: &usize| real(*count) * (real(*count) - 1.0) / 2.0;
    let together: f64 = cells.values().map(pairs).sum();
    let (in_rows, in_columns): (f64, f64) = (
        rows.values().map(pairs).sum(),
        columns.values().map(pairs).sum(),
    );
    let by_chance = in_rows * in_columns / pairs(&things).max(1.0);
    let most = f64::midpoint(in_rows, in_columns);
    if most - by_chance < 1e-12 {
        // Everything in one group, or everything alone, both times.
        return 1.0;
    }
    (together - by_chance) / (most - by_chance)
}

/// The mean of (b − a) / max(a, b) over points: a is the mean distance to those of the same
/// cluster, b to those of the nearest other one (Rousseeuw, Journal of Computational and Applied
/// Mathematics 20, 1987). None with a single cluster.
pub(super) fn silhouette(points: &[Point], members: &[usize], clusters: usize) -> Option<f64> {
    let step = points.len().div_ceil(SILHOUETTE_POINTS).max(1);
    let some: Vec<(&Point, usize)> = points
        .iter()
        .zip(members.iter().copied())
        .step_by(step)
        .collect();
    let (mut sum, mut count) = (0.0, 0usize);
    for (place, (point, own)) in some.iter().enumerate() {
        let mut far = vec![(0.0, 0usize); clusters];
        for (other_place, (other, theirs)) in some.iter().enumerate() {
            if other_place != place
                && let Some((distance, among)) = far.get_mut(*theirs)
            {
                *distance += square_between(point, other).sqrt();
                *among += 1;
            }
        }
        let mean = |cluster: usize| {
            let (distance, among) = far.get(cluster)?;
            (*among > 0).then(|| distance / real(*among))
        };
        let nearest = (0..clusters)
            .filter(|cluster| cluster != own)
            .filter_map(mean)
            .min_by(f64::total_cmp);
        if let (Some(own), Some(nearest)) = (mean(*own), nearest) {
            sum += (nearest - own) / nearest.max(own).max(1e-12);
            count += 1;
        }
    }
    (count > 0).then(|| sum / real(count))
}
