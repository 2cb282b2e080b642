//! Who may come in: passwords, networks, limits of one address, and balancers, over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

#[path = "access/addresses.rs"]
mod addresses;
#[path = "access/balancer.rs"]
mod balancer;
#[path = "access/passwords.rs"]
mod passwords;
