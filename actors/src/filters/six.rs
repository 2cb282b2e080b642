//! The six of a lane, and the models that two of them go by.

use std::sync::Arc;

use zartrux_models::filter::{
    BehaviourModel, Classifier, Cluster, Divergence, Entropy, OutcomeModel, Pace, Pattern,
};

use super::cascade::Cascade;
use super::messages::{Factory, ModelReplaced};
use crate::messaging::Post;

/// The models in force; a filter without one has no opinion.
#[derive(Debug, Clone, Default)]
pub struct FilterModels {
    /// For the fifth: how groups of rigs behave.
    pub behaviour: Option<Arc<dyn BehaviourModel>>,
    /// For the sixth: which shares are refused.
    pub outcome: Option<Arc<dyn OutcomeModel>>,
}

impl FilterModels {
    fn cluster(&self) -> Factory<Cluster> {
        let model = self.behaviour.clone();
        Arc::new(move || {
            model
                .clone()
                .map_or_else(Cluster::default, Cluster::with_model)
        })
    }

    fn classifier(&self) -> Factory<Classifier> {
        let model = self.outcome.clone();
        Arc::new(move || {
            model
                .clone()
                .map_or_else(Classifier::default, Classifier::with_model)
        })
    }
}

/// The way to give running stages other models.
#[derive(Debug, Clone)]
pub struct ModelPosts {
    cluster: Post<ModelReplaced<Cluster>>,
    classifier: Post<ModelReplaced<Classifier>>,
}

impl ModelPosts {
    /// From the next share on, these are in force. No share is lost by it, and what is remembered
    /// of rigs stays as far as it does not depend on the model.
    pub fn replace(&self, models: &FilterModels) {
        self.cluster.send(ModelReplaced(models.cluster()));
        self.classifier.send(ModelReplaced(models.classifier()));
    }
}

impl Cascade {
    /// Starts all six, the last first.
    #[must_use]
    pub fn put_all(&mut self, models: &FilterModels) -> ModelPosts {
        let classifier = self.put_before(models.classifier());
        let cluster = self.put_before(models.cluster());
        let _ = self.put_before::<Pace>(Arc::new(Pace::default));
        let _ = self.put_before::<Pattern>(Arc::new(Pattern::default));
        let _ = self.put_before::<Divergence>(Arc::new(Divergence::default));
        let _ = self.put_before::<Entropy>(Arc::new(Entropy::default));
        ModelPosts {
            cluster,
            classifier,
        }
    }
}
