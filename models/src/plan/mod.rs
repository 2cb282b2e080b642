//! Planning: leases of nonce space, difficulty per miner, choice of upstream, timers.

mod failover;
mod lease;
mod seat;
mod vardiff;
mod wheel;

pub use failover::{FailoverPolicy, LONGEST_FAILBACK, UpstreamView, choose};
pub use lease::{Lease, LeaseBook, Occupancy};
pub use seat::SeatKey;
pub use vardiff::{Vardiff, VardiffPolicy};
pub use wheel::Wheel;
