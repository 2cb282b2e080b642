//! Upstreams, routes and groups as they are shown.

use super::{Entries, duration, or_off, quoted, word_of};
use crate::section::{BAN_WINDOWS, DIALECTS, Group, IP_VERSIONS, Pool, Route};
use crate::value::{PoolKind, masked_user};

pub(crate) fn pool(pool: &Pool) -> Entries {
    let head = [
        ("url", quoted(&pool.url.to_string())),
        ("user", quoted(&pool.user.masked())),
        ("route", quoted(&pool.route)),
    ];
    let rest = match pool.url.kind() {
        PoolKind::Stratum => of_stratum(pool),
        PoolKind::Daemon => of_daemon(pool),
    };
    head.into_iter().chain(rest).collect()
}

pub(crate) fn route(route: &Route) -> Entries {
    let windows = route.schedule.iter().map(|(text, _)| quoted(text));
    vec![
        ("name", quoted(&route.name)),
        ("weight", route.weight.to_string()),
        (
            "worth",
            route
                .worth
                .map_or_else(|| "none".to_owned(), |worth| worth.to_string()),
        ),
        ("rigs", names(&route.rigs)),
        (
            "schedule",
            format!("[{}]", windows.collect::<Vec<_>>().join(", ")),
        ),
        ("utc_offset", quoted(&route.utc_offset.to_string())),
    ]
}

pub(crate) fn group(group: &Group) -> Entries {
    vec![("name", quoted(&group.name)), ("rigs", names(&group.rigs))]
}

/// Patterns of rigs' names; a wallet in one is masked.
fn names(all: &[String]) -> String {
    let all: Vec<String> = all.iter().map(|name| quoted(&masked_user(name))).collect();
    format!("[{}]", all.join(", "))
}

fn of_daemon(pool: &Pool) -> Entries {
    let keys = &pool.daemon;
    let none = || "none".to_owned();
    let own = [
        (
            "rpc_user",
            keys.rpc_user.as_deref().map_or_else(none, quoted),
        ),
        (
            "rpc_pass",
            keys.rpc_pass
                .as_ref()
                .map_or_else(none, ToString::to_string),
        ),
        (
            "zmq",
            keys.zmq
                .as_ref()
                .map_or_else(none, |at| quoted(at.as_str())),
        ),
        ("poll", duration(keys.poll)),
    ];
    let [proxy, ip, source] = way(pool);
    [fingerprint(pool), proxy, ip, source]
        .into_iter()
        .chain(own)
        .collect()
}

fn fingerprint(pool: &Pool) -> (&'static str, String) {
    let trust = if pool.url.is_tls() {
        "none: the system's roots decide"
    } else {
        "none: there is no TLS"
    };
    let pin = pool.tls_fingerprint;
    (
        "tls_fingerprint",
        pin.map_or_else(|| trust.to_owned(), |pin| quoted(&pin.to_string())),
    )
}

fn way(pool: &Pool) -> [(&'static str, String); 3] {
    let none = || "none".to_owned();
    let ip = word_of(&IP_VERSIONS, pool.ip);
    let proxy = pool.proxy.as_ref().map(|proxy| quoted(&proxy.to_string()));
    let source = pool.source.map(|from| quoted(&from.to_string()));
    [
        ("proxy", proxy.unwrap_or_else(none)),
        ("ip", quoted(ip)),
        ("source", source.unwrap_or_else(none)),
    ]
}

fn of_stratum(pool: &Pool) -> Entries {
    let ban_window = word_of(&BAN_WINDOWS, pool.ban_window);
    let dialect = word_of(&DIALECTS, pool.dialect);
    let hosts = pool.allow_reconnect_to.iter();
    let hosts: Vec<_> = hosts.map(|host| quoted(host.as_str())).collect();
    let [proxy, ip, source] = way(pool);
    let algorithms = pool.algorithms.iter();
    let algorithms: Vec<_> = algorithms.map(|known| quoted(known)).collect();
    vec![
        ("pass", pool.pass.to_string()),
        (
            "rig_id",
            pool.rig_id
                .as_deref()
                .map_or_else(|| "none".to_owned(), quoted),
        ),
        fingerprint(pool),
        ("keepalive", or_off(pool.keepalive)),
        ("max_sessions", pool.max_sessions.to_string()),
        ("ban_window", quoted(ban_window)),
        ("dialect", quoted(dialect)),
        proxy,
        ip,
        source,
        ("allow_reconnect_to", format!("[{}]", hosts.join(", "))),
        ("algorithms", format!("[{}]", algorithms.join(", "))),
    ]
}
