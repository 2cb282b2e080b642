//! Other models for a lane.

use std::sync::Arc;

use zartrux_models::plan::NonceOrder;

use crate::filters::{FilterModels, ModelPosts};
use crate::messaging::Post;
use crate::miner_sessions::ReplaceOrder;

/// The way to put other models in force in a lane, from any thread.
#[derive(Debug, Clone)]
pub struct ModelsWay {
    pub(super) filters: Option<ModelPosts>,
    pub(super) order: Post<ReplaceOrder>,
}

impl ModelsWay {
    /// See [`Lane::replace_models`](super::Lane::replace_models).
    pub fn replace_models(&self, models: &FilterModels) {
        if let Some(posts) = &self.filters {
            posts.replace(models);
        }
    }

    /// See [`Lane::replace_order`](super::Lane::replace_order).
    pub fn replace_order(&self, order: Option<Arc<NonceOrder>>) {
        self.order.send(ReplaceOrder(order));
    }
}
