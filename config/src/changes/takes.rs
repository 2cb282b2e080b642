//! Which keys a running process can take.

/// Whether a running process can take another value of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// At once, or where it says so with the next connection or job.
    Live,
    /// Only when it is started again.
    Restart,
}

use Takes::{Live, Restart};

/// Every key, in the order of the file.
const KEYS: [(&str, Takes); 110] = [
    ("node.lanes", Restart),
    ("node.data", Restart),
    ("node.log", Live),
    ("node.log_format", Restart),
    ("node.drain", Live),
    ("node.watch", Live),
    ("miners.listen", Restart),
    ("miners.tls_listen", Restart),
    ("miners.tls_certificate", Live),
    ("miners.tls_key", Live),
    ("miners.login_timeout", Live),
    ("miners.login_hold", Live),
    ("miners.idle_timeout", Live),
    ("miners.max_connections", Live),
    ("miners.max_shares_in_flight", Live),
    ("miners.unsent_limit", Live),
    ("miners.share_goal", Live),
    ("miners.min_difficulty", Live),
    ("miners.password", Live),
    ("miners.credentials", Live),
    ("miners.allow", Live),
    ("miners.deny", Live),
    ("miners.proxy_protocol_from", Live),
    ("miners.connections_per_address", Live),
    ("miners.connects_per_minute", Live),
    ("miners.logins_per_minute", Live),
    ("miners.failed_logins_per_minute", Live),
    ("pool.url", Live),
    ("pool.user", Live),
    ("pool.pass", Live),
    ("pool.rig_id", Live),
    ("pool.tls_fingerprint", Live),
    ("pool.keepalive", Live),
    ("pool.max_sessions", Live),
    ("pool.ban_window", Live),
    ("pool.rpc_user", Live),
    ("pool.rpc_pass", Live),
    ("pool.zmq", Live),
    ("pool.poll", Live),
    ("failover.connect_timeout", Live),
    ("failover.response_timeout", Live),
    ("failover.job_timeout", Live),
    ("failover.retry", Live),
    ("failover.retry_max", Live),
    ("failover.failback_after", Live),
    ("failover.standby", Live),
    ("failover.grace", Live),
    // Stages are made, and remember, by these.
    ("filters.enabled", Restart),
    ("filters.alpha", Live),
    ("filters.max_rigs", Restart),
    ("filters.forget_after", Restart),
    // Threads and their memory.
    ("prove.mode", Restart),
    ("prove.threads", Restart),
    ("prove.queue", Restart),
    ("prove.deadline", Live),
    ("prove.deadline_unknown", Live),
    ("prove.quarantine_deadline", Live),
    ("prove.sample", Live),
    ("prove.budget", Live),
    ("store.enabled", Restart),
    ("store.ack", Live),
    ("store.ack_wait", Live),
    ("store.queue", Restart),
    ("store.keep", Live),
    ("store.max_size", Live),
    ("store.keep_minutes", Restart),
    ("store.keep_hours", Restart),
    ("store.keep_days", Restart),
    ("store.node", Restart),
    ("rigs.expect", Live),
    ("rigs.expected", Live),
    ("rigs.late_after", Live),
    ("rigs.silent_after", Live),
    // A training under way goes by what it began with.
    ("learn.enabled", Restart),
    ("learn.at_hour", Restart),
    ("learn.window", Restart),
    ("learn.min_shares", Restart),
    ("learn.look_every", Restart),
    ("learn.shadow", Restart),
    ("learn.ranking", Restart),
    ("learn.seed", Restart),
    ("learn.node", Restart),
    ("monitor.listen", Restart),
    ("monitor.shares_kept", Restart),
    ("monitor.rig_metrics", Restart),
    ("monitor.read_tokens", Live),
    ("monitor.admin_tokens", Live),
    ("monitor.anonymous", Live),
    ("monitor.hosts", Live),
    ("monitor.tls_certificate", Restart),
    ("monitor.tls_key", Restart),
    ("alerts.enabled", Live),
    ("alerts.mute", Live),
    ("alerts.hold", Live),
    ("alerts.clear", Live),
    ("alerts.group_wait", Live),
    ("alerts.refusal_rate", Live),
    ("alerts.refusal_window", Live),
    ("alerts.disk_free", Live),
    ("alerts.prover_wait", Live),
    ("alerts.webhook", Live),
    ("alerts.webhook_secret", Live),
    ("alerts.mail_server", Live),
    ("alerts.mail_tls", Live),
    ("alerts.mail_user", Live),
    ("alerts.mail_password", Live),
    ("alerts.mail_from", Live),
    ("alerts.mail_to", Live),
    ("alerts.heartbeat", Live),
    ("alerts.heartbeat_every", Live),
];

/// Every key that is classified, such as `pool.url`, in the order of the file.
pub fn classified() -> impl Iterator<Item = (&'static str, Takes)> {
    KEYS.into_iter()
}

/// A key that nobody has classified is not taken.
pub(super) fn of(key: &str) -> Takes {
    let known = KEYS.iter().find(|(known, _)| *known == key);
    known.map_or(Restart, |(_, takes)| *takes)
}
