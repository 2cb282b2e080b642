//! The six filters over one farm, as the cascade runs them.

use crate::filter::{
    CascadeEvidence, Classifier, Cluster, Divergence, Entropy, Filter, Observation, Pace, Pattern,
};

/// Every filter's core with its state of every rig. Cluster and classifier have no model here, as
/// on a farm's first day, and so no opinion.
#[derive(Debug, Default)]
pub struct SixFilters {
    entropy: Stage<Entropy>,
    divergence: Stage<Divergence>,
    pattern: Stage<Pattern>,
    pace: Stage<Pace>,
    cluster: Stage<Cluster>,
    classifier: Stage<Classifier>,
}

#[derive(Debug)]
struct Stage<F: Filter> {
    core: F,
    rigs: Vec<F::Rig>,
}

impl<F: Filter + Default> Default for Stage<F> {
    fn default() -> Self {
        Self {
            core: F::default(),
            rigs: Vec::new(),
        }
    }
}

impl<F: Filter> Stage<F> {
    fn look(&mut self, rig: usize, seen: &Observation, evidence: &mut CascadeEvidence) {
        if let Some(state) = self.rigs.get_mut(rig) {
            evidence.set(F::STAGE, self.core.look(state, seen));
        }
    }
}

impl SixFilters {
    /// Filters that have seen nothing yet of so many rigs.
    #[must_use]
    pub fn for_rigs(rigs: usize) -> Self {
        let mut filters = Self::default();
        filters.entropy.rigs.resize_with(rigs, Default::default);
        filters.divergence.rigs.resize_with(rigs, Default::default);
        filters.pattern.rigs.resize_with(rigs, Default::default);
        filters.pace.rigs.resize_with(rigs, Default::default);
        filters.cluster.rigs.resize_with(rigs, Default::default);
        filters.classifier.rigs.resize_with(rigs, Default::default);
        filters
    }

    /// What they say of the rig at this place after one more of its shares.
    pub fn look(&mut self, rig: usize, seen: &Observation) -> CascadeEvidence {
        let mut evidence = CascadeEvidence::default();
        self.entropy.look(rig, seen, &mut evidence);
        self.divergence.look(rig, seen, &mut evidence);
        self.pattern.look(rig, seen, &mut evidence);
        self.pace.look(rig, seen, &mut evidence);
        self.cluster.look(rig, seen, &mut evidence);
        self.classifier.look(rig, seen, &mut evidence);
        evidence
    }
}
