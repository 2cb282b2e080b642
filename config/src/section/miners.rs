//! `[miners]`: the side where miners connect.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::access::Access;
use super::{any_time, some_time};
use crate::reader::{Section, accept};
use crate::value::ByteSize;

/// Most addresses in one list.
pub(crate) const MOST_ADDRESSES: usize = 64;

/// `[miners]`: the side where miners connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miners {
    /// Addresses for miners in plain text.
    pub listen: Vec<SocketAddr>,
    /// Addresses for miners that speak TLS.
    pub tls_listen: Vec<SocketAddr>,
    /// Certificate for `tls_listen`. None: one is made at the first start and kept in
    /// the data folder.
    pub tls_files: Option<TlsFiles>,
    /// How long a connection may take to log in.
    pub login_timeout: Duration,
    /// How long a login waits for a job when no upstream has one.
    pub login_hold: Duration,
    /// How long a miner may be silent.
    pub idle_timeout: Duration,
    /// Most connections at once, 1 to 1,000,000.
    pub max_connections: usize,
    /// Most shares without an answer at once, 1 to 1,048,576.
    pub max_shares_in_flight: usize,
    /// What a miner may leave unread before it is closed, 4 KiB to 16 MiB.
    pub unsent_limit: ByteSize,
    /// What all miners together may leave unread, or send of lines that have no end, before those
    /// that have done so for longest are closed, 1 MiB to 64 GiB.
    pub buffer_limit: ByteSize,
    /// How long a line may take to come whole, and how long bytes may wait to be read.
    pub stall_timeout: Duration,
    /// Lines that are read of one connection within a second, 1 to 1,000,000; a line counts once
    /// more for each KiB. None: any number.
    pub lines_per_second: Option<usize>,
    /// Time between two shares of a miner that its difficulty is set for. None: every
    /// miner gets the pool's difficulty.
    pub share_goal: Option<Duration>,
    /// Lowest difficulty given to a miner; at least 1.
    pub min_difficulty: u64,
    /// Which miners may come in.
    pub access: Access,
}

/// Files in PEM form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those it depends on.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
}

impl Default for Miners {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, 3333))],
            tls_listen: Vec::new(),
            tls_files: None,
            login_timeout: Duration::from_secs(10),
            login_hold: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(600),
            max_connections: 100_000,
            max_shares_in_flight: 65_536,
            unsent_limit: ByteSize::new(64 << 10),
            buffer_limit: ByteSize::new(64 << 20),
            stall_timeout: Duration::from_secs(60),
            lines_per_second: Some(1000),
            share_goal: Some(Duration::from_secs(30)),
            min_difficulty: 1000,
            access: Access::default(),
        }
    }
}

impl Miners {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let unsent_limits = ByteSize::new(4 << 10)..=ByteSize::new(16 << 20);
        let buffer_limits = ByteSize::new(1 << 20)..=ByteSize::new(64 << 30);
        let share_goals = Duration::from_millis(100)..=Duration::from_secs(3600);
        Self {
            listen: section.list("listen", default.listen, MOST_ADDRESSES, accept::address),
            tls_listen: section.list(
                "tls_listen",
                default.tls_listen,
                MOST_ADDRESSES,
                accept::address,
            ),
            tls_files: TlsFiles::read(section),
            login_timeout: section.value(
                "login_timeout",
                default.login_timeout,
                accept::duration(some_time()),
            ),
            login_hold: section.value(
                "login_hold",
                default.login_hold,
                accept::duration(any_time()),
            ),
            idle_timeout: section.value(
                "idle_timeout",
                default.idle_timeout,
                accept::duration(some_time()),
            ),
            max_connections: section.value(
                "max_connections",
                default.max_connections,
                accept::whole(1..=1_000_000),
            ),
            max_shares_in_flight: section.value(
                "max_shares_in_flight",
                default.max_shares_in_flight,
                accept::whole(1..=1 << 20),
            ),
            unsent_limit: section.value(
                "unsent_limit",
                default.unsent_limit,
                accept::size(unsent_limits),
            ),
            buffer_limit: section.value(
                "buffer_limit",
                default.buffer_limit,
                accept::size(buffer_limits),
            ),
            stall_timeout: section.value(
                "stall_timeout",
                default.stall_timeout,
                accept::duration(some_time()),
            ),
            lines_per_second: section.value(
                "lines_per_second",
                default.lines_per_second,
                accept::or_off(accept::whole(1..=1_000_000)),
            ),
            share_goal: section.value(
                "share_goal",
                default.share_goal,
                accept::or_off(accept::duration(share_goals)),
            ),
            min_difficulty: section.value(
                "min_difficulty",
                default.min_difficulty,
                accept::difficulty,
            ),
            access: Access::read(section),
        }
    }
}

impl TlsFiles {
    /// Both files, or neither.
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let certificate = section.optional("tls_certificate", accept::path);
        let key = section.optional("tls_key", accept::path);
        let given = ["tls_certificate", "tls_key"].map(|key| section.is_given(key));
        match given {
            [true, false] => section.fault("tls_certificate", "needs `tls_key` beside it"),
            [false, true] => section.fault("tls_key", "needs `tls_certificate` beside it"),
            [true, true] | [false, false] => {}
        }
        certificate
            .zip(key)
            .map(|(certificate, key)| Self { certificate, key })
    }
}
