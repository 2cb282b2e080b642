//! The way to the thread that watches.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
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
    /// Go by other settings.
    Replace(Box<AlertSettings>),
    /// Write down what is there, and end.
    Close(SyncSender<()>),
}

/// The way to the thread that watches, and what it shows.
#[derive(Debug, Clone)]
pub struct AlertsLink {
    orders: SyncSender<Order>,
    view: Arc<AlertsView>,
}

/// The thread is not there, or has not taken the last settings yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("alerts do not answer")]
pub struct NotTaken;

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
        watchman::start(args, Arc::clone(&view), taken)?;
        Ok(Self { orders, view })
    }

    /// What is shown.
    #[must_use]
    pub const fn view(&self) -> &Arc<AlertsView> {
        &self.view
    }

    /// Goes by other settings from the next look on: times, thresholds, ways, and whom upstreams
    /// pay. Alerts that are open stay open.
    ///
    /// # Errors
    /// The thread is not there or has too much to do; it goes by the former settings.
    pub fn replace(&self, settings: &Settings) -> Result<(), NotTaken> {
        let order = Order::Replace(Box::new(AlertSettings::of(settings)));
        match self.orders.try_send(order) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(NotTaken),
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
