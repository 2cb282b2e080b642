//! Servers and addresses of mail.

use std::fmt;
use std::str::FromStr;

use url::Host;

use super::{Invalid, shown};

/// Where mail is handed in: `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    host: Host,
    port: u16,
}

impl MailServer {
    /// Its name or address, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Ipv6(address) => address.to_string(),
            host @ (Host::Domain(_) | Host::Ipv4(_)) => host.to_string(),
        }
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.to_canonical().is_loopback(),
        }
    }
}

impl FromStr for MailServer {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new(format!(
                "must be a server with its port, such as \"mail.example:465\", but is {}",
                shown(text)
            ))
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let host = Host::parse(host).map_err(|_| wrong())?;
        let port = port.parse().ok().filter(|port| *port > 0);
        Ok(Self {
            host,
            port: port.ok_or_else(wrong)?,
        })
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Whom mail goes to or comes from: `name@host`, without a display name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress(String);

impl MailAddress {
    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MailAddress {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let of_name = |b: u8| b.is_ascii_alphanumeric() || b"._%+-=&'*!#$/?^`{|}~".contains(&b);
        let of_host = |b: u8| b.is_ascii_alphanumeric() || b".-".contains(&b);
        let dots = |part: &str| part.starts_with('.') || part.ends_with('.') || part.contains("..");
        let good = text.len() <= 254
            && text.split_once('@').is_some_and(|(name, host)| {
                (1..=64).contains(&name.len())
                    && !host.is_empty()
                    && name.bytes().all(of_name)
                    && host.bytes().all(of_host)
                    && !dots(name)
                    && !dots(host)
                    && !host.split('.').any(|label| {
                        label.starts_with('-') || label.ends_with('-') || label.len() > 63
                    })
            });
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(format!(
                "must be an address such as \"ops@farm.example\", but is {}",
                shown(text)
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_with_its_port() {
        for (text, host, loopback) in [
            ("mail.example:465", "mail.example", false),
            ("127.0.0.1:25", "127.0.0.1", true),
            ("[::1]:25", "::1", true),
            ("localhost:25", "localhost", true),
        ] {
            let server: MailServer = text.parse().unwrap();
            assert_eq!(
                (server.host().as_str(), server.is_loopback()),
                (host, loopback)
            );
            assert_eq!(server.to_string(), text);
        }
        for text in [
            "",
            "mail.example",
            "mail.example:0",
            "mail.example:x",
            ":25",
            "a b:25",
        ] {
            assert!(text.parse::<MailServer>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["ops@farm.example", "a.b+c@x", "a@localhost"] {
            assert!(text.parse::<MailAddress>().is_ok(), "{text}");
        }
        for text in [
            "",
            "ops",
            "@x",
            "a@",
            "a b@x",
            "a@x\r\nBcc: b@y",
            "<a@x>",
            "Ops <a@x>",
            "a@b@c",
            "a,b@x",
            ".a@x",
            "a@x..y",
            "a@-x",
        ] {
            assert!(text.parse::<MailAddress>().is_err(), "{text:?}");
        }
    }
}
