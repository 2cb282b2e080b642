//! What was read, and what follows from it: read from any thread.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use zartrux_models::learn::difficulty::{ForecastPoint, HeaderChain, Outturn};

use super::Asked;

/// What is known of the network's difficulty.
#[derive(Debug, Clone, Default)]
pub struct HeadersReport {
    /// The newest headers; none before the first answer.
    pub chain: Option<Arc<HeaderChain>>,
    /// What the network asks for the next block, hashes; none where headers are missing.
    pub next: Option<u128>,
    /// What is forecast; empty where nothing can be.
    pub forecast: Arc<[ForecastPoint]>,
    /// Why there is no next difficulty or no forecast, in words.
    pub missing: Option<String>,
    /// What was forecast against what came, the newest last.
    pub outturns: Arc<[Outturn]>,
    /// When the node last answered, milliseconds since 1970.
    pub answered_unix_ms: Option<u64>,
    /// Why the last look brought nothing, in words; none if it did.
    pub error: Option<String>,
}

/// Where the thread leaves its report.
#[derive(Debug, Default)]
pub(super) struct Shared(RwLock<Arc<HeadersReport>>);

impl Shared {
    pub(super) fn report(&self) -> Arc<HeadersReport> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set(&self, report: HeadersReport) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(report);
    }
}

/// The last report; while it is held, headers are read.
#[derive(Debug)]
pub struct HeadersView {
    shared: Arc<Shared>,
    ask: SyncSender<Asked>,
}

impl HeadersView {
    pub(super) const fn new(shared: Arc<Shared>, ask: SyncSender<Asked>) -> Self {
        Self { shared, ask }
    }

    /// What is known.
    #[must_use]
    pub fn report(&self) -> Arc<HeadersReport> {
        self.shared.report()
    }

    /// Has the node asked now, and waits until it has answered or not; false when it takes longer
    /// than `patience`. Blocks: not for an actor's thread.
    #[must_use]
    pub fn look_now(&self, patience: Duration) -> bool {
        let (done, looked) = sync_channel(1);
        self.ask.try_send(done).is_ok() && looked.recv_timeout(patience).is_ok()
    }
}
