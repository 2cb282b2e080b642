//! A pool's `url` as xmrig understands it.

use crate::value::PoolUrl;

/// Where an upstream is.
pub(super) struct Address {
    /// Whether it is a monerod.
    pub(super) daemon: bool,
    /// The address in our form, if it has one; a monerod as if it were a pool.
    pub(super) url: Option<PoolUrl>,
}

impl Address {
    /// Reads `[scheme://]host[:port]`; TLS may also be asked for by a key of its own.
    pub(super) fn read(text: &str, wants_tls: bool) -> Option<Self> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("stratum+tcp".to_owned(), text),
        };
        let (daemon, scheme_tls) = match scheme.as_str() {
            "stratum+tcp" => (false, false),
            "stratum+ssl" => (false, true),
            "daemon+http" => (true, false),
            "daemon+https" => (true, true),
            _ => return None,
        };
        let after_ipv6 = rest.rsplit_once(']').map_or(rest, |(_, after)| after);
        // xmrig's default, where no port is given.
        let port = if after_ipv6.contains(':') {
            ""
        } else {
            ":3333"
        };
        let scheme = if wants_tls || scheme_tls {
            "ssl"
        } else {
            "tcp"
        };
        let url = format!("stratum+{scheme}://{rest}{port}").parse();
        Some(Self {
            daemon,
            url: url.ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_xmrig_is_understood() {
        let cases = [
            ("pool.example:443", false, "stratum+tcp://pool.example:443"),
            ("pool.example", false, "stratum+tcp://pool.example:3333"),
            ("pool.example:443", true, "stratum+ssl://pool.example:443"),
            (
                "STRATUM+SSL://pool.example:443",
                false,
                "stratum+ssl://pool.example:443",
            ),
            (
                "stratum+tcp://pool.example:443",
                true,
                "stratum+ssl://pool.example:443",
            ),
            ("[::1]:5", false, "stratum+tcp://[::1]:5"),
        ];
        for (text, tls, expected) in cases {
            let url = Address::read(text, tls).and_then(|address| address.url);
            assert_eq!(
                url.map(|url| url.to_string()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn a_monerod_is_recognised() {
        for text in [
            "daemon+http://127.0.0.1:18081",
            "daemon+https://127.0.0.1:18081",
        ] {
            assert!(
                Address::read(text, false).is_some_and(|address| address.daemon),
                "{text}"
            );
        }
    }

    #[test]
    fn other_forms_are_not_understood() {
        for text in [
            "",
            "http://a:1",
            "a:1#key",
            "a:1@proxy:2",
            "a b:1",
            "a:0",
            "/a",
        ] {
            let url = Address::read(text, false).and_then(|address| address.url);
            assert_eq!(url, None, "{text}");
        }
    }
}
