//! `[monitor]`: pages, health, metrics and API.

use std::net::{Ipv4Addr, SocketAddr};

use crate::reader::{Section, accept};

/// `[monitor]`: pages, health, metrics and API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// The address of the HTTP server. None: there is no such server.
    pub listen: Option<SocketAddr>,
}

impl Default for Monitor {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
        }
    }
}

impl Monitor {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            listen: section.value("listen", default.listen, accept::or_off(accept::address)),
        }
    }
}
