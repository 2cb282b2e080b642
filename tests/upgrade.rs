//! The real program gives its place to another one, by command and by signal: miners, shares, listeners
//! and the store go on, and whatever is wrong with the other program leaves the one that runs serving.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

#[path = "upgrade/carried.rs"]
mod carried;
#[path = "upgrade/farm.rs"]
mod farm;
#[path = "upgrade/outside.rs"]
mod outside;
#[path = "upgrade/proved.rs"]
mod proved;
#[path = "upgrade/refused.rs"]
mod refused;
mod support;
#[path = "upgrade/told.rs"]
mod told;
