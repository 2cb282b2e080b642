//! The way to what the stages remember.

use zartrux_models::filter::Stage;

use super::messages::{CollectStates, RestoreStates, StatesCollected};
use crate::messaging::Post;

/// Posts to all stages of a lane.
#[derive(Debug, Clone, Default)]
pub struct StatePosts(pub(super) Vec<StagePost>);

/// Posts to one stage.
#[derive(Debug, Clone)]
pub(super) struct StagePost {
    pub(super) stage: Stage,
    pub(super) collect: Post<CollectStates>,
    pub(super) restore: Post<RestoreStates>,
}

impl StatePosts {
    /// Rigs that are restored in one step of a stage.
    const AT_A_TIME: usize = 1024;

    /// Asks each stage for up to `most` rigs of which it has learnt something since it was last
    /// asked. Each answers by itself, in its turn.
    pub fn collect(&self, most: usize, reply: &Post<StatesCollected>) {
        for post in &self.0 {
            let reply = reply.clone();
            post.collect.send(CollectStates { most, reply });
        }
    }

    /// Gives stages back what they remembered; what is of none that is there is dropped.
    pub fn restore(&self, collected: Vec<StatesCollected>) {
        for StatesCollected { stage, states } in collected {
            let Some(post) = self.0.iter().find(|post| post.stage == stage) else {
                continue;
            };
            let mut rigs = states.into_iter().peekable();
            while rigs.peek().is_some() {
                let some = rigs.by_ref().take(Self::AT_A_TIME).collect();
                post.restore.send(RestoreStates(some));
            }
        }
    }
}
