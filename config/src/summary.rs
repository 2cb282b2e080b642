//! The effective settings, for people.

mod pools;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use ipnet::IpNet;

use crate::section::{
    ACKS, Access, Alerts, Bridge, EXPECTS, Failover, Filters, Learn, LogFormat, MAIL_TLS, Miners,
    Monitor, Node, Prove, ProveMode, Rigs, Store, TlsFiles,
};
use crate::settings::Settings;
use crate::value::{BridgeAddress, TokenDigest, format_duration, masked_user};

pub(crate) use pools::{group, pool, route};

pub(crate) type Entries = Vec<(&'static str, String)>;

impl Settings {
    /// Every setting with its effective value, in the manner of the file; passwords are
    /// redacted and wallets masked.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        for (section, entries) in sections(self) {
            if section == "failover" {
                // The file has them before it.
                parts.extend(
                    self.pools
                        .iter()
                        .map(|one| ("[[pool]]".to_owned(), pool(one))),
                );
                let routes = self.routes.iter();
                parts.extend(routes.map(|one| ("[[route]]".to_owned(), route(one))));
                let groups = self.groups.iter();
                parts.extend(groups.map(|one| ("[[group]]".to_owned(), group(one))));
            }
            parts.push((format!("[{section}]"), entries));
        }
        let mut text = String::new();
        for (header, entries) in parts {
            let blank = if text.is_empty() { "" } else { "\n" };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{blank}{header}");
            for (key, value) in entries {
                let _ = writeln!(text, "{key} = {value}");
            }
        }
        text
    }
}

/// Every section but the upstreams, in the order of the file.
pub(crate) fn sections(settings: &Settings) -> Vec<(&'static str, Entries)> {
    vec![
        ("node", node(&settings.node)),
        ("miners", miners(&settings.miners)),
        ("failover", failover(&settings.failover)),
        ("filters", filters(&settings.filters)),
        ("prove", prove(&settings.prove)),
        ("store", store(&settings.store)),
        ("rigs", rigs(&settings.rigs)),
        ("learn", learn(&settings.learn)),
        ("monitor", monitor(&settings.monitor)),
        ("alerts", alerts(&settings.alerts)),
        ("bridge", bridge(&settings.bridge)),
    ]
}

fn node(node: &Node) -> Entries {
    let log_format = match node.log_format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    };
    vec![
        ("lanes", node.lanes.to_string()),
        ("data", path(&node.data)),
        ("log", quoted(node.log.as_str())),
        ("log_format", quoted(log_format)),
        ("drain", duration(node.drain)),
        (
            "memory_ceiling",
            node.memory_ceiling
                .map_or_else(|| quoted("off"), |size| quoted(&size.to_string())),
        ),
        ("watch", node.watch.to_string()),
    ]
}

fn miners(miners: &Miners) -> Entries {
    let file = |of: fn(&TlsFiles) -> &Path| {
        let made = || "none: one is made and kept in the data folder".to_owned();
        miners
            .tls_files
            .as_ref()
            .map_or_else(made, |files| path(of(files)))
    };
    let mut entries = vec![
        ("listen", addresses(&miners.listen)),
        ("tls_listen", addresses(&miners.tls_listen)),
        ("tls_certificate", file(|files| &files.certificate)),
        ("tls_key", file(|files| &files.key)),
        ("login_timeout", duration(miners.login_timeout)),
        ("login_hold", duration(miners.login_hold)),
        ("idle_timeout", duration(miners.idle_timeout)),
        ("max_connections", miners.max_connections.to_string()),
        (
            "max_shares_in_flight",
            miners.max_shares_in_flight.to_string(),
        ),
        ("unsent_limit", quoted(&miners.unsent_limit.to_string())),
        ("buffer_limit", quoted(&miners.buffer_limit.to_string())),
        ("stall_timeout", duration(miners.stall_timeout)),
        (
            "lines_per_second",
            miners
                .lines_per_second
                .map_or_else(|| quoted("off"), |most| most.to_string()),
        ),
        ("share_goal", or_off(miners.share_goal)),
        ("min_difficulty", miners.min_difficulty.to_string()),
    ];
    entries.extend(access(&miners.access));
    entries
}

fn access(access: &Access) -> Entries {
    let networks = |networks: &[IpNet]| {
        let listed: Vec<_> = networks
            .iter()
            .map(|one| quoted(&one.to_string()))
            .collect();
        format!("[{}]", listed.join(", "))
    };
    let limit = |limit: Option<usize>| limit.map_or_else(|| quoted("off"), |most| most.to_string());
    vec![
        (
            "password",
            access
                .password
                .as_ref()
                .map_or_else(|| "none".to_owned(), ToString::to_string),
        ),
        (
            "credentials",
            access
                .credentials
                .as_deref()
                .map_or_else(|| quoted("off"), path),
        ),
        ("allow", networks(&access.allow)),
        ("deny", networks(&access.deny)),
        ("proxy_protocol_from", networks(&access.proxy_protocol_from)),
        (
            "connections_per_address",
            limit(access.connections_per_address),
        ),
        ("connects_per_minute", limit(access.connects_per_minute)),
        ("logins_per_minute", limit(access.logins_per_minute)),
        (
            "failed_logins_per_minute",
            limit(access.failed_logins_per_minute),
        ),
    ]
}

fn failover(failover: &Failover) -> Entries {
    vec![
        ("connect_timeout", duration(failover.connect_timeout)),
        ("response_timeout", duration(failover.response_timeout)),
        ("job_timeout", duration(failover.job_timeout)),
        ("retry", duration(failover.retry)),
        ("retry_max", duration(failover.retry_max)),
        ("failback_after", duration(failover.failback_after)),
        ("standby", failover.standby.to_string()),
        ("grace", duration(failover.grace)),
        ("dns_ttl", duration(failover.dns_ttl)),
    ]
}

fn filters(filters: &Filters) -> Entries {
    vec![
        ("enabled", filters.enabled.to_string()),
        ("alpha", format!("{:e}", filters.alpha.get())),
        ("max_rigs", filters.max_rigs.to_string()),
        ("forget_after", duration(filters.forget_after)),
    ]
}

fn prove(prove: &Prove) -> Entries {
    let mode = match prove.mode {
        ProveMode::Light => "light",
        ProveMode::Fast => "fast",
        ProveMode::Off => "off",
    };
    vec![
        ("mode", quoted(mode)),
        ("threads", prove.threads.to_string()),
        ("queue", prove.queue.to_string()),
        ("deadline", duration(prove.deadline)),
        ("deadline_unknown", duration(prove.deadline_unknown)),
        ("quarantine_deadline", duration(prove.quarantine_deadline)),
        ("sample", prove.sample.get().to_string()),
        ("budget", prove.budget.get().to_string()),
    ]
}

fn store(store: &Store) -> Entries {
    vec![
        ("enabled", store.enabled.to_string()),
        ("ack", quoted(word_of(&ACKS, store.ack))),
        ("ack_wait", duration(store.ack_wait)),
        ("queue", store.queue.to_string()),
        ("keep", or_off(store.keep)),
        ("max_size", quoted(&store.max_size.to_string())),
        ("keep_minutes", duration(store.keep_minutes)),
        ("keep_hours", duration(store.keep_hours)),
        ("keep_days", duration(store.keep_days)),
        ("node", store.node.to_string()),
    ]
}

fn rigs(rigs: &Rigs) -> Entries {
    let listed: Vec<_> = rigs
        .expected
        .iter()
        .map(|name| quoted(&masked_user(name)))
        .collect();
    vec![
        ("expect", quoted(word_of(&EXPECTS, rigs.expect))),
        ("expected", format!("[{}]", listed.join(", "))),
        ("late_after", duration(rigs.late_after)),
        ("silent_after", duration(rigs.silent_after)),
    ]
}

fn learn(learn: &Learn) -> Entries {
    let node = learn
        .node
        .as_ref()
        .map_or_else(|| "off".to_owned(), ToString::to_string);
    vec![
        ("enabled", learn.enabled.to_string()),
        ("at_hour", learn.at_hour.to_string()),
        ("window", learn.window.to_string()),
        ("min_shares", learn.min_shares.to_string()),
        ("look_every", duration(learn.look_every)),
        ("shadow", duration(learn.shadow)),
        ("ranking", learn.ranking.to_string()),
        ("seed", learn.seed.to_string()),
        ("node", quoted(&node)),
    ]
}

/// The word that the file has for a choice.
fn word_of<T: PartialEq + Copy>(words: &[(&'static str, T)], choice: T) -> &'static str {
    let word = words.iter().find(|(_, of)| *of == choice);
    word.map_or("", |(word, _)| word)
}

fn monitor(monitor: &Monitor) -> Entries {
    let listen = monitor
        .listen
        .map_or_else(|| "off".to_owned(), |address| address.to_string());
    let access = &monitor.access;
    let tokens = |tokens: &[TokenDigest]| {
        let listed: Vec<_> = tokens.iter().map(|token| format!("{token:?}")).collect();
        format!("[{}]", listed.join(", "))
    };
    let hosts: Vec<_> = monitor
        .hosts
        .iter()
        .map(|host| quoted(host.as_str()))
        .collect();
    let file = |of: fn(&TlsFiles) -> &Path| {
        let plain = || "none: plain HTTP".to_owned();
        monitor
            .tls_files
            .as_ref()
            .map_or_else(plain, |files| path(of(files)))
    };
    vec![
        ("listen", quoted(&listen)),
        ("shares_kept", monitor.shares_kept.to_string()),
        ("rig_metrics", monitor.rig_metrics.to_string()),
        ("read_tokens", tokens(&access.read_tokens)),
        ("admin_tokens", tokens(&access.admin_tokens)),
        ("anonymous", quoted(access.anonymous.word())),
        ("hosts", format!("[{}]", hosts.join(", "))),
        ("tls_certificate", file(|files| &files.certificate)),
        ("tls_key", file(|files| &files.key)),
    ]
}

fn alerts(alerts: &Alerts) -> Entries {
    let off = || quoted("off");
    let none = || "none".to_owned();
    let words = |words: Vec<String>| format!("[{}]", words.join(", "));
    let secret = |secret: &Option<crate::value::Secret>| {
        secret.as_ref().map_or_else(none, ToString::to_string)
    };
    let url = |url: &Option<crate::value::HookUrl>| {
        url.as_ref()
            .map_or_else(off, |url| quoted(&url.to_string()))
    };
    vec![
        ("enabled", alerts.enabled.to_string()),
        (
            "mute",
            words(alerts.mute.iter().map(|kind| quoted(kind)).collect()),
        ),
        ("hold", duration(alerts.hold)),
        ("clear", duration(alerts.clear)),
        ("group_wait", duration(alerts.group_wait)),
        ("refusal_rate", alerts.refusal_rate.get().to_string()),
        ("refusal_window", duration(alerts.refusal_window)),
        ("disk_free", quoted(&alerts.disk_free.to_string())),
        ("prover_wait", duration(alerts.prover_wait)),
        ("webhook", url(&alerts.webhook)),
        ("webhook_secret", secret(&alerts.webhook_secret)),
        (
            "mail_server",
            alerts
                .mail_server
                .as_ref()
                .map_or_else(off, |server| quoted(&server.to_string())),
        ),
        ("mail_tls", quoted(word_of(&MAIL_TLS, alerts.mail_tls))),
        (
            "mail_user",
            alerts.mail_user.as_deref().map_or_else(none, quoted),
        ),
        ("mail_password", secret(&alerts.mail_password)),
        (
            "mail_from",
            alerts
                .mail_from
                .as_ref()
                .map_or_else(none, |from| quoted(from.as_str())),
        ),
        (
            "mail_to",
            words(
                alerts
                    .mail_to
                    .iter()
                    .map(|to| quoted(to.as_str()))
                    .collect(),
            ),
        ),
        ("heartbeat", url(&alerts.heartbeat)),
        ("heartbeat_every", duration(alerts.heartbeat_every)),
    ]
}

fn bridge(bridge: &Bridge) -> Entries {
    let none = || "none".to_owned();
    let at = |address: &Option<BridgeAddress>| {
        let shown = address.as_ref().map(ToString::to_string);
        quoted(shown.as_deref().unwrap_or("off"))
    };
    let keys: Vec<_> = bridge
        .allow_keys
        .iter()
        .map(|key| quoted(&key.to_z85()))
        .collect();
    vec![
        ("enabled", bridge.enabled.to_string()),
        ("publish", at(&bridge.publish)),
        ("predict", at(&bridge.predict)),
        ("plans", at(&bridge.plans)),
        (
            "curve_secret_key",
            bridge
                .curve_secret_key
                .as_ref()
                .map_or_else(none, ToString::to_string),
        ),
        ("allow_keys", format!("[{}]", keys.join(", "))),
        ("queue", bridge.queue.to_string()),
        ("send_queue", bridge.send_queue.to_string()),
    ]
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

fn duration(duration: Duration) -> String {
    quoted(&format_duration(duration))
}

fn or_off(value: Option<Duration>) -> String {
    value.map_or_else(|| quoted("off"), duration)
}

fn addresses(addresses: &[SocketAddr]) -> String {
    let listed: Vec<_> = addresses
        .iter()
        .map(|address| quoted(&address.to_string()))
        .collect();
    format!("[{}]", listed.join(", "))
}
