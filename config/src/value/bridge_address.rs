//! Addresses of the bridge's sockets.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use super::{Invalid, shown};

/// Where a socket of the bridge listens: `tcp://IP:port`, or `ipc:///path` on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BridgeAddress {
    /// An IP address and a port; with port 0 the system chooses.
    Tcp(SocketAddr),
    /// The path of a socket in the file system.
    Ipc(String),
}

impl BridgeAddress {
    /// Longest path of a socket, bytes: what the system can take.
    pub const PATH_MAX: usize = 100;

    /// Whether other machines reach it.
    #[must_use]
    pub fn reaches_out(&self) -> bool {
        match self {
            Self::Tcp(address) => !address.ip().to_canonical().is_loopback(),
            Self::Ipc(_) => false,
        }
    }

    /// The address that its port is taken of.
    #[must_use]
    pub const fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Ipc(_) => None,
        }
    }
}

impl FromStr for BridgeAddress {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new(format!(
                "must be \"tcp://IP:port\", such as \"tcp://127.0.0.1:5551\", or \
                 \"ipc:///path\" with a path of at most {} bytes, but is {}",
                Self::PATH_MAX,
                shown(text)
            ))
        };
        if let Some(address) = text.strip_prefix("tcp://") {
            return address.parse().map(Self::Tcp).map_err(|_| wrong());
        }
        let path = text.strip_prefix("ipc://").ok_or_else(wrong)?;
        let sound = path.starts_with('/')
            && (2..=Self::PATH_MAX).contains(&path.len())
            && !path.contains(char::is_control);
        sound.then(|| Self::Ipc(path.to_owned())).ok_or_else(wrong)
    }
}

impl fmt::Display for BridgeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Ipc(path) => write!(f, "ipc://{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_ip_with_a_port_or_an_absolute_path() {
        for (text, reaches_out) in [
            ("tcp://127.0.0.1:5551", false),
            ("tcp://[::1]:0", false),
            ("tcp://[::ffff:127.0.0.1]:1", false),
            ("tcp://0.0.0.0:1", true),
            ("tcp://192.0.2.7:1", true),
            ("ipc:///run/zartrux/events", false),
        ] {
            let address: BridgeAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(address.reaches_out(), reaches_out, "{text}");
        }
        let long = format!("ipc:///{}", "a".repeat(BridgeAddress::PATH_MAX));
        for text in [
            "",
            "127.0.0.1:1",
            "tcp://a:1",
            "tcp://*:1",
            "tcp://eth0:1",
            "tcp://127.0.0.1",
            "ipc://a",
            "ipc://@a",
            "ipc:///",
            "ipc:///a\n",
            "inproc://a",
            &long,
        ] {
            assert!(text.parse::<BridgeAddress>().is_err(), "{text}");
        }
    }
}
