//! `http`: the API, which our monitor stands in for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sha2::{Digest as _, Sha256};

use super::bind::{Listen, without_brackets};
use super::note::Ledger;
use super::object::{Given, Object};
use crate::check::overlap;
use crate::value::TokenDigest;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The monitor as it stands in for the API.
pub(super) struct MonitorDraft {
    pub(super) address: SocketAddr,
    pub(super) access: AccessDraft,
}

/// Who may use it.
pub(super) enum AccessDraft {
    /// As by default: everybody on this machine.
    ThisMachine,
    /// Everybody may read.
    Readable,
    /// Whoever has the token may read.
    Read(TokenDigest),
    /// Whoever has the token may do everything.
    Admin(TokenDigest),
}

/// The monitor; none if the API was off, as it is by default.
pub(super) fn convert(
    config: &mut Object,
    listen: &Listen,
    ledger: &mut Ledger,
) -> Option<MonitorDraft> {
    let mut http = config.object("http", ledger)?;
    let enabled = http.boolean("enabled", ledger).is_some_and(|given| {
        ledger.converted(given.path);
        given.value
    });
    let monitor = if enabled {
        monitor(&mut http, listen, ledger)
    } else {
        for key in ["host", "port", "access-token", "restricted"] {
            if let Some(Given { path, .. }) = http.take(key) {
                ledger.ignored(path, "`http.enabled` is not true");
            }
        }
        None
    };
    http.close(ledger);
    monitor
}

/// The token, by its digest: panels that have it go on working.
fn token(http: &mut Object, ledger: &mut Ledger) -> Option<TokenDigest> {
    let Given { path, value } = http.text("access-token", ledger)?;
    if value.is_empty() {
        ledger.ignored(path, "is not set");
        return None;
    }
    ledger.converted(path);
    Some(TokenDigest::new(Sha256::digest(value.as_bytes()).into()))
}

/// Who may use it, as before: without a token everybody who reached it could read.
fn access(http: &mut Object, host: (IpAddr, String), ledger: &mut Ledger) -> AccessDraft {
    let (host, host_path) = host;
    let token = token(http, ledger);
    let restricted = http.boolean("restricted", ledger).is_none_or(|given| {
        ledger.converted(given.path);
        given.value
    });
    match token {
        Some(token) if restricted => AccessDraft::Read(token),
        Some(token) => AccessDraft::Admin(token),
        None if host.is_loopback() => AccessDraft::ThisMachine,
        None => {
            ledger.changed(
                host_path,
                "lets everybody read who reaches it, as before: `zartrux token` makes a token",
            );
            AccessDraft::Readable
        }
    }
}

fn monitor(http: &mut Object, listen: &Listen, ledger: &mut Ledger) -> Option<MonitorDraft> {
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
    let access = access(http, (host, "http.host".to_owned()), ledger);
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
    Some(MonitorDraft { address, access })
}
