//! Pool sessions against pools that a test plays by hand, over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod closing;
mod faults;
mod harness;
mod life;
mod pool;
mod shares;
mod tls;
mod words;
