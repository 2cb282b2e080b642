//! How well shares are put in order: those that are refused first.

use super::curve::thinned;
use super::{CurvePoint, Scored, count};

/// Shares in the order of their probabilities, the greatest first; those with the same one are
/// taken together, for nothing tells which of them would be first.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Refused and accepted shares down to each probability.
    steps: Vec<Step>,
    refused: f64,
    accepted: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    refused: f64,
    accepted: f64,
}

impl Ranking {
    /// Puts shares in order; `None` unless some are refused and some are not.
    #[must_use]
    pub fn new(scored: &[Scored]) -> Option<Self> {
        let mut order: Vec<(f64, bool)> = scored
            .iter()
            .map(|share| (share.probability, share.refused))
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut steps: Vec<Step> = Vec::new();
        let (mut refused, mut accepted) = (0usize, 0usize);
        for alike in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            let here = alike.iter().filter(|share| share.1).count();
            refused += here;
            accepted += alike.len() - here;
            steps.push(Step {
                refused: count(refused),
                accepted: count(accepted),
            });
        }
        (refused > 0 && accepted > 0).then(|| Self {
            steps,
            refused: count(refused),
            accepted: count(accepted),
        })
    }

    /// Probability that of a refused and an accepted share the refused one has the greater
    /// probability; half where they have the same.
    #[must_use]
    pub fn auc(&self) -> f64 {
        let mut area = 0.0;
        let mut before = Step {
            refused: 0.0,
            accepted: 0.0,
        };
        for step in &self.steps {
            area += (step.accepted - before.accepted) * f64::midpoint(step.refused, before.refused);
            before = *step;
        }
        area / (self.refused * self.accepted)
    }

    /// Mean of the precision at each refused share.
    #[must_use]
    pub fn average_precision(&self) -> f64 {
        let mut sum = 0.0;
        let mut before = 0.0;
        for step in &self.steps {
            sum += (step.refused - before) * step.refused / (step.refused + step.accepted);
            before = step.refused;
        }
        sum / self.refused
    }

    /// Receiver operating characteristic: part of the refused shares found, over part of the
    /// accepted ones that are taken with them.
    #[must_use]
    pub fn roc(&self) -> Vec<CurvePoint> {
        self.curve(Some(CurvePoint { x: 0.0, y: 0.0 }), |step| CurvePoint {
            x: step.accepted / self.accepted,
            y: step.refused / self.refused,
        })
    }

    /// Precision, part of the taken shares that were refused, over recall, part of the refused
    /// shares that are taken.
    #[must_use]
    pub fn precision_recall(&self) -> Vec<CurvePoint> {
        self.curve(None, |step| CurvePoint {
            x: step.refused / self.refused,
            y: step.refused / (step.refused + step.accepted),
        })
    }

    /// Cumulative gain: part of the refused shares found, over part of all shares that are taken.
    #[must_use]
    pub fn gain(&self) -> Vec<CurvePoint> {
        let all = self.refused + self.accepted;
        self.curve(Some(CurvePoint { x: 0.0, y: 0.0 }), |step| CurvePoint {
            x: (step.refused + step.accepted) / all,
            y: step.refused / self.refused,
        })
    }

    fn curve(
        &self,
        first: Option<CurvePoint>,
        point: impl Fn(&Step) -> CurvePoint,
    ) -> Vec<CurvePoint> {
        let points: Vec<CurvePoint> = first
            .into_iter()
            .chain(self.steps.iter().map(point))
            .collect();
        thinned(&points)
    }
}
