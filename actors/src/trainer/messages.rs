//! What the trainer is told and asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use actix::Message;
use tokio::sync::oneshot;
use zartrux_models::filter::ModelId;

use super::Refused;
use super::status::TrainerStatus;
use crate::messaging::Post;

/// Train models now.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct TrainNow {
    /// What for, in words.
    pub why: &'static str,
}

/// Models may have been changed: go by what the registry and the files say now.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ReloadModels {
    /// Who wants to hear what came of it.
    pub reply: Option<oneshot::Sender<Reloaded>>,
}

/// What came of reading models anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// Whether others are in force.
    pub changed: bool,
    /// Which are: of outcomes, of behaviours, the order of nonces.
    pub in_force: [Option<ModelId>; 3],
    /// Those that can't be used, and were not refused before.
    pub refused: Vec<Refused>,
    /// Why nothing was done.
    pub fault: Option<String>,
}

/// The process leaves.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CloseTrainer {
    /// Told when all is written down.
    pub done: SyncSender<()>,
}

/// Why no training begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTrained {
    /// One is on its way.
    #[error("a training is asked for or under way")]
    Busy,
    /// The settings have it so.
    #[error("models are not trained: the settings have learn.enabled = false")]
    Off,
    /// There are no shares.
    #[error("there is nothing to learn from: the settings have store.enabled = false")]
    NothingStored,
}

/// The way to the trainer.
#[derive(Debug, Clone)]
pub struct TrainerLink {
    pub(super) trains: Result<(), NotTrained>,
    pub(super) train: Post<TrainNow>,
    pub(super) reload: Post<ReloadModels>,
    pub(super) asked: Arc<AtomicBool>,
    pub(super) status: Arc<TrainerStatus>,
}

impl TrainerLink {
    /// A way that ends in these posts, to a trainer that trains or says why it never does.
    #[must_use]
    pub const fn new(
        trains: Result<(), NotTrained>,
        train: Post<TrainNow>,
        reload: Post<ReloadModels>,
        asked: Arc<AtomicBool>,
        status: Arc<TrainerStatus>,
    ) -> Self {
        Self {
            trains,
            train,
            reload,
            asked,
            status,
        }
    }

    /// Asks for a training.
    ///
    /// # Errors
    /// None will begin.
    pub fn train(&self, why: &'static str) -> Result<(), NotTrained> {
        self.trains?;
        if self.asked.swap(true, Ordering::AcqRel) {
            return Err(NotTrained::Busy);
        }
        self.train.send(TrainNow { why });
        Ok(())
    }

    /// Has models read anew. Whoever asks must be bounded in number.
    pub async fn reload(&self) -> Option<Reloaded> {
        let (reply, answered) = oneshot::channel();
        self.reload.send(ReloadModels { reply: Some(reply) });
        answered.await.ok()
    }

    /// What it shows.
    #[must_use]
    pub const fn status(&self) -> &Arc<TrainerStatus> {
        &self.status
    }
}
