//! The six filter stages of a lane, in cascade before the judge.
//!
//! Each stage is an actor around one filter's core. It looks at a share and passes it on, with
//! what the filter said; nothing a filter says or does can keep a share from the judge.

mod bypass;
mod cascade;
mod messages;
mod rig_states;
mod six;
mod stage;
mod state_posts;
mod states_kept;

pub use bypass::{Bypass, Change};
pub(crate) use cascade::alive;
pub use cascade::{Alive, Cascade};
pub use messages::{CollectStates, Factory, ModelReplaced, RestoreStates, StatesCollected};
pub use six::{FilterModels, ModelPosts};
pub use stage::{FilterStage, StageArgs, StageFilter, StageSettings};
pub use state_posts::StatePosts;
