//! Who is in each of the six places.

use std::sync::Arc;

use proptest::prelude::*;
use zartrux_actors::filters::{Cascade, Factory, ModelReplaced, StageFilter};
use zartrux_models::filter::{Classifier, Cluster, Divergence, Entropy, Pace, Pattern};

use crate::models::{Hostile, ModelScript, model};
use crate::script::{Round, Script, Scripted, Tally, script};

/// Who is in a place: the filter that belongs there, with what it goes by, or another.
#[derive(Debug, Clone)]
pub(crate) enum Occupant<R> {
    Scripted(Script),
    Real(R),
}

/// All six.
#[derive(Debug, Clone)]
pub(crate) struct Six {
    without_model: [Occupant<()>; 4],
    with_model: [Occupant<Option<ModelScript>>; 2],
}

pub(crate) fn six() -> impl Strategy<Value = Six> {
    let without = prop_oneof![
        4 => script().prop_map(Occupant::Scripted),
        1 => Just(Occupant::Real(())),
    ];
    let with = prop_oneof![
        2 => script().prop_map(Occupant::Scripted),
        3 => proptest::option::weighted(0.9, model()).prop_map(Occupant::Real),
    ];
    let (without, with) = (
        proptest::array::uniform4(without),
        proptest::array::uniform2(with),
    );
    (without, with).prop_map(|(without_model, with_model)| Six {
        without_model,
        with_model,
    })
}

/// One place: what went on there, and how to have its core made anew while it works.
pub(crate) struct Place {
    pub(crate) tally: Arc<Tally>,
    pub(crate) remake: Box<dyn Fn()>,
}

impl Six {
    /// As they are meant to be, without models.
    pub(crate) const fn plain() -> Self {
        Self {
            without_model: [const { Occupant::Real(()) }; 4],
            with_model: [const { Occupant::Real(None) }; 2],
        }
    }

    /// Starts all six, the last first; says of each place, in the order of the cascade.
    pub(crate) fn put_before(self, cascade: &mut Cascade) -> Vec<Place> {
        let [entropy, divergence, pattern, pace] = self.without_model;
        let [cluster, classifier] = self.with_model;
        let mut places = vec![
            put::<5, Classifier, _>(cascade, classifier, |script, tally| {
                let Some(script) = script else {
                    return Arc::new(Classifier::default);
                };
                let model = Arc::new(Hostile::new(&script, Arc::clone(&tally)));
                let make = move || Classifier::with_model(model.clone());
                failing(script.builds_fail, tally, make)
            }),
            put::<4, Cluster, _>(cascade, cluster, |script, tally| {
                let Some(script) = script else {
                    return Arc::new(Cluster::default);
                };
                let model = Arc::new(Hostile::new(&script, Arc::clone(&tally)));
                let make = move || Cluster::with_model(model.clone());
                failing(script.builds_fail, tally, make)
            }),
            put::<3, Pace, _>(cascade, pace, |(), _| Arc::new(Pace::default)),
            put::<2, Pattern, _>(cascade, pattern, |(), _| Arc::new(Pattern::default)),
            put::<1, Divergence, _>(cascade, divergence, |(), _| Arc::new(Divergence::default)),
            put::<0, Entropy, _>(cascade, entropy, |(), _| Arc::new(Entropy::default)),
        ];
        places.reverse();
        places
    }
}

fn put<const PLACE: usize, F: StageFilter, R>(
    cascade: &mut Cascade,
    occupant: Occupant<R>,
    real: impl FnOnce(R, Arc<Tally>) -> Factory<F>,
) -> Place {
    let tally = Arc::new(Tally::default());
    let remake = match occupant {
        Occupant::Scripted(script) => {
            let (deeds, of_core) = (Arc::new(Round::of(script.deeds)), Arc::clone(&tally));
            let make = move || Scripted::<PLACE> {
                deeds: Arc::clone(&deeds),
                tally: Arc::clone(&of_core),
                broken: false,
            };
            start(
                cascade,
                failing(script.builds_fail, Arc::clone(&tally), make),
            )
        }
        Occupant::Real(what) => start(cascade, real(what, Arc::clone(&tally))),
    };
    Place { tally, remake }
}

fn start<F: StageFilter>(cascade: &mut Cascade, factory: Factory<F>) -> Box<dyn Fn()> {
    let post = cascade.put_before(Arc::clone(&factory));
    Box::new(move || post.send(ModelReplaced(Arc::clone(&factory))))
}

/// A factory that panics when its script says so.
fn failing<F>(
    fails: Vec<bool>,
    tally: Arc<Tally>,
    make: impl Fn() -> F + Send + Sync + 'static,
) -> Factory<F> {
    let fails = Round::of(fails);
    Arc::new(move || {
        if *fails.next() {
            tally.panic();
        }
        make()
    })
}
