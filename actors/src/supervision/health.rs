//! What every actor shows of itself, readable from any thread without asking the actor.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::drill::Drill;
use crate::events::{EventLog, Severity};

/// How an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorState {
    /// Works.
    Running,
    /// Waits before its next generation; messages meanwhile get the actor's stated fallback.
    BackingOff,
    /// Works, but something it depends on does not.
    Degraded,
    /// Failed too often: messages pass it by unread until it is tried again.
    Bypassed,
    /// Ended on purpose.
    Stopped,
}

impl ActorState {
    /// A name for lists.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::BackingOff => "backing_off",
            Self::Degraded => "degraded",
            Self::Bypassed => "bypassed",
            Self::Stopped => "stopped",
        }
    }

    const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Running,
            1 => Self::BackingOff,
            2 => Self::Degraded,
            3 => Self::Bypassed,
            _ => Self::Stopped,
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Running => 0,
            Self::BackingOff => 1,
            Self::Degraded => 2,
            Self::Bypassed => 3,
            Self::Stopped => 4,
        }
    }
}

/// The last fault of an actor.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    /// What the panic said, at most 300 bytes.
    pub cause: String,
    /// Milliseconds since 1970.
    pub at_unix_ms: u64,
    /// The generation that failed.
    pub generation: u32,
}

/// From faults to the next steps that succeeded.
#[derive(Debug, Default)]
struct Recovery {
    fault_at: Option<Instant>,
    last: Option<Duration>,
    longest: Option<Duration>,
}

/// Live health of one actor; written by the actor, read by anybody.
#[derive(Debug)]
pub struct ActorHealth {
    name: String,
    kind: &'static str,
    state: AtomicU8,
    generation: AtomicU32,
    pub(super) faults: AtomicU64,
    queue: AtomicUsize,
    pub(super) steps: AtomicU64,
    step_nanos: AtomicU64,
    step_nanos_max: AtomicU64,
    last_fault: Mutex<Option<Fault>>,
    /// Set from a fault to the next step that succeeds.
    recovering: AtomicBool,
    recovery: Mutex<Recovery>,
    note: Mutex<String>,
    /// Where its faults are told; none: nowhere but in the log.
    events: Option<EventLog>,
    /// Faults since one was told, and when that was, ms since 1970.
    untold: AtomicU64,
    told_unix_ms: AtomicU64,
    /// Armed faults, for rehearsals only.
    pub drill: Drill,
}

/// A copy of an actor's health, as the API shows it.
#[derive(Debug, Clone, Serialize)]
pub struct HealthReport {
    /// Unique name, such as `lane0/pool/1`.
    pub name: String,
    /// What sort of actor.
    pub kind: &'static str,
    /// How it is.
    pub state: ActorState,
    /// Number of the current core, from 1; each fault makes a new one.
    pub generation: u32,
    /// Faults since the process started.
    pub faults: u64,
    /// Messages sent to it and not yet handled.
    pub queue_depth: usize,
    /// Messages and lines handled.
    pub steps: u64,
    /// Smoothed time of a step, µs (one step in 16 is timed).
    pub step_micros: f64,
    /// Longest timed step, µs.
    pub step_micros_max: f64,
    /// The last fault, if any.
    pub last_fault: Option<Fault>,
    /// From the last fault to the next step that succeeded, µs.
    pub recovery_micros: Option<u64>,
    /// The longest of these, µs.
    pub recovery_micros_max: Option<u64>,
    /// What the actor says of itself.
    pub note: String,
}

impl ActorHealth {
    /// Of an actor that faults again and again, one fault in so many ms is told as an event, with the
    /// number of those before it: else one hostile rig could drive all other events out.
    pub(super) const FAULT_EVENTS_MS: u64 = 10_000;

    /// A running actor of generation 1.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: &'static str) -> Self {
        Self {
            name: name.into(),
            kind,
            state: AtomicU8::new(ActorState::Running.code()),
            generation: AtomicU32::new(1),
            faults: AtomicU64::new(0),
            queue: AtomicUsize::new(0),
            steps: AtomicU64::new(0),
            step_nanos: AtomicU64::new(0),
            step_nanos_max: AtomicU64::new(0),
            last_fault: Mutex::new(None),
            recovering: AtomicBool::new(false),
            recovery: Mutex::default(),
            note: Mutex::new(String::new()),
            events: None,
            untold: AtomicU64::new(0),
            told_unix_ms: AtomicU64::new(0),
            drill: Drill::default(),
        }
    }

    /// The same, telling of its faults there.
    pub(super) fn telling(self, events: Option<EventLog>) -> Self {
        Self { events, ..self }
    }

    /// The unique name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The current generation.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    /// How it is.
    #[must_use]
    pub fn state(&self) -> ActorState {
        ActorState::from_code(self.state.load(Ordering::Relaxed))
    }

    /// Faults so far.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    /// Says how the actor is.
    pub fn set_state(&self, state: ActorState) {
        self.state.store(state.code(), Ordering::Relaxed);
    }

    /// Says in words what the actor is doing.
    pub fn set_note(&self, note: impl Into<String>) {
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = note.into();
    }

    /// A message was put into its queue.
    pub fn enqueued(&self) {
        self.enqueued_all(1);
    }

    /// So many were put into its queue.
    pub fn enqueued_all(&self, messages: usize) {
        self.queue.fetch_add(messages, Ordering::Relaxed);
    }

    /// A message was taken from its queue.
    pub fn dequeued(&self) {
        self.dequeued_all(1);
    }

    /// So many were taken from its queue.
    pub fn dequeued_all(&self, messages: usize) {
        // Functions under test may handle what was never counted in: no wrap below zero.
        let _ = self
            .queue
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |depth| {
                Some(depth.saturating_sub(messages))
            });
    }

    /// Counts a step; true for the one in 16 that should be timed.
    pub fn step_begins(&self) -> bool {
        self.steps
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(16)
    }

    /// Notes the time of a step.
    pub fn step_took(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let smooth = self.step_nanos.load(Ordering::Relaxed);
        let smooth = if smooth == 0 {
            nanos
        } else {
            smooth - smooth / 8 + nanos / 8
        };
        self.step_nanos.store(smooth, Ordering::Relaxed);
        self.step_nanos_max.fetch_max(nanos, Ordering::Relaxed);
    }

    /// A fault happened at this moment: the way back is timed.
    pub fn recovery_begins(&self, now: Instant) {
        let mut recovery = self.recovery.lock().unwrap_or_else(PoisonError::into_inner);
        recovery.fault_at.get_or_insert(now);
        self.recovering.store(true, Ordering::Relaxed);
    }

    /// Whether a fault was not followed by a step that succeeded yet.
    pub fn is_recovering(&self) -> bool {
        self.recovering.load(Ordering::Relaxed)
    }

    /// A step succeeded after a fault.
    pub fn recovered(&self, now: Instant) {
        let mut recovery = self.recovery.lock().unwrap_or_else(PoisonError::into_inner);
        self.recovering.store(false, Ordering::Relaxed);
        if let Some(fault_at) = recovery.fault_at.take() {
            let took = now.saturating_duration_since(fault_at);
            recovery.last = Some(took);
            recovery.longest = recovery.longest.max(Some(took));
        }
    }

    /// Notes a fault; returns the generation that follows.
    pub fn faulted(&self, cause: &str, at_unix_ms: u64) -> u32 {
        let failed = self.generation.fetch_add(1, Ordering::Relaxed);
        self.faults.fetch_add(1, Ordering::Relaxed);
        let mut cause = cause.to_owned();
        while cause.len() > 300 {
            cause.pop();
        }
        tracing::error!(actor = %self.name, generation = failed, %cause, "core faulted");
        self.tell_of_fault(&cause, at_unix_ms);
        *self
            .last_fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Fault {
            cause,
            at_unix_ms,
            generation: failed,
        });
        failed + 1
    }

    /// Tells whoever watches of something that befell the actor; nobody where nobody was named.
    pub fn tell(
        &self,
        unix_ms: u64,
        severity: Severity,
        kind: &'static str,
        subject: &str,
        text: &str,
    ) {
        if let Some(events) = &self.events {
            events.tell(unix_ms, severity, kind, Some(subject), text);
        }
    }

    fn tell_of_fault(&self, cause: &str, at_unix_ms: u64) {
        let since = at_unix_ms.saturating_sub(self.told_unix_ms.load(Ordering::Relaxed));
        if since < Self::FAULT_EVENTS_MS {
            self.untold.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.told_unix_ms.store(at_unix_ms, Ordering::Relaxed);
        let before = match self.untold.swap(0, Ordering::Relaxed) {
            0 => String::new(),
            untold => format!(" ({untold} more faults before this one)"),
        };
        let text = format!(
            "The actor {} failed and begins anew: {cause}{before}",
            self.name
        );
        self.tell(
            at_unix_ms,
            Severity::Warning,
            "actor_fault",
            &self.name,
            &text,
        );
    }

    /// A copy of everything.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "nanoseconds of a step, shown as µs"
    )]
    pub fn report(&self) -> HealthReport {
        let (last, longest) = {
            let recovery = self.recovery.lock().unwrap_or_else(PoisonError::into_inner);
            (recovery.last, recovery.longest)
        };
        let micros = |took: Duration| u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        HealthReport {
            recovery_micros: last.map(micros),
            recovery_micros_max: longest.map(micros),
            name: self.name.clone(),
            kind: self.kind,
            state: self.state(),
            generation: self.generation(),
            faults: self.faults(),
            queue_depth: self.queue.load(Ordering::Relaxed),
            steps: self.steps.load(Ordering::Relaxed),
            step_micros: self.step_nanos.load(Ordering::Relaxed) as f64 / 1e3,
            step_micros_max: self.step_nanos_max.load(Ordering::Relaxed) as f64 / 1e3,
            last_fault: self
                .last_fault
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            note: self
                .note
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }
}
