//! `dns`: which addresses of names are used, and how long they are good.

use std::time::Duration;

use super::note::Ledger;
use super::object::{Given, Object};

/// How the source resolved names.
#[derive(Default)]
pub(super) struct DnsDraft {
    /// How long addresses are good, if not as long as by default.
    pub(super) ttl: Option<Duration>,
    /// `ip` of every pool, if it is not the default.
    pub(super) ip: Option<&'static str>,
}

pub(super) fn convert(config: &mut Object, ledger: &mut Ledger) -> DnsDraft {
    let Some(mut dns) = config.object("dns", ledger) else {
        return DnsDraft::default();
    };
    let draft = DnsDraft {
        ttl: ttl(&mut dns, ledger),
        ip: older_ip(&mut dns, ledger),
    };
    let ip = ip(&mut dns, ledger).or(draft.ip);
    dns.close(ledger);
    DnsDraft { ip, ..draft }
}

/// Seconds; xmrig-proxy takes 1 for less.
fn ttl(dns: &mut Object, ledger: &mut Ledger) -> Option<Duration> {
    const LONGEST: i64 = 24 * 60 * 60;
    let Given { path, value } = dns.integer("ttl", ledger)?;
    match value {
        1..=LONGEST => ledger.converted(path),
        ..1 => ledger.changed(path, "is a second now, which xmrig-proxy takes for it too"),
        _ => ledger.changed(path, "is more than a day: it is a day now"),
    }
    Some(Duration::from_secs(value.clamp(1, LONGEST).unsigned_abs()))
}

fn ip(dns: &mut Object, ledger: &mut Ledger) -> Option<&'static str> {
    let Given { path, value } = dns.integer("ip_version", ledger)?;
    let ip = match value {
        0 => None,
        4 => Some("v4"),
        6 => Some("v6"),
        _ => {
            ledger.ignored(path, "is neither 0, 4 nor 6");
            return None;
        }
    };
    ledger.converted(path);
    ip
}

/// What older versions had in place of `ip_version`.
fn older_ip(dns: &mut Object, ledger: &mut Ledger) -> Option<&'static str> {
    let Given { path, value } = dns.boolean("ipv6", ledger)?;
    ledger.converted(path);
    value.then_some("prefer-v6")
}
