//! Weights from shares, by linfa.

use linfa::DatasetBase;
use linfa::traits::Fit as _;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};

use super::{LEN, Row, count};

/// The gradient is a sum over rows: where it is this small for each, nothing is gained any more.
const GRADIENT_PER_ROW: f64 = 1e-6;

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
}

/// How the solver goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    pub penalty: f64,
    pub steps: u64,
}

/// The line that separates best; what the solver says where there is none.
pub(super) fn solve(
    examples: Examples,
    effort: Effort,
    start: Option<&Line>,
) -> Result<Line, String> {
    let rows = examples.inside.len();
    let inside = examples.inside.iter().filter(|inside| **inside).count();
    // The solver calls the more frequent class the positive one, and of two equally frequent ones
    // the one that comes first.
    let first_is_inside = examples.inside.first().copied().unwrap_or(false);
    let inside_is_positive = match (inside * 2).cmp(&rows) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => first_is_inside,
        std::cmp::Ordering::Greater => true,
    };
    let features = Array2::from_shape_vec((rows, LEN), examples.features)
        .map_err(|fault| fault.to_string())?;
    let data = DatasetBase::new(features, Array1::from_vec(examples.inside));
    let mut solver = LogisticRegression::default()
        .alpha(effort.penalty)
        .max_iterations(effort.steps)
        .gradient_tolerance(GRADIENT_PER_ROW * count(rows.max(1)))
        .with_intercept(true);
    if let Some(start) = start {
        let start = if inside_is_positive {
            *start
        } else {
            start.negated()
        };
        let numbers = start.weights.iter().copied().chain([start.intercept]);
        solver = solver.initial_params(numbers.collect());
    }
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
    // What the solver itself says goes before what is foretold above.
    Ok(if found.labels().pos.class {
        line
    } else {
        line.negated()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFORT: Effort = Effort {
        penalty: 1.0,
        steps: 200,
    };

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
            let line = solve(examples(inside), EFFORT, None).unwrap();
            assert!(line.weights[0] > 1.0, "{inside}: {line:?}");
            let warm = solve(examples(inside), EFFORT, Some(&line)).unwrap();
            assert!((warm.weights[0] - line.weights[0]).abs() < 0.01);
            assert!((warm.intercept - line.intercept).abs() < 0.01);
        }
    }

    #[test]
    fn one_class_alone_is_said_to_be_no_problem_that_can_be_solved() {
        assert!(solve(examples(10), EFFORT, None).is_err());
        assert!(solve(examples(0), EFFORT, None).is_err());
        assert!(solve(Examples::with_room_for(0), EFFORT, None).is_err());
    }
}
