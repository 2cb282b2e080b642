//! A lane's live state goes to a successor: no connection is lost, no share is lost or doubled.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

#[path = "handover/carried.rs"]
mod carried;
#[path = "handover/lane.rs"]
mod lane;
#[path = "handover/plain.rs"]
mod plain;
#[path = "handover/refused.rs"]
mod refused;
mod support;
