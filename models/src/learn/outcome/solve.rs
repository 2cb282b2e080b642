//! Weights from shares: a first line by linfa, the best one by Newton's method.

use linfa::DatasetBase;
use linfa::traits::Fit as _;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};

use super::{LEN, Row, count};

/// Log-odds as a linear function of scaled features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub weights: Row,
    pub intercept: f64,
}

impl Line {
    fn negated(&self) -> Self {
        Self {
            weights: self.weights.map(|weight| -weight),
            intercept: -self.intercept,
        }
    }
}

/// Rows of scaled features, and which of them are in the class.
#[derive(Debug)]
pub(super) struct Examples {
    pub features: Vec<f64>,
    pub inside: Vec<bool>,
}

impl Examples {
    pub(super) fn with_room_for(rows: usize) -> Self {
        Self {
            features: Vec::with_capacity(rows * LEN),
            inside: Vec::with_capacity(rows),
        }
    }

    pub(super) fn push(&mut self, scaled: &Row, inside: bool) {
        self.features.extend_from_slice(scaled);
        self.inside.push(inside);
    }

    /// One of so many.
    pub(super) fn every(&self, nth: usize) -> Self {
        let rows = self.features.chunks_exact(LEN).zip(&self.inside);
        let mut some = Self::with_room_for(self.inside.len() / nth.max(1) + 1);
        for (features, inside) in rows.step_by(nth.max(1)) {
            some.features.extend_from_slice(features);
            some.inside.push(*inside);
        }
        some
    }
}

/// How the solver goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    pub penalty: f64,
    /// Nats a share below which no further step is taken.
    pub gain: f64,
    pub steps: u64,
}

/// The gradient is a sum over rows: a line where it is this small for each is near the best one.
const GRADIENT_PER_ROW: f64 = 1e-4;

/// A line that is near the best one; what the solver says where there is none.
pub(super) fn near(examples: Examples, penalty: f64, steps: u64) -> Result<Line, String> {
    let rows = examples.inside.len();
    let features = Array2::from_shape_vec((rows, LEN), examples.features)
        .map_err(|fault| fault.to_string())?;
    let data = DatasetBase::new(features, Array1::from_vec(examples.inside));
    let solver = LogisticRegression::default()
        .alpha(penalty)
        .max_iterations(steps)
        .gradient_tolerance(GRADIENT_PER_ROW * count(rows.max(1)))
        .with_intercept(true);
    let found = solver.fit(&data).map_err(|fault| fault.to_string())?;
    let mut line = Line {
        weights: [0.0; LEN],
        intercept: found.intercept(),
    };
    for (weight, found) in line.weights.iter_mut().zip(found.params()) {
        *weight = *found;
    }
    if !(line.intercept.is_finite() && line.weights.iter().all(|weight| weight.is_finite())) {
        return Err("its weights are no numbers".to_owned());
    }
    // The solver calls the more frequent class the positive one.
    Ok(if found.labels().pos.class {
        line
    } else {
        line.negated()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first feature is 1 in those inside, mostly; `inside` of every ten rows are.
    fn examples(inside: usize) -> Examples {
        let mut examples = Examples::with_room_for(1_000);
        for row in 0..1_000 {
            let is_inside = row % 10 < inside;
            let mut scaled = [0.0; LEN];
            scaled[0] = if is_inside == (row % 70 != 0) {
                1.0
            } else {
                -1.0
            };
            examples.push(&scaled, is_inside);
        }
        examples
    }

    #[test]
    fn the_sign_is_that_of_the_class_whether_it_is_rare_frequent_or_half() {
        for inside in [1, 5, 9] {
            let line = near(examples(inside), 1.0, 200).unwrap();
            assert!(line.weights[0] > 1.0, "{inside}: {line:?}");
        }
    }

    #[test]
    fn one_class_alone_is_said_to_be_no_problem_that_can_be_solved() {
        assert!(near(examples(10), 1.0, 200).is_err());
        assert!(near(examples(0), 1.0, 200).is_err());
        assert!(near(Examples::with_room_for(0), 1.0, 200).is_err());
    }
}
