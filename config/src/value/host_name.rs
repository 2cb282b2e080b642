//! Names of this machine, as browsers have them in their address line.

use std::fmt;
use std::str::FromStr;

use super::{Invalid, shown};

/// The name of a host, in lower case, without a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostName(Box<str>);

impl HostName {
    /// The name.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let is_label = |label: &str| {
            let inside = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            (1..=63).contains(&label.len()) && label.chars().all(inside)
        };
        if text.len() <= 253 && text.split('.').all(is_label) {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(Invalid::new(format!(
                "must be a host's name without a port, such as \"monitor.example\", but is {}",
                shown(text)
            )))
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_in_lower_case() {
        let name: HostName = "Monitor.Example".parse().unwrap();
        assert_eq!(name.as_str(), "monitor.example");
    }

    #[test]
    fn ports_schemes_and_blanks_are_refused() {
        let long = "a".repeat(64);
        for text in [
            "", "a:80", "http://a", "a b", "a..b", "*", "é", "[::1]", &long,
        ] {
            assert!(text.parse::<HostName>().is_err(), "{text}");
        }
    }
}
