//! Addresses of upstreams.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::Invalid;

/// What an upstream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// A pool, or a p2pool node: stratum.
    Stratum,
    /// A monerod that is mined at alone: its RPC.
    Daemon,
}

/// Where an upstream is: `stratum+tcp://host:port`, or `stratum+ssl://host:port` for TLS;
/// `daemon+http://host:port` or `daemon+https://host:port` for a monerod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PoolUrl {
    kind: PoolKind,
    tls: bool,
    host: Host,
    port: u16,
}

impl PoolUrl {
    /// What is spoken there.
    #[must_use]
    pub const fn kind(&self) -> PoolKind {
        self.kind
    }

    /// Whether the connection is encrypted, and the upstream's certificate checked.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// A domain name in its ASCII form, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    /// The TCP port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for PoolUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(no_scheme(text));
        };
        let (kind, tls) = match scheme.to_ascii_lowercase().as_str() {
            "stratum+tcp" => (PoolKind::Stratum, false),
            "stratum+ssl" => (PoolKind::Stratum, true),
            "daemon+http" => (PoolKind::Daemon, false),
            "daemon+https" => (PoolKind::Daemon, true),
            "stratum+tls" | "stratums" | "ssl" | "tls" => {
                return Err(Invalid::new("must start with \"stratum+ssl://\" for TLS"));
            }
            _ => {
                return Err(Invalid::new(
                    "must start with \"stratum+tcp://\", or \"stratum+ssl://\" for TLS; with \
                     \"daemon+http://\" for a monerod",
                ));
            }
        };
        let (host, port) = host_and_port(rest)?;
        Ok(Self {
            kind,
            tls,
            host,
            port,
        })
    }
}

/// The host and port after `://`; nothing else may stand there.
fn host_and_port(rest: &str) -> Result<(Host, u16), Invalid> {
    // What stands before an "@" is a name and password, so the text is never repeated.
    if rest.contains('@') {
        return Err(Invalid::new(
            "must not contain \"@\": write the wallet as `user` and the password as `pass`",
        ));
    }
    let url = Url::parse(&format!("stratum://{rest}"))
        .map_err(|why| Invalid::new(format!("must name a host and a port: {why}")))?;
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(Invalid::new("must end with the port, such as \":3333\""));
    }
    let port = url
        .port()
        .filter(|port| *port > 0)
        .ok_or_else(|| Invalid::new("must end with a port from 1 to 65535, such as \":3333\""))?;
    // Again, because only here a domain name is checked and brought to its ASCII form.
    let host = Host::parse(url.host_str().unwrap_or_default())
        .map_err(|why| Invalid::new(format!("must name a host: {why}")))?;
    Ok((host, port))
}

/// Most miners write `host:port` alone: tells them what to write.
fn no_scheme(text: &str) -> Invalid {
    match host_and_port(text) {
        Ok((host, port)) => Invalid::new(format!(
            "must start with a scheme: write \"stratum+tcp://{host}:{port}\", or \
             \"stratum+ssl://{host}:{port}\" for TLS"
        )),
        Err(_) => Invalid::new(
            "must be of the form \"stratum+tcp://host:port\", or \"stratum+ssl://host:port\" for TLS",
        ),
    }
}

impl fmt::Display for PoolUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.kind, self.tls) {
            (PoolKind::Stratum, false) => "stratum+tcp",
            (PoolKind::Stratum, true) => "stratum+ssl",
            (PoolKind::Daemon, false) => "daemon+http",
            (PoolKind::Daemon, true) => "daemon+https",
        };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_parts_are_what_was_written() {
        let cases = [
            (
                "stratum+tcp://pool.example:3333",
                false,
                "pool.example",
                3333,
            ),
            ("STRATUM+SSL://Pool.Example:443", true, "pool.example", 443),
            ("stratum+tcp://127.0.0.1:1", false, "127.0.0.1", 1),
            ("stratum+tcp://[::1]:65535", false, "::1", 65535),
            (
                "stratum+tcp://pool.example:3333/",
                false,
                "pool.example",
                3333,
            ),
            (
                "stratum+tcp://bücher.example:80",
                false,
                "xn--bcher-kva.example",
                80,
            ),
        ];
        for (text, tls, host, port) in cases {
            let url: PoolUrl = text.parse().unwrap();
            assert_eq!(
                (url.is_tls(), url.host().as_str(), url.port()),
                (tls, host, port),
                "{text}"
            );
        }
    }

    #[test]
    fn each_mistake_has_its_own_answer() {
        let cases = [
            (
                "pool.example:3333",
                "write \"stratum+tcp://pool.example:3333\"",
            ),
            ("pool.example", "of the form"),
            ("", "of the form"),
            ("stratum+tcp://pool.example", "must end with a port"),
            ("stratum+tcp://pool.example:0", "must end with a port"),
            ("stratum+tcp://pool.example:99999", "invalid port"),
            ("stratum+tcp://:3333", "must name a host"),
            ("stratum+tcp://", "must"),
            (
                "stratum+tcp://pool.example:3333/path",
                "must end with the port",
            ),
            (
                "stratum+tcp://pool.example:3333?a",
                "must end with the port",
            ),
            (
                "stratum+tcp://pool.example:3333#key",
                "must end with the port",
            ),
            ("stratum+tcp://po ol:3333", "must name a host"),
            ("http://pool.example:3333", "must start with"),
            (
                "stratum+tls://pool.example:3333",
                "\"stratum+ssl://\" for TLS",
            ),
            ("daemon+http://127.0.0.1", "must end with a port"),
            (
                "daemon+http://127.0.0.1:18081/json_rpc",
                "must end with the port",
            ),
        ];
        for (text, answer) in cases {
            let why = text.parse::<PoolUrl>().unwrap_err().to_string();
            assert!(why.contains(answer), "{text}: {why}");
        }
    }

    #[test]
    fn a_daemon_is_no_pool_and_is_shown_as_it_was_written() {
        for (text, tls) in [
            ("daemon+http://127.0.0.1:18081", false),
            ("daemon+https://node.example:18089", true),
        ] {
            let url: PoolUrl = text.parse().unwrap();
            assert_eq!((url.kind(), url.is_tls()), (PoolKind::Daemon, tls));
            assert_eq!(url.to_string(), text);
        }
        let pool: PoolUrl = "stratum+tcp://a:1".parse().unwrap();
        assert_eq!(pool.kind(), PoolKind::Stratum);
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        for text in [
            "stratum+tcp://wallet:hunter2@pool.example:3333",
            "wallet:hunter2@pool:1",
        ] {
            let why = text.parse::<PoolUrl>().unwrap_err().to_string();
            assert!(!why.contains("hunter2"), "{why}");
        }
    }

    proptest! {
        #[test]
        fn a_written_url_is_read_back(
            tls: bool,
            host in "[a-z][a-z0-9]{0,20}\\.example|127\\.0\\.0\\.[0-9]|\\[::[1-9a-f]\\]",
            port in 1..=u16::MAX,
        ) {
            let scheme = if tls { "ssl" } else { "tcp" };
            let text = format!("stratum+{scheme}://{host}:{port}");
            let url: PoolUrl = text.parse().unwrap();
            prop_assert_eq!(url.to_string(), text);
        }

        #[test]
        fn any_text_is_read_or_refused(text: String, scheme in "((stratum\\+(tcp|ssl)|daemon\\+https?)://)?") {
            if let Ok(url) = format!("{scheme}{text}").parse::<PoolUrl>() {
                prop_assert_eq!(url.to_string().parse(), Ok(url));
            }
        }
    }
}
