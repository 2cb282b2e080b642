//! What an operator and the daemon see of the settings.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod alerts;
mod arbitrary;
mod bridge;
mod changes;
mod faults;
mod files;
mod import;
mod keys;
mod overrides;
mod summary;
