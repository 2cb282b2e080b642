//! Whoever is to judge the proxy must itself be right: tests of the tests' own peers.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it must be"
)]

mod support;

#[path = "support_selftest/demo_peers.rs"]
mod demo_peers;
#[path = "support_selftest/fake_pool.rs"]
mod fake_pool;
#[path = "support_selftest/recorded.rs"]
mod recorded;
#[path = "support_selftest/tls.rs"]
mod tls;
