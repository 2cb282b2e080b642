//! Curves with as many points as a plot can show.

use serde::Serialize;

/// Most points of a curve.
pub const CURVE_POINTS: usize = 200;

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
}

/// Keeps the first, the last and evenly spread points between them.
pub(super) fn thinned(points: &[CurvePoint]) -> Vec<CurvePoint> {
    if points.len() <= CURVE_POINTS {
        return points.to_vec();
    }
    (0..CURVE_POINTS)
        .filter_map(|place| {
            points
                .get(place * (points.len() - 1) / (CURVE_POINTS - 1))
                .copied()
        })
        .collect()
}
