//! Planning: leases of nonce space, the order of their nonces, difficulty per miner, choice of upstream, timers.

mod capability;
mod failover;
mod lease;
mod nonce_order;
mod outside_order;
mod readiness;
pub mod routing;
mod seat;
mod slot_plan;
mod slot_use;
mod vardiff;
mod wheel;

pub use capability::Capability;
pub use failover::{FailoverPolicy, LONGEST_FAILBACK, UpstreamView, choose};
pub use lease::{Lease, LeaseBook, Occupancy, UntouchedSlots};
pub use nonce_order::{BadOrder, NonceOrder};
pub use outside_order::{BadOutsideOrder, OutsideId, OutsideOrder};
pub use readiness::{NotReadyBy, Readiness, ReadyBy, UnknownBy};
pub use seat::SeatKey;
pub use slot_plan::{DrawnBy, DrawnFrom, SlotPlan};
pub use slot_use::SlotUse;
pub use vardiff::{Vardiff, VardiffPolicy};
pub use wheel::Wheel;

#[cfg(test)]
mod leased_again_tests;
