//! `[monitor]`: pages, health, metrics and API.

use std::net::{Ipv4Addr, SocketAddr};

use crate::reader::{Section, accept};

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
}

impl Default for Monitor {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            shares_kept: 4096,
            rig_metrics: 0,
        }
    }
}

impl Monitor {
    /// Most rigs that can have metrics of their own: some megabytes a scrape.
    pub const RIG_METRICS_MAX: usize = 10_000;

    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            listen: section.value("listen", default.listen, accept::or_off(accept::address)),
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
        }
    }
}
