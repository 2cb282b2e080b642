//! What is shown, kept for all who watch: put together at most every two seconds, whoever asks, and the
//! rigs are counted only while somebody watches.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use tokio::sync::watch;

use super::look::{Hours, look};
use super::{Fleet, Overview, build};
use crate::node::NodeView;

/// An overview as it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// `event: overview`, the overview as JSON, and the line that ends it: shared by all who watch.
    pub(crate) frame: Bytes,
    /// The JSON in it.
    pub(crate) json: Bytes,
}

impl Snapshot {
    const HEAD: &str = "event: overview\ndata: ";
    const TAIL: &str = "\n\n";

    fn of(overview: &Overview) -> Result<Self, serde_json::Error> {
        let mut frame = Self::HEAD.as_bytes().to_vec();
        serde_json::to_writer(&mut frame, overview)?;
        let end = frame.len();
        frame.extend_from_slice(Self::TAIL.as_bytes());
        let frame = Bytes::from(frame);
        Ok(Self {
            json: frame.slice(Self::HEAD.len()..end),
            frame,
        })
    }
}

/// What is kept for all who watch.
#[derive(Debug)]
pub(crate) struct Watch {
    view: Arc<NodeView>,
    snapshot: Mutex<Option<(Instant, Snapshot)>>,
    fleet: watch::Sender<Option<Arc<Fleet>>>,
    hours: Hours,
    looking: AtomicBool,
    /// No look before.
    next_look: Mutex<Instant>,
    last_accepted: Mutex<Option<u64>>,
    streams: Arc<AtomicUsize>,
}

/// A place among those who watch; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat(Arc<AtomicUsize>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Says that no look is under way, however it ended.
struct Looking(Arc<Watch>);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.looking.store(false, Ordering::Release);
    }
}

impl Watch {
    /// Streams at a time.
    pub(crate) const STREAMS: usize = 64;
    /// An overview serves for so long: as long as a stream waits for its next, so that many who watch
    /// cost hardly more than one.
    const OVERVIEW: Duration = Duration::from_millis(1_900);
    /// From one look at the rigs to the next, at least,
    const LOOK: Duration = Duration::from_secs(5);
    /// and so many times as long as the last one took, so that looks take a small part of a core
    /// however many rigs there are,
    const REST: u32 = 400;
    /// but no longer.
    const LONGEST: Duration = Duration::from_secs(60);
    /// Rigs that were looked at so long ago are not shown any more before they are looked at again,
    /// ms.
    const STALE_MS: u64 = 90_000;
    /// How long a look is waited for.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Of a node; nothing is looked at before somebody asks.
    pub(crate) fn new(view: Arc<NodeView>) -> Self {
        let now = view.now();
        Self {
            view,
            snapshot: Mutex::default(),
            fleet: watch::Sender::new(None),
            hours: Hours::default(),
            looking: AtomicBool::new(false),
            next_look: Mutex::new(now),
            last_accepted: Mutex::default(),
            streams: Arc::default(),
        }
    }

    /// The node.
    pub(crate) const fn view(&self) -> &Arc<NodeView> {
        &self.view
    }

    /// A place for a stream, if there is one.
    pub(crate) fn seat(&self) -> Option<Seat> {
        let taken = self
            .streams
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
                (count < Self::STREAMS).then_some(count + 1)
            });
        taken.ok().map(|_| Seat(Arc::clone(&self.streams)))
    }

    /// The overview as it is now, or was less than two seconds ago. Must be called on a thread of the
    /// HTTP server.
    ///
    /// # Errors
    /// It can't be said in JSON.
    pub(crate) fn snapshot(self: &Arc<Self>) -> Result<Snapshot, serde_json::Error> {
        self.look_if_due();
        let mut kept = lock(&self.snapshot);
        let now = self.view.now();
        if let Some((at, snapshot)) = &*kept
            && now.saturating_duration_since(*at) < Self::OVERVIEW
        {
            return Ok(snapshot.clone());
        }
        let snapshot = Snapshot::of(&self.overview())?;
        *kept = Some((now, snapshot.clone()));
        Ok(snapshot)
    }

    /// Puts an overview together now.
    pub(crate) fn overview(&self) -> Overview {
        let fleet = self.recent();
        let mut last_accepted = lock(&self.last_accepted);
        build::overview(&self.view, fleet.as_deref(), &mut last_accepted)
    }

    /// The last look at the rigs, unless it is too long ago.
    fn recent(&self) -> Option<Arc<Fleet>> {
        let fleet = self.fleet.borrow().clone();
        let now_ms = self.view.clock().unix_millis();
        fleet.filter(|fleet| now_ms.saturating_sub(fleet.as_of_unix_ms) < Self::STALE_MS)
    }

    /// All rigs as they were looked at last; waits for a look where there is none, or one too long
    /// ago. None: it did not end in time. Must be called on a thread of the HTTP server.
    pub(crate) async fn fleet(self: &Arc<Self>) -> Option<Arc<Fleet>> {
        let mut looks = self.fleet.subscribe();
        looks.mark_unchanged();
        if let Some(recent) = self.recent() {
            self.look_if_due();
            return Some(recent);
        }
        *lock(&self.next_look) = self.view.now();
        self.look_if_due();
        let looked = actix_web::rt::time::timeout(Self::PATIENCE, looks.changed());
        looked.await.ok()?.ok()?;
        self.recent()
    }

    /// Has the rigs looked at, unless that was done just now or is under way.
    fn look_if_due(self: &Arc<Self>) {
        if self.view.now() < *lock(&self.next_look) || self.looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let looking = Looking(Arc::clone(self));
        actix_web::rt::spawn(async move {
            let watch = &looking.0;
            let (fleet, took) = look(&watch.view, &watch.hours).await;
            let rest = took
                .saturating_mul(Self::REST)
                .clamp(Self::LOOK, Self::LONGEST);
            *lock(&watch.next_look) = watch.view.now() + rest;
            watch.fleet.send_replace(Some(Arc::new(fleet)));
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
