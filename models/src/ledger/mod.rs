//! What is stored: shares and what explains them, and how it is written down.
//!
//! Pure: entries in, bytes out, and back. Who keeps the bytes where is the store's business.
//!
//! - [`ShareEntry`]: a share with its evidence, ruling, proof, outcome and times
//! - [`Frame`]: a checksum around everything, so that damage is noticed and the rest is found
//! - [`JournalEntry`]: what happened beside the shares: leases, decisions, alerts, models
//! - [`Tenancy`]: who held which nonces, replayed from the journal
//! - [`rows`]: shares as files of CSV and JSON, for other programs
//! - [`write_tail`], [`write_block`], [`read_shares`]: shares in frames, of any schema

mod batch;
mod code;
mod entry;
mod frame;
mod journal;
mod parts;
pub mod rows;
mod wire;

pub use batch::{BLOCK_SHARES, BadBatch, read_shares, shares_in, write_block, write_tail};
pub use entry::{Flags, ShareEntry, cut};
pub use frame::{BadFrame, Frame, Kind};
pub use journal::{
    AlertKind, BadJournal, Clash, FRAME_ENTRIES, JournalEntry, JournalEvent, LeaseEnd, ModelChange,
    ModelSlot, Place, Tenancy, Tenant, journal_in, read_journal, write_journal,
};
pub use parts::{
    Arm, Evidence, Latencies, Outcome, Proof, Ruled, StageSaid, Told, UpstreamId, evidence_kept,
};
pub use wire::BadRecord;

#[cfg(test)]
mod tests;
