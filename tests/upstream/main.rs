//! The upstreams' side of the whole daemon, over real sockets: pools that fail in every way, and
//! miners that must not notice more of it than they have to.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

#[path = "../support/mod.rs"]
mod support;

mod bans;
mod crowd;
mod drops;
mod failback;
mod failover;
mod garbage;
mod jobs;
mod none_left;
mod redirects;
mod scene;
mod socks;
mod tls;
