//! What the store is told and what it answers.

use std::sync::mpsc::SyncSender;

use actix::Message;
use zartrux_models::ledger::ShareEntry;

use super::ledger::Retention;
use crate::messaging::{Credit, Post};

/// A share ended: keep it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RecordShare {
    /// The lane that it came in at.
    pub lane: u16,
    /// The lane's number of it, which rises by one with each.
    pub number: u64,
    /// The share; the store gives it its place.
    pub entry: ShareEntry,
    /// Bounds what waits for the store.
    pub credit: Credit,
}

/// All shares of a lane up to a number are in the ledger: they survive the end of the process.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct SharesRecorded {
    /// The number of the last.
    pub through: u64,
}

/// A lane wants to hear of its shares.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct LaneJoined {
    /// Its number.
    pub lane: u16,
    /// Where it hears.
    pub recorded: Post<SharesRecorded>,
}

/// The process leaves: write down what is there, and close.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CloseStore {
    /// Told when that is done.
    pub done: SyncSender<()>,
}

/// So much of the ledger is kept from now on.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ReplaceRetention(pub Retention);
