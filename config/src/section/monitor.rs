//! `[monitor]`: pages, health, metrics and API.

use std::net::{Ipv4Addr, SocketAddr};

use super::{ApiAccess, TlsFiles};
use crate::reader::{Section, accept};
use crate::value::HostName;

/// Most names of this machine.
const MOST_HOSTS: usize = 16;

/// `[monitor]`: pages, health, metrics and API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// The address of the HTTP server. None: there is no such server.
    pub listen: Option<SocketAddr>,
    /// How many of the last shares are kept to be shown, up to 1,000,000, shared evenly by the
    /// lanes.
    pub shares_kept: usize,
    /// Most rigs with metrics of their own, up to [`Self::RIG_METRICS_MAX`]; 0 for none.
    pub rig_metrics: usize,
    /// Who may do what.
    pub access: ApiAccess,
    /// Names by which browsers may call the server beside IP addresses and `localhost`, at most 16.
    /// Without any, a server that other machines reach answers to every name.
    pub hosts: Vec<HostName>,
    /// Certificate and key. None: it speaks plain HTTP.
    pub tls_files: Option<TlsFiles>,
}

impl Default for Monitor {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            shares_kept: 4096,
            rig_metrics: 0,
            access: ApiAccess::default(),
            hosts: Vec::new(),
            tls_files: None,
        }
    }
}

/// Whether a server at this address is reached from other machines.
fn reaches_out(address: SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

impl Monitor {
    /// Most rigs that can have metrics of their own: some megabytes a scrape.
    pub const RIG_METRICS_MAX: usize = 10_000;
    /// Whether other machines reach the server.
    #[must_use]
    pub fn reaches_out(&self) -> bool {
        self.listen.is_some_and(reaches_out)
    }

    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let listen = section.value("listen", default.listen, accept::or_off(accept::address));
        Self {
            listen,
            shares_kept: section.value(
                "shares_kept",
                default.shares_kept,
                accept::whole(0..=1_000_000),
            ),
            rig_metrics: section.value(
                "rig_metrics",
                default.rig_metrics,
                accept::whole(0..=Self::RIG_METRICS_MAX),
            ),
            access: ApiAccess::read(section, listen.is_some_and(reaches_out)),
            hosts: section.list("hosts", Vec::new(), MOST_HOSTS, accept::parsed),
            tls_files: TlsFiles::read(section),
        }
    }
}
