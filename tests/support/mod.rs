//! What the whole-program tests share: a pool that does as it is told, miners that send what
//! they are told, recorded traffic, and an independent judge of shares.
//!
//! None of it uses the proxy's own parser, admission or arithmetic.
//!
//! Everything here blocks the calling thread and panics when what it waits for does not come
//! within [`PATIENCE`]; nothing sleeps for luck. Servers listen on ports that the system picks
//! and end with their owner.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "compiled into every test program, each of which uses its own part"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

pub mod certs;
pub mod clock;
pub mod daemon;
pub mod fake_pool;
pub mod fixtures;
pub mod garbage;
pub mod http;
pub mod monerod;
pub mod oracle;
pub mod proxy;
pub mod results;
pub mod sim_miner;
pub mod socks;
pub mod swarm;
pub mod template_pool;

use std::time::Duration;

pub use certs::{TestCa, TestCert};
pub use daemon::{Daemon, Manner};
pub use fake_pool::{Answer, FakePool, OnConnect, OnKeepalive, OnLogin, OnSubmit, Script};
pub use oracle::{Judgement, Oracle};
pub use proxy::{Config, Proxy};
pub use results::{result_meeting, result_missing};
pub use sim_miner::{Heard, SimMiner};
pub use socks::Socks;
pub use swarm::Swarm;
pub use template_pool::TemplatePool;

/// How long anything is waited for before the test fails. Long, since builds may share the
/// machine; a test that passes never waits for it.
pub const PATIENCE: Duration = Duration::from_secs(30);
