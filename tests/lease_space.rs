//! Invariant I3: live leases never overlap within an upstream's job, and a slot that was given up
//! stays dead until that pool session's next job.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

#[path = "lease_space/model.rs"]
mod model;
#[path = "lease_space/sockets.rs"]
mod sockets;
#[path = "lease_space/world.rs"]
mod world;
