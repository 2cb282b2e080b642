//! Addresses of ZeroMQ publishers.

use std::fmt;
use std::str::FromStr;

use super::Invalid;

/// Longest, bytes.
const LONGEST: usize = 256;

/// Where a monerod publishes, as its `--zmq-pub` says it: `tcp://host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PublisherUrl(String);

impl PublisherUrl {
    /// As it is handed to ZeroMQ.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublisherUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new(
                "must be what the monerod was given as `--zmq-pub`, such as \
                 \"tcp://127.0.0.1:18083\"",
            )
        };
        let rest = text.strip_prefix("tcp://").ok_or_else(wrong)?;
        let (host, port) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let sound = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        if host.is_empty() || port == 0 || text.len() > LONGEST || !host.chars().all(sound) {
            return Err(wrong());
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PublisherUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publisher_has_a_host_and_a_port() {
        for text in [
            "tcp://127.0.0.1:18083",
            "tcp://[::1]:1",
            "tcp://node.example:9",
        ] {
            assert_eq!(text.parse::<PublisherUrl>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "127.0.0.1:1",
            "tcp://a",
            "tcp://:1",
            "tcp://a:0",
            "ipc://a:1",
            "tcp://a b:1",
        ] {
            assert!(text.parse::<PublisherUrl>().is_err(), "{text}");
        }
    }
}
