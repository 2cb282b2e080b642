//! The bridge, as programs outside have it.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

#[path = "bridge/client.rs"]
mod client;
#[path = "bridge/events.rs"]
mod events;
#[path = "bridge/keys.rs"]
mod keys;
#[path = "models/made.rs"]
#[expect(dead_code, reason = "other tests make other models")]
mod made;
#[path = "bridge/plans.rs"]
mod plans;
#[path = "bridge/questions.rs"]
mod questions;
#[path = "bridge/stuck.rs"]
mod stuck;
mod support;
