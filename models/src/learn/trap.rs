//! The trap: a classifier of accepted nonces against nonces drawn at random.

use linfa::Dataset;
use linfa::traits::{Fit, Predict};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use rand::Rng;

use crate::work::Slot;

fn features(counters: &[u32]) -> Array2<f64> {
    Array2::from_shape_fn((counters.len(), 25), |(row, column)| {
        if column == 24 {
            f64::from(counters[row]) / f64::from(Slot::NONCES)
        } else {
            f64::from(counters[row] >> column & 1)
        }
    })
}

/// How well it tells later ones apart: the part of pairs that it puts in the right order.
pub(super) fn auc_against_random_nonces(accepted: &[u32], rng: &mut impl Rng) -> f64 {
    let mut rows: Vec<(u32, bool)> = Vec::new();
    for counter in accepted {
        rows.push((*counter, true));
        rows.push((rng.gen_range(0..Slot::NONCES), false));
    }
    let (first, later) = rows.split_at(rows.len() / 2);
    let counters = |rows: &[(u32, bool)]| rows.iter().map(|row| row.0).collect::<Vec<u32>>();
    let labels: Array1<bool> = first.iter().map(|row| row.1).collect();
    let data = Dataset::new(features(&counters(first)), labels);
    let model = LogisticRegression::default()
        .gradient_tolerance(1e-6 * first.len() as f64)
        .fit(&data)
        .unwrap();
    // Its positive label is the one that came more often.
    let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
    assert_eq!(model.predict(data.records()).len(), first.len());
    let scores = model.predict_probabilities(&features(&counters(later)));
    let mut scored: Vec<(f64, bool)> = scores
        .iter()
        .map(|p| sign * p)
        .zip(later.iter().map(|row| row.1))
        .collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut right) = (0u64, 0u64);
    for (_, is_accepted) in &scored {
        if *is_accepted {
            right += below;
        } else {
            below += 1;
        }
    }
    right as f64 / (below * (scored.len() as u64 - below)) as f64
}
