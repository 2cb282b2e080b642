//! What happened lately, for whoever watches: the last events of the process, in memory.
//!
//! The journal keeps events for good and is read from disk; this is the short end of it that a page
//! shows live, with what is too slight for the journal: settings that were taken over, a delivery of
//! an alert that failed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// How much an event matters to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Worth a look.
    Warning,
    /// Somebody should do something.
    Critical,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its number, from 1, in the order in which events came.
    pub seq: u64,
    /// When, milliseconds since 1970.
    pub unix_ms: u64,
    /// How much it matters.
    pub severity: Severity,
    /// What sort of event: a name such as `quarantined`, that programs go by.
    pub kind: &'static str,
    /// Whom or what it is about, such as a rig's key or an upstream; hostile bytes, cut.
    pub subject: Option<String>,
    /// What happened, in words, in English; hostile bytes where it repeats what others said, cut.
    pub text: String,
}

/// The last events, shared by all who tell and all who watch. When it is full the oldest goes.
#[derive(Debug, Clone, Default)]
pub struct EventLog {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    events: Mutex<VecDeque<Event>>,
    last: AtomicU64,
}

impl EventLog {
    /// Events that are kept.
    pub const KEPT: usize = 512;
    /// Longest text or subject that is kept, bytes.
    pub const TEXT_MAX: usize = 300;

    /// Tells of an event that happened now.
    pub fn tell(
        &self,
        unix_ms: u64,
        severity: Severity,
        kind: &'static str,
        subject: Option<&str>,
        text: &str,
    ) {
        let mut events = self.lock();
        if events.len() >= Self::KEPT {
            events.pop_front();
        }
        let seq = self.shared.last.load(Ordering::Relaxed) + 1;
        events.push_back(Event {
            seq,
            unix_ms,
            severity,
            kind,
            subject: subject.map(|subject| cut(subject).to_owned()),
            text: cut(text).to_owned(),
        });
        // Within the lock: whoever sees the number finds the event.
        self.shared.last.store(seq, Ordering::Release);
    }

    /// The number of the newest event; 0 before the first. Costs nothing to ask often.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.shared.last.load(Ordering::Acquire)
    }

    /// The events after that number, the oldest first, and at most `limit` of the newest.
    #[must_use]
    pub fn after(&self, seq: u64, limit: usize) -> Vec<Event> {
        let events = self.lock();
        let begin = events.partition_point(|event| event.seq <= seq);
        let begin = begin.max(events.len().saturating_sub(limit));
        events.range(begin..).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.shared
            .events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// At most [`EventLog::TEXT_MAX`] bytes of a text, cut between characters.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(EventLog::TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(log: &EventLog, count: u64) {
        for at in 0..count {
            log.tell(at, Severity::Info, "test", None, "text");
        }
    }

    #[test]
    fn the_oldest_events_give_way_and_numbers_go_on() {
        let log = EventLog::default();
        assert_eq!(log.last_seq(), 0);
        told(&log, EventLog::KEPT as u64 + 10);
        let all = log.after(0, usize::MAX);
        assert_eq!(all.len(), EventLog::KEPT);
        assert_eq!(all[0].seq, 11);
        assert_eq!(log.last_seq(), EventLog::KEPT as u64 + 10);
    }

    #[test]
    fn a_watcher_gets_what_came_since_and_no_more_than_it_asked_for() {
        let log = EventLog::default();
        told(&log, 20);
        let seqs = |after, limit| -> Vec<u64> {
            let events = log.after(after, limit);
            events.into_iter().map(|event| event.seq).collect()
        };
        assert_eq!(seqs(17, 10), [18, 19, 20]);
        assert_eq!(seqs(0, 2), [19, 20]);
        assert!(seqs(20, 10).is_empty() && seqs(99, 10).is_empty());
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let log = EventLog::default();
        let long = "ñ".repeat(EventLog::TEXT_MAX);
        log.tell(1, Severity::Critical, "test", Some(&long), &long);
        let event = log.after(0, 1).remove(0);
        assert_eq!(event.text.len(), EventLog::TEXT_MAX);
        assert_eq!(event.subject.as_deref(), Some(event.text.as_str()));
    }
}
