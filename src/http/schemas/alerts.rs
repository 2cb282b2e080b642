//! Alerts.

use serde::Serialize;
use utoipa::ToSchema;

/// Everything at one moment.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AlertsReport {
    /// Whether anything is looked at; if not, all else is empty.
    enabled: bool,
    /// How many are open.
    open_total: usize,
    /// Those that are open, the newest first.
    open: Vec<OpenShown>,
    /// What was told lately, the newest first.
    recent: Vec<Told>,
    /// The ways by which it is sent.
    deliveries: Vec<DeliveryReport>,
}

/// An alert that is open.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct OpenShown {
    /// What sort: a name such as `rig_silent`.
    kind: String,
    /// `warning` or `critical`.
    severity: String,
    /// Whom or what it is about; hostile bytes.
    subject: String,
    /// In words; hostile bytes where it repeats what others said.
    text: String,
    /// Since when, ms since 1970.
    since_unix_ms: u64,
    /// It comes and goes.
    flapping: bool,
}

/// A notification: the body of a webhook's request, and an entry of what was told lately.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Told {
    /// 1: later versions add fields, and change no other.
    schema: u32,
    /// Its own, 32 hex digits: the same when it is sent again.
    id: String,
    /// Number of this machine, as in the settings.
    node: u16,
    /// `raised`, `recovered` or `test`.
    state: String,
    /// What sort: a name such as `rig_silent`; `test` for a test.
    kind: String,
    /// `warning` or `critical`.
    severity: String,
    /// One line that says it all.
    title: String,
    /// How many changes it stands for.
    count: usize,
    /// The first of them, at most 10.
    subjects: Vec<SubjectTold>,
    /// When it was decided, ms since 1970.
    at_unix_ms: u64,
    /// The kind is muted: it was sent to nobody. Left out where it is not.
    #[serde(skip_serializing_if = "is_false")]
    muted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// One subject of a notification.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct SubjectTold {
    /// Whom or what it is about; hostile bytes.
    subject: String,
    /// In words; hostile bytes where it repeats what others said.
    text: String,
    /// Since when it holds or held, ms since 1970.
    since_unix_ms: u64,
    /// It comes and goes: it is over only when it has been gone for half an hour.
    flapping: bool,
}

/// A way by which notifications leave.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DeliveryReport {
    /// `webhook`, `mail` or `heartbeat`.
    way: String,
    /// Where to, without what is secret.
    target: String,
    /// Messages that arrived.
    delivered: u64,
    /// Messages that were given up after the last try.
    failed: u64,
    /// Messages that found the queue full.
    dropped: u64,
    /// Tries that failed, those that were followed by another included.
    tries_failed: u64,
    /// Messages that wait or are under way.
    waiting: u64,
    /// When the last arrived, ms since 1970; none: none has yet.
    last_success_unix_ms: Option<u64>,
    /// The last failure; none: there was none.
    last_error: Option<LastError>,
}

/// A failure of a way.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct LastError {
    /// In words; no more than 200 bytes of what the other side said, and no token.
    text: String,
    /// When, ms since 1970.
    at_unix_ms: u64,
}
