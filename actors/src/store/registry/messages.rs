//! What the registry is told and asked.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use actix::Message;
use zartrux_models::ledger::ShareEntry;
use zartrux_models::share::RigKey;

use super::State;
use crate::messaging::Credit;
use crate::rigs::RigNames;

/// Shares are in the ledger.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct SharesCommitted {
    /// In the order of their places.
    pub shares: Arc<[ShareEntry]>,
    /// Bounds what the registry has not taken yet.
    pub credit: Credit,
}

/// A rig has begun to mine.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RigIntroduced {
    /// Which.
    pub rig: RigKey,
    /// What it calls itself.
    pub names: Arc<RigNames>,
    /// Bounds what the registry has not taken yet.
    pub credit: Credit,
}

/// A question to the state, asked on the registry's thread.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Question(pub Box<dyn FnOnce(&State) + Send>);

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Question")
    }
}

/// The process leaves: write down what is there, and close.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CloseRegistry {
    /// Told when that is done.
    pub done: SyncSender<()>,
}
