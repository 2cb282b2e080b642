//! What a stage is told besides shares.

use std::fmt;
use std::sync::Arc;

use actix::Message;
use zartrux_models::filter::Stage;
use zartrux_models::share::RigKey;

use crate::messaging::Post;

/// Makes a filter's core: the first, and another after each fault.
pub type Factory<F> = Arc<dyn Fn() -> F + Send + Sync>;

/// Another model is in force: cores are made with it from now on, beginning with the present one.
/// What is remembered of each rig stays.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ModelReplaced<F>(pub Factory<F>);

impl<F> fmt::Debug for ModelReplaced<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ModelReplaced")
    }
}

/// Tell of rigs of which something was learnt since they were last told of.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CollectStates {
    /// Most rigs.
    pub most: usize,
    /// Whom to tell.
    pub reply: Post<StatesCollected>,
}

/// What a stage remembers of rigs, to be written down.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct StatesCollected {
    /// Which stage.
    pub stage: Stage,
    /// By rig, what [`RestoreStates`] takes; those that changed first first. Fewer than were asked
    /// for if there are no more.
    pub states: Vec<(RigKey, Box<[u8]>)>,
}

/// Go on with what was remembered in an earlier run of the process. To be sent before shares are:
/// what a stage knows of a rig already gives way to nothing older.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RestoreStates(pub Vec<(RigKey, Box<[u8]>)>);
