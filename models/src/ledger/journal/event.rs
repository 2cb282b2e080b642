//! What happens.

use std::sync::Arc;

use crate::filter::{Cause, ModelId, Stage};
use crate::ledger::{Arm, UpstreamId};
use crate::plan::{NonceOrder, OutsideId, OutsideOrder, SeatKey};
use crate::share::{RigKey, ShareId};
use crate::work::{BlockId, PoolKey, Slot};

use super::{AlertKind, BlockFate, LeaseEnd, ModelChange, ModelSlot};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Its place in the journal, from 1, never used twice; 0 until the store has given it one.
    pub seq: u64,
    /// The machine that it happened at: several may bring their journals together.
    pub node: u16,
    /// Which start of that machine's process, from 1: seats, pool sessions and job numbers belong
    /// to it.
    pub run: u32,
    /// When, milliseconds since 1970.
    pub unix_ms: u64,
    /// What.
    pub event: JournalEvent,
}

/// What happened. Texts are kept up to [`ShareEntry::TEXT_MAX`](crate::ledger::ShareEntry::TEXT_MAX)
/// bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum JournalEvent {
    /// A process began: all leases of the machine's former one are void.
    RunBegan {
        /// Of the program.
        version: Box<str>,
        /// When it was started, milliseconds since 1970: before the store could be written.
        started_ms: u64,
    },
    /// A process ended in order, and its leases with it.
    RunEnded,
    /// A miner has a lease.
    LeaseTaken {
        /// The lane.
        lane: u16,
        /// Whose job.
        pool: PoolKey,
        /// The connection that brought the job.
        connection: u32,
        /// Which part of the nonces.
        slot: Slot,
        /// Whose it is.
        rig: RigKey,
        /// The miner's connection.
        seat: SeatKey,
        /// In which arm of the experiment it was given; none since arms are drawn anew for each
        /// job: see [`JournalEvent::SlotsOrdered`].
        arm: Arm,
        /// The lane's number of the job at that time; later ones follow under the same lease.
        job_key: u32,
    },
    /// A miner has a lease no longer.
    LeaseGivenUp {
        /// The lane.
        lane: u16,
        /// Whose job.
        pool: PoolKey,
        /// Which part of the nonces.
        slot: Slot,
        /// The miner's connection.
        seat: SeatKey,
        /// What for.
        why: LeaseEnd,
        /// The lane's number of the last job that the seat was given under this lease: whoever has
        /// the slot next gets later ones only.
        job_key: u32,
    },
    /// A connection to a pool is gone, and with it all leases of its jobs.
    PoolConnectionLost {
        /// The lane.
        lane: u16,
        /// The pool session.
        pool: PoolKey,
        /// Which connection of it.
        connection: u32,
    },
    /// So many events before this one were not noted, for want of room: what is replayed past it
    /// may be wrong until the next run.
    EventsMissed {
        /// How many.
        count: u64,
    },
    /// Another upstream serves a lane.
    UpstreamServes {
        /// The lane.
        lane: u16,
        /// None: nobody does.
        upstream: Option<UpstreamId>,
    },
    /// A rig is in quarantine, because a proof went against it.
    Quarantined {
        /// Which.
        rig: RigKey,
        /// The share that was proved wrong.
        share: ShareId,
    },
    /// A rig has left quarantine by good work.
    Released {
        /// Which.
        rig: RigKey,
    },
    /// A rig is suspect.
    Suspected {
        /// Which.
        rig: RigKey,
        /// The filter that has won most against it.
        stage: Stage,
        /// What that was mostly won by.
        cause: Cause,
        /// The joined evidence of all filters: a natural logarithm.
        log_e: f32,
    },
    /// The evidence against a suspect has fallen to half of what makes one.
    Cleared {
        /// Which.
        rig: RigKey,
    },
    /// Shares pass a filter by, because it failed too often.
    StageBypassed {
        /// The lane.
        lane: u16,
        /// Which.
        stage: Stage,
    },
    /// A filter that was passed by has stood its trial.
    StageBack {
        /// The lane.
        lane: u16,
        /// Which.
        stage: Stage,
    },
    /// The operator was told of something amiss.
    AlertRaised {
        /// What sort of thing.
        kind: AlertKind,
        /// Whom or what it is about; hostile bytes, shown escaped.
        subject: Box<str>,
    },
    /// What was amiss is no longer.
    AlertCleared {
        /// What sort of thing.
        kind: AlertKind,
        /// Whom or what it was about.
        subject: Box<str>,
    },
    /// A model came, went, or was refused.
    ModelEvent {
        /// What became of it.
        change: ModelChange,
        /// What it is for.
        slot: ModelSlot,
        /// Which; none where there is none, or its file could not be read so far.
        id: Option<ModelId>,
        /// Why, in words.
        why: Box<str>,
    },
    /// A job came whose slots have drawn bytes: the seed and the order make its
    /// [`SlotPlan`](crate::plan::SlotPlan). A job of the same blob has the same seed.
    SlotsOrdered {
        /// The lane.
        lane: u16,
        /// Whose job.
        pool: PoolKey,
        /// The connection that brought it.
        connection: u32,
        /// The lane's number of it.
        job_key: u32,
        /// Of the draw.
        seed: u64,
        /// Whose order it was: told in the last [`JournalEvent::RankingInForce`] of that name
        /// before.
        ranking: ModelId,
    },
    /// A job came whose slots have the bytes of their own numbers again, as all later ones have
    /// until the next [`JournalEvent::SlotsOrdered`] of the pool session.
    SlotsUnordered {
        /// The lane.
        lane: u16,
        /// Whose job.
        pool: PoolKey,
        /// The connection that brought it.
        connection: u32,
        /// The lane's number of it.
        job_key: u32,
    },
    /// A lane draws its next plans by this order.
    RankingInForce {
        /// The lane.
        lane: u16,
        /// The order, and whose it is.
        order: Arc<NonceOrder>,
    },
    /// A block was found for a node, or it is known what became of one.
    Block {
        /// The lane whose miner found it.
        lane: u16,
        /// The node.
        upstream: Option<UpstreamId>,
        /// Where it belongs in the chain.
        height: u64,
        /// What it is called there.
        id: BlockId,
        /// How it stands.
        fate: BlockFate,
    },
    /// A lane draws its next plans by this order from outside, beside or without a model's.
    OutsideOrderInForce {
        /// The lane.
        lane: u16,
        /// The order, with what its author calls it.
        order: Arc<OutsideOrder>,
    },
    /// A job came whose slots have drawn bytes, as [`JournalEvent::SlotsOrdered`] tells, but with an
    /// order from outside.
    SlotsOrderedOutside {
        /// The lane.
        lane: u16,
        /// Whose job.
        pool: PoolKey,
        /// The connection that brought it.
        connection: u32,
        /// The lane's number of it.
        job_key: u32,
        /// Of the draw.
        seed: u64,
        /// Whose order was drawn by beside it, if a model's was.
        ranking: Option<ModelId>,
        /// Which order it was: told in the last [`JournalEvent::OutsideOrderInForce`] of that id
        /// before.
        outside: OutsideId,
    },
    /// A miner has a lease no longer and has hardly used it: no share of it was admitted, and
    /// whoever has the slot next may get it for the same job.
    LeaseReturned {
        /// The lane.
        lane: u16,
        /// Whose job.
        pool: PoolKey,
        /// Which part of the nonces.
        slot: Slot,
        /// The miner's connection.
        seat: SeatKey,
        /// What for.
        why: LeaseEnd,
        /// The lane's number of the last job that the seat was given under this lease.
        job_key: u32,
        /// Most hashes that this miner has tried there.
        tried: u16,
    },
}

impl JournalEvent {
    /// Whether it is of the many that only tell who held which nonces: they may be kept for a
    /// shorter time than the rest. An order is none of them: it comes once, and all plans that are
    /// drawn by it later need it.
    #[must_use]
    pub const fn is_lease(&self) -> bool {
        matches!(
            self,
            Self::LeaseTaken { .. }
                | Self::LeaseGivenUp { .. }
                | Self::LeaseReturned { .. }
                | Self::PoolConnectionLost { .. }
                | Self::SlotsOrdered { .. }
                | Self::SlotsUnordered { .. }
                | Self::SlotsOrderedOutside { .. }
        )
    }

    /// A name for lists and exports.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::RunBegan { .. } => "run_began",
            Self::RunEnded => "run_ended",
            Self::LeaseTaken { .. } => "lease_taken",
            Self::LeaseGivenUp { .. } => "lease_given_up",
            Self::PoolConnectionLost { .. } => "pool_connection_lost",
            Self::EventsMissed { .. } => "events_missed",
            Self::UpstreamServes { .. } => "upstream_serves",
            Self::Quarantined { .. } => "quarantined",
            Self::Released { .. } => "released",
            Self::Suspected { .. } => "suspected",
            Self::Cleared { .. } => "cleared",
            Self::StageBypassed { .. } => "stage_bypassed",
            Self::StageBack { .. } => "stage_back",
            Self::AlertRaised { .. } => "alert_raised",
            Self::AlertCleared { .. } => "alert_cleared",
            Self::ModelEvent { .. } => "model",
            Self::SlotsOrdered { .. } => "slots_ordered",
            Self::SlotsUnordered { .. } => "slots_unordered",
            Self::RankingInForce { .. } => "ranking_in_force",
            Self::Block { .. } => "block",
            Self::OutsideOrderInForce { .. } => "outside_order_in_force",
            Self::SlotsOrderedOutside { .. } => "slots_ordered_outside",
            Self::LeaseReturned { .. } => "lease_returned",
        }
    }
}
