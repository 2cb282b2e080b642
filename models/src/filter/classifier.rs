//! Filter 6: shares that look like those that are refused.
//!
//! Null hypothesis: given the past, the trained model's probability that an honest rig's share is
//! refused has a mean of at most the model's ceiling. Without a model there is no opinion.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::mean_bet::ModelBets;
use super::{
    Cause, Evidence, Filter, ModelId, Observation, OutcomeFeatures, OutcomeModel, OutcomePast,
    RIG_STATE_LIMIT, Stage,
};
use crate::work::Difficulty;

/// The core; by default without a model.
#[derive(Debug, Clone, Default)]
pub struct Classifier {
    model: Option<Arc<dyn OutcomeModel>>,
}

/// What it remembers of a rig.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ClassifierRig {
    past: OutcomePast,
    bets: ModelBets,
}

impl ClassifierRig {
    /// The features of a share of this rig at this difficulty, as far as they are known before it
    /// comes.
    #[must_use]
    pub fn next_at(&self, asked: Difficulty) -> OutcomeFeatures {
        self.past.usual(asked)
    }
}

const _: () = assert!(size_of::<ClassifierRig>() <= RIG_STATE_LIMIT);

impl Classifier {
    /// Goes by a model from the start.
    #[must_use]
    pub fn with_model(model: Arc<dyn OutcomeModel>) -> Self {
        Self { model: Some(model) }
    }

    /// Goes by another model, or by none, from the next share on. With another id, each rig's
    /// capital starts at 1 again, so that the error bound holds per model; with the same id, and
    /// after a time without a model, it goes on.
    pub fn set_model(&mut self, model: Option<Arc<dyn OutcomeModel>>) {
        self.model = model;
    }
}

impl Filter for Classifier {
    const STAGE: Stage = Stage::Classifier;
    type Rig = ClassifierRig;

    fn look(&mut self, rig: &mut ClassifierRig, seen: &Observation) -> Evidence {
        // The past is complete before the model is asked: a model that panics costs one bet only.
        let features = rig.past.next(seen);
        let Some(model) = &self.model else {
            return Evidence::NoOpinion;
        };
        rig.bets.go_by(model.id());
        let ceiling = model.ceiling();
        rig.bets
            .bet(ceiling, model.rejection_probability(&features));
        rig.bets.evidence(Cause::LikelyRefused)
    }

    fn model(&self) -> Option<ModelId> {
        self.model.as_ref().map(|model| model.id())
    }

    /// The next share follows none: an interval over the restart is not the rig's, and no scan
    /// goes on. Bets are made share by share, so none is under way.
    fn resumed(&self, rig: &mut ClassifierRig) {
        rig.past.resume();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::super::toy::{
        ToyModel, ToyRig, honest_ever_suspected, median_shares_to_suspicion, shares_until,
    };
    use super::super::{ModelId, OutcomeFeatures};
    use super::*;

    /// A logistic regression as training might find it, on features that honest rigs have by
    /// chance alone.
    fn of_lateness(features: &OutcomeFeatures) -> f64 {
        let z = 5.0 * features.late() + 0.5 * features.ln_interval().max(-1.0) - 4.6;
        1.0 / (1.0 + (-z).exp())
    }

    fn model(id: u64, ceiling: f64, answer: fn(&OutcomeFeatures) -> f64) -> Arc<dyn OutcomeModel> {
        Arc::new(ToyModel {
            id: ModelId(id),
            ceiling,
            answer,
        })
    }

    fn evidence_after(filter: &mut Classifier, rig: &mut ClassifierRig, shares: u32) -> Evidence {
        let mut toy = ToyRig::honest(5);
        let mut last = Evidence::Unavailable;
        for _ in 0..shares {
            last = filter.look(rig, &toy.next());
        }
        last
    }

    #[test]
    fn without_a_model_there_is_no_opinion() {
        let mut rig = ClassifierRig::default();
        let last = evidence_after(&mut Classifier::default(), &mut rig, 500);
        assert_eq!(last, Evidence::NoOpinion);
    }

    #[test]
    fn honest_rigs_right_at_the_ceiling_are_suspected_no_more_often_than_promised() {
        // One share in a hundred is late, and heights are uniform: both means are exact. Ville's
        // bound is 1 in 1,000, so 2 of 2,000.
        for (ceiling, answer) in [
            (
                0.01 * 0.9 + 0.99 * 0.002,
                (|features| if features.late() > 0.5 { 0.9 } else { 0.002 })
                    as fn(&OutcomeFeatures) -> f64,
            ),
            (1.0 / 3.0, |features| features.height().powi(2)),
        ] {
            let mut filter = Classifier::with_model(model(1, ceiling, answer));
            let suspected = honest_ever_suspected(&mut filter);
            println!("classifier, ceiling {ceiling:.4}: {suspected} of 2000");
            assert!(suspected <= 2, "{suspected} at {ceiling}");
        }
    }

    /// The condition of the bound: the ceiling must hold for each honest rig, not for their mean.
    #[test]
    fn an_honest_rig_whose_mean_is_twice_the_ceiling_is_suspected_all_the_same() {
        let mut filter = Classifier::with_model(model(1, 0.011, |features| {
            if features.late() > 0.5 { 0.9 } else { 0.002 }
        }));
        let suspected = (0..200)
            .filter(|seed| {
                let mut rig = ToyRig::odd(*seed, 0.02, 1);
                shares_until(&mut filter, &mut rig, 1e6f64.ln(), 5_000).is_some()
            })
            .count();
        println!("classifier, twice the ceiling: {suspected} of 200");
        assert!(suspected > 100, "{suspected}");
    }

    #[test]
    fn a_rig_whose_shares_look_refused_is_found() {
        let mut filter = Classifier::with_model(model(1, 0.025, of_lateness));
        let honest = honest_ever_suspected(&mut filter);
        println!("classifier, lateness: {honest} of 2000");
        assert!(honest <= 2, "{honest}");
        for (late, at_most) in [(0.1, 600), (0.3, 80), (1.0, 12)] {
            let median = median_shares_to_suspicion(&mut filter, |seed| ToyRig::odd(seed, late, 1));
            println!("classifier, late {late}: median {median} shares");
            assert!(median <= at_most, "{late}: {median}");
        }
    }

    #[test]
    fn a_rig_that_goes_bad_after_a_long_time_is_still_found() {
        let mut filter = Classifier::with_model(model(1, 0.025, of_lateness));
        let mut state = ClassifierRig::default();
        let mut toy = ToyRig::honest(9);
        for _ in 0..5_000 {
            filter.look(&mut state, &toy.next());
        }
        toy.late = 0.3;
        let found = (1..).find(|_| {
            let evidence = filter.look(&mut state, &toy.next());
            evidence.log_e().is_some_and(|log_e| log_e > 1e6f64.ln())
        });
        println!("classifier, late 0.3 after 5,000 honest shares: {found:?} shares");
        assert!(found.unwrap() < 150, "{found:?}");
    }

    #[test]
    fn an_answer_or_a_ceiling_that_is_none_is_not_bet_on() {
        for (ceiling, answer) in [
            (0.1, (|_| f64::NAN) as fn(&OutcomeFeatures) -> f64),
            (0.1, |_| f64::INFINITY),
            (0.1, |_| -1.0),
            (f64::NAN, |_| 1.0),
            (0.0, |_| 1.0),
            (1.0, |_| 1.0),
        ] {
            let mut filter = Classifier::with_model(model(1, ceiling, answer));
            let last = evidence_after(&mut filter, &mut ClassifierRig::default(), 200);
            assert_eq!(last, Evidence::NoOpinion, "{ceiling}");
        }
    }

    #[test]
    fn an_answer_that_is_none_now_and_then_leaves_what_was_won() {
        let answer = |features: &OutcomeFeatures| {
            if features.height() < 0.5 {
                f64::NAN
            } else {
                0.9
            }
        };
        let mut filter = Classifier::with_model(model(1, 0.1, answer));
        let last = evidence_after(&mut filter, &mut ClassifierRig::default(), 200);
        assert!(last.log_e().unwrap() > 13.8, "{last:?}");
    }

    /// It only means that they must prove: the ceiling was measured wrong, or rigs have changed.
    #[test]
    fn a_model_that_always_says_one_makes_every_rig_suspect() {
        let mut filter = Classifier::with_model(model(1, 0.05, |_| 1.0));
        for seed in 0..20 {
            let found = shares_until(&mut filter, &mut ToyRig::honest(seed), 1e6f64.ln(), 20);
            assert!(found.is_some(), "{seed}");
        }
    }

    #[test]
    fn another_model_starts_anew_and_the_same_one_goes_on() {
        let mut filter = Classifier::with_model(model(1, 0.05, |_| 1.0));
        let mut rig = ClassifierRig::default();
        let won = evidence_after(&mut filter, &mut rig, 30).log_e().unwrap();
        assert!(won > 13.8);
        filter.set_model(None);
        assert_eq!(
            evidence_after(&mut filter, &mut rig, 1),
            Evidence::NoOpinion
        );
        filter.set_model(Some(model(1, 0.05, |_| 1.0)));
        assert!(evidence_after(&mut filter, &mut rig, 1).log_e().unwrap() > won);
        filter.set_model(Some(model(2, 0.05, |_| 0.0)));
        assert!(evidence_after(&mut filter, &mut rig, 1).log_e().unwrap() < 0.0);
        filter.set_model(Some(model(1, 0.05, |_| 0.0)));
        assert!(evidence_after(&mut filter, &mut rig, 1).log_e().unwrap() < 0.0);
    }

    #[test]
    fn a_model_that_panics_costs_its_bet_and_nothing_else() {
        let answer = |features: &OutcomeFeatures| {
            assert!(features.height() >= 0.5, "as told");
            0.9
        };
        let mut filter = Classifier::with_model(model(1, 0.1, answer));
        let mut rig = ClassifierRig::default();
        let mut toy = ToyRig::honest(5);
        let mut past = OutcomePast::default();
        for _ in 0..100 {
            let seen = toy.next();
            past.next(&seen);
            let _ = catch_unwind(AssertUnwindSafe(|| filter.look(&mut rig, &seen)));
        }
        assert_eq!(rig.past, past);
        assert!(rig.bets.evidence(Cause::LikelyRefused).log_e().unwrap() > 13.8);
    }
}
