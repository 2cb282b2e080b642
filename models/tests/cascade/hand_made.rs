//! Models made by hand, whose ceilings follow from the law of honest shares: results lie anywhere
//! below the target with the same probability.

use zartrux_models::filter::{Behaviour, BehaviourModel, ModelId, OutcomeFeatures, OutcomeModel};

/// Takes shares just below the target for those that are refused: height², of mean 1/3.
#[derive(Debug)]
pub(crate) struct JustBelowTheTarget;

impl OutcomeModel for JustBelowTheTarget {
    fn id(&self) -> ModelId {
        ModelId(1)
    }

    fn rejection_probability(&self, features: &OutcomeFeatures) -> f64 {
        features.height().powi(2)
    }

    fn ceiling(&self) -> f64 {
        1.0 / 3.0
    }
}

/// Takes rigs for odd of which the 64 shares of a block lie far from the middle on average. The
/// mean of 64 uniform heights deviates by √(1/768) = 0.0361, on average by √(2/π) of that.
#[derive(Debug)]
pub(crate) struct FarFromTheMiddle;

impl BehaviourModel for FarFromTheMiddle {
    fn id(&self) -> ModelId {
        ModelId(2)
    }

    fn distance(&self, behaviour: &Behaviour) -> f64 {
        (4.0 * (behaviour.mean_height() - 0.5).abs()).min(1.0)
    }

    fn ceiling(&self) -> f64 {
        4.0 * 0.0289
    }
}
