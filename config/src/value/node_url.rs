//! Addresses of nodes whose RPC is asked.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::Invalid;

/// Where a monerod answers: `http://host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeUrl {
    host: Host,
    port: u16,
}

impl NodeUrl {
    /// The port of monerod's RPC where none is named.
    const PORT: u16 = 18_081;
}

impl FromStr for NodeUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new(format!(
                "must be the address of a monerod, such as \"http://127.0.0.1:18081\", but is {}",
                super::shown(text)
            ))
        };
        let url = Url::parse(text).map_err(|_| wrong())?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        if url.scheme() != "http" || !bare {
            return Err(wrong());
        }
        let host = url.host().ok_or_else(wrong)?.to_owned();
        // `Url` forgets a port that is the scheme's own.
        let named = text.trim_end_matches('/').ends_with(":80");
        let port = url.port().unwrap_or(if named { 80 } else { Self::PORT });
        Ok(Self { host, port })
    }
}

impl fmt::Display for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_the_port_of_monerod_where_none_is_named() {
        for (text, shown) in [
            ("http://127.0.0.1:18081", "http://127.0.0.1:18081"),
            ("http://node.example/", "http://node.example:18081"),
            ("http://[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(text.parse::<NodeUrl>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_of_a_node_is_refused_in_words() {
        for text in [
            "",
            "127.0.0.1:18081",
            "https://node.example",
            "http://user:secret@node.example",
            "http://node.example/json_rpc",
            "stratum+tcp://a:1",
        ] {
            assert!(text.parse::<NodeUrl>().is_err(), "{text}");
        }
    }
}
