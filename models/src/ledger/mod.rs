//! What is stored: shares and what explains them, and how it is written down.
//!
//! Pure: entries in, bytes out, and back. Who keeps the bytes where is the store's business.
//!
//! - [`ShareEntry`]: a share with its evidence, ruling, proof, outcome and times
//! - [`Frame`]: a checksum around everything, so that damage is noticed and the rest is found
//! - [`JournalEntry`]: what happened beside the shares: leases, decisions, alerts, models
//! - [`Tenancy`]: who held which nonces, replayed from the journal; [`JobThen`]: of which job
//! - [`rows`]: shares as files of CSV and JSON, for other programs
//! - [`write_tail`], [`write_block`], [`read_shares`]: shares in frames, of any schema
//! - [`Cell`], [`Page`]: counters of a minute, an hour, a day, in pages
//! - [`RigEntry`]: a rig of the registry; [`RigRecord`]: as it is stored, with its [`OpenCells`];
//!   [`Presence`]: whether it is there
//! - [`HashRate`]: how fast it is and how well that is known; [`Odometer`]: what its nonces say

mod batch;
mod cell;
mod code;
mod entry;
mod frame;
mod hash_rate;
mod journal;
mod mark;
mod odometer;
mod open_cells;
mod parts;
mod presence;
mod rig;
mod rig_record;
mod rollup;
pub mod rows;
mod value;
pub(crate) mod wire;

pub use batch::{BLOCK_SHARES, BadBatch, read_shares, shares_in, write_block, write_tail};
pub use cell::Cell;
pub use entry::{Flags, ShareEntry, cut};
pub use frame::{BadFrame, Frame, Kind};
pub use hash_rate::{HashRate, Source};
pub use journal::{
    AlertKind, BadJournal, BlockFate, Clash, FRAME_ENTRIES, JobThen, JournalEntry, JournalEvent,
    LeaseEnd, ModelChange, ModelSlot, Place, Tenancy, Tenant, journal_in, read_journal,
    write_journal,
};
pub use mark::Mark;
pub use odometer::{Odometer, Scan, Stretch};
pub use open_cells::OpenCells;
pub use parts::{
    Arm, Evidence, Latencies, Outcome, Proof, Ruled, StageSaid, Told, UpstreamId, evidence_kept,
};
pub use presence::{Change, Presence, PresencePolicy};
pub use rig::{Names, RigEntry};
pub use rig_record::RigRecord;
pub use rollup::{Level, Owner, Page, PageKey};
pub use value::BadValue;
pub use wire::BadRecord;

#[cfg(test)]
mod derived_tests;
#[cfg(test)]
pub(crate) mod tests;
