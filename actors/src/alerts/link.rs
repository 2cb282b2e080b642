//! The way to the thread that watches.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zartrux_config::{Alerts, Settings};

use super::{AlertsView, PaidWallet, WatchArgs, watchman};

/// What the thread needs of the settings.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertSettings {
    /// `[alerts]`.
    pub alerts: Alerts,
    /// Whom upstreams pay.
    pub paid: Vec<PaidWallet>,
    /// Number of this machine.
    pub node: u16,
}

impl AlertSettings {
    /// Of all settings.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self {
            alerts: settings.alerts.clone(),
            paid: settings.pools.iter().map(PaidWallet::of).collect(),
            node: settings.store.node,
        }
    }
}

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Other settings are there.
    Look,
    /// Write down what is there, and end.
    Close(SyncSender<()>),
}

/// Settings that the thread has not taken yet: the newest, so that there is always room.
#[derive(Debug, Clone, Default)]
pub(super) struct NextSettings(Arc<Mutex<Option<Box<AlertSettings>>>>);

impl NextSettings {
    /// Puts them there; true if none were.
    fn put(&self, settings: AlertSettings) -> bool {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        next.replace(Box::new(settings)).is_none()
    }

    pub(super) fn take(&self) -> Option<Box<AlertSettings>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The way to the thread that watches, and what it shows.
#[derive(Debug, Clone)]
pub struct AlertsLink {
    orders: SyncSender<Order>,
    next: NextSettings,
    view: Arc<AlertsView>,
}

impl AlertsLink {
    /// Orders that may wait.
    const ORDERS: usize = 4;
    /// How long leaving may take: what waits to be sent is tried once.
    const PATIENCE: Duration = Duration::from_secs(3);

    /// Starts watching.
    ///
    /// # Errors
    /// The thread can't be started.
    pub fn launch(args: WatchArgs) -> std::io::Result<Self> {
        let (orders, taken): (_, Receiver<Order>) = sync_channel(Self::ORDERS);
        let view = Arc::new(AlertsView::default());
        view.set_enabled(args.settings.alerts.enabled);
        let next = NextSettings::default();
        watchman::start(args, Arc::clone(&view), (taken, next.clone()))?;
        Ok(Self { orders, next, view })
    }

    /// What is shown.
    #[must_use]
    pub const fn view(&self) -> &Arc<AlertsView> {
        &self.view
    }

    /// Goes by other settings from the next look on: times, thresholds, ways, and whom upstreams
    /// pay. Alerts that are open stay open. Never fails: where the thread is busy it takes the
    /// newest as soon as it is not.
    pub fn replace(&self, settings: AlertSettings) {
        if self.next.put(settings) {
            // Where it finds no room the thread looks for settings anyway.
            let _ = self.orders.try_send(Order::Look);
        }
    }

    /// Has it send what waits, write down what is open, and end.
    pub fn close(&self) {
        let (done, closed) = sync_channel(1);
        let order = self.orders.try_send(Order::Close(done));
        if order.is_err() || closed.recv_timeout(Self::PATIENCE).is_err() {
            tracing::warn!("left while alerts were still being sent");
        }
    }
}
