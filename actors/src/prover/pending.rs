//! An accepted request: answered exactly once, whatever happens to it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use zartrux_models::proof::{ComputedHash, Version};
use zartrux_models::work::{ResultHash, SeedHash};

use super::request::{NotProved, ProofAnswer, ProofSink};
use crate::clock::Clock;

/// What became of accepted requests.
#[derive(Debug, Default)]
pub(super) struct Counts {
    accepted: AtomicU64,
    proved: AtomicU64,
    late: AtomicU64,
    seed_not_ready: AtomicU64,
    unknown_algorithm: AtomicU64,
    fault: AtomicU64,
    stopped: AtomicU64,
}

/// Requests accepted and answered since the start; `accepted` = all others + those pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AnswerCounts {
    /// Taken into the queue.
    pub accepted: u64,
    /// Answered with the hash.
    pub proved: u64,
    /// Answered [`NotProved::Late`].
    pub late: u64,
    /// Answered [`NotProved::SeedNotReady`].
    pub seed_not_ready: u64,
    /// Answered [`NotProved::UnknownAlgorithm`].
    pub unknown_algorithm: u64,
    /// Answered [`NotProved::Fault`].
    pub fault: u64,
    /// Answered [`NotProved::Stopped`].
    pub stopped: u64,
}

impl Counts {
    fn count(&self, outcome: &Result<ComputedHash, NotProved>) {
        let counter = match outcome {
            Ok(_) => &self.proved,
            Err(NotProved::Late) => &self.late,
            Err(NotProved::SeedNotReady) => &self.seed_not_ready,
            Err(NotProved::UnknownAlgorithm) => &self.unknown_algorithm,
            Err(NotProved::Fault(_)) => &self.fault,
            Err(NotProved::Stopped) => &self.stopped,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> AnswerCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        AnswerCounts {
            accepted: read(&self.accepted),
            proved: read(&self.proved),
            late: read(&self.late),
            seed_not_ready: read(&self.seed_not_ready),
            unknown_algorithm: read(&self.unknown_algorithm),
            fault: read(&self.fault),
            stopped: read(&self.stopped),
        }
    }
}

/// What of a request is needed to hash it.
pub(super) struct Hashing {
    pub(super) seed: SeedHash,
    pub(super) version: Version,
    pub(super) blob: Box<[u8]>,
    pub(super) expected: Option<ResultHash>,
    pub(super) deadline: Instant,
}

/// An accepted request. Dropped unanswered, it answers [`NotProved::Fault`]; so it must never
/// be dropped while the prover's lock is held, since an answer runs the asker's code.
pub(super) struct Pending<T> {
    pub(super) hashing: Hashing,
    asked: Instant,
    clock: Clock,
    counts: Arc<Counts>,
    /// Taken by the answer.
    owed: Option<(T, Arc<dyn ProofSink<T>>)>,
}

impl<T> Pending<T> {
    /// Accepts a request.
    pub(super) fn new(
        hashing: Hashing,
        ticket: T,
        reply: Arc<dyn ProofSink<T>>,
        clock: Clock,
        counts: &Arc<Counts>,
    ) -> Self {
        counts.accepted.fetch_add(1, Ordering::Relaxed);
        Self {
            hashing,
            asked: clock.now(),
            clock,
            counts: Arc::clone(counts),
            owed: Some((ticket, reply)),
        }
    }

    /// Answers a request whose hash was begun at `begun`, if it was.
    pub(super) fn answer(
        mut self,
        outcome: Result<ComputedHash, NotProved>,
        begun: Option<Instant>,
    ) {
        self.settle(outcome, begun);
    }

    fn settle(&mut self, outcome: Result<ComputedHash, NotProved>, begun: Option<Instant>) {
        let Some((ticket, reply)) = self.owed.take() else {
            return;
        };
        self.counts.count(&outcome);
        let now = self.clock.now();
        let answer = ProofAnswer {
            ticket,
            outcome,
            waited: begun.unwrap_or(now).saturating_duration_since(self.asked),
            took: begun.map_or(Duration::ZERO, |begun| now.saturating_duration_since(begun)),
        };
        // Also keeps a panicking asker from aborting the process when this runs in a drop.
        if catch_unwind(AssertUnwindSafe(move || reply.answered(answer))).is_err() {
            tracing::error!("whoever asked for a proof panicked at the answer");
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.settle(
            Err(NotProved::Fault("the request was dropped".into())),
            None,
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn pending(reply: Arc<dyn ProofSink<u8>>, counts: &Arc<Counts>) -> Pending<u8> {
        let hashing = Hashing {
            blob: Box::new([]),
            expected: None,
            seed: SeedHash::new([0; 32]),
            version: Version::V1,
            deadline: Clock.now(),
        };
        Pending::new(hashing, 7, reply, Clock, counts)
    }

    #[test]
    fn a_request_is_answered_once_whether_answered_or_dropped() {
        let counts = Arc::new(Counts::default());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = {
            let seen = Arc::clone(&seen);
            Arc::new(move |answer: ProofAnswer<u8>| {
                seen.lock().unwrap().push((answer.ticket, answer.outcome));
            })
        };
        pending(sink.clone(), &counts).answer(Err(NotProved::Late), None);
        drop(pending(sink, &counts));
        let dropped = NotProved::Fault("the request was dropped".into());
        assert_eq!(
            *seen.lock().unwrap(),
            [(7, Err(NotProved::Late)), (7, Err(dropped))]
        );
        let read = counts.read();
        assert_eq!((read.accepted, read.late, read.fault), (2, 1, 1));
    }

    #[test]
    fn a_sink_that_panics_while_a_panic_unwinds_does_not_abort() {
        let counts = Arc::new(Counts::default());
        let doomed = {
            let counts = Arc::clone(&counts);
            move || {
                let sink = |_: ProofAnswer<u8>| panic!("bad sink");
                let _pending = pending(Arc::new(sink), &counts);
                panic!("bad prover");
            }
        };
        assert!(catch_unwind(AssertUnwindSafe(doomed)).is_err());
        assert_eq!(counts.read().fault, 1);
    }
}
