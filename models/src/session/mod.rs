//! Sessions as plain state machines: lines and the time in, effects out.

mod assignments;
mod miner;
mod pool;

pub use assignments::{Assignment, Assignments};
pub use miner::{Heard, MinerProtocol, SessionId};
pub use pool::*;
