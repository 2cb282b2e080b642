//! The thread that looks, decides, and hands out what is to be told.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use zartrux_config::Alerts;
use zartrux_models::alert::{Engine, Kept, Notification, NotificationState, Now, Observation};

use super::core::{Core, Stepped, is_muted};
use super::delivery::Ways;
use super::link::{NextSettings, Order};
use super::{AlertFile, AlertSettings, AlertsView, KeptState, Told, WalletBook};
use crate::clock::Clock;
use crate::events::{EventLog, Severity};
use crate::journal::Journal;
use crate::supervision::{ActorState, Guard};

/// What one look has found.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// What holds.
    pub observation: Observation,
    /// Miners can be served: a sign of life may be given.
    pub ready: bool,
}

/// What whoever looks may want to know.
#[derive(Debug)]
pub struct Watching<'a> {
    /// Thresholds.
    pub settings: &'a Alerts,
    /// What is open: lines that are crossed one way and the other differ.
    pub engine: &'a Engine,
    /// The time.
    pub now: Now,
}

/// Looks at the daemon once. It may wait for others a little, and must not for long.
pub type Observe = Box<dyn FnMut(&Watching<'_>) -> Seen + Send>;

/// Everything the thread is built from.
pub struct WatchArgs {
    /// What it goes by.
    pub settings: AlertSettings,
    /// The data folder.
    pub data: PathBuf,
    /// Looks at the daemon.
    pub observe: Observe,
    /// Where alerts are noted for good.
    pub journal: Journal,
    /// Where they are shown at once.
    pub events: EventLog,
    /// Runs the steps.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
}

impl fmt::Debug for WatchArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchArgs")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// From one look to the next.
const EVERY: Duration = Duration::from_secs(1);
/// What is shown of open alerts is at most this old, ms.
const SHOW_MS: u64 = 5_000;
/// While changes keep waiting for others, what is open is written down this often, ms.
const KEEP_MS: u64 = 60_000;

/// Starts the thread; it ends when it is told to, or when nobody can tell it any more.
pub(super) fn start(
    args: WatchArgs,
    view: Arc<AlertsView>,
    (orders, next): (Receiver<Order>, NextSettings),
) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name("alerts".to_owned())
        .spawn(move || {
            let done = Watchman::new(args, view).watch(&orders, &next);
            if let Some(done) = done {
                // Whoever asked may have given up waiting.
                let _ = done.try_send(());
            }
        })?;
    Ok(())
}

struct Watchman {
    args: WatchArgs,
    view: Arc<AlertsView>,
    core: Core,
    ways: Ways,
    file: AlertFile,
    wallets: WalletBook,
    began: Instant,
    /// What is open or whom upstreams pay is not written down yet.
    dirty: bool,
    kept_ms: u64,
    keeping_failed: bool,
    shown_ms: u64,
    beat_ms: Option<u64>,
}

impl Watchman {
    fn new(args: WatchArgs, view: Arc<AlertsView>) -> Self {
        let began = args.clock.now();
        let file = AlertFile::below(&args.data);
        let KeptState { open, wallets } = file.read_or_begin();
        let now = Now {
            ms: 0,
            unix_ms: args.clock.unix_millis(),
        };
        let core = Core::new(&args.settings.alerts, open, now);
        let mut watchman = Self {
            ways: Ways::none(),
            args,
            view,
            core,
            file,
            wallets,
            began,
            dirty: false,
            kept_ms: 0,
            keeping_failed: false,
            shown_ms: 0,
            beat_ms: None,
        };
        watchman.take_settings();
        watchman
    }

    /// Builds what follows from the settings.
    fn take_settings(&mut self) {
        let settings = &self.args.settings;
        self.view.set_enabled(settings.alerts.enabled);
        self.core.replace(&settings.alerts);
        let ways = if settings.alerts.enabled {
            Ways::open(&settings.alerts, &self.args.events, self.args.clock)
        } else {
            Ways::none()
        };
        std::mem::replace(&mut self.ways, ways).leave();
        self.view.set_deliveries(self.ways.statuses());
        self.beat_ms = None;
        self.take_wallets();
        self.show();
    }

    /// Compares whom upstreams pay with whom they paid.
    fn take_wallets(&mut self) {
        let now = self.args.clock.unix_millis();
        self.dirty |= self.wallets.compare(&self.args.settings.paid, now);
    }

    fn show(&mut self) {
        let enabled = self.args.settings.alerts.enabled;
        let open = if enabled {
            self.core.engine.open()
        } else {
            Vec::new()
        };
        let note = match open.len() {
            0 => String::new(),
            count => format!("{count} open"),
        };
        self.args.guard.health().set_note(note);
        self.view.set_open(open);
    }

    fn watch(
        mut self,
        orders: &Receiver<Order>,
        next: &NextSettings,
    ) -> Option<std::sync::mpsc::SyncSender<()>> {
        self.args.guard.health().set_state(ActorState::Running);
        loop {
            let order = orders.recv_timeout(EVERY);
            if let Some(settings) = next.take() {
                let same = self.args.settings.alerts == settings.alerts;
                self.args.settings = *settings;
                // What still waits to be delivered must not be lost because a pool has changed.
                self.guarded(if same {
                    Self::take_wallets
                } else {
                    Self::take_settings
                });
            }
            match order {
                Ok(Order::Look) => {}
                Ok(Order::Close(done)) => {
                    self.guarded(Self::close);
                    return Some(done);
                }
                Err(RecvTimeoutError::Timeout) => self.guarded(Self::look),
                Err(RecvTimeoutError::Disconnected) => {
                    self.guarded(Self::close);
                    return None;
                }
            }
        }
    }

    /// Nothing starts this thread anew: what panics is noted as a fault of the actor, and the next
    /// look comes.
    fn guarded(&mut self, turn: impl FnOnce(&mut Self)) {
        let guard = self.args.guard.clone();
        // It is told by the guard.
        let _ = guard.build(&mut None, || turn(self));
    }

    fn now(&self) -> Now {
        let since = self.args.clock.now().duration_since(self.began);
        Now {
            ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            unix_ms: self.args.clock.unix_millis(),
        }
    }

    fn look(&mut self) {
        let now = self.now();
        if self.args.settings.alerts.enabled {
            let watching = Watching {
                settings: &self.args.settings.alerts,
                engine: &self.core.engine,
                now,
            };
            let (guard, observe) = (&self.args.guard, &mut self.args.observe);
            let mut seen = None;
            if guard.build(&mut seen, || observe(&watching)).is_ok()
                && let Some(seen) = seen
            {
                self.take(now, seen);
            }
        }
        let waits = !self.core.grouper.is_empty() || self.keeping_failed;
        if self.dirty && (!waits || now.ms.saturating_sub(self.kept_ms) >= KEEP_MS) {
            self.keep(now);
        }
    }

    fn take(&mut self, now: Now, mut seen: Seen) {
        self.wallets.observe(now.unix_ms, &mut seen.observation);
        let observation = &seen.observation;
        let Ok(Stepped { changes, due }) = self
            .args
            .guard
            .transact(&mut self.core, |core| core.step(now, observation))
        else {
            return;
        };
        let changed = !changes.is_empty();
        self.dirty |= changed;
        for event in changes {
            self.args.journal.note(event);
        }
        for notification in &due {
            self.tell(notification);
        }
        if changed || now.ms.saturating_sub(self.shown_ms) >= SHOW_MS {
            self.shown_ms = now.ms;
            self.show();
        }
        self.beat(now, seen.ready);
    }

    fn tell(&self, notification: &Notification) {
        let settings = &self.args.settings;
        let muted = is_muted(&settings.alerts, notification.kind);
        let told = Told::of(notification, settings.node, muted);
        let (kind, severity, count) = (told.kind, told.severity, told.count);
        let title = &told.title;
        let weight = match (notification.state, notification.severity) {
            (NotificationState::Recovered, _) => {
                tracing::info!(kind, severity, count, ?title, "alert is over");
                Severity::Info
            }
            (NotificationState::Raised, zartrux_models::alert::Severity::Warning) => {
                tracing::warn!(kind, severity, count, ?title, "alert");
                Severity::Warning
            }
            (NotificationState::Raised, zartrux_models::alert::Severity::Critical) => {
                tracing::error!(kind, severity, count, ?title, "alert");
                Severity::Critical
            }
        };
        let subject = match &notification.first[..] {
            [one] => Some(&*one.subject),
            _ => None,
        };
        let events = &self.args.events;
        events.tell(told.at_unix_ms, weight, kind, subject, title);
        if !muted {
            self.ways.send(&told);
        }
        self.view.told(told);
    }

    /// Gives the sign of life that is due while miners can be served.
    fn beat(&mut self, now: Now, ready: bool) {
        let every = self.args.settings.alerts.heartbeat_every.as_millis();
        let due = self
            .beat_ms
            .is_none_or(|last| u128::from(now.ms.saturating_sub(last)) >= every);
        if ready && due && self.ways.beat(now.unix_ms) {
            self.beat_ms = Some(now.ms);
        }
    }

    fn keep(&mut self, now: Now) {
        self.kept_ms = now.ms;
        let kept = KeptState {
            open: self
                .core
                .engine
                .open()
                .into_iter()
                .map(Kept::from)
                .collect(),
            wallets: self.wallets.clone(),
        };
        let written = self.file.write(&kept);
        self.keeping_failed = written.is_err();
        match written {
            Ok(()) => self.dirty = false,
            Err(fault) => {
                tracing::warn!(%fault, "alerts can't be kept: a restart may tell them again");
            }
        }
    }

    /// What waits is told, and what is open written down.
    fn close(&mut self) {
        for notification in self.core.grouper.flush() {
            self.tell(&notification);
        }
        if self.dirty {
            self.keep(self.now());
        }
        std::mem::replace(&mut self.ways, Ways::none()).leave_in_order();
        self.args.guard.health().set_state(ActorState::Stopped);
    }
}
