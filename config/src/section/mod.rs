//! The sections of the file, one module each: its keys, their defaults and their rules.

mod access;
mod alerts;
mod api_access;
mod bridge;
mod failover;
mod filters;
mod learn;
mod miners;
mod monitor;
mod node;
mod pool;
mod prove;
mod rigs;
pub(crate) mod route;
mod store;
mod way;

pub use access::Access;
pub use alerts::{ALERT_KINDS, Alerts, MailTls};
pub use api_access::{Anonymous, ApiAccess};
pub use bridge::Bridge;
pub use failover::Failover;
pub use filters::Filters;
pub use learn::Learn;
pub use miners::{Miners, TlsFiles};
pub use monitor::Monitor;
pub use node::{LogFormat, Node};
pub use pool::{BanWindow, DaemonKeys, Dialect, IpVersion, Pool};
pub use prove::{Prove, ProveMode};
pub use rigs::{Expect, Rigs};
pub use route::{Group, Route, UtcOffset};
pub use store::{Ack, Store};

pub(crate) use alerts::MAIL_TLS;
pub(crate) use miners::MOST_ADDRESSES;
pub(crate) use pool::{BAN_WINDOWS, DIALECTS, IP_VERSIONS, MOST_POOLS};
pub(crate) use rigs::EXPECTS;
pub(crate) use store::ACKS;
pub(crate) use way::is_onion;

use std::ops::RangeInclusive;
use std::time::Duration;

/// The longest wait of any setting.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A wait that must not be zero.
fn some_time() -> RangeInclusive<Duration> {
    Duration::from_millis(1)..=DAY
}

/// A wait that may be zero, which then means not to wait.
fn any_time() -> RangeInclusive<Duration> {
    Duration::ZERO..=DAY
}
