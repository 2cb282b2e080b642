//! Sessions as plain state machines: lines and the time in, effects out.

mod assignments;
mod miner;
mod node;
mod pool;
mod proxy_header;

pub use assignments::{Assignment, Assignments};
pub use miner::{Heard, MinerProtocol, NO_OTHER_JOB, SessionId};
pub use node::*;
pub(crate) use pool::check_link;
pub use pool::*;
pub use proxy_header::{PROXY_HEADER_LIMIT, ProxyHeader, ProxyHeaderFault, read_proxy_header};
