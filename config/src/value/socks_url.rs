//! Addresses of SOCKS5 proxies.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::Invalid;

/// A SOCKS5 proxy: `socks5://host:port`, or `socks5://name:password@host:port`. It shows itself
/// without name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct SocksUrl {
    host: String,
    port: u16,
    login: Option<(String, String)>,
}

impl SocksUrl {
    /// A domain name, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Name and password, for whoever sends them to the proxy.
    #[must_use]
    pub fn login(&self) -> Option<(&str, &str)> {
        let (name, pass) = self.login.as_ref()?;
        Some((name, pass))
    }
}

impl FromStr for SocksUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        // The text may have a password: it is never repeated.
        let form = || {
            Invalid::new(
                "must be of the form \"socks5://host:port\", or \"socks5://name:password@host:port\"",
            )
        };
        let rest = text
            .strip_prefix("socks5://")
            .or_else(|| text.strip_prefix("socks5h://"))
            .ok_or_else(form)?;
        let url = Url::parse(&format!("socks5://{rest}")).map_err(|_| form())?;
        let port = url.port().filter(|port| *port > 0).ok_or_else(form)?;
        let plain = matches!(url.path(), "" | "/") && url.query().is_none();
        if !plain || url.fragment().is_some() {
            return Err(form());
        }
        let host = Host::parse(url.host_str().unwrap_or_default()).map_err(|_| form())?;
        let host = match host {
            Host::Domain(name) => name,
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let decoded = |text: &str| {
            let bytes = percent_decoded(text);
            String::from_utf8(bytes)
                .ok()
                .filter(|text| text.len() <= 255)
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (name, pass) => {
                let too_long =
                    || Invalid::new("must have a name and a password of at most 255 bytes each");
                let name = decoded(name).ok_or_else(too_long)?;
                let pass = decoded(pass.unwrap_or_default()).ok_or_else(too_long)?;
                if name.is_empty() || pass.is_empty() {
                    return Err(Invalid::new(
                        "must have both a name and a password before the \"@\", or neither",
                    ));
                }
                Some((name, pass))
            }
        };
        Ok(Self { host, port, login })
    }
}

/// With the bytes that `%41` and the like stand for.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let coded = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        (rest, _) = match (first, coded) {
            (b'%', Some(byte)) => (&after[2..], bytes.push(byte)),
            (byte, _) => (after, bytes.push(*byte)),
        };
    }
    bytes
}

/// Without name and password.
impl fmt::Display for SocksUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = if self.login.is_some() {
            "[redacted]@"
        } else {
            ""
        };
        if self.host.contains(':') {
            write!(f, "socks5://{login}[{}]:{}", self.host, self.port)
        } else {
            write!(f, "socks5://{login}{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Debug for SocksUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_parts_are_what_was_written_and_the_password_does_not_show() {
        let url: SocksUrl = "socks5://me:p%40ss@[::1]:9050".parse().unwrap();
        assert_eq!((url.host(), url.port()), ("::1", 9050));
        assert_eq!(url.login(), Some(("me", "p@ss")));
        assert_eq!(url.to_string(), "socks5://[redacted]@[::1]:9050");
        assert!(!format!("{url:?}").contains("ss@"));
        let plain: SocksUrl = "socks5h://127.0.0.1:9050".parse().unwrap();
        assert_eq!(plain.login(), None);
        assert_eq!(plain.to_string(), "socks5://127.0.0.1:9050");
    }

    #[test]
    fn what_is_no_such_address_is_refused_without_being_repeated() {
        for text in [
            "",
            "127.0.0.1:9050",
            "http://127.0.0.1:9050",
            "socks5://127.0.0.1",
            "socks5://127.0.0.1:0",
            "socks5://:hunter2@a:1",
            "socks5://me@a:1",
            "socks5://me:hunter2@a:1/path",
            "socks5://me:hunter2@a",
        ] {
            let why = text.parse::<SocksUrl>().unwrap_err().to_string();
            assert!(
                why.starts_with("must") && !why.contains("hunter2"),
                "{text}: {why}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(socks5://)?[ -~]{0,60}") {
            let _ = text.parse::<SocksUrl>();
        }
    }
}
