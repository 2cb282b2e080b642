//! Directions in which behaviour varies most.

use linfa::DatasetBase;
use linfa::traits::Fit as _;
use linfa_reduction::{Pca, ReductionError};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{COMPONENTS_MAX, Point, Values, real};
use crate::filter::Behaviour;

/// Part of the variance that the components must hold together.
const VARIANCE_KEPT: f64 = 0.95;

/// A scaled number that varies by less is constant.
const CONSTANT: f64 = 1e-9;

/// A direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Component {
    /// Of length 1, in the order of the features.
    pub direction: Values,
    /// Part of all variance.
    pub explained: f64,
}

/// Directions, the one of most variance first, and where they start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Components {
    mean: Values,
    kept: Vec<Component>,
}

impl Components {
    /// Of scaled numbers, at least two; none where nothing varies.
    pub(super) fn of(scaled: &[Values]) -> Result<Self, ReductionError> {
        let count = real(scaled.len()).max(1.0);
        let mut mean = [0.0; Behaviour::LEN];
        let mut variance = [0.0; Behaviour::LEN];
        for place in 0..Behaviour::LEN {
            mean[place] = scaled.iter().map(|values| values[place]).sum::<f64>() / count;
            let squares = scaled
                .iter()
                .map(|values| (values[place] - mean[place]).powi(2));
            variance[place] = squares.sum::<f64>() / count;
        }
        let varying: Vec<usize> = (0..Behaviour::LEN)
            .filter(|place| variance[*place] > CONSTANT)
            .collect();
        if varying.is_empty() {
            return Ok(Self {
                mean,
                kept: Vec::new(),
            });
        }
        // Divided so that singular values are standard deviations: the tolerance of the
        // decomposition is absolute, and would depend on the number of rows. All directions are
        // asked for, since it is exact then.
        let centred = Array2::from_shape_fn((scaled.len(), varying.len()), |(row, column)| {
            let place = varying[column];
            (scaled[row][place] - mean[place]) / count.sqrt()
        });
        let pca = Pca::params(varying.len()).fit(&DatasetBase::from(centred))?;
        let total: f64 = variance.iter().sum();
        let mut kept = Vec::new();
        let mut held = 0.0;
        for (row, sigma) in pca.components().outer_iter().zip(pca.singular_values()) {
            if held >= VARIANCE_KEPT || kept.len() == COMPONENTS_MAX {
                break;
            }
            let mut direction = [0.0; Behaviour::LEN];
            for (place, value) in varying.iter().zip(row) {
                direction[*place] = *value;
            }
            let explained = sigma * sigma / total;
            held += explained;
            kept.push(Component {
                direction: pointing_up(direction),
                explained: explained.min(1.0),
            });
        }
        Ok(Self { mean, kept })
    }

    pub(super) fn kept(&self) -> &[Component] {
        &self.kept
    }

    /// Where scaled numbers lie, and the square of what no component tells of them.
    pub(super) fn project(&self, scaled: &Values) -> (Point, f64) {
        let centred: Values = std::array::from_fn(|place| scaled[place] - self.mean[place]);
        let mut point = [0.0; COMPONENTS_MAX];
        let mut rest: f64 = centred.iter().map(|value| value * value).sum();
        for (place, component) in point.iter_mut().zip(&self.kept) {
            *place = dot(&centred, &component.direction);
            rest -= *place * *place;
        }
        (point, rest.max(0.0))
    }

    /// The scaled numbers at a point.
    pub(super) fn back(&self, point: &Point) -> Values {
        let mut scaled = self.mean;
        for (along, component) in point.iter().zip(&self.kept) {
            for (value, direction) in scaled.iter_mut().zip(component.direction) {
                *value += along * direction;
            }
        }
        scaled
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.kept.len() > COMPONENTS_MAX {
            return Err(format!("it has {} components", self.kept.len()));
        }
        if !self.mean.iter().all(|mean| mean.abs() <= 8.0) {
            return Err("its mean lies beyond everything".to_owned());
        }
        for (place, component) in self.kept.iter().enumerate() {
            let length = dot(&component.direction, &component.direction);
            let part = (0.0..=1.0).contains(&component.explained);
            let unit = (length - 1.0).abs() < 1e-6;
            if !(part && unit) {
                return Err(format!("its component {place} is no direction"));
            }
            for other in &self.kept[..place] {
                let along = dot(&component.direction, &other.direction);
                if along.abs() > 1e-6 {
                    return Err(format!("its component {place} is not square to the others"));
                }
            }
        }
        Ok(())
    }
}

fn dot(a: &Values, b: &Values) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Of the two opposite directions the one whose greatest number is positive.
fn pointing_up(direction: Values) -> Values {
    let greatest = direction.into_iter().fold(0.0f64, |most, value| {
        if value.abs() > most.abs() {
            value
        } else {
            most
        }
    });
    if greatest < 0.0 {
        direction.map(|value| -value)
    } else {
        direction
    }
}
