//! Six statistical filters. None of them refuses anything: they say how much was won by betting
//! that a rig is not honest, and the judge decides by it who must prove first.
//!
//! Each filter is a pure core. What it remembers of a rig is a value of at most
//! [`RIG_STATE_LIMIT`] bytes, kept by whoever runs it; what it sees is an [`Observation`]; what it
//! says is [`Evidence`]. Hypotheses, formulas and sources are in the book's chapter on statistics.

mod array;
mod behaviour;
mod classifier;
mod cluster;
mod divergence;
mod entropy;
mod eprocess;
mod evidence;
mod features;
mod mean_bet;
mod model;
mod observation;
mod pace;
mod past;
mod pattern;
mod remembered;
#[cfg(test)]
mod restarts;
#[cfg(test)]
pub(crate) mod simulated_xmrig;
#[cfg(test)]
mod standing;
#[cfg(test)]
mod toy;
mod verdicts;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use behaviour::BehaviourTrail;
pub use classifier::{Classifier, ClassifierRig};
pub use cluster::{Cluster, ClusterRig};
pub use divergence::{Divergence, DivergenceRig};
pub use entropy::{Entropy, EntropyRig};
pub use eprocess::{EProcess, EventBet, SymbolBet};
pub use evidence::{CascadeEvidence, Cause, Evidence, Stage};
pub use features::{Behaviour, Feature, OutcomeFeatures};
pub use mean_bet::{STAKED, mean_bet};
pub use model::{BehaviourModel, ModelId, OutcomeModel};
pub use observation::{Observation, ScanKey, Scanner};
pub use pace::{Pace, PaceRig, Rates};
pub use past::RigPast;
pub use pattern::{Pattern, PatternRig};
pub use remembered::{read_state, write_state};
pub use verdicts::{OutcomePast, Verdict, VerdictsHeard};

/// Most bytes that a filter may remember of a rig.
pub const RIG_STATE_LIMIT: usize = 128;

/// A filter's core.
pub trait Filter {
    /// Its place in the cascade.
    const STAGE: Stage;

    /// What it remembers of a rig, from the rig's first share; at most [`RIG_STATE_LIMIT`] bytes.
    type Rig: Clone + Default + std::fmt::Debug + Send + Serialize + DeserializeOwned;

    /// Looks at one more share of a rig and says how things stand with it. Takes constant time and
    /// allocates nothing.
    fn look(&mut self, rig: &mut Self::Rig, seen: &Observation) -> Evidence;

    /// The trained model that it goes by, if it is one that does.
    fn model(&self) -> Option<ModelId> {
        None
    }

    /// Shares of a rig went by unseen since the last look at it. Matters to those that count.
    fn missed(&mut self, _rig: &mut Self::Rig) {}

    /// The rig's state comes from an earlier run of the process. Job numbers have started again
    /// since, and shares went by or were never made: no scan goes on, no game either, and capital
    /// stays.
    fn resumed(&self, _rig: &mut Self::Rig) {}
}
