//! What a process gives to its successor, so that a new binary goes on without dropping a miner.
//!
//! A lane that has stopped accepting and reading is packed: [`Lane::pack`](crate::lane::Lane::pack)
//! makes a [`LaneParcel`] of it, a successor takes that up with
//! [`LaneArgs::inherited`](crate::lane::LaneArgs::inherited), and the packed lane leaves.

mod parcel;
mod pumps;

pub use parcel::{BadParcel, LaneParcel, PackFailed, ParcelFacts, readable};
pub use pumps::PumpsLeft;
