//! Whether a browser means this server, or is led here by a page of others.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{HOST, ORIGIN};
use zartrux_config::HostName;

/// The names by which the server may be called.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Names {
    known: Vec<HostName>,
    /// Whether any other name is refused.
    strict: bool,
}

impl Names {
    /// A server that other machines reach is known to them by names that nobody told us, so that it
    /// is strict only when `hosts` names some.
    pub(super) fn new(hosts: &[HostName], reaches_out: bool) -> Self {
        Self {
            known: hosts.to_vec(),
            strict: !reaches_out || !hosts.is_empty(),
        }
    }

    /// Whether the request calls the server by one of its names. One without any name is not a
    /// browser's.
    pub(super) fn are_ours(&self, request: &HttpRequest) -> bool {
        if !self.strict {
            return true;
        }
        let Some(header) = request.headers().get(HOST) else {
            return true;
        };
        header.to_str().is_ok_and(|host| self.is_ours(host))
    }

    fn is_ours(&self, authority: &str) -> bool {
        let Some(host) = without_port(authority) else {
            return false;
        };
        let is_address = host.parse::<IpAddr>().is_ok()
            || host
                .strip_prefix('[')
                .and_then(|host| host.strip_suffix(']'))
                .is_some_and(|host| host.parse::<Ipv6Addr>().is_ok());
        is_address
            || host.eq_ignore_ascii_case("localhost")
            || self
                .known
                .iter()
                .any(|known| host.eq_ignore_ascii_case(known.as_str()))
    }
}

/// `host:port` or `host`, without the port; none if that is no number.
fn without_port(authority: &str) -> Option<&str> {
    match authority.rsplit_once(':') {
        // The last colon is one of an address in brackets.
        Some((_, rest)) if rest.ends_with(']') => Some(authority),
        Some((host, port)) => port.bytes().all(|b| b.is_ascii_digit()).then_some(host),
        None => Some(authority),
    }
}

/// Whether a page of another server makes a request that may change something. Browsers name the
/// page's origin; an operator's program does not.
pub(super) fn is_foreign(request: &HttpRequest) -> bool {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return false;
    }
    let Some(origin) = request.headers().get(ORIGIN) else {
        return false;
    };
    let own = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let page = origin
        .to_str()
        .ok()
        .and_then(|origin| Some(origin.split_once("://")?.1));
    match (page, own) {
        (Some(page), Some(own)) => !page.eq_ignore_ascii_case(own),
        (_, None) | (None, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn ours(hosts: &[&str], reaches_out: bool, host: &str) -> bool {
        let hosts: Vec<HostName> = hosts.iter().map(|host| host.parse().unwrap()).collect();
        let request = TestRequest::get().insert_header((HOST, host));
        Names::new(&hosts, reaches_out).are_ours(&request.to_http_request())
    }

    #[test]
    fn a_page_of_others_that_calls_us_by_its_name_is_refused_on_this_machine() {
        for (host, is_ours) in [
            ("127.0.0.1:8080", true),
            ("127.0.0.1", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("localhost:8080", true),
            ("LOCALHOST", true),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:80", false),
            ("127.0.0.1:evil", false),
            ("", false),
        ] {
            assert_eq!(ours(&[], false, host), is_ours, "{host:?}");
        }
    }

    #[test]
    fn names_that_the_settings_have_are_ours() {
        assert!(ours(&["monitor.example"], false, "Monitor.Example:443"));
        assert!(!ours(&["monitor.example"], false, "other.example"));
        assert!(ours(&[], true, "miner-box:8080"), "nobody said which");
        assert!(!ours(&["monitor.example"], true, "miner-box:8080"));
    }

    #[test]
    fn posts_of_pages_are_for_our_own_pages_alone() {
        for (origin, foreign) in [
            (None, false),
            (Some("http://127.0.0.1:8080"), false),
            (Some("https://127.0.0.1:8080"), false),
            (Some("http://127.0.0.1:8081"), true),
            (Some("http://evil.example"), true),
            (Some("null"), true),
        ] {
            let mut request = TestRequest::post().insert_header((HOST, "127.0.0.1:8080"));
            if let Some(origin) = origin {
                request = request.insert_header((ORIGIN, origin));
            }
            assert_eq!(
                is_foreign(&request.to_http_request()),
                foreign,
                "{origin:?}"
            );
        }
    }
}
