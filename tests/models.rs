//! Models come, go and are damaged while the real program runs, and no share is lost by it.
//!
//! `ZARTRUX_SWAPS=10000 cargo test --test models swaps` swaps them more often.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]
#![allow(
    dead_code,
    reason = "the farm and the books of the store's tests, of which a part is used"
)]

mod support;

#[path = "models/bad_files.rs"]
mod bad_files;
#[path = "store/books.rs"]
mod books;
#[path = "store/farm.rs"]
mod farm;
#[path = "models/made.rs"]
mod made;
#[path = "models/predicts.rs"]
mod predicts;
#[path = "models/swaps.rs"]
mod swaps;
#[path = "models/trains.rs"]
mod trains;
