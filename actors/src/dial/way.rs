//! How the way to an upstream is taken.

use std::fmt;
use std::net::IpAddr;

use super::IpChoice;

/// A SOCKS5 proxy (RFC 1928): it is told the upstream's name, and looks it up itself.
#[derive(Clone, PartialEq, Eq)]
pub struct SocksProxy {
    /// A name or an address without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Name and password (RFC 1929); Tor takes different ones for different circuits.
    pub login: Option<(String, String)>,
}

/// Without name and password.
impl fmt::Debug for SocksProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "socks5://{}:{}", self.host, self.port)
    }
}

/// How the way to an upstream is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// Over this proxy; none: straight.
    pub proxy: Option<SocksProxy>,
    /// Which of the addresses of the upstream, or of the proxy, are tried, and in which order.
    pub ip: IpChoice,
    /// The address of this machine to connect from; none: the system chooses.
    pub source: Option<IpAddr>,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    None,
    /// The certificate must be for the host's name, and the system's roots must vouch for it.
    Verified,
    /// The certificate must be the one with this SHA-256 of its DER form; who vouches for it and
    /// which name it bears do not matter then.
    Pinned([u8; 32]),
}
