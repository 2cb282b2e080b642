//! What is shown of alerts, read from any thread.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use zartrux_models::alert::OpenAlert;

use super::Told;
use super::delivery::{DeliveryReport, DeliveryStatus};

/// An alert that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenShown {
    /// What sort: a name such as `rig_silent`.
    pub kind: &'static str,
    /// `warning` or `critical`.
    pub severity: &'static str,
    /// Whom or what it is about; hostile bytes.
    pub subject: String,
    /// In words; hostile bytes where it repeats what others said.
    pub text: String,
    /// Since when, ms since 1970.
    pub since_unix_ms: u64,
    /// It comes and goes.
    pub flapping: bool,
}

impl From<OpenAlert> for OpenShown {
    fn from(open: OpenAlert) -> Self {
        Self {
            kind: open.kind.label(),
            severity: open.severity.label(),
            subject: open.subject.into(),
            text: open.text.into(),
            since_unix_ms: open.since_unix_ms,
            flapping: open.flapping,
        }
    }
}

/// Everything at one moment.
#[derive(Debug, Clone, Serialize)]
pub struct AlertsReport {
    /// Whether anything is looked at; if not, all else is empty.
    pub enabled: bool,
    /// How many are open.
    pub open_total: usize,
    /// Those that are open, the newest first, at most [`AlertsView::OPEN_MAX`].
    pub open: Vec<OpenShown>,
    /// What was told lately, the newest first, at most [`AlertsView::RECENT`].
    pub recent: Vec<Told>,
    /// The ways by which it is sent.
    pub deliveries: Vec<DeliveryReport>,
}

/// What is shown; the watchman writes, anybody reads.
#[derive(Debug, Default)]
pub struct AlertsView {
    enabled: AtomicBool,
    shown: Mutex<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    open: Vec<OpenShown>,
    open_total: usize,
    recent: VecDeque<Told>,
    deliveries: Vec<Arc<DeliveryStatus>>,
}

impl AlertsView {
    /// Notifications that are remembered.
    pub const RECENT: usize = 100;
    /// Open alerts that are shown.
    pub const OPEN_MAX: usize = 1_000;

    /// Whether anything is looked at.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    /// Alerts that are open, the newest first, at most [`Self::OPEN_MAX`]; none where alerts are
    /// off.
    #[must_use]
    pub fn open(&self) -> Option<Vec<OpenShown>> {
        self.is_enabled().then(|| self.lock().open.clone())
    }

    /// How many are open.
    #[must_use]
    pub fn open_total(&self) -> usize {
        self.lock().open_total
    }

    /// The ways by which they are sent.
    #[must_use]
    pub fn deliveries(&self) -> Vec<DeliveryReport> {
        let deliveries = self.lock().deliveries.clone();
        deliveries.iter().map(|status| status.report()).collect()
    }

    /// Everything.
    #[must_use]
    pub fn report(&self) -> AlertsReport {
        let deliveries = self.deliveries();
        let shown = self.lock();
        AlertsReport {
            enabled: self.is_enabled(),
            open_total: shown.open_total,
            open: shown.open.clone(),
            recent: shown.recent.iter().cloned().collect(),
            deliveries,
        }
    }

    pub(super) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    pub(super) fn set_deliveries(&self, deliveries: Vec<Arc<DeliveryStatus>>) {
        self.lock().deliveries = deliveries;
    }

    pub(super) fn set_open(&self, mut open: Vec<OpenAlert>) {
        open.sort_by_key(|one| std::cmp::Reverse(one.since_unix_ms));
        let open_total = open.len();
        open.truncate(Self::OPEN_MAX);
        let open = open.into_iter().map(OpenShown::from).collect();
        let mut shown = self.lock();
        (shown.open, shown.open_total) = (open, open_total);
    }

    pub(super) fn told(&self, told: Told) {
        let mut shown = self.lock();
        shown.recent.push_front(told);
        shown.recent.truncate(Self::RECENT);
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
