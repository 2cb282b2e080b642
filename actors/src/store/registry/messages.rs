//! What the registry is told and asked.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use actix::Message;
use zartrux_models::ledger::{ShareEntry, UpstreamId};
use zartrux_models::share::{RefusalReason, RigKey};

use super::{Expectation, State};
use crate::filters::StatePosts;
use crate::lane::LaneView;
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
    /// What it can do, separated by commas.
    pub algorithms: Box<str>,
    /// Bounds what the registry has not taken yet.
    pub credit: Credit,
}

/// A share was refused at the door and is in no ledger: one of too many to be listed.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RefusalUnlisted {
    /// Whose it was.
    pub rig: RigKey,
    /// Why.
    pub reason: RefusalReason,
    /// Bounds what the registry has not taken yet.
    pub credit: Credit,
}

/// The lanes are there: what their judges and filters learn of rigs is to be written down.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LanesUp(pub Vec<LaneMemory>);

impl fmt::Debug for LanesUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LanesUp({})", self.0.len())
    }
}

/// What a lane's judge and filters remember of rigs.
#[derive(Debug, Clone)]
pub struct LaneMemory {
    /// The judge's.
    pub judge: Arc<LaneView>,
    /// The filters'.
    pub filters: StatePosts,
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

/// These rigs should be there from now on.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ExpectRigs(pub Expectation);

/// Say the numbers of these upstreams, and give one to each that has none.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct NameUpstreams {
    /// `host:port` of each.
    pub names: Vec<String>,
    /// Told their numbers in the same order; nothing when there are none left.
    pub done: SyncSender<Option<Vec<UpstreamId>>>,
}
