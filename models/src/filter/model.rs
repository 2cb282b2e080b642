//! What a trained model must be, for the two filters that go by one.
//!
//! A model is an argument: it was trained elsewhere, from features that [`RigPast`] and
//! [`BehaviourTrail`] compute, and each filter has no opinion without one. What a model says of a
//! share or of a block of shares is a bounded score; what makes it a bet is its *ceiling*.
//!
//! # The ceiling
//!
//! The filters' error bound is only as good as one promise: whatever an honest rig did before, the
//! score of what it does next has a mean of at most the ceiling. A mean over all honest rigs is
//! not enough, for the rigs above it would be suspected one by one. So whoever trains a model
//! measures the ceiling on held-out later shares of rigs whose shares proved good, as the largest
//! upper confidence bound among rigs, and among what went before (after a score that was high, the
//! next may be high too).
//!
//! [`RigPast`]: super::RigPast
//! [`BehaviourTrail`]: super::BehaviourTrail

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Behaviour, OutcomeFeatures};

/// Which model it is: another one, retrained or with another ceiling, has another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModelId(pub u64);

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A model of which shares are refused.
pub trait OutcomeModel: Send + Sync + fmt::Debug {
    /// Which it is.
    fn id(&self) -> ModelId;

    /// The probability that a share with these features is refused, 0 to 1. Takes constant time
    /// and allocates nothing; the same features have the same answer. Anything outside 0 to 1 is
    /// not bet on.
    fn rejection_probability(&self, features: &OutcomeFeatures) -> f64;

    /// The most that the mean of [`OutcomeModel::rejection_probability`] over an honest rig's next
    /// share can be, given its past: the upper confidence bound measured when the model was
    /// trained. The same for as long as the id is. Between 0 and 1, both excluded; with anything
    /// else nothing is bet.
    fn ceiling(&self) -> f64;
}

/// A model of how groups of rigs behave.
pub trait BehaviourModel: Send + Sync + fmt::Debug {
    /// Which it is.
    fn id(&self) -> ModelId;

    /// How far this behaviour is from that of the nearest cluster, squashed to 0 (at its centre)
    /// to 1 (beyond anything seen). Takes constant time and allocates nothing; the same behaviour
    /// has the same answer. Anything outside 0 to 1 is not bet on.
    fn distance(&self, behaviour: &Behaviour) -> f64;

    /// The most that the mean of [`BehaviourModel::distance`] over an honest rig's next block can
    /// be, given its past: the upper confidence bound measured when the model was trained. The
    /// same for as long as the id is. Between 0 and 1, both excluded; with anything else nothing
    /// is bet.
    fn ceiling(&self) -> f64;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shown_as_sixteen_hex_digits() {
        assert_eq!(ModelId(0xab_cdef).to_string(), "0000000000abcdef");
    }
}
