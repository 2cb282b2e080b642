//! The journal: what happened beside the shares. Who was given which nonces, what was decided,
//! what the operator was told, which models came and went.
//!
//! - [`JournalEntry`]: one thing that happened, and when
//! - [`write_journal`], [`read_journal`]: entries in frames
//! - [`Tenancy`]: who held which slot, by replaying the entries

mod event;
mod frames;
mod names;
mod plans_then;
mod tenancy;
mod wire;

pub use event::{JournalEntry, JournalEvent};
pub use frames::{BadJournal, FRAME_ENTRIES, journal_in, read_journal, write_journal};
pub use names::{AlertKind, BlockFate, LeaseEnd, ModelChange, ModelSlot};
pub use plans_then::JobThen;
pub use tenancy::{Clash, Place, Tenancy, Tenant};

#[cfg(test)]
mod block_tests;
#[cfg(test)]
mod book_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod outside_tests;
#[cfg(test)]
mod returned_tests;
#[cfg(test)]
mod tests;
