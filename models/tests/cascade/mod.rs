//! Filters as a lane runs them: one of each stage for all rigs of a farm, a memory for each rig.

mod hand_made;

use std::sync::Arc;

use zartrux_models::filter::{
    CascadeEvidence, Classifier, Cluster, Divergence, Entropy, Evidence, Filter, Observation, Pace,
    Pattern, RIG_STATE_LIMIT, Stage,
};

use hand_made::{FarFromTheMiddle, JustBelowTheTarget};

/// All six, for a farm of so many rigs; the last two with models made by hand.
pub(crate) fn filters(rigs: usize) -> Vec<Box<dyn Seated>> {
    vec![
        seat(Entropy, rigs),
        seat(Divergence, rigs),
        seat(Pattern::default(), rigs),
        seat(Pace, rigs),
        seat(Cluster::with_model(Arc::new(FarFromTheMiddle)), rigs),
        seat(Classifier::with_model(Arc::new(JustBelowTheTarget)), rigs),
    ]
}

/// A filter with what it remembers of each rig, whatever its type.
pub(crate) trait Seated {
    fn stage(&self) -> Stage;
    fn look(&mut self, place: usize, seen: &Observation) -> Evidence;
}

struct Seat<F: Filter> {
    filter: F,
    rigs: Vec<F::Rig>,
}

impl<F: Filter> Seated for Seat<F> {
    fn stage(&self) -> Stage {
        F::STAGE
    }

    fn look(&mut self, place: usize, seen: &Observation) -> Evidence {
        self.filter.look(&mut self.rigs[place], seen)
    }
}

/// A filter, for so many rigs.
pub(crate) fn seat<F: Filter + 'static>(filter: F, rigs: usize) -> Box<dyn Seated> {
    assert!(size_of::<F::Rig>() <= RIG_STATE_LIMIT, "{}", F::STAGE);
    Box::new(Seat {
        filter,
        rigs: vec![F::Rig::default(); rigs],
    })
}

/// Makes the filters of one farm of so many rigs.
pub(crate) type MakeFilters = fn(rigs: usize) -> Vec<Box<dyn Seated>>;

/// All filters of a farm.
pub(crate) struct Cascade {
    filters: Vec<Box<dyn Seated>>,
}

impl Cascade {
    pub(crate) fn new(make: MakeFilters, rigs: usize) -> Self {
        Self {
            filters: make(rigs),
        }
    }

    /// Those that are there.
    pub(crate) fn stages(&self) -> Vec<Stage> {
        self.filters.iter().map(|filter| filter.stage()).collect()
    }

    /// What all have to say; a stage that is not there has no opinion.
    pub(crate) fn look(&mut self, place: usize, seen: &Observation) -> CascadeEvidence {
        let mut all = CascadeEvidence::default();
        for stage in Stage::ALL {
            all.set(stage, Evidence::NoOpinion);
        }
        for filter in &mut self.filters {
            let evidence = filter.look(place, seen);
            assert_ne!(evidence, Evidence::Unavailable, "{}", filter.stage());
            all.set(filter.stage(), evidence);
        }
        all
    }
}
