//! Models that say anything, or panic.

use std::sync::Arc;

use proptest::prelude::*;
use zartrux_models::filter::{Behaviour, BehaviourModel, ModelId, OutcomeFeatures, OutcomeModel};

use crate::script::{Round, Tally, builds_fail, number};

/// What a model says, question by question; `None` panics.
type Answers = Vec<Option<f64>>;

/// What is wrong with a model.
#[derive(Debug, Clone)]
pub(crate) struct ModelScript {
    answers: Answers,
    ceilings: Answers,
    id: u64,
    pub(crate) builds_fail: Vec<bool>,
}

fn answers(sound: std::ops::Range<f64>) -> impl Strategy<Value = Answers> {
    let answer = prop_oneof![
        1 => Just(None),
        3 => number().prop_map(Some),
        4 => Just(Some(1.0)),
        6 => sound.prop_map(Some),
    ];
    proptest::collection::vec(answer, 1..6)
}

pub(crate) fn model() -> impl Strategy<Value = ModelScript> {
    (
        answers(0.0..1.0),
        answers(0.01..0.3),
        0..2u64,
        builds_fail(),
    )
        .prop_map(|(answers, ceilings, id, builds_fail)| ModelScript {
            answers,
            ceilings,
            id,
            builds_fail,
        })
}

/// Either kind of model.
#[derive(Debug)]
pub(crate) struct Hostile {
    id: ModelId,
    answers: Round<Option<f64>>,
    ceilings: Round<Option<f64>>,
    tally: Arc<Tally>,
}

impl Hostile {
    pub(crate) fn new(script: &ModelScript, tally: Arc<Tally>) -> Self {
        Self {
            id: ModelId(script.id),
            answers: Round::of(script.answers.clone()),
            ceilings: Round::of(script.ceilings.clone()),
            tally,
        }
    }

    fn say(&self, line: Option<f64>) -> f64 {
        match line {
            Some(number) => self.tally.says(number),
            None => self.tally.panic(),
        }
    }
}

impl OutcomeModel for Hostile {
    fn id(&self) -> ModelId {
        self.id
    }

    fn rejection_probability(&self, _: &OutcomeFeatures) -> f64 {
        self.say(*self.answers.next())
    }

    fn ceiling(&self) -> f64 {
        self.say(*self.ceilings.next())
    }
}

impl BehaviourModel for Hostile {
    fn id(&self) -> ModelId {
        self.id
    }

    fn distance(&self, _: &Behaviour) -> f64 {
        self.say(*self.answers.next())
    }

    fn ceiling(&self) -> f64 {
        self.say(*self.ceilings.next())
    }
}
