//! Groups of points: how many there are, and where.
//!
//! For each number of clusters from 1 to 8: k-means, and what a mixture of normal distributions
//! with those centres and each cluster's own variances makes of the points, by its Bayesian
//! information criterion (Schwarz, Annals of Statistics 6, 1978). The criterion alone always wants
//! more clusters where points are not normal. So a number counts only if two halves of the rigs,
//! clustered on their own, agree on who belongs together.

use linfa::DatasetBase;
use linfa::traits::Fit as _;
use linfa_clustering::{KMeans, KMeansInit};
use ndarray::Array2;
use rand::SeedableRng as _;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::model::ClusterShape;
use super::{CLUSTERS_MAX, COMPONENTS_MAX, Point, adjusted_rand, real, square_between};

/// Two halves agree if their adjusted Rand index is at least this.
const AGREED: f64 = 0.8;

/// Points that each cluster has at least, on average.
const POINTS_EACH: usize = 10;

/// Blocks of the pooled variance that each cluster's own is mixed with.
const POOLED: f64 = 20.0;

/// Part of the pooled variance that a cluster's is at least.
const VARIANCE_FLOOR: f64 = 0.05;

/// A variance that is no less than this is safe to divide by.
const LEAST_VARIANCE: f64 = 1e-6;

const RUNS: usize = 4;
const ITERATIONS: u64 = 100;

/// Clusters, the greatest first, and who belongs to which.
#[derive(Debug, Clone)]
pub(super) struct Clusters {
    pub shapes: Vec<ClusterShape>,
    pub members: Vec<usize>,
    /// Adjusted Rand index of two halves of the rigs.
    pub agreement: f64,
}

/// Points with the half of the rigs that each belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Halved<'a> {
    pub points: &'a [Point],
    pub halves: &'a [bool],
    /// Numbers of a point that mean something.
    pub dimensions: usize,
}

impl Halved<'_> {
    fn half(&self, which: bool) -> Vec<Point> {
        let all = self.points.iter().zip(self.halves);
        all.filter(|(_, half)| **half == which)
            .map(|(point, _)| *point)
            .collect()
    }
}

/// The best number of clusters, and the clusters. `start` is where an older model had them.
pub(super) fn clusters(of: Halved<'_>, seed: u64, start: &[Point]) -> Clusters {
    let (one, other) = (of.half(false), of.half(true));
    let mut best: Option<(f64, Clusters)> = None;
    for count in 1..=CLUSTERS_MAX {
        if count > 1 && (of.dimensions == 0 || of.points.len() < count * POINTS_EACH) {
            break;
        }
        let agreement = if count == 1 {
            1.0
        } else {
            let halves = [&one, &other].map(|half| centres(half, of.dimensions, count, seed, &[]));
            let [Some(one), Some(other)] = halves else {
                continue;
            };
            adjusted_rand(&nearest(of.points, &one), &nearest(of.points, &other))
        };
        if agreement < AGREED {
            continue;
        }
        let Some(centres) = centres(of.points, of.dimensions, count, seed, start) else {
            continue;
        };
        let members = nearest(of.points, &centres);
        let shapes = shapes(of, &members, count);
        let criterion = criterion(of, &shapes);
        if best.as_ref().is_none_or(|(least, _)| criterion < *least) {
            let found = Clusters {
                shapes,
                members,
                agreement,
            };
            best = Some((criterion, found));
        }
    }
    best.map_or_else(
        || Clusters {
            shapes: Vec::new(),
            members: vec![0; of.points.len()],
            agreement: 0.0,
        },
        |(_, clusters)| in_order(&clusters),
    )
}

/// K-means; none where it fails. Its sums are over points in order, whatever threads there are:
/// only the search for the nearest centre is shared among them.
fn centres(
    points: &[Point],
    dimensions: usize,
    count: usize,
    seed: u64,
    start: &[Point],
) -> Option<Vec<Point>> {
    if dimensions == 0 || count == 1 {
        return Some(vec![mean(points)]);
    }
    if points.len() < count {
        return None;
    }
    let table = |points: &[Point]| {
        Array2::from_shape_fn((points.len(), dimensions), |(row, column)| {
            points[row][column]
        })
    };
    let data = DatasetBase::from(table(points));
    let fit = |init: KMeansInit<f64>, runs: usize| {
        let rng = Xoshiro256PlusPlus::seed_from_u64(seed ^ count as u64);
        let params = KMeans::params_with_rng(count, rng)
            .init_method(init)
            .n_runs(runs)
            .max_n_iterations(ITERATIONS);
        linfa::ParamGuard::check(params).ok()?.fit(&data).ok()
    };
    let mut found = fit(KMeansInit::KMeansPlusPlus, RUNS)?;
    if start.len() == count
        && let Some(warm) = fit(KMeansInit::Precomputed(table(start)), 1)
        && warm.inertia() <= found.inertia()
    {
        found = warm;
    }
    let centres = found.centroids().outer_iter();
    Some(
        centres
            .map(|centre| {
                let mut point = [0.0; COMPONENTS_MAX];
                for (place, value) in point.iter_mut().zip(centre) {
                    *place = *value;
                }
                point
            })
            .collect(),
    )
}

fn mean(points: &[Point]) -> Point {
    let count = real(points.len()).max(1.0);
    std::array::from_fn(|place| points.iter().map(|point| point[place]).sum::<f64>() / count)
}

/// The nearest centre of each point.
fn nearest(points: &[Point], centres: &[Point]) -> Vec<usize> {
    let of = |point: &Point| {
        let far = centres.iter().map(|centre| square_between(point, centre));
        far.enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(0, |(cluster, _)| cluster)
    };
    points.iter().map(of).collect()
}

/// Means and variances of those who belong to each, without clusters to which nobody does.
fn shapes(of: Halved<'_>, members: &[usize], count: usize) -> Vec<ClusterShape> {
    let mut groups: Vec<Vec<Point>> = vec![Vec::new(); count];
    for (point, cluster) in of.points.iter().zip(members) {
        if let Some(group) = groups.get_mut(*cluster) {
            group.push(*point);
        }
    }
    let total = real(of.points.len()).max(1.0);
    let squares: Vec<(Point, Point)> = groups
        .iter()
        .map(|group| {
            let centre = mean(group);
            let squares = |place: usize| {
                let from = group
                    .iter()
                    .map(|point| (point[place] - centre[place]).powi(2));
                from.sum()
            };
            (centre, std::array::from_fn(squares))
        })
        .collect();
    let pooled: Point = std::array::from_fn(|place| {
        squares
            .iter()
            .map(|(_, squares)| squares[place])
            .sum::<f64>()
            / total
    });
    let shape = |(group, (centre, squares)): (&Vec<Point>, (Point, Point))| {
        let blocks = real(group.len());
        let variance = |place: usize| {
            let mixed = (squares[place] + POOLED * pooled[place]) / (blocks + POOLED);
            let floor = (VARIANCE_FLOOR * pooled[place]).max(LEAST_VARIANCE);
            if place < of.dimensions {
                mixed.max(floor)
            } else {
                1.0
            }
        };
        ClusterShape {
            centre,
            variance: std::array::from_fn(variance),
            blocks: group.len() as u64,
        }
    };
    // An empty one stays for now: members are numbered with it.
    groups.iter().zip(squares).map(shape).collect()
}

/// The information criterion of a mixture of these: less is better.
fn criterion(of: Halved<'_>, shapes: &[ClusterShape]) -> f64 {
    let total = real(of.points.len());
    let weights: Vec<f64> = shapes
        .iter()
        .map(|shape| {
            let log_spread: f64 = shape.variance.iter().map(|variance| variance.ln()).sum();
            (real(usize::try_from(shape.blocks).unwrap_or(usize::MAX)) / total).ln()
                - log_spread / 2.0
        })
        .collect();
    let of_point = |point: &Point| {
        let logs = || {
            let all = shapes.iter().zip(&weights);
            all.map(|(shape, weight)| weight - shape.square(point) / 2.0)
        };
        let most = logs().fold(f64::NEG_INFINITY, f64::max);
        most + logs().map(|log| (log - most).exp()).sum::<f64>().ln()
    };
    let likelihood: f64 = of.points.iter().map(of_point).sum();
    let numbers = real(shapes.len() * (2 * of.dimensions + 1) - 1);
    numbers * total.ln() - 2.0 * likelihood
}

/// The greatest cluster first, so that the same clusters have the same numbers; empty ones go.
fn in_order(clusters: &Clusters) -> Clusters {
    let mut order: Vec<usize> = (0..clusters.shapes.len())
        .filter(|place| clusters.shapes[*place].blocks > 0)
        .collect();
    order.sort_by(|a, b| {
        let (a, b) = (&clusters.shapes[*a], &clusters.shapes[*b]);
        let by_centre = || a.centre[0].total_cmp(&b.centre[0]);
        b.blocks.cmp(&a.blocks).then_with(by_centre)
    });
    let place_of = |old: usize| order.iter().position(|place| *place == old).unwrap_or(0);
    Clusters {
        members: clusters.members.iter().map(|old| place_of(*old)).collect(),
        shapes: order
            .iter()
            .map(|place| clusters.shapes[*place].clone())
            .collect(),
        agreement: clusters.agreement,
    }
}
