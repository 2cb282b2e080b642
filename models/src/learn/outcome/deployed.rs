//! The model in service.

use super::LogisticOutcome;
use crate::filter::{ModelId, OutcomeFeatures, OutcomeModel};
use crate::learn::artifact::Artifact;

/// A model with the id of its file, as the filters go by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// Which it is.
    pub id: ModelId,
    /// The model.
    pub model: LogisticOutcome,
}

impl From<Artifact<LogisticOutcome>> for Deployed {
    fn from(artifact: Artifact<LogisticOutcome>) -> Self {
        Self {
            id: artifact.id,
            model: artifact.model,
        }
    }
}

impl OutcomeModel for Deployed {
    fn id(&self) -> ModelId {
        self.id
    }

    fn rejection_probability(&self, features: &OutcomeFeatures) -> f64 {
        self.model.rejection_probability(features)
    }

    fn ceiling(&self) -> f64 {
        self.model.ceiling()
    }
}
