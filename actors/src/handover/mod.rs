//! What a process gives to its successor, so that a new binary goes on without dropping a miner.
//!
//! A lane that has stopped accepting and reading is packed: [`Lane::pack`](crate::lane::Lane::pack)
//! makes a [`LaneParcel`] of it, a successor takes that up with
//! [`LaneArgs::inherited`](crate::lane::LaneArgs::inherited), and the packed lane leaves.
//!
//! What goes over: miners without TLS, with all that is known of them; jobs and the nonces submitted in
//! them; pool sessions, those in TLS carried by the process that leaves. What does not: miners in TLS or
//! whose password is just being checked (they reconnect), shares without a verdict by then (told so),
//! templates (asked for anew), how near an upstream is to a ban, refusals listed in this minute.

mod carry;
mod inheritance;
mod parcel;
mod pumps;

pub use parcel::{BadParcel, LaneParcel, PackFailed, ParcelFacts, readable};
pub use pumps::PumpsLeft;

pub(crate) use carry::Carrier;
pub(crate) use inheritance::{
    Inheritance, InheritedLink, InheritedPlan, InheritedPool, InheritedSeats, upstream_digest,
};
