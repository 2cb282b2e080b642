//! What a way shows of itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// The last failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastError {
    /// In words; no more than 200 bytes of what the other side said, and no token.
    pub text: String,
    /// When, ms since 1970.
    pub at_unix_ms: u64,
}

/// A way at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryReport {
    /// `webhook`, `mail` or `heartbeat`.
    pub way: &'static str,
    /// Where to, without what is secret.
    pub target: String,
    /// Messages that arrived.
    pub delivered: u64,
    /// Messages that were given up after the last try.
    pub failed: u64,
    /// Messages that found the queue full.
    pub dropped: u64,
    /// Tries that failed, those that were followed by another included.
    pub tries_failed: u64,
    /// Messages that wait or are under way.
    pub waiting: u64,
    /// When the last arrived, ms since 1970; none: none has yet.
    pub last_success_unix_ms: Option<u64>,
    /// The last failure; none: there was none.
    pub last_error: Option<LastError>,
}

/// Live figures of a way; its thread writes, anybody reads.
#[derive(Debug)]
pub struct DeliveryStatus(Mutex<DeliveryReport>);

impl DeliveryStatus {
    pub(super) fn new(way: &'static str, target: String) -> Self {
        Self(Mutex::new(DeliveryReport {
            way,
            target,
            delivered: 0,
            failed: 0,
            dropped: 0,
            tries_failed: 0,
            waiting: 0,
            last_success_unix_ms: None,
            last_error: None,
        }))
    }

    /// A copy of everything.
    #[must_use]
    pub fn report(&self) -> DeliveryReport {
        self.lock().clone()
    }

    pub(super) fn queued(&self) {
        self.lock().waiting += 1;
    }

    pub(super) fn dropped(&self) {
        let mut report = self.lock();
        report.waiting = report.waiting.saturating_sub(1);
        report.dropped += 1;
    }

    pub(super) fn delivered(&self, now_unix_ms: u64) {
        let mut report = self.lock();
        report.waiting = report.waiting.saturating_sub(1);
        report.delivered += 1;
        report.last_success_unix_ms = Some(now_unix_ms);
    }

    pub(super) fn try_failed(&self, text: &str, now_unix_ms: u64) {
        let mut report = self.lock();
        report.tries_failed += 1;
        report.last_error = Some(LastError {
            text: text.to_owned(),
            at_unix_ms: now_unix_ms,
        });
    }

    pub(super) fn given_up(&self) {
        let mut report = self.lock();
        report.waiting = report.waiting.saturating_sub(1);
        report.failed += 1;
    }

    fn lock(&self) -> MutexGuard<'_, DeliveryReport> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
