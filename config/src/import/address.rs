//! A pool's `url` as xmrig understands it.

use crate::value::PoolUrl;

/// Where an upstream is.
pub(super) struct Address {
    /// Whether it is a monerod.
    pub(super) daemon: bool,
    /// The address in our form, if it has one.
    pub(super) url: Option<PoolUrl>,
}

impl Address {
    /// Reads `[scheme://]host[:port]`; TLS and a monerod may also be asked for by keys of their own.
    pub(super) fn read(text: &str, wants_tls: bool, wants_daemon: bool) -> Option<Self> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("stratum+tcp".to_owned(), text),
        };
        let (daemon, tls) = match scheme.as_str() {
            "stratum+tcp" => (wants_daemon, wants_tls),
            "stratum+ssl" => (wants_daemon, true),
            "daemon+http" => (true, wants_tls),
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
        let scheme = match (daemon, tls) {
            (false, false) => "stratum+tcp",
            (false, true) => "stratum+ssl",
            (true, false) => "daemon+http",
            (true, true) => "daemon+https",
        };
        let url = format!("{scheme}://{rest}{port}").parse();
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
            let url = Address::read(text, tls, false).and_then(|address| address.url);
            assert_eq!(
                url.map(|url| url.to_string()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn a_monerod_is_recognised_by_its_scheme_or_by_its_key() {
        let cases = [
            (
                "127.0.0.1:18081",
                false,
                true,
                "daemon+http://127.0.0.1:18081",
            ),
            (
                "stratum+tcp://[::1]:18081",
                false,
                true,
                "daemon+http://[::1]:18081",
            ),
            (
                "127.0.0.1:18081",
                true,
                true,
                "daemon+https://127.0.0.1:18081",
            ),
            (
                "daemon+http://n.example:1",
                false,
                false,
                "daemon+http://n.example:1",
            ),
            (
                "daemon+https://n.example:1",
                false,
                false,
                "daemon+https://n.example:1",
            ),
        ];
        for (text, tls, daemon, expected) in cases {
            let address = Address::read(text, tls, daemon).unwrap();
            assert!(address.daemon, "{text}");
            assert_eq!(address.url.unwrap().to_string(), expected, "{text}");
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
            let url = Address::read(text, false, false).and_then(|address| address.url);
            assert_eq!(url, None, "{text}");
        }
    }
}
