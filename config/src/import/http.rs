//! `http`: the API, which our monitor stands in for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::bind::{Listen, without_brackets};
use super::note::Ledger;
use super::object::{Given, Object};
use crate::check::overlap;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The monitor's address; none if the API was off, as it is by default.
pub(super) fn convert(
    config: &mut Object,
    listen: &Listen,
    ledger: &mut Ledger,
) -> Option<SocketAddr> {
    let mut http = config.object("http", ledger)?;
    let enabled = http.boolean("enabled", ledger).is_some_and(|given| {
        ledger.converted(given.path);
        given.value
    });
    let address = if enabled {
        address(&mut http, listen, ledger)
    } else {
        for key in ["host", "port", "access-token", "restricted"] {
            if let Some(Given { path, .. }) = http.take(key) {
                ledger.ignored(path, "`http.enabled` is not true");
            }
        }
        None
    };
    http.close(ledger);
    address
}

/// What a token guarded must not be open to everybody now.
fn guarded(http: &mut Object, host: IpAddr, ledger: &mut Ledger) -> IpAddr {
    let Some(Given { path, value }) = http.text("access-token", ledger) else {
        return host;
    };
    if value.is_empty() {
        ledger.ignored(path, "is not set");
        return host;
    }
    ledger.unsupported(
        path,
        "the monitor asks nobody for a token, so it is kept to this machine: to open it, put a \
         proxy before it that asks",
    );
    if host.is_loopback() { host } else { LOCALHOST }
}

fn address(http: &mut Object, listen: &Listen, ledger: &mut Ledger) -> Option<SocketAddr> {
    let host = http.text("host", ledger).map_or(LOCALHOST, |given| {
        let host = without_brackets(&given.value);
        if let Ok(host) = host.parse() {
            ledger.converted(given.path);
            host
        } else if host == "localhost" {
            ledger.converted(given.path);
            LOCALHOST
        } else {
            ledger.changed(
                given.path,
                "is not an IP address: 127.0.0.1 takes its place",
            );
            LOCALHOST
        }
    });
    let host = guarded(http, host, ledger);
    if let Some(Given { path, .. }) = http.boolean("restricted", ledger) {
        ledger.ignored(path, "the monitor cannot change settings");
    }
    let port = http.integer("port", ledger);
    let port_path = port
        .as_ref()
        .map_or_else(|| "http".to_owned(), |given| given.path.clone());
    let number = port
        .and_then(|given| u16::try_from(given.value).ok())
        .unwrap_or_default();
    let port = if number == 0 { 8080 } else { number };
    let address = SocketAddr::new(host, port);
    if listen.all().any(|miners| overlap(*miners, address)) {
        let text = format!("port {port} is taken by an address for miners: the monitor is off");
        ledger.changed(port_path, text);
        return None;
    }
    if number == 0 {
        ledger.changed(
            port_path,
            "names no port, for which xmrig-proxy takes any: it is 8080 now",
        );
    } else {
        ledger.converted(port_path);
    }
    Some(address)
}
