//! The store: what outlives the process.
//!
//! ```text
//! miner sessions ── RecordShare ──► Store ──► ledger: a commit log and a database per day
//!        ▲                            │
//!        └────── SharesRecorded ──────┤
//!                                     └──► whoever listens to what was committed
//! ```
//!
//! [`registry`] keeps rigs and sums in step with it, in a [`state`] of its own.
//!
//! The store runs on an arbiter of its own, because disks may keep it waiting. Its shell owns what
//! is not written yet; the core that it guards is the open [`ledger`].

mod disk_sync;
mod entry_of;
mod fault;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod ledger;
mod link;
mod messages;
pub mod registry;
mod shell;
pub mod state;
mod status;

pub(crate) use entry_of::{entry_of, refusal_entry};
pub use fault::{Damage, StoreFault};
pub use link::{Provenance, StoreLink};
pub use messages::{CloseStore, LaneJoined, RecordShare, ReplaceRetention, SharesRecorded};
pub use shell::{CommitListener, Store, StoreArgs};
pub use status::{Failing, StoreReport, StoreStatus};
