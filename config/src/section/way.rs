//! `proxy`, `ip` and `source` of an upstream must fit its address, and each other.

use std::net::IpAddr;

use super::IpVersion;
use crate::reader::Section;
use crate::value::{PoolUrl, SocksUrl};

/// Reports a way that leads nowhere.
pub(super) fn check(
    section: &mut Section<'_, '_>,
    url: &PoolUrl,
    proxy: Option<&SocksUrl>,
    ip: IpVersion,
    source: Option<IpAddr>,
) {
    let host = url.host();
    if proxy.is_none() && is_onion(&host) {
        section.fault(
            "url",
            "is an onion service, which only Tor reaches: write Tor's address as `proxy`, such as \
             \"socks5://127.0.0.1:9050\"",
        );
    }
    let only = match ip {
        IpVersion::V4 => Some(true),
        IpVersion::V6 => Some(false),
        IpVersion::Any | IpVersion::PreferV4 | IpVersion::PreferV6 => None,
    };
    let is_other = |is_v4: bool| only.is_some_and(|only| only != is_v4);
    if source.is_some_and(|from| is_other(from.is_ipv4())) {
        section.fault(
            "source",
            "is an address of the other version than `ip` asks for: no connection could be made",
        );
        return;
    }
    // Where the first connection leads: to the proxy, if there is one.
    let first = proxy.map_or(host.as_str(), SocksUrl::host);
    let Ok(first) = first.parse::<IpAddr>() else {
        return;
    };
    let what = if proxy.is_some() { "`proxy`" } else { "`url`" };
    if is_other(first.is_ipv4()) {
        let message = format!("asks for the other version than the address in {what} is of");
        section.fault("ip", message);
    }
    if source.is_some_and(|from| from.is_ipv4() != first.is_ipv4()) {
        let message = format!("is of the other version than the address in {what}");
        section.fault("source", message);
    }
}

/// Whether a name can be reached through Tor alone.
pub(crate) fn is_onion(host: &str) -> bool {
    host.trim_end_matches('.').ends_with(".onion")
}
