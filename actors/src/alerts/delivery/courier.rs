//! A queue and a thread that carries what is in it, with tries that end.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::DeliveryStatus;
use crate::alerts::Told;
use crate::clock::Clock;
use crate::events::{EventLog, Severity};
use crate::supervision::cause_of;

/// Why a message did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDelivered {
    /// It may arrive later.
    #[error("{0}")]
    ForNow(String),
    /// It never will: trying again is no use.
    #[error("{0}")]
    ForGood(String),
}

/// Carries one message.
pub trait Carrier: Send {
    /// Carries it once; at most some tens of seconds.
    ///
    /// # Errors
    /// It did not arrive, as far as is known.
    fn carry(&mut self, told: &Told) -> Result<(), NotDelivered>;
}

/// How often a message is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// The waits between tries: one try more than there are waits.
    pub waits: Vec<Duration>,
    /// Messages that may wait; the one that finds the queue full is dropped.
    pub queue: usize,
}

impl Patience {
    /// Six tries in eight and a half minutes; 64 messages wait.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            waits: [1, 5, 30, 120, 360].map(Duration::from_secs).into(),
            queue: 64,
        }
    }

    /// One try, and none waits behind it: what is regular comes again.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            waits: Vec::new(),
            queue: 1,
        }
    }
}

/// Set when nobody waits for more tries.
#[derive(Debug, Default)]
struct Leaving {
    is_so: Mutex<bool>,
    changed: Condvar,
}

impl Leaving {
    fn set(&self) {
        *self.is_so.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits; false when there is no time for it.
    fn wait(&self, time: Duration) -> bool {
        let is_so = self.is_so.lock().unwrap_or_else(PoisonError::into_inner);
        let (is_so, _) = self
            .changed
            .wait_timeout_while(is_so, time, |is_so| !*is_so)
            .unwrap_or_else(PoisonError::into_inner);
        !*is_so
    }
}

/// A way: hands messages to its thread and never waits for it.
pub struct Courier {
    queue: SyncSender<Arc<Told>>,
    status: Arc<DeliveryStatus>,
    leaving: Arc<Leaving>,
    ended: Receiver<()>,
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Courier {
    /// Starts the thread of a way, named so, to a target that may be shown.
    ///
    /// # Errors
    /// The thread can't be started.
    pub fn launch(
        way: &'static str,
        target: String,
        carrier: Box<dyn Carrier>,
        patience: Patience,
        events: EventLog,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let (queue, waiting) = sync_channel::<Arc<Told>>(patience.queue);
        let (end, ended) = sync_channel(1);
        let status = Arc::new(DeliveryStatus::new(way, target));
        let leaving = Arc::new(Leaving::default());
        let mut desk = Desk {
            way,
            carrier,
            patience,
            status: Arc::clone(&status),
            leaving: Arc::clone(&leaving),
            events,
            clock,
        };
        std::thread::Builder::new()
            .name(format!("alerts-{way}"))
            .spawn(move || {
                while let Ok(told) = waiting.recv() {
                    desk.carry(&told);
                }
                // Whoever waited for it may be gone.
                let _ = end.try_send(());
            })?;
        Ok(Self {
            queue,
            status,
            leaving,
            ended,
        })
    }

    /// What it shows.
    #[must_use]
    pub const fn status(&self) -> &Arc<DeliveryStatus> {
        &self.status
    }

    /// Puts a message into the queue; one that finds it full is dropped and counted.
    pub fn send(&self, told: &Arc<Told>) {
        self.status.queued();
        match self.queue.try_send(Arc::clone(told)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.status.dropped();
                let way = self.status.report().way;
                tracing::warn!(way, title = ?told.title, "a notification found the queue full");
            }
        }
    }

    /// No more messages come: what waits is tried once.
    pub fn leave(self) {
        self.leaving.set();
    }

    /// Likewise, and waits for that so long.
    pub fn leave_within(self, patience: Duration) {
        let Self {
            queue,
            leaving,
            ended,
            ..
        } = self;
        leaving.set();
        drop(queue);
        // One that hangs ends with the process.
        let _ = ended.recv_timeout(patience);
    }
}

/// The thread's own.
struct Desk {
    way: &'static str,
    carrier: Box<dyn Carrier>,
    patience: Patience,
    status: Arc<DeliveryStatus>,
    leaving: Arc<Leaving>,
    events: EventLog,
    clock: Clock,
}

impl Desk {
    fn carry(&mut self, told: &Told) {
        let mut waits = self.patience.waits.clone().into_iter();
        loop {
            let carrier = &mut self.carrier;
            let carried = catch_unwind(AssertUnwindSafe(|| carrier.carry(told)))
                .unwrap_or_else(|panic| Err(NotDelivered::ForGood(cause_of(panic.as_ref()))));
            let Err(why) = carried else {
                return self.status.delivered(self.clock.unix_millis());
            };
            let now = self.clock.unix_millis();
            let text = why.to_string();
            self.status.try_failed(&text, now);
            let wait = match why {
                NotDelivered::ForNow(_) => waits.next(),
                NotDelivered::ForGood(_) => None,
            };
            if !wait.is_some_and(|wait| self.leaving.wait(wait)) {
                self.status.given_up();
                let (way, id) = (self.way, &told.id);
                tracing::warn!(way, id, why = text, "a notification was not delivered");
                let words = format!("{way}: {text}; not delivered: {}", told.title);
                let severity = Severity::Warning;
                self.events
                    .tell(now, severity, "alert_not_delivered", Some(way), &words);
                return;
            }
        }
    }
}
