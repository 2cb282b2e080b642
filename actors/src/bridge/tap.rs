//! The way to the bridge for whoever has something to tell.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use zartrux_models::bridge::EventKind;
use zartrux_models::ledger::JournalEvent;
use zartrux_models::work::IssuedJob;

use super::counts::BridgeCounts;
use crate::clock::Clock;
use crate::rigs::SettledShare;

/// Something that is to be published; what it comes to is made on the bridge's thread.
#[derive(Debug)]
pub(super) enum Item {
    Share(Box<SettledShare>),
    Job(u16, Arc<IssuedJob>),
    Journal(Box<JournalEvent>),
}

impl Item {
    /// The kinds of the events that it comes to; lost with it.
    fn kinds(&self) -> impl Iterator<Item = EventKind> {
        let (one, other) = match self {
            Self::Share(share) => {
                let forwarded = super::render::pool_verdict(share).is_some();
                (EventKind::Share, forwarded.then_some(EventKind::Verdict))
            }
            Self::Job(_, job) => {
                let drawn = job.plan.drawn_from().is_some();
                (EventKind::Job, drawn.then_some(EventKind::Plan))
            }
            Self::Journal(event) if matches!(**event, JournalEvent::ModelEvent { .. }) => {
                (EventKind::Model, None)
            }
            Self::Journal(_) => (EventKind::Alert, None),
        };
        [Some(one), other].into_iter().flatten()
    }
}

/// An item, and when it was told, ms since 1970.
pub(super) type Told = (u64, Item);

/// Wakes the bridge's thread: at most one byte waits.
#[derive(Debug)]
pub(super) struct Bell {
    near: UnixStream,
    rung: Arc<AtomicBool>,
}

/// The bridge's end of a [`Bell`].
#[derive(Debug)]
pub(super) struct Ear {
    far: UnixStream,
    rung: Arc<AtomicBool>,
}

impl Bell {
    pub(super) fn pair() -> std::io::Result<(Self, Ear)> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_nonblocking(true)?;
        let rung = Arc::new(AtomicBool::new(false));
        let ear = Ear {
            far,
            rung: Arc::clone(&rung),
        };
        Ok((Self { near, rung }, ear))
    }

    pub(super) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // If it is gone, nobody is left to wake.
            let _ = (&self.near).write(&[1]);
        }
    }
}

impl Ear {
    pub(super) fn fd(&self) -> RawFd {
        self.far.as_raw_fd()
    }

    /// To be called before the queues are emptied: what comes later rings anew.
    pub(super) fn hear(&self) {
        let mut bytes = [0; 16];
        // None is there when the poll ended by itself.
        let _ = (&self.far).read(&mut bytes);
        self.rung.store(false, Ordering::Release);
    }
}

struct Way {
    queue: SyncSender<Told>,
    bell: Arc<Bell>,
    counts: Arc<BridgeCounts>,
    clock: Clock,
}

/// A handle that tells, cheap to copy; telling never waits. The default is off: it tells nobody, at
/// the cost of a comparison.
#[derive(Clone, Default)]
pub struct BridgeTap(Option<Arc<Way>>);

impl fmt::Debug for BridgeTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BridgeTap(on: {})", self.is_on())
    }
}

impl BridgeTap {
    /// One whose queue has room for `limit` items.
    pub(super) fn new(
        limit: usize,
        bell: Arc<Bell>,
        counts: Arc<BridgeCounts>,
        clock: Clock,
    ) -> (Self, Receiver<Told>) {
        let (queue, waiting) = sync_channel(limit);
        let way = Way {
            queue,
            bell,
            counts,
            clock,
        };
        (Self(Some(Arc::new(way))), waiting)
    }

    /// Whether anybody is told.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A share has ended.
    pub fn share(&self, share: &SettledShare) {
        if let Some(way) = &self.0 {
            way.tell(Item::Share(Box::new(share.clone())));
        }
    }

    /// A lane's miners get another job.
    pub fn job(&self, lane: u16, job: &Arc<IssuedJob>) {
        if let Some(way) = &self.0 {
            way.tell(Item::Job(lane, Arc::clone(job)));
        }
    }

    /// Something was noted in the journal: of models and alerts it is told.
    pub fn journal(&self, event: &JournalEvent) {
        let Some(way) = &self.0 else {
            return;
        };
        let wanted = matches!(
            event,
            JournalEvent::ModelEvent { .. }
                | JournalEvent::AlertRaised { .. }
                | JournalEvent::AlertCleared { .. }
        );
        if wanted {
            way.tell(Item::Journal(Box::new(event.clone())));
        }
    }
}

impl Way {
    fn tell(&self, item: Item) {
        let told = (self.clock.unix_millis(), item);
        match self.queue.try_send(told) {
            Ok(()) => self.bell.ring(),
            // Full, or the bridge has ended.
            Err(TrySendError::Full((_, item)) | TrySendError::Disconnected((_, item))) => {
                for kind in item.kinds() {
                    self.counts.dropped(kind);
                }
            }
        }
    }
}
