//! Addresses that are called: they may carry a token, so only their host is ever shown.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::Invalid;

/// Longest address, bytes.
const LONGEST: usize = 2_048;

/// Where something is posted to or fetched from: `https://host/path` or `http://…`.
///
/// It prints itself without path, query and login, because those are often secret.
#[derive(Clone, PartialEq, Eq)]
pub struct HookUrl(Url);

impl HookUrl {
    /// The whole address, for the one who calls it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is called over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for HookUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        // What was written is not shown: it may hold a token.
        let wrong = |why: &str| {
            Invalid::new(format!(
                "must be an address such as \"https://hooks.example/path\": {why}"
            ))
        };
        if text.len() > LONGEST {
            return Err(wrong("it is too long"));
        }
        let url = Url::parse(text).map_err(|_| wrong("it can't be read"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it is neither https nor http"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(wrong("it has no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("a name or password in it is not supported"));
        }
        if url.fragment().is_some() {
            return Err(wrong("what follows \"#\" would not be sent"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for HookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        write!(f, "{}://{host}", self.0.scheme())?;
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        if self.0.path() == "/" && self.0.query().is_none() {
            f.write_str("/")
        } else {
            f.write_str("/…")
        }
    }
}

impl fmt::Debug for HookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_is_shown() {
        let url: HookUrl = "https://hooks.example:8443/T0KEN?key=S3CRET"
            .parse()
            .unwrap();
        for shown in [url.to_string(), format!("{url:?}")] {
            assert!(shown.contains("https://hooks.example:8443/…"), "{shown}");
            assert!(
                !shown.contains("T0KEN") && !shown.contains("S3CRET"),
                "{shown}"
            );
        }
        assert_eq!(url.expose(), "https://hooks.example:8443/T0KEN?key=S3CRET");
        assert!(url.is_tls());
    }

    #[test]
    fn what_can_not_be_called_is_refused_without_showing_it() {
        for text in [
            "",
            "T0KEN",
            "ftp://a/T0KEN",
            "https://u:T0KEN@a/",
            "https://a/#T0KEN",
            "https:///",
            &format!("https://a/{}", "T0KEN".repeat(1_000)),
        ] {
            let why = text.parse::<HookUrl>().unwrap_err().to_string();
            assert!(!why.contains("T0KEN"), "{why}");
        }
    }
}
