//! What is stored by the real program, through kills, full disks, faults and damaged files.
//!
//! `ZARTRUX_KILLS=1000 cargo test --test store kills` kills it more often.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

#[path = "store/books.rs"]
mod books;
#[path = "store/churn.rs"]
mod churn;
#[path = "store/damage.rs"]
mod damage;
#[path = "store/farm.rs"]
mod farm;
#[path = "store/full.rs"]
mod full;
#[path = "store/kills.rs"]
mod kills;
#[path = "store/restart.rs"]
mod restart;
